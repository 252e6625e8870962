"""The search for the best mapping of a layer, with its proof.

1. `presolve` enumerates the space and discards what simple bounds exclude.
2. CP-SAT minimises a lower bound of the cost over what is left; its optimum is replayed and becomes the
   incumbent if it is better.
3. CP-SAT enumerates every mapping whose bound does not exceed the incumbent, and each that could be better by
   its own figures is replayed. When none is left the incumbent is optimal: under the replay, not just the
   closed form.

The same steps run without presolve (`presolved=False`), where CP-SAT alone decides what is legal and best.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

import numpy as np

from solver.answers.solution import Solution, Space, Status
from solver.cost.batch import batch_cost
from solver.cost.bounds import least_value
from solver.cost.evaluate import evaluate
from solver.cost.latency import loops
from solver.cost.result import Cost, Objective
from solver.cost.traffic import auxiliary
from solver.errors import InfeasibleError, InternalError
from solver.hardware import Hardware
from solver.layer import BEST, LoopNest, Primitive
from solver.legal.tiles import Limits, overtaking
from solver.mapping.tile import Tile
from solver.search.array import ArrayModel, build
from solver.search.figures import Figures, figures
from solver.search.presolve import SLACK, Presolved, presolve, whole_space
from solver.search.progress import Clock, Progress
from solver.search.search import enumerate_all, minimise
from solver.search.two_level.solve import Prover, solve_levels

_MANY_VNS = 9
"""Virtual neurons that may drift apart so that a replay of sums through memory never repeats itself."""


def solve(
    layer: Primitive,
    hardware: Hardware,
    objective: Objective,
    *,
    limits: Limits | None = None,
    time_limit: float | None = None,
    workers: int | None = None,
    seed: int = 0,
    presolved: bool = True,
    stationary: str = BEST,
    prover: Prover = "bounds",
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
    presolved
        Whether to discard what simple bounds exclude first. Without it CP-SAT is told every tile that fits on
        the multipliers: slow, the same answer, and independent of the enumeration of legal tiles.
    stationary
        Which lowerings of the layer to search, `solver.layer.STATIONARY`; the proof covers all of them.
    prover
        What completes the proof where the hardware has a prefetch buffer; without one it is always CP-SAT.

    Returns
    -------
    Solution
        Status optimal if proved, feasible after the time limit, interrupted after Ctrl-C.

    Raises
    ------
    InfeasibleError
        If no mapping is legal; the message names the constraint that forbids them all.
    KeyboardInterrupt
        If the user interrupts before any mapping is known.
    """
    if hardware.memory is not None:
        return solve_levels(
            layer,
            hardware,
            objective,
            limits=limits,
            time_limit=time_limit,
            stationary=stationary,
            prover=prover,
            workers=workers,
            seed=seed,
            on_progress=on_progress,
        )
    limits = limits or Limits()
    clock = Clock(time_limit, on_progress)
    hunts: dict[str, _Hunt] = {}
    refused: list[InfeasibleError] = []
    lowerings = layer.choices(stationary)
    physical = least_value((lowering.nest for lowering in lowerings), hardware, objective)
    try:
        for name, nest in ((lowering.name, lowering.nest) for lowering in lowerings):
            try:
                left = (
                    presolve(nest, hardware, objective, limits)
                    if presolved
                    else whole_space(nest, hardware, limits)
                )
            except InfeasibleError as error:
                refused.append(error)
                continue
            hunts[name] = _Hunt(nest, hardware, objective, clock, left)
    except KeyboardInterrupt:
        if not hunts:
            raise
        # Of lowerings that were not reached nothing is known but what physics says.
        status, bound = Status.INTERRUPTED, physical
    else:
        if not hunts:
            raise refused[0]
        status = _run_all(list(hunts.values()), limits, workers, seed)
        bound = max(physical, min(hunt.bound for hunt in hunts.values()))
    stays, best = min(hunts.items(), key=lambda item: item[1].rank[:-1])
    if status is Status.FEASIBLE and bound >= best.value and best.tile not in best.unreplayed:
        status = Status.OPTIMAL  # what another lowering leaves open is no better
    return Solution(
        layer=layer,
        hardware=hardware,
        objective=objective,
        status=status,
        tile=best.tile,
        cost=best.cost,
        bound=best.value if status is Status.OPTIMAL else min(bound, best.value),
        wall_seconds=clock.seconds,
        space=Space(
            sum(hunt.left.size for hunt in hunts.values()),
            describe_space(limits, list(hunts), sum(hunt.left.doubtful for hunt in hunts.values())),
        ),
        replayed=sum(len(hunt.seen) for hunt in hunts.values()),
        notes=tuple(best.notes()),
        stationary=stays,
    )


