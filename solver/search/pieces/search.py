"""The best pieces of a layer along one cut, proved over every number of pieces.

1. Every tile of every form gets straight lines that bound its cost in a piece of any size.
2. A knapsack over the bounds (`solver.search.pieces.knapsack`) says what no mapping in pieces can beat, and
   which pieces that would take. If it is no less than a mapping that is known, that one is optimal.
3. Else the bounds of the pieces that it takes are made exact, and it is solved again, until it takes none
   but exact ones: then it is a mapping, and no other is better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.cost.batch import batch_cost
from solver.cost.evaluate import evaluate
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import Limits, overtaking
from solver.mapping.tile import Tile
from solver.pieces.cuts import Cut, Family, families_along
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.groups import DIVIDED, EVERYWHERE, Group, groups_of
from solver.search.pieces.knapsack import Filled, fill
from solver.search.progress import Clock

_ALONE, _NEAR = 6, 12
"""Rounds in which only what a solution takes is sharpened, and how much more in each round after them."""


_SWEEP = 4
"""Rounds between two looks for tiles that have become hopeless."""


@dataclass(frozen=True)
class Chosen:
    """A piece of some size, and how it runs.

    `linear` tells that pieces with this tile cost the same apart and together.
    """

    count: int
    family: Family
    tile: Tile
    linear: bool


class PieceSearch:
    """What is known of a layer's pieces along one cut.

    Attributes
    ----------
    bound
        No mapping in pieces costs less.
    space, forms
        Tiles that pieces may have, and of how many forms they are.
    replayed, rounds
        Replays, and how often the knapsack was solved.
    least
        What 0, 1, 2, ... of the loop cost at least, as far as it is known.
    open
        Whether a piece is too long to replay, so that there may be no proof.
    """

    def __init__(
        self,
        layer: Primitive,
        cut: Cut,
        hardware: Hardware,
        goal: Goal,
        wish: Wish,
        limits: Limits,
        most: int | None = None,
    ) -> None:
        self.cut, self.hardware, self.goal, self.most = cut, hardware, goal, most
        self.groups: list[Group] = []
        self.space = self.forms = 0
        for family in families_along(layer, cut, wish, hardware):
            groups, count = groups_of(family, cut.size, hardware, goal, limits)
            self.groups += groups
            self.space += count
            self.forms += count > 0
        self.resolved: dict[int, int] = {}
        """Of tiles without straight costs: the least cost of a piece, or a lower bound that is enough."""
        self.replayed = self.rounds = 0
        self.open = False
        self.bound = 0
        self.least: tuple[int, ...] = ()

    def run(self, known: int, clock: Clock) -> tuple[Chosen, ...] | None:
        """Return the best pieces, if they cost less than what is known, else None.

        Raises `bound` until it is their cost, or that of what is known; not after the time limit, and not if
        pieces are too long to replay.
        """
        size = self.cut.size
        self.known = known
        self.best: tuple[Chosen, ...] | None = None
        self.most_value = 2 * known
        self.exact = np.full_like(self._infinite(), self.most_value)
        self.owners: dict[int, tuple[Family, Tile, bool]] = {}
        while True:
            costs = self._costs()
            filled = fill(costs, self.most)
            self.rounds += 1
            self.least = tuple(filled.least.tolist())
            self.bound = max(self.bound, min(self.known, int(filled.least[size])))
            if self.bound >= self.known:
                return self.best
            picked = dict.fromkeys(filled.sizes)
            doubtful = [count for count in picked if costs[count] < self.exact[count]]
            if not doubtful:
                self._improve(filled)
                return self.best
            if clock.expired or self.open:
                return self.best
            if self.rounds % _SWEEP == 1:
                self._drop_hopeless(filled)
            before = self.replayed
            for count in doubtful:
                self._sharpen(count, int(costs[count]), filled)
            if self.rounds > _ALONE:
                self._lay_out_near(filled)
            if self.replayed > before and self._improve(fill(self.exact, self.most)):
                self._drop_hopeless(filled)

    def _infinite(self) -> NDArray:
        return self.goal.whole(np.full(self.cut.size + 1, np.inf), self.most_value)

    def _improve(self, filled: Filled) -> bool:
        """Take pieces whose costs are exact if they are better than what is known."""
        value = int(filled.least[-1])
        if value >= self.known or any(count not in self.owners for count in filled.sizes):
            return False
        self.known = value
        self.best = tuple(Chosen(count, *self.owners[count]) for count in filled.sizes)
        return True

    def _drop_hopeless(self, filled: Filled) -> None:
        """Forget tiles that no mapping in pieces can use and cost less than what is known.

        Whatever a piece takes beside one iteration of a tile, it and the other pieces cost no less than the
        least for as many filters.
        """
        if self.most is not None:
            return
        rest = filled.least[self.cut.size - 1 :: -1].astype(np.float64)  # of size - 1, size - 2, ...
        for group in self.groups:
            each = float(group.lines.each.min())
            last = (each * np.arange(1, group.width + 1) + rest[: group.width]).min()
            group.keep((group.lines.step + last) * (1 - SLACK) < self.known)
        self.groups = [group for group in self.groups if len(group.tiles)]

    def _costs(self) -> NDArray:
        """Return the least cost of a piece of every size, as far as it is known."""
        size, costs = self.cut.size, self._infinite()
        for linear in (False, True):
            for group in self.groups:
                if group.linear == linear:
                    sizes = group.sizes(size)
                    costs[sizes] = np.minimum(costs[sizes], group.costs(size, self.goal, self.most_value))
            if not linear:
                for count, value in self.resolved.items():
                    costs[count] = min(value, self.most_value)
        return costs

    def _sharpen(self, count: int, value: int, filled: Filled) -> None:
        """Find out more of the tiles with the least bound of a piece of some size."""
        for group in self.groups:
            if not self._holds(group, count) or (count in self.resolved and not group.linear):
                continue
            if group.cost_at(count, self.cut.size, self.goal, self.most_value) != value:
                continue
            if not group.laid_out:
                group.lay_out(self.hardware, self.goal)
            elif group.linear:
                self._settle(group, count)
            else:
                self._resolve(count, max(value, self.known - int(filled.least[self.cut.size - count])))
            return

    def _lay_out_near(self, filled: Filled) -> None:
        """Lay out more groups that may be in the next solutions: each solution takes longer than they do."""
        rest = filled.least[::-1].astype(np.float64)  # of the layer's size, one less, ...
        known = float(self.known)
        near = []
        for place, group in enumerate(self.groups):
            if not group.laid_out:
                size = group.width
                least = float(group.costs_of(np.array([size]), self.goal, self.most_value)[0])
                if (reach := least + rest[size]) < known:
                    near.append((reach, place))
        for _, place in sorted(near)[:_NEAR]:
            self.groups[place].lay_out(self.hardware, self.goal)

    @staticmethod
    def _nest(family: Family, count: int) -> LoopNest:
        return family.nest if family.whole else family.nest_of(count)

    def _settle(self, group: Group, count: int) -> None:
        at = group.best(count)
        tile = group.settle(at, self.hardware, self.goal)
        self.replayed += 1
        if tile is None:
            self.open = True
            return
        sizes = group.sizes(self.cut.size)
        costs = group.line_of(at, sizes, self.exact.dtype)
        better = costs < self.exact[sizes]
        self.exact[sizes[better]] = costs[better]
        self.owners.update(dict.fromkeys(sizes[better].tolist(), (group.family, tile, True)))

    def _holds(self, group: Group, count: int) -> bool:
        if group.where == EVERYWHERE:
            return count >= group.width
        return count >= group.width and (count % group.width == 0) == (group.where == DIVIDED)

    def _resolve(self, count: int, cutoff: int) -> None:
        """Replay the tiles without straight costs in pieces of some size, the most promising first."""
        entries: list[tuple[float, Family, Tile]] = []
        for group in self.groups:
            if group.linear or not self._holds(group, count):
                continue
            near = group.lines.at(-(-count // group.width), count) * (1 - SLACK) <= cutoff
            if not near.any():
                continue
            tiles = group.tiles[near]
            costs = batch_cost(self._nest(group.family, count), self.hardware, tiles)
            values = self.goal.values(costs.least_cycles.astype(np.float64), costs.dynamic_energy)
            entries += [
                (value, group.family, Tile.of(tile))
                for value, tile in zip(values.tolist(), tiles, strict=True)
                if value * (1 - SLACK) <= cutoff
            ]
        best = cutoff
        for value, family, tile in sorted(entries, key=lambda entry: entry[0]):
            if value * (1 - SLACK) >= best:
                break
            nest = self._nest(family, count)
            if overtaking(nest, self.hardware, tile) is not None:
                continue
            cost = evaluate(nest, self.hardware, tile)
            self.replayed += 1
            if cost.method == "closed form":
                self.open = True
                continue
            exact = self.goal.value(cost.cycles, cost.energy)
            if exact < best:
                best = exact
                if exact < self.exact[count]:
                    self.exact[count], self.owners[count] = exact, (family, tile, False)
        self.resolved[count] = best
