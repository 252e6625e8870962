"""The search of one form of a layer: an incumbent, CP-SAT's optimum, and the replay of what may be better."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np

from solver.answers.solution import Status
from solver.cost.batch import batch_cost
from solver.cost.evaluate import evaluate
from solver.cost.latency import loops
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Cost, Objective
from solver.cost.setup import tile_setup
from solver.cost.timing import exceeds
from solver.cost.traffic import auxiliary
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.right import overtaken, surely_overtaken
from solver.legal.tiles import Limits
from solver.mapping.tile import Tile
from solver.search.array import build
from solver.search.figures import Figures, figures
from solver.search.presolve import SLACK, Presolved
from solver.search.progress import Clock
from solver.search.provers import Prover
from solver.search.search import enumerate_all
from solver.stopping import StoppedError, stopping

_MANY_VNS = 9
"""Virtual neurons that may drift apart so that a replay of sums through memory never repeats itself."""

_AT_ONCE = 1024
"""Tiles of one model: the time that CP-SAT takes grows faster than their number."""


class Hunt:
    """The incumbent, and everything that has been replayed on the way to it."""

    def __init__(
        self,
        nest: LoopNest,
        hardware: Hardware,
        objective: Objective,
        clock: Clock,
        left: Presolved,
        prover: Prover | None = None,
    ) -> None:
        self.prover = prover
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
        self.slower: dict[Tile, int] = {}
        """What was replayed until it took more than so many cycles, with which it might have been better."""
        self.bound = min(Decimal(left.least * (1 - SLACK)), self.value)
        self.favourite: Tile | None = None
        self.cutoff = self.value
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

    @property
    def most(self) -> Decimal:
        """What a mapping may cost that is still of interest."""
        return min(self.value, self.cutoff)

    def run(self, limits: Limits, workers: int | None, seed: int, cutoff: Decimal) -> Status:
        """Search to the proof, the time limit or Ctrl-C.

        Parameters
        ----------
        cutoff
            Mappings that cost more than this are of no interest: another form has a better one.
        """
        clock, self.cutoff = self.clock, cutoff
        clock.report("presolved", self.most, min(self.most, self.bound))
        if clock.expired:
            return Status.FEASIBLE
        tiles = self.left.tiles[self.left.bounds * (1 - SLACK) <= float(self.most)]
        if not len(tiles):
            return Status.OPTIMAL
        rows = figures(self.nest, self.hardware, tiles)
        try:
            with stopping(lambda: clock.expired):
                return self._settle(rows, limits, seed)
        except StoppedError:
            return Status.FEASIBLE

    def _settle(self, rows: Figures, limits: Limits, seed: int) -> Status:
        """List every mapping whose bound does not exceed the incumbent, and replay those that can beat it."""
        self.clock.report("enumerating", self.most, min(self.most, self.bound))
        listed = self._bounded(rows) if self.prover == "bounds" else self._list(rows, limits, seed)
        if isinstance(listed, Status):
            return listed
        tiles = sorted(listed)
        if tiles:
            sizes = np.array([tile.sizes for tile in tiles])
            batch = batch_cost(self.nest, self.hardware, sizes)
            energy = batch.least_values(Objective.ENERGY) * (1 - SLACK)
            least = np.array([listed[tile] for tile in tiles])
            # Cycles are integers, exact in floating point.
            least *= 1 if self.objective is Objective.LATENCY else 1 - SLACK
            self.bound = min(self.value, max(self.bound, Decimal(float(least.min()))))
            closed = batch.values(self.objective)
            self.favourite = tiles[int(closed.argmin())]
            # Many virtual neurons whose sums go through memory may be too long to replay: they come last.
            late = auxiliary(self.nest, self.hardware, sizes) * (loops(self.nest, sizes).num_vns >= _MANY_VNS)
            for i in np.lexsort((closed, energy, least, late)):
                # Among equals the lower energy wins, so a tie is replayed only if its energy may be lower.
                worse = (least[i], energy[i]) > (float(self.value), float(self.cost.energy))
                if worse or least[i] > float(self.cutoff):
                    continue
                if self.clock.expired:
                    return Status.FEASIBLE
                self._replay(tiles[i])
        self.settled = True
        return Status.FEASIBLE if self.open else Status.OPTIMAL

    def _bounded(self, rows: Figures) -> dict[Tile, float]:
        """Return the tiles whose lower bounds in numpy do not exceed the incumbent, with the bounds."""
        values = rows.bounds.least_values(self.objective)
        kept = values * (1 - SLACK) <= float(self.most)
        return dict(zip(map(Tile.of, rows.tiles[kept]), values[kept].tolist(), strict=True))

    def _list(self, rows: Figures, limits: Limits, seed: int) -> dict[Tile, float] | Status:
        """Return the tiles that cost no more than the incumbent in CP-SAT's model, with that cost."""
        listed: dict[Tile, float] = {}
        for begin in range(0, len(rows.tiles), _AT_ONCE):
            some = rows.take(np.arange(len(rows.tiles)) // _AT_ONCE == begin // _AT_ONCE)
            model = build(self.nest, self.hardware, self.objective, limits, some)
            model.at_most(Fraction(self.most))
            outcome = enumerate_all(model, seconds=self.clock.left, seed=seed, known=self._surely_open(some))
            if outcome.interrupted:
                return Status.INTERRUPTED
            if not outcome.complete:
                return Status.FEASIBLE
            listed |= {tile: float(cost / model.scale) for tile, cost in outcome.tiles.items()}
        return listed

    def _surely_open(self, rows: Figures) -> set[Tile]:
        """Return the tiles that must be among those that may still be of interest, whoever lists them.

        Where CP-SAT alone decides what is legal, no tile but the incumbent is known to be.
        """
        values = rows.bounds.least_values(self.objective) * (1 + SLACK)
        tiles = {Tile.of(sizes) for sizes in rows.tiles[values <= float(self.most)]}
        return tiles & {self.tile, self.left.incumbent} if self.left.alone else tiles

    @property
    def open(self) -> list[Decimal]:
        """Lower bounds of the mappings that were too long to replay and may beat what is known."""
        reported = self.tile if self.value <= self.cutoff else None
        return [least for tile, least in self.unreplayed.items() if least < self.most or tile == reported]

    @property
    def least_open(self) -> Decimal:
        """Value that no mapping falls below once the others are settled."""
        return min([self.most, *self.open])

    def _leave_open(self, tile: Tile) -> None:
        batch = batch_cost(self.nest, self.hardware, np.array([tile.sizes]))
        self.long.add((tile.vn_size, tile.num_vns))
        self.unreplayed[tile] = Decimal(float(batch.least_values(self.objective)[0]) * (1 - SLACK))

    def _replay(self, tile: Tile) -> None:
        if tile in self.seen or tile in self.slower:
            return
        if (tile.vn_size, tile.num_vns) in self.long:
            # Wired and paced alike, it would not repeat itself either; trying takes seconds each.
            if surely_overtaken(self.nest, self.hardware, tile):
                self.seen[tile] = None
            else:
                self._leave_open(tile)
            return
        if self.objective is Objective.LATENCY:
            setup = int(tile_setup(self.nest, self.hardware, np.array([tile.sizes]))[0])
            cycles = int(self.most)
            if exceeds(self.nest, self.hardware, tile, cycles - setup):
                self.slower[tile] = cycles
                return
        try:
            wrong = overtaken(self.nest, self.hardware, tile)
        except ReplayLimitError:
            self._leave_open(tile)
            return
        if wrong:
            self.seen[tile] = None
            return
        cost = evaluate(self.nest, self.hardware, tile)
        self.seen[tile] = cost
        if cost.method == "closed form":
            self._leave_open(tile)
        if self._rank(tile, cost) < self._rank(self.tile, self.cost):
            self.tile, self.cost = tile, cost
            self.clock.report("replaying", self.most, min(self.most, self.bound))

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
        if self.favourite in self.slower:
            more = self.slower[self.favourite]
            notes.append(
                f"the closed form ranks {self.favourite} first; in the replay it takes more than"
                f" {more:,} cycles"
            )
        return notes
