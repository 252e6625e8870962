"""Certificates: what a stranger needs to believe an answer without this program.

A certificate (docs/reference/certificate.md) holds the question, the answer, and every mapping whose lower
bound does not rule it out, with its cost: what the search has settled already, so that writing costs little.
`solver/certificates/check_certificate.py` believes none of it: it enumerates the space anew, bounds and
times it by formulas of its own, and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from solver.answers.design import DesignAnswer
from solver.answers.evidence import FormEvidence
from solver.answers.front import ParetoFront
from solver.answers.network import NetworkAnswer
from solver.answers.solution import Solution, Status
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.result import Objective, values_of
from solver.errors import InputError, InternalError
from solver.forms.form import Form
from solver.layer import Primitive
from solver.legal.tiles import candidate_tiles
from solver.questions.cache.key import fingerprint
from solver.questions.certified import (
    Spares,
    answer_of,
    columns_of,
    form_of,
    forms_of,
    machine_of,
    pieces_of,
    question_of,
)
from solver.questions.map_layer import Question
from solver.search.pieces.solve import searched_cuts

FORMAT, VERSION = "maeri-solver certificate", 3
LOWERED = 1e-8
"""By so much, relatively, energies are lowered below which a front is left open: more than both round."""


def certificate(solution: Solution, question: Question) -> dict[str, Any]:
    """Return the certificate of an answer.

    Parameters
    ----------
    solution
        An answer of the question, proved or with a bound.
    question
        What was asked.

    Raises
    ------
    InputError
        If the controller is programmable.
    InternalError
        If a mapping costs less than the bound of the answer.
    """
    bound, objective = solution.bound, solution.objective
    forms = forms_of(solution.layer, question, columns_of([solution], question))

    def spares(cycles: IntArray, energy: FloatArray) -> BoolArray:
        return np.asarray(values_of(objective, cycles, energy) < float(bound))

    answer = {
        "proved": solution.proved,
        "value": str(solution.objective_value),
        "bound": str(bound),
        "timed": solution.cost.method == "replay",
        **answer_of(solution, question, forms),
    }
    for name, several in (("lines", False), ("lines_of_several", True)):
        rows = [one for one in solution.sums if one.several == several]
        if rows:
            answer[name] = [[str(one.cycles), str(one.energy), str(one.least)] for one in rows]
    # Nothing is known of pieces if the search of one piece was interrupted.
    interrupted = solution.status is Status.INTERRUPTED
    most = 1 if interrupted else searched_pieces(solution.layer, question)
    return _paper(forms, question, str(objective), most, answer, solution, spares)


def front_certificate(front: ParetoFront, question: Question) -> dict[str, Any]:
    """Return the certificate of a front; in pieces of its corners, and of what a search left open as such.

    Raises
    ------
    InputError
        If the corners of a front are not proved, or the controller is programmable.
    """
    forms = forms_of(front.points[0].layer, question, columns_of(front.points, question))
    corners = question.pieces is not None and question.most_pieces != 1
    points = [answer_of(point, question, forms) for point in front.points]
    answer: dict[str, Any] = {"points": points, "corners": corners}
    if corners:
        return _corners_certificate(front, question, answer, forms)
    stairs = [(float(point.cost.cycles), float(point.cost.energy)) for point in front.points]
    if front.unsearched:
        left = [(least, energy * (1 - LOWERED)) for least, energy in front.unsearched]
        answer["open"] = [[str(Decimal(least)), str(Decimal(energy))] for least, energy in sorted(set(left))]
        stairs = sorted(stairs + left)
    cycles = np.array([stair[0] for stair in stairs])
    lowest = np.minimum.accumulate([stair[1] for stair in stairs])

    def spares(least: IntArray, energy: FloatArray) -> BoolArray:
        at = np.searchsorted(cycles, least, side="right") - 1
        return np.asarray((at < 0) | (energy < lowest[np.maximum(at, 0)]))

    return _paper(forms, question, "pareto", 1, answer, front, spares)


def _corners_certificate(
    front: ParetoFront, question: Question, answer: dict[str, Any], forms: list[Form]
) -> dict[str, Any]:
    if not front.proved:
        what = "a front in pieces has a certificate if its corners are proved"
        raise InputError(what, field="--certificate", found=front.summary)
    # Behind a buffer mappings are counted as of any form without evidence.
    alone = forms if question.hardware.memory is None else []
    sizes = {f.name: len(candidate_tiles(f.nest, question.hardware, question.limits)) for f in alone}
    known = replace(front, evidence={name: FormEvidence(size, None) for name, size in sizes.items()})
    most = searched_pieces(front.points[0].layer, question)
    return _paper(forms, question, "pareto", most, answer, known, lambda cycles, _: cycles < 0)


def searched_pieces(layer: Primitive, question: Question) -> int | None:
    """Return in how many pieces a layer was searched: in at most so many (None: any); too large, in one."""
    return question.most_pieces if searched_cuts(layer, question.hardware, question.wish) else 1


def certificate_of(answer: Solution | ParetoFront, question: Question) -> dict[str, Any]:
    """Return the certificate of an answer or of a front."""
    if isinstance(answer, Solution):
        return certificate(answer, question)
    return front_certificate(answer, question)


def network_manifest(networks: Sequence[NetworkAnswer], question: Question) -> dict[str, Any]:
    """Return the certificates of all parts of some networks that were mapped, one for the same loops.

    Latencies and energies add up, so there is a total over the parts, each as often as it runs; of their
    product there is one if it was bounded for the whole of a single network.
    """
    papers: dict[str, dict[str, Any]] = {}
    for network in networks:
        for part in (part for layer in network.layers for part in layer.parts if part.solution):
            assert part.solution is not None
            key = fingerprint(part.solution.layer, question)
            if key in papers:
                papers[key]["repeats"] += part.part.repeats
            else:
                papers[key] = {**certificate(part.solution, question), "repeats": part.part.repeats}
    if question.objective is Objective.EDP:
        alone = networks[0] if len(networks) == 1 else None
        total = (alone.figures.edp, alone.bound) if alone and alone.bound is not None else None
        return manifest(list(papers.values()), total)
    value, bound = (
        sum((Decimal(paper["answer"][name]) * paper["repeats"] for paper in papers.values()), Decimal(0))
        for name in ("value", "bound")
    )
    return manifest(list(papers.values()), (value, bound))


def design_certificate(answer: DesignAnswer, template: Question) -> dict[str, Any]:
    """Return the certificate of a design: on every accelerator, what each layer costs at least.

    Parameters
    ----------
    template
        What was asked of every layer, whatever the accelerator.

    Raises
    ------
    InputError
        If a limit on power is kept by mappings in pieces.
    InternalError
        If there is no accelerator.
    """
    check_certifiable(template, limited=answer.max_power is not None)
    evidence = answer.evidence
    if evidence is None or answer.hardware is None:
        raise InternalError("a certificate of a design that has none")
    machines = [point.hardware for point in answer.points]
    limited = answer.max_power is not None  # in one piece then
    template = replace(template, pieces=1) if limited else template
    chosen = replace(template, hardware=answer.hardware)
    parts = [part for parts in evidence.chosen for part in parts]
    fronts = [[front or () for front in fronts] for fronts in evidence.least]
    # A limit on power holds for mappings, not for bounds on them.
    whole = [limited and all(s for front in some for *_, s in front) for some in fronts]
    used = [solution for *_, solution in parts]
    used += [s for some, all_ in zip(fronts, whole, strict=True) if all_ for f in some for *_, s in f if s]
    columns = sorted(set().union(*(columns_of([s], replace(template, hardware=s.hardware)) for s in used)))

    def row(solution: Solution) -> dict[str, Any]:
        question = replace(template, hardware=solution.hardware)
        return answer_of(solution, question, forms_of(solution.layer, question, columns))

    asked = {
        "layers": [layer.to_dict() for layer in evidence.different],
        "network": evidence.layers,
        "grid": evidence.grid,
        "accelerators": [
            machine_of(hardware, areas=answer.max_area is not None) for hardware in evidence.accelerators
        ],
        "max_area": None if answer.max_area is None else str(answer.max_area),
        "max_power": str(answer.max_power) if limited else None,
        **question_of(template, str(answer.objective), chosen.most_pieces),
        "searched": [pieces_of(searched_pieces(layer, chosen)) for layer in evidence.different],
    }
    asked["forms"]["columns"] = columns
    said = {
        "proved": answer.proved,
        "value": str(answer.objective_value),
        "bound": str(answer.bound),
        "accelerator": machines.index(answer.hardware),
        "mappings": [[[index, repeats, row(s)] for index, repeats, s in parts] for parts in evidence.chosen],
    }
    least = [
        [
            None
            if front is None
            else [row(s) if all_ and s else {"cycles": c, "energy": str(e)} for c, e, s in front]
            for front in fronts
        ]
        for fronts, all_ in zip(evidence.least, whole, strict=True)
    ]
    content = {"question": asked, "answer": said, "least": least}
    return {"format": FORMAT, "version": VERSION, "kind": "design", "digest": digest(content), **content}


def manifest(
    certificates: list[dict[str, Any]], total: tuple[Decimal, Decimal] | None = None
) -> dict[str, Any]:
    """Return several certificates as one.

    Parameters
    ----------
    total
        What the layers cost together, each as often as its certificate repeats it, and the bound of that.
    """
    sums = {"total": {"value": str(total[0]), "bound": str(total[1])}} if total else {}
    return {"format": FORMAT, "version": VERSION, "kind": "manifest", **sums, "certificates": certificates}


def check_certifiable(question: Question, *, limited: bool = False) -> None:
    """Raise `InputError` if answers to a question have no certificates.

    Parameters
    ----------
    limited
        Whether there is a limit on power.
    """
    if limited and question.pieces is not None and question.most_pieces != 1:
        what = "mappings in pieces that keep a limit on power have no certificates"
        found = f"--pieces {question.pieces} beside --max-power"
        raise InputError(what, field="--certificate", found=found, expected="--pieces 1")
    memory, name = question.hardware.memory, question.hardware.name
    if memory is not None and memory.controller != "fixed":
        what = "the assumed orders of a programmable controller have no certificates"
        found = f"{name} with controller: {memory.controller}"
        raise InputError(what, field="--certificate", found=found, expected="controller: fixed")


def digest(content: dict[str, Any]) -> str:
    """Return the fingerprint of question, answer and forms, so that none is exchanged by mistake."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _paper(
    forms: list[Form],
    question: Question,
    objective: str,
    most: int | None,
    answer: dict[str, Any],
    found: Solution | ParetoFront,
    spares: Spares,
) -> dict[str, Any]:
    if found.evidence is None:
        raise InternalError("an answer from the cache has nothing to write a certificate from")
    layer = found.layer if isinstance(found, Solution) else found.points[0].layer
    asked = {
        "layer": layer.to_dict(),
        **machine_of(question.hardware),
        **question_of(question, objective, most),
    }
    wished = len(question.wish.forms(layer, question.hardware))
    asked["forms"]["columns"] = sorted({form.nest.Y for form in forms[wished:]})
    evidence = {f.name: found.evidence[f.name] for f in forms[:wished] if f.name in found.evidence}
    rows = [form_of(form, question, evidence, spares) for form in forms]
    content = {"question": asked, "answer": answer, "forms": rows}
    return {"format": FORMAT, "version": VERSION, "kind": "layer", "digest": digest(content), **content}
