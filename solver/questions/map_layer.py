"""The main job for one layer: its mapping with proof, beside the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from solver.answers.infeasible import Answer, Infeasible
from solver.answers.solution import BaselineResult, Counterpart, Solution, Status
from solver.baselines.exhaustive import NAME as EXHAUSTIVE
from solver.baselines.registry import BASELINES, RECIPES, TOO_MANY, run_baselines
from solver.baselines.splits import Splits
from solver.baselines.two_level import SINGLE_LEVEL, on_two_levels
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InputError, InternalError, NothingFoundError
from solver.forms.form import Form
from solver.forms.wish import Wish, form_named, given, in_words
from solver.hardware import Hardware
from solver.layer import BEST, STATIONARY, Multiply, Primitive
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits, legality
from solver.search.pieces.solve import mapped
from solver.search.progress import Progress
from solver.search.provers import Prover
from solver.search.solve import solve
from solver.search.spaces import Spaces

UNKNOWN_TO_MRNA = frozenset({"maxpool", "avgpool", "add"})
"""Kinds that mRNA does not map, however much their loops resemble a convolution's (rule M1)."""

ANY = "all"
"""Asks for any number of pieces."""

BESIDE_SECONDS = 10.0
"""Longest search for what the simulator's array costs beside real hardware: a comparison, not the answer."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of every layer of a run.

    Attributes
    ----------
    hardware, objective
        Where, and what is minimised.
    limits
        Bounds on tile sizes.
    time_limit
        Seconds for the search of one layer; None searches to the proof.
    workers
        Search threads; None is one per core.
    seed
        Of the search and of the random baseline.
    baselines
        Whether the heuristics are run too.
    stationary
        The operand that must stay in the multipliers, of `solver.layer.STATIONARY`; layers without such a
        form keep theirs.
    forms
        Which forms of a layer are searched, see `solver.forms.wish.Wish.of`; None is every form that only
        changes the order of addresses, or with limits the layer as it is written.
    pieces
        In how many pieces a layer may run: a number, or "all"; None is any number, but one with a prefetch
        buffer, with limits, and where CP-SAT proves.
    prover
        Who proves (`solver.search.provers`); None is as usual.
    beside_simulator
        Whether an answer for real hardware comes with those for the simulator's array, searched too.

    Raises
    ------
    InputError
        If time limit, workers or seed are no such numbers.
    """

    hardware: Hardware
    objective: Objective
    limits: Limits
    time_limit: float | None = None
    workers: int | None = None
    seed: int = 0
    baselines: bool = True
    stationary: str = BEST
    forms: str | None = None
    pieces: str | int | None = None
    prover: Prover | None = None
    beside_simulator: bool = False

    def __post_init__(self) -> None:
        if self.time_limit is not None:
            check_seconds("time_limit", self.time_limit)
        for name, value, least in (("workers", self.workers, 1), ("seed", self.seed, 0)):
            if value is not None and not (isinstance(value, int) and value >= least):
                raise InputError(field=name, found=value, expected=f"an integer from {least}")
        if not isinstance(self.limits, Limits):
            raise InputError(field="limits", found=self.limits, expected="a solver.legal.tiles.Limits")
        for name, word, choices in (
            ("stationary", self.stationary, STATIONARY),
            ("prover", self.prover, (None, *get_args(Prover))),
        ):
            if word not in choices:
                raise InputError(
                    field=name, found=word, expected="one of " + ", ".join(filter(None, choices))
                )
        Wish.of(self.forms)  # refuses unknown forms
        if self.most_pieces != 1 and (memory := self.hardware.memory) and memory.controller != "fixed":
            expected = "1, or controller: fixed: bounds of pieces know no other order than its own"
            raise InputError(field="pieces", found=self.pieces, expected=expected)
        if self.most_pieces != 1 and self.prover in ("cpsat", "both"):
            expected = "bounds for a layer in pieces: CP-SAT has no model of it"
            raise InputError(field="prover", found=self.prover, expected=expected)

    @property
    def most_pieces(self) -> int | None:
        """The largest number of pieces; None for any."""
        if self.pieces is None:
            whole = self.hardware.memory is not None or str(self.limits) or self.prover in ("cpsat", "both")
            return 1 if whole else None
        if self.pieces == ANY:
            return None
        try:
            most = int(self.pieces)
        except ValueError:
            most = 0
        if most < 1 or isinstance(self.pieces, bool):
            raise InputError(field="pieces", found=self.pieces, expected=f"{ANY}, or an integer from 1")
        return most

    @property
    def wish(self) -> Wish:
        """The forms of a layer that are searched."""
        # Limits speak of the loops as they are written.
        return (given if str(self.limits) else Wish.of)(self.forms, self.stationary)