def _run_all(hunts: list[_Hunt], limits: Limits, workers: int | None, seed: int) -> Status:
    """Search one lowering after the other, the most promising first; the worst status counts for all."""
    statuses = []
    for hunt in sorted(hunts, key=lambda hunt: hunt.value):
        if any(hunt.bound > other.value for other in hunts):
            continue
        try:
            statuses.append(hunt.run(limits, workers, seed))
        except KeyboardInterrupt:
            statuses.append(Status.INTERRUPTED)
        if statuses[-1] is Status.INTERRUPTED:
            break
        if statuses[-1] is Status.OPTIMAL:
            hunt.bound = hunt.value
        elif hunt.settled:
            hunt.bound = hunt.least_open
    return max(statuses, key=list(Status).index)


class _Hunt:
    """The incumbent, and everything that has been replayed on the way to it."""

    def __init__(
        self, nest: LoopNest, hardware: Hardware, objective: Objective, clock: Clock, left: Presolved
    ) -> None:
        self.nest, self.hardware, self.objective, self.clock, self.left = (
            nest,
            hardware,
            objective,
            clock,
            left,
        )
        self.tile, self.cost = left.incumbent, left.cost
        self.seen: dict[Tile, Cost | None] = {left.incumbent: left.cost}
        """Costs of what was replayed; None where weights overtake inputs."""
        self.bound = min(Decimal(left.least * (1 - SLACK)), self.value)
        self.favourite: Tile | None = None
        self.unreplayed: dict[Tile, Decimal] = {}
        """Mappings that were too long to replay, and lower bounds of their values."""
        self.long: set[tuple[int, int]] = set()
        """Sizes and numbers of their virtual neurons."""
        if left.cost.method == "closed form":
            self._leave_open(left.incumbent)
        self.settled = False
        """Whether every mapping was settled, as far as it can be."""

    @property
    def value(self) -> Decimal:
        """Objective value of the incumbent."""
        return self.cost.value(self.objective)

    def run(self, limits: Limits, workers: int | None, seed: int) -> Status:
        """Search to the proof, the time limit or Ctrl-C."""
        clock = self.clock
        clock.report("presolved", self.value, self.bound)
        if clock.expired:
            return Status.FEASIBLE
        rows = figures(self.nest, self.hardware, self.left.tiles)
        model = build(self.nest, self.hardware, self.objective, limits, rows)
        model.at_most(Fraction(self.value))
        outcome = minimise(
            model,
            seconds=clock.left,
            workers=workers,
            seed=seed,
            on_bound=lambda bound: self._raise_bound(model, bound),
        )
        if outcome.tiles:
            self._raise_bound(model, outcome.bound)
            self._replay(outcome.tiles[-1])
        if outcome.interrupted:
            return Status.INTERRUPTED
        if not outcome.complete:
            return Status.FEASIBLE
        if not outcome.tiles:
            raise InternalError(
                f"CP-SAT finds no mapping, not even {self.tile}, which is legal: a wrong proof"
            )
        return self._settle(rows, limits, seed)

    def _settle(self, rows: Figures, limits: Limits, seed: int) -> Status:
        """Replay every mapping that can still beat the incumbent."""
        chance = rows.bounds.least_values(self.objective) * (1 - SLACK) <= float(self.value)
        model = build(self.nest, self.hardware, self.objective, limits, rows.take(chance))
        model.at_most(Fraction(self.value))
        self.clock.report("enumerating", self.value, self.bound)
        outcome = enumerate_all(model, seconds=self.clock.left, seed=seed)
        if outcome.interrupted:
            return Status.INTERRUPTED
        if not outcome.complete:
            return Status.FEASIBLE
        tiles = sorted(outcome.tiles)
        if self.tile not in outcome.tiles:
            raise InternalError(
                f"CP-SAT's list of mappings lacks {self.tile}, which belongs to it: a wrong proof"
            )
        if tiles:
            sizes = np.array([tile.sizes for tile in tiles])
            batch = batch_cost(self.nest, self.hardware, sizes)
            energy = batch.least_values(Objective.ENERGY) * (1 - SLACK)
            # Cycles are integers, exact in floating point.
            exact = self.objective is Objective.LATENCY
            least = batch.least_values(self.objective) * (1 if exact else 1 - SLACK)
            closed = batch.values(self.objective)
            self.favourite = tiles[int(closed.argmin())]
            # Many virtual neurons whose sums go through memory may be too long to replay: they come last.
            late = auxiliary(self.nest, self.hardware, sizes) * (loops(self.nest, sizes).num_vns >= _MANY_VNS)
            for i in np.lexsort((closed, energy, least, late)):
                # Among equals the lower energy wins, so a tie is replayed only if its energy may be lower.
                if (least[i], energy[i]) > (float(self.value), float(self.cost.energy)):
                    continue
                if self.clock.expired:
                    return Status.FEASIBLE
                self._replay(tiles[i])
        self.settled = True
        return Status.FEASIBLE if self.open else Status.OPTIMAL

    @property
    def open(self) -> list[Decimal]:
        """Lower bounds of the mappings that were too long to replay and may beat the incumbent."""
        return [least for tile, least in self.unreplayed.items() if least < self.value or tile == self.tile]

    @property
    def least_open(self) -> Decimal:
        """Value that no mapping falls below once the others are settled."""
        return min([self.value, *self.open])

    def _leave_open(self, tile: Tile) -> None:
        batch = batch_cost(self.nest, self.hardware, np.array([tile.sizes]))
        self.long.add((tile.vn_size, tile.num_vns))
        self.unreplayed[tile] = Decimal(float(batch.least_values(self.objective)[0]) * (1 - SLACK))

    def _raise_bound(self, model: ArrayModel, bound: float) -> None:
        proven = model.bound(bound)
        with localcontext(rounding=ROUND_FLOOR):
            below = Decimal(proven.numerator) / Decimal(proven.denominator)
        self.bound = min(self.value, max(self.bound, below))
        self.clock.report("proving", self.value, self.bound)

    def _replay(self, tile: Tile) -> None:
        if tile in self.seen:
            return
        if overtaking(self.nest, self.hardware, tile) is not None:
            self.seen[tile] = None
            return
        if (tile.vn_size, tile.num_vns) in self.long:
            # Wired and paced alike, it would not repeat itself either; trying takes seconds each.
            self._leave_open(tile)
            return
        cost = evaluate(self.nest, self.hardware, tile)
        self.seen[tile] = cost
        if cost.method == "closed form":
            self._leave_open(tile)
        if self._rank(tile, cost) < self._rank(self.tile, self.cost):
            self.tile, self.cost = tile, cost
            self.clock.report("replaying", self.value, self.bound)

    @property
    def rank(self) -> tuple[Decimal, Decimal, int, int, Tile]:
        """Place of the incumbent among mappings."""
        return self._rank(self.tile, self.cost)

    def _rank(self, tile: Tile, cost: Cost) -> tuple[Decimal, Decimal, int, int, Tile]:
        """Order mappings: objective, then energy, cycles and switches in use, then the tile itself."""
        return (cost.value(self.objective), cost.energy, cost.cycles, tile.vn_size * tile.num_vns, tile)

    def notes(self) -> list[str]:
        """Return what the reader should know of how the answer came about."""
        notes = []
        if self.cost.method == "closed form":
            notes.append(
                "cycles by the closed form, as the mapping is too long to replay: near the truth, no proof"
            )
        if others := len(self.open) - (self.tile in self.unreplayed):
            which = "other mapping is" if others == 1 else "other mappings are"
            notes.append(
                f"{others} {which} too long to replay and might be better by their lower bounds: not proved"
            )
        wrong = sum(cost is None for cost in self.seen.values())
        if wrong:
            which = "mapping that might be" if wrong == 1 else "mappings that might be"
            notes.append(f"{wrong} {which} better would compute wrong outputs: weights overtake inputs")
        lost = self.seen.get(self.favourite) if self.favourite else None
        if lost is not None and lost.value(self.objective) > self.value:
            notes.append(
                f"the closed form ranks {self.favourite} first; in the replay it takes {lost.cycles:,} cycles"
            )
        return notes


def describe_space(limits: Limits, stationary: list[str], doubtful: int) -> str:
    """Return the space of array tiles in words.

    Parameters
    ----------
    stationary
        Names of the lowerings.
    doubtful
        How many of the tiles are counted though weights may overtake inputs in them.
    """
    constraints = str(limits)
    either = f", {' or '.join(stationary)} stationary" if len(stationary) > 1 else ""
    within = f" with {constraints}" if constraints else ""
    counted = f", counting {doubtful:,} whose weights may overtake inputs" if doubtful else ""
    return f"all legal array tiles{either}{within}{counted}"
