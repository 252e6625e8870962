"""The search for the best mapping of a layer, with its proof.

1. `presolve` enumerates the space, finds a first incumbent and discards what simple bounds exclude.
2. CP-SAT lists every mapping left whose cost in its model, a lower bound, does not exceed the incumbent.
3. Each that could be better by that cost is replayed. When none is left the incumbent is optimal: under the
   replay, not just the closed form.

With CP-SAT alone nothing is discarded but what the multipliers cannot hold, and it decides what is legal.
With bounds alone step 2 takes the same bounds from numpy (`solver.search.provers`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from solver.answers.evidence import Evidence, FormEvidence
from solver.answers.solution import Solution, Space, Status
from solver.cost.bounds import least_value
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Cost, Objective
from solver.errors import InfeasibleError, NothingFoundError
from solver.forms.form import Form
from solver.forms.wish import AS_WRITTEN, Wish
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.legal.right import overtaken
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.search.pieces.solve import in_pieces
from solver.search.presolve import (
    SLACK,
    NoneOfInterestError,
    Outlook,
    Presolved,
    outlook,
    presolve,
    whole_space,
)
from solver.search.progress import Clock, Progress
from solver.search.provers import SHARED, Prover, prove_twice
from solver.search.spaces import Spaces
from solver.search.two_level.solve import solve_levels
from solver.stopping import StoppedError, stopping

if TYPE_CHECKING:
    from solver.search.hunt import Hunt


def solve(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    *,
    limits: Limits | None = None,
    time_limit: float | None = None,
    workers: int | None = None,
    seed: int = 0,
    wish: Wish = AS_WRITTEN,
    prover: Prover | None = None,
    pieces: int | None = 1,
    spaces: Spaces | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Solution:
    """Find the best mapping of a layer and prove it.

    Parameters
    ----------
    limits
        Bounds on tile sizes.
    time_limit
        Seconds after which the best mapping so far is returned with its gap; None searches to the proof.
    workers
        CP-SAT search threads; None is one per core. One worker and the same seed give the same answer.
    wish
        Which forms of the layer to search; the proof covers all of them. Of forms that cost the same the
        simplest is the answer.
    prover
        Who proves, see `solver.search.provers`. CP-SAT alone is told every tile that fits on the multipliers:
        slow, the same answer, and independent of the enumeration of legal tiles.
    pieces
        In how many pieces the layer may run (`solver.search.pieces`), proved by bounds; None is any number.
    spaces
        Where the tiles of the hardware within the limits are kept, if others ask for them too.

    Returns
    -------
    Solution
        Status optimal if proved, feasible after the time limit, interrupted after Ctrl-C.

    Raises
    ------
    InfeasibleError
        If no mapping is legal; the message names the constraint that forbids them all.
    NothingFoundError
        If the time limit passes before any mapping is known.
    KeyboardInterrupt
        If the user interrupts before that.
    """
    limits = limits or Limits()
    spaces = spaces or Spaces(hardware, limits)
    if hardware.memory is not None:
        clock = Clock(time_limit, on_progress)
        whole = solve_levels(
            layer,
            hardware,
            objective,
            limits=limits,
            time_limit=time_limit,
            wish=wish,
            prover=prover,
            workers=workers,
            seed=seed,
            on_progress=on_progress,
        )
        return in_pieces(whole, wish, spaces, clock, pieces)
    if prover == "both":
        ask = partial(
            solve,
            layer,
            hardware,
            objective,
            limits=limits,
            workers=workers,
            seed=seed,
            wish=wish,
            pieces=pieces,
            spaces=spaces,
        )
        return prove_twice(
            time_limit,
            lambda one, seconds: ask(prover=one, time_limit=seconds, on_progress=on_progress),
        )
    clock = Clock(time_limit, on_progress)
    whole = _in_one(layer, hardware, objective, spaces, clock, workers, seed, prover, wish)
    return in_pieces(whole, wish, spaces, clock, pieces)


def _in_one(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    spaces: Spaces,
    clock: Clock,
    workers: int | None,
    seed: int,
    prover: Prover | None,
    wish: Wish,
) -> Solution:
    """Find the best mapping in one piece."""
    forms = wish.forms(layer, hardware)
    physical = least_value((form.nest for form in forms), hardware, objective)
    field, limits = _Field(objective, prover, spaces), spaces.limits
    try:
        for form in forms:
            field.look(form, hardware, limits, clock)
        if not field.hunts:
            raise field.refused[0]
        field.start_all(hardware, limits, clock)
    except (KeyboardInterrupt, StoppedError) as stopped:
        by_user = isinstance(stopped, KeyboardInterrupt)
        if not field.hunts:
            raise stopped if by_user else NothingFoundError.of(layer.name or "layer", clock.seconds) from None
        # Of forms that were not reached nothing is known but what physics says.
        status, bound = Status.INTERRUPTED if by_user else Status.FEASIBLE, physical
    else:
        status = field.run(limits, workers, seed)
        bound = max(physical, field.bound)
    chosen, best = field.best
    if status is Status.FEASIBLE and bound >= best.value and best.tile not in best.unreplayed:
        status = Status.OPTIMAL  # what another form leaves open is no better
    return Solution(
        layer=layer,
        hardware=hardware,
        objective=objective,
        status=status,
        tile=best.tile,
        cost=best.cost,
        bound=best.value if status is Status.OPTIMAL else min(bound, best.value),
        wall_seconds=clock.seconds,
        space=field.space(limits),
        replayed=sum(len(hunt.seen) + len(hunt.slower) for hunt in field.hunts.values()),
        notes=(*best.notes(), *field.notes),
        form=chosen.name,
        prover=prover or SHARED,
        evidence=field.evidence,
    )


class _Field:
    """The forms of a layer: those whose bounds excluded them, and those that are searched."""

    def __init__(self, objective: Objective, prover: Prover | None, kept: Spaces) -> None:
        self.objective, self.prover, self.kept = objective, prover, kept
        self.spaces: dict[Form, Outlook | Presolved] = {}
        self.hunts: dict[Form, Hunt] = {}
        self.wrong: dict[Form, dict[Tile, Cost | None]] = {}
        self.unclear: list[Form] = []
        """Forms of which all mappings of interest may be wrong, and some are too long to replay."""
        self.refused: list[InfeasibleError] = []

    def look(self, form: Form, hardware: Hardware, limits: Limits, clock: Clock) -> None:
        """Bound the space of a form; the first one that has mappings is presolved at once."""
        try:
            ahead: Outlook | Presolved
            if self.prover == "cpsat":
                ahead = whole_space(form.nest, hardware, self.objective, limits, clock)
            else:
                most = float(self.best[1].value) if self.hunts else float("inf")
                ahead = outlook(form.nest, hardware, self.objective, limits, self.kept, most, clock)
            if not self.hunts:
                self.start(form, ahead, hardware, limits, clock)
            elif isinstance(ahead, Outlook):
                ahead = ahead.below(float(self.best[1].value))
        except InfeasibleError as error:
            self.refused.append(error)
        else:
            self.spaces[form] = ahead

    def start_all(self, hardware: Hardware, limits: Limits, clock: Clock) -> None:
        """Presolve the forms that may beat those before them, those with the least bounds first."""
        for form in sorted(self.spaces, key=lambda form: self.spaces[form].least):
            if form in self.hunts or self._hopeless(form, self.spaces[form].least * (1 - SLACK)):
                continue
            try:
                ahead = self.spaces[form]
                if isinstance(ahead, Outlook):
                    ahead = ahead.below(float(self._cutoff(form)))
                self.start(form, ahead, hardware, limits, clock)
            except NoneOfInterestError as error:
                # Those mappings that might have been better are not, or weights overtake inputs in them.
                tiles = list(map(Tile.of, error.wrong))
                with stopping(lambda: clock.expired):
                    clear = [tile for tile in tiles if not _too_long_to_clear(form.nest, hardware, tile)]
                self.wrong[form] = dict.fromkeys(clear)
                if len(clear) < len(tiles):
                    self.unclear.append(form)
                else:
                    self.spaces[form] = replace(self.spaces[form], least=float("inf"))

    def start(
        self, form: Form, ahead: Outlook | Presolved, hardware: Hardware, limits: Limits, clock: Clock
    ) -> None:
        """Find a first incumbent of a form."""
        left = ahead
        if isinstance(left, Outlook):
            left = presolve(form.nest, hardware, self.objective, limits, left, clock)
        # CP-SAT is imported only where it is needed: with two levels it is not.
        from solver.search.hunt import Hunt

        self.hunts[form] = Hunt(form.nest, hardware, self.objective, clock, left, self.prover)

    def run(self, limits: Limits, workers: int | None, seed: int) -> Status:
        """Search one form after the other, the most promising first; the worst status counts for all."""
        statuses = [Status.FEASIBLE] if self.unclear else []
        for form in sorted(self.hunts, key=self._rank):
            hunt, cutoff = self.hunts[form], self._cutoff(form)
            if self._hopeless(form, hunt.bound):
                continue
            try:
                statuses.append(hunt.run(limits, workers, seed, cutoff))
            except KeyboardInterrupt:
                statuses.append(Status.INTERRUPTED)
            if statuses[-1] is Status.INTERRUPTED:
                break
            if statuses[-1] is Status.OPTIMAL:
                hunt.bound = min(hunt.value, self.best[1].value)
            elif hunt.settled:
                hunt.bound = hunt.least_open
        return max(statuses, key=list(Status).index)

    @property
    def best(self) -> tuple[Form, Hunt]:
        """The form with the best incumbent; the simplest of several."""
        return min(self.hunts.items(), key=lambda item: self._rank(item[0]))

    @property
    def bound(self) -> Decimal:
        """What no mapping of any form can beat."""
        spared = [
            Decimal(self.spaces[form].least * (1 - SLACK)) for form in self.spaces.keys() - self.hunts.keys()
        ]
        return min([*(hunt.bound for hunt in self.hunts.values()), *map(Decimal, spared)])

    @property
    def notes(self) -> list[str]:
        """What the reader should know of forms that were not searched."""
        return [
            f"mappings of the form {form.name} are too long to replay: not proved" for form in self.unclear
        ]

    @property
    def evidence(self) -> Evidence:
        """What was settled of each form; one whose mappings all compute wrong outputs is not told."""
        return {form.name: self._told(form) for form in self.spaces}

    def _told(self, form: Form) -> FormEvidence:
        size = self.spaces[form].size
        if form not in self.hunts:
            return FormEvidence(size, self.wrong.get(form, {}))
        hunt = self.hunts[form]
        return FormEvidence(size, hunt.seen, tuple(hunt.slower))

    def space(self, limits: Limits) -> Space:
        """Return the mappings of all forms."""
        spaces = self.spaces.values()
        doubtful = [space.doubtful for space in spaces if space.doubtful is not None]
        counted = sum(doubtful) if len(doubtful) == len(spaces) else None
        words = describe_space(limits, len(spaces), counted)
        return Space(sum(space.size for space in spaces), words, len(spaces))

    def _rank(self, form: Form) -> tuple[Decimal, int]:
        return self.hunts[form].value, list(self.spaces).index(form)

    def _cutoff(self, form: Form) -> Decimal:
        """Return the highest value with which a form would be the answer (or the next higher one)."""
        best, hunt = self.best
        whole = self.objective is Objective.LATENCY and self._later(form, best)
        return hunt.value - 1 if whole else hunt.value

    def _hopeless(self, form: Form, bound: float | Decimal) -> bool:
        return form != self.best[0] and bound > self._cutoff(form)

    def _later(self, form: Form, other: Form) -> bool:
        order = list(self.spaces)
        return order.index(form) > order.index(other)


def _too_long_to_clear(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Return whether only a replay could tell if weights overtake inputs, and the run is too long for one."""
    try:
        overtaken(nest, hardware, tile)
    except ReplayLimitError:
        return True
    return False


def describe_space(limits: Limits, forms: int, doubtful: int | None) -> str:
    """Return the space of array tiles in words.

    Parameters
    ----------
    forms
        How many forms of the layer the tiles are of.
    doubtful
        How many of the tiles are counted though weights may overtake inputs in them; None if that is unknown.
    """
    constraints = str(limits)
    several = f" of {forms} forms" if forms > 1 else ""
    within = f" with {constraints}" if constraints else ""
    number = "those" if doubtful is None else f"{doubtful:,}"
    counted = f", counting {number} whose weights may overtake inputs" if doubtful != 0 else ""
    return f"all legal array tiles{several}{within}{counted}"