def maps_to_mrna(layer: Primitive) -> bool:
    """Whether mRNA maps such a layer at all."""
    # Its only elementwise products are those of an LSTM step, which broadcast nothing.
    broadcast = isinstance(layer, Multiply) and layer.broadcast > 1
    return layer.kind not in UNKNOWN_TO_MRNA and not broadcast


def check_seconds(name: str, value: object) -> None:
    """Raise `InputError` unless a value is a positive, finite number of seconds."""
    if not (isinstance(value, (int, float)) and 0 < value < float("inf")):
        raise InputError(field=name, found=value, expected="a number of seconds above 0")


def map_layer(
    layer: Primitive, question: Question, on_progress: Callable[[Progress], None] | None = None
) -> tuple[Answer, bool]:
    """Answer the question for one layer.

    Returns
    -------
    tuple of Answer and bool
        The answer, and whether the user interrupted it; then it is the best that was known.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    InternalError
        If a baseline beats a mapping that was proved optimal.
    """
    hardware, objective = question.hardware, question.objective
    spaces = Spaces(hardware, question.limits)
    try:
        solution = _solve(layer, question, spaces, on_progress)
    except InfeasibleError as error:
        return Infeasible(layer, hardware, objective, str(error)), False
    if solution.status is Status.INTERRUPTED:
        return solution, True
    if hardware.reduction != "simulator" and question.beside_simulator:
        solution, interrupted = _beside_simulator(solution, question)
        if interrupted:
            return solution, True
    if not question.baselines:
        return solution, False
    if on_progress is not None:
        on_progress(Progress("baselines", solution.objective_value, solution.bound, solution.wall_seconds))
    try:
        results = (
            _level_baselines(layer, question)
            if hardware.memory
            else _baselines(layer, question, _forms(layer, question, solution.in_one_piece().form), spaces)
        )
    except KeyboardInterrupt:
        note = "the baselines are missing: interrupted before they were done"
        return replace(solution, notes=(*solution.notes, note)), True
    return best_of(replace(solution, baselines=results), question.limits), False


def _solve(
    layer: Primitive,
    question: Question,
    spaces: Spaces,
    on_progress: Callable[[Progress], None] | None = None,
) -> Solution:
    return solve(
        layer,
        question.hardware,
        question.objective,
        limits=question.limits,
        time_limit=question.time_limit,
        workers=question.workers,
        seed=question.seed,
        wish=question.wish,
        prover=question.prover,
        pieces=question.most_pieces,
        spaces=spaces,
        on_progress=on_progress,
    )


def _beside_simulator(solution: Solution, question: Question) -> tuple[Solution, bool]:
    """Answer the question on the simulator's array too, to show what the real hardware costs."""
    found: list[Counterpart] = []
    notes, interrupted = list(solution.notes), False
    seconds = min(BESIDE_SECONDS, question.time_limit or BESIDE_SECONDS)
    # Behind a prefetch buffer the simulator's array adds the folds in its accumulators.
    for buffer in (True, False) if solution.hardware.memory is None else (True,):
        hardware = replace(
            solution.hardware, reduction="simulator", accumulation_buffer=buffer, forwarding="sliding"
        )
        try:
            asked = replace(question, hardware=hardware, time_limit=seconds)
            other = _solve(solution.layer, asked, Spaces(hardware, question.limits))
        except (InfeasibleError, NothingFoundError) as error:
            notes.append(f"no mapping on the simulator's array to compare with: {error}")
            continue
        except KeyboardInterrupt:
            notes.append("the comparison with the simulator's array is missing: interrupted")
            interrupted = True
            break
        found.append(Counterpart(buffer, other.tile, other.form, other.cost, other.proved, other.pieces))
        interrupted = other.status is Status.INTERRUPTED
        if interrupted:
            break
    return replace(solution, simulator=tuple(found), notes=tuple(notes)), interrupted


def _judged(baseline: BaselineResult, layer: Primitive, limits: Limits) -> BaselineResult:
    """Mark a baseline whose tile does not keep the user's limits."""
    if baseline.tile is None or baseline.outside or baseline.pieces:
        return baseline
    nest = form_named(layer, baseline.form).nest
    sizes = baseline.tile.to_dict().items()
    if all(size in limits.range(dim, getattr(nest, dim)) for dim, size in sizes):
        return baseline
    note = f"{baseline.note}; outside of {limits}: it answers another question"
    return replace(baseline, outside=True, note=note.removeprefix("; "))


