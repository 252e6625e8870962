"""Certificates for tests and benchmarks: random questions, and certificates with one thing changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from solver.answers.front import ParetoFront
from solver.answers.solution import Solution
from solver.certificates.check_certificate import Disbelief, Machine, Nest, check, machine_of
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.hardware.energy_table import ENERGY_ENTRIES
from solver.layer import LoopNest
from solver.questions import map_layer as verb
from solver.questions.certify import certificate_of, digest
from solver.questions.front import find_front
from solver.questions.map_layer import Question
from tests.support.examples.level_questions import small_hardware, small_question, small_real_hardware
from tests.support.examples.questions import random_hardware, random_question, random_real_hardware

Paper = dict[str, Any]


def checker_nest(nest: LoopNest) -> Nest:
    """Return the checker's word for a loop nest."""
    return Nest(nest.sizes, nest.stride, nest.dilation, nest.operation == "mac")


def checker_machine(hardware: Hardware) -> Machine:
    """Return the checker's word for an accelerator."""
    table = {name: str(getattr(hardware.energy_table, name)) for name in ENERGY_ENTRIES}
    return machine_of(hardware.to_dict(), table)


def question_of(
    layer: Any, hardware: Hardware, objective: Any, limits: Any, forms: str | None, pieces: str | int = 1
) -> Question:
    """Return a question without baselines, for one thread."""
    rest = {"workers": 1, "baselines": False, "forms": forms, "pieces": pieces}
    return Question(hardware=hardware, objective=objective, limits=limits, **rest)  # type: ignore[arg-type]


def random_case(rng: Random, behind: float) -> tuple[Any, Question, bool]:
    """Return a layer, a question that has an answer, and whether its front is asked for.

    Parameters
    ----------
    behind
        The share of questions with a prefetch buffer.
    """
    real = rng.random() < 0.3
    if rng.random() < behind:
        return _levels_case(rng)
    asked = random_question(rng, (8, 16, 32), random_real_hardware if real else random_hardware)
    asked = replace(asked, hardware=replace(asked.hardware, count_setup=rng.random() < 0.2))
    forms = rng.choice((None, None, "direct", "all"))
    front = rng.random() < 0.2
    pieces = rng.choice((1, 1, "all", "all", 2))
    return (
        asked.layer,
        question_of(asked.layer, asked.hardware, asked.objective, asked.limits, forms, pieces),
        front,
    )


def _levels_case(rng: Random) -> tuple[Any, Question, bool]:
    while True:
        asked = small_question(rng, array=rng.choice((small_hardware, small_hardware, small_real_hardware)))
        memory = asked.hardware.memory
        if memory is not None and memory.controller == "fixed":
            objective = rng.choice(list(Objective))
            hardware = replace(asked.hardware, count_setup=rng.random() < 0.2)
            pieces = rng.choice((1, 1, "all", 2))
            question = question_of(asked.layer, hardware, objective, asked.limits, None, pieces)
            front = rng.random() < 0.2
            if front and pieces == 1 and rng.random() < 0.5:  # not always to the end
                question = replace(question, time_limit=0.02)
            return asked.layer, question, front


def answered(layer: Any, question: Question, front: bool) -> Solution | ParetoFront | None:
    """Return the answer, None if there is none (or corners of a front that are not proved)."""
    if front:
        try:
            found = find_front(layer, question)
        except InfeasibleError:
            return None
        return found if found.proved or found.unsearched else None
    answer, _ = verb.map_layer(layer, question)
    return answer if isinstance(answer, Solution) else None


def random_papers(rng: Random, behind: float = 0.2) -> Iterator[Paper]:
    """Yield certificates of random questions, as they are read from a file; `behind` as of `random_case`."""
    while True:
        layer, question, front = random_case(rng, behind)
        answer = answered(layer, question, front)
        if isinstance(answer, Solution) and not has_certificate(answer, question):
            continue
        if answer is not None:
            yield json.loads(json.dumps(certificate_of(answer, question)))


def has_certificate(answer: Solution, question: Question) -> bool:
    """Return whether an answer is in one of the forms that certificates cover."""
    forms = question.wish.forms(answer.layer, question.hardware)
    return bool(answer.pieces) or answer.form in [form.name for form in forms]


def verdict(paper: Paper) -> str:
    """Return VERIFIED, or the reason for not believing a certificate."""
    try:
        check(paper)
    except Disbelief as reason:
        return str(reason)
    return "VERIFIED"


Change = Callable[[Paper, Random], bool]
"""Changes one thing of a certificate in place; False if there is no such thing in it."""


def _rows(paper: Paper) -> list[tuple[Paper, Paper]]:
    return [(form, row) for form in paper["forms"] for row in form["timed"] or ()]


def _costs(paper: Paper) -> list[Paper]:
    """Return the mappings of an answer: of all points of a front, of all pieces."""
    whole = paper["answer"]
    return [row for one in whole.get("points", [whole]) for row in one.get("pieces", [one])]


def survivor_removed(paper: Paper, rng: Random) -> bool:
    rows = _rows(paper)
    if rows:
        form, row = rng.choice(rows)
        form["timed"].remove(row)
    return bool(rows)


def survivor_figures(paper: Paper, rng: Random) -> bool:
    rows = [row for _, row in _rows(paper) if "cycles" in row]
    if rows:
        rng.choice(rows)["cycles"] += rng.choice((-1, 1))
    return bool(rows)


def survivor_called_wrong(paper: Paper, rng: Random) -> bool:
    rows = [row for _, row in _rows(paper) if "cycles" in row]
    if rows:
        row = rng.choice(rows)
        del row["cycles"], row["energy"]
        row["overtakes"] = True
    return bool(rows)