def best_of(solution: Solution, limits: Limits) -> Solution:
    """Return the solution with its baselines judged, or the baseline of the same space that beats it.

    The best mapping known is reported, whoever found it. Baselines that are fixed recipes may lie outside the
    user's limits; those are shown and marked, but they answer another question.

    Raises
    ------
    InternalError
        If the mapping that is beaten was proved optimal.
    """
    layer, objective = solution.layer, solution.objective
    judged = tuple(_judged(baseline, layer, limits) for baseline in solution.baselines)
    solution = replace(solution, baselines=judged)
    rivals = [
        (b.cost.value(objective), b, b.tile, b.cost)
        for b in solution.baselines
        if b.tile
        and b.cost
        and b.cost.value(objective) < solution.objective_value
        and _in_space(b, layer, solution.hardware)
    ]
    best = min(rivals, key=lambda rival: rival[0], default=None)
    if best is None:
        return solution
    value, winner, tile, cost = best
    if solution.proved:
        raise InternalError(
            f"the baseline {winner.name} ({winner.mapping_text}) beats the mapping that was proved optimal "
            f"({solution.tile}): {objective} {value} < {solution.objective_value}"
        )
    note = f"found by the baseline {winner.name}; the search itself had reached {solution.objective_value}"
    notes = (*solution.notes, note)
    if winner.pieces:
        return replace(mapped(solution, winner.pieces), notes=notes)
    return replace(
        solution,
        tile=tile,
        cost=cost,
        form=winner.form,
        levels=winner.levels,
        notes=notes,
        pieces=(),
        one_piece=None,
    )


def _level_baselines(layer: Primitive, question: Question) -> tuple[BaselineResult, ...]:
    """Let the baselines choose on the array alone, and give each choice its best buffer tile."""
    alone = replace(question, hardware=replace(question.hardware, memory=None), pieces=1)
    # The exhaustive search of the array alone finds what is solved here.
    names = [name for name in BASELINES if name != EXHAUSTIVE]
    # Strips and products over channels gain nothing behind a buffer.
    forms, spaces = question.wish.forms(layer, question.hardware), Spaces(alone.hardware, question.limits)
    try:
        best = _solve(layer, alone, spaces)
    except (InfeasibleError, NothingFoundError) as error:
        chosen = list(_baselines(layer, alone, forms, spaces, names))
        chosen.append(BaselineResult(SINGLE_LEVEL, None, None, str(error)))
    else:
        if best.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        chosen = list(_baselines(layer, alone, forms, spaces, names))
        chosen.append(BaselineResult(SINGLE_LEVEL, best.tile, best.cost, "", best.form))
    return on_two_levels(layer, question.hardware, question.objective, chosen, question.time_limit)


def _forms(layer: Primitive, question: Question, chosen: str) -> Sequence[Form]:
    """Return the forms, that of the answer first: it spares an exhaustive search most of its work."""
    return sorted(question.wish.forms(layer, question.hardware), key=lambda form: form.name != chosen)


def _baselines(
    layer: Primitive,
    question: Question,
    forms: Sequence[Form],
    spaces: Spaces,
    names: Iterable[str] = BASELINES,
) -> tuple[BaselineResult, ...]:
    """Run the recipes on the form as it is written, the searching baselines on all.

    Parameters
    ----------
    forms
        Those to search.
    spaces
        Where the search has kept their tiles.
    names
        Which baselines to run.
    """
    written = question.wish.forms(layer, question.hardware)[0]
    results = run_baselines(
        written.nest,
        question.hardware,
        question.objective,
        seed=question.seed,
        names=names,
        limits=question.limits,
        forms={form.name: form.nest for form in forms},
        spaces=spaces,
    )
    if question.most_pieces != 1:
        splits = Splits(
            layer,
            question.hardware,
            question.objective,
            question.wish,
            question.limits,
            question.most_pieces,
        )
        results = tuple(
            splits.beside(r, sum(len(spaces.of(form.nest)) for form in forms))
            if r.name == EXHAUSTIVE and r.note != TOO_MANY
            else r
            for r in results
        )
    return tuple(_of_form(result, layer, written) for result in results)


def _of_form(result: BaselineResult, layer: Primitive, written: Form) -> BaselineResult:
    """Return the choice of a baseline with its form, which the note names where it is not the first one."""
    if result.name == "mrna" and not maps_to_mrna(layer):
        return BaselineResult("mrna", None, None, f"mRNA has no mapping of {layer.kind} layers")
    if result.name in RECIPES:
        return replace(result, form=written.name)
    if result.tile is None or result.pieces or result.form == written.name:
        return result
    note = f"{result.note}; {in_words(layer, result.form)}"
    return replace(result, note=note.removeprefix("; "))


def _in_space(baseline: BaselineResult, layer: Primitive, hardware: Hardware) -> bool:
    tile = baseline.tile
    assert tile is not None
    if baseline.outside or baseline.pieces:
        return not baseline.outside
    nest = form_named(layer, baseline.form).nest
    if baseline.levels is not None:
        return level_legality(nest, hardware, baseline.levels.mapping) is None
    return legality(nest, hardware, tile) is None