def answer_moved(paper: Paper, rng: Random, by: int) -> bool:
    row, answer = rng.choice(_costs(paper)), paper["answer"]
    row["cycles"] += by
    if "value" in answer and paper["question"]["objective"] == "latency":
        answer["value"] = answer["bound"] = str(int(answer["value"]) + by)
    return True


def answer_better(paper: Paper, rng: Random) -> bool:
    return answer_moved(paper, rng, -1)


def answer_worse(paper: Paper, rng: Random) -> bool:
    return answer_moved(paper, rng, 1)


def bound_raised(paper: Paper, rng: Random) -> bool:
    if "bound" not in paper["answer"]:
        return False
    paper["answer"]["bound"] = str(int(float(paper["answer"]["bound"])) + 1 + rng.randint(1, 9))
    return True


def other_tile(paper: Paper, rng: Random) -> bool:
    row, at = rng.choice(_costs(paper)), rng.randrange(8)
    row["tile"][at] += 1 if row["tile"][at] == 1 else -1
    return True


def other_buffer_tile(paper: Paper, rng: Random) -> bool:
    row, at = rng.choice(_costs(paper)), rng.randrange(8)
    if "buffer_tile" not in row:
        return False
    row["buffer_tile"][at] += 1 if row["buffer_tile"][at] == 1 else -1
    return True


def other_buffer(paper: Paper, rng: Random) -> bool:
    buffer = paper["question"]["hardware"].get("prefetch_buffer", {})
    sizes = [name for name in ("capacity", "weights", "inputs", "outputs") if name in buffer]
    if sizes:
        buffer[rng.choice(sizes)] //= 2
    return bool(sizes)


def other_piece(paper: Paper, rng: Random) -> bool:
    pieces = paper["answer"].get("pieces", [])
    if pieces:
        rng.choice(pieces)["count"] += 1
    return bool(pieces)


def pieces_bound_raised(paper: Paper, rng: Random) -> bool:
    answer = paper["answer"]
    if "pieces" not in answer:
        return False
    answer["bound"] = answer["value"] = str(Decimal(answer["value"]) + 1)
    return True


def other_form(paper: Paper, rng: Random) -> bool:
    if len(paper["forms"]) == 1:
        return False
    row = rng.choice(_costs(paper))
    row["form"] = (row["form"] + rng.randrange(1, len(paper["forms"]))) % len(paper["forms"])
    return True


def form_dropped(paper: Paper, rng: Random) -> bool:
    paper["forms"].pop(rng.randrange(len(paper["forms"])))
    return True


def form_loops(paper: Paper, rng: Random) -> bool:
    rng.choice(paper["forms"])["loops"][rng.choice("RSCKGNXY")] += 1
    return True


def space_shrunk(paper: Paper, rng: Random) -> bool:
    form = rng.choice(paper["forms"])
    form["mappings"] += rng.choice((-1, 1))
    return True


def other_layer(paper: Paper, rng: Random) -> bool:
    paper["question"]["layer"][rng.choice("RSCKGNXY")] += 1
    return True


def other_hardware(paper: Paper, rng: Random) -> bool:
    hardware = paper["question"]["hardware"]
    name = rng.choice(("num_ms", "dn_bw", "rn_bw"))
    double = hardware[name] == 1 or name == "num_ms"
    if double and name != "num_ms" and hardware["num_ms"] == 1:
        return False
    hardware[name] = hardware[name] * 2 if double else hardware[name] // 2
    return True


def other_table(paper: Paper, rng: Random) -> bool:
    table = paper["question"]["energy_table"]
    name = rng.choice(sorted(table))
    table[name] = str(float(table[name]) * 2 + 1)
    return True


def other_limit(paper: Paper, rng: Random) -> bool:
    limits, dim = paper["question"]["limits"], rng.choice("RSCKGNXY")
    if limits["upper"].pop(dim, None) is None:
        limits["upper"][dim] = max(1, limits["lower"].get(dim, 1))
    return True


def other_objective(paper: Paper, rng: Random) -> bool:
    names = {"latency", "energy", "edp", "pareto"} - {paper["question"]["objective"]}
    paper["question"]["objective"] = rng.choice(sorted(names))
    return True


def point_dropped(paper: Paper, rng: Random) -> bool:
    points = paper["answer"].get("points", [])
    if len(points) < 2 or "open" in paper["answer"]:  # what is left open may be as good
        return False
    points.pop(rng.randrange(len(points)))
    return True


CHANGES: tuple[Change, ...] = (
    survivor_removed,
    survivor_figures,
    survivor_called_wrong,
    answer_better,
    answer_worse,
    bound_raised,
    other_tile,
    other_buffer_tile,
    other_buffer,
    other_piece,
    pieces_bound_raised,
    other_form,
    form_dropped,
    form_loops,
    space_shrunk,
    other_layer,
    other_hardware,
    other_table,
    other_limit,
    other_objective,
    point_dropped,
)
_BY_DIGEST = (
    other_tile, other_buffer_tile, other_buffer, other_form, other_layer, other_hardware, other_table,
    other_limit, other_objective,
)  # fmt: skip
"""Changes after which the certificate may be true of another question; then only the digest tells."""
HIDDEN = tuple(change for change in CHANGES if change not in _BY_DIGEST)
"""Changes that make a certificate false whatever was asked, so that a new digest does not save it."""


def changed(paper: Paper, change: Change, rng: Random) -> Paper | None:
    """Return a certificate with one thing changed, None if it has no such thing.

    Where the change alone makes it false, the digest is made anew.
    """
    other = deepcopy(paper)
    if not change(other, rng):
        return None
    if change in HIDDEN:
        other["digest"] = digest({key: other[key] for key in ("question", "answer", "forms")})
    return other
