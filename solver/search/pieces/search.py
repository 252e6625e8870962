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

from solver.cost.batch import batch_cost
from solver.cost.latency import drained  # noqa: F401
from solver.cost.result import Cost, Objective
from solver.hardware import Hardware
from solver.layer import DIMS, Primitive
from solver.legal.tiles import Limits, overtaking
from solver.mapping.tile import Tile
from solver.pieces.cuts import Cut, Family, families_along
from solver.forms.wish import Wish
from solver.search.pieces.goal import SLACK, Goal
from solver.search.pieces.groups import DIVIDED, EVERYWHERE, Group, cost_of, groups_of
from solver.search.pieces.knapsack import Filled, fill
from solver.search.pieces.lines import bounds
from solver.search.progress import Clock


@dataclass(frozen=True)
class Chosen:
    """A piece of some size, and how it runs."""

    count: int
    family: Family
    tile: Tile


@dataclass(frozen=True)
class Resolved:
    """The best of the tiles without straight costs in a piece of some size.

    `tile` is None where none costs less than `value`, which is enough to know.
    """

    value: int
    family: Family | None = None
    tile: Tile | None = None


class PieceSearch:
    """What is known of a layer's pieces along one cut."""

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
        self.space = 0
        self.forms = 0
        for family in families_along(layer, cut, wish):
            groups, count = groups_of(family, hardware, goal, limits)
            self.groups += groups
            self.space += count
            self.forms += count > 0
        self.resolved: dict[int, Resolved] = {}
        self.replayed = self.rounds = 0
        self.open = False
        """Whether a piece is too long to replay."""
        self.bound = 0

    def run(self, known: int, clock: Clock) -> tuple[Chosen, ...] | None:
        """Return pieces that cost less than what is known, the best ones; None if there are none.

        Raises the search's `bound` until it is their cost, or that of what is known; not after the time limit,
        and not if pieces are too long to replay.
        """
        self._drop_hopeless(known)
        while True:
            filled = self._fill(known)
            self.bound = int(filled.least[-1])
            if self.bound >= known:
                return None
            chosen, exact = self._chosen(filled, known)
            if exact:
                return chosen
            if clock.expired or self.open:
                return None

    def _drop_hopeless(self, known: int) -> None:
        """Forget tiles that no mapping in pieces can use and cost less than what is known."""
        least = self._fill(known).least
        size = self.cut.size
        if least[-1] >= known or self.most is not None:
            return
        rest = least[size - 1 :: -1].astype(np.float64)  # of size - 1, size - 2, ...
        for group in self.groups:
            each = float(group.lines.each.min())
            last = (each * np.arange(1, group.width + 1) + rest[: group.width]).min()
            group.keep((group.lines.step + last) * (1 - SLACK) < known)
        self.groups = [group for group in self.groups if len(group.tiles)]

    def _fill(self, known: int) -> Filled:
        size = self.cut.size
        most = 2 * known
        costs = self.goal.whole(np.full(size + 1, np.inf), most)
        for linear in (False, True):
            for group in self.groups:
                if group.linear == linear:
                    sizes = group.sizes(size)
                    costs[sizes] = np.minimum(costs[sizes], group.costs(size, self.goal, most))
            if not linear:
                for s, resolved in self.resolved.items():
                    costs[s] = min(resolved.value, most)
        self.costs = costs
        self.rounds += 1
        return fill(costs, self.most)

    def _chosen(self, filled: Filled, known: int) -> tuple[tuple[Chosen, ...], bool]:
        """Return the pieces of a solution, and whether all are exact; those that are not are sharpened."""
        found, exact = [], True
        for count in dict.fromkeys(filled.sizes):
            piece = self._piece(count, known, filled)
            if piece is None:
                exact = False
            else:
                found += [piece] * filled.sizes.count(count)
        return tuple(found), exact

    def _piece(self, count: int, known: int, filled: Filled) -> Chosen | None:
        """Return the best piece of some size if it is exact; else sharpen its bound."""
        value = self.costs[count]
        resolved = self.resolved.get(count)
        if resolved is not None and resolved.value == value and resolved.tile is not None:
            assert resolved.family is not None
            return Chosen(count, resolved.family, resolved.tile)
        candidates = []
        for group in self.groups:
            if (resolved is not None and not group.linear) or not self._holds(group, count):
                continue
            least = group.costs_of(np.array([count]), self.goal, 2 * known)[0]
            if least == value:
                candidates.append((*group.best(count, self.goal, 2 * known), group))
        if not candidates:
            return None
        at, exact, group = max(candidates, key=lambda entry: entry[1])
        if exact:
            return Chosen(count, group.family, Tile.of(group.tiles[at]))
        if not group.laid_out:
            group.lay_out(self.hardware, self.goal)
        elif group.linear:
            self.replayed += 1
            group.settle(at, self.hardware, self.goal)
            self.open |= at in group.unknown
        else:
            cutoff = known - int(filled.least[self.cut.size - count])
            self.resolved[count] = self._resolve(count, max(cutoff, int(value)))
        return None

    def _holds(self, group: Group, count: int) -> bool:
        if group.where == EVERYWHERE:
            return count >= group.width
        return count >= group.width and (count % group.width == 0) == (group.where == DIVIDED)

    def _resolve(self, count: int, cutoff: int) -> Resolved:
        """Replay the tiles without straight costs in pieces of some size, the most promising first."""
        entries: list[tuple[float, Family, Tile]] = []
        for group in self.groups:
            if group.linear or not self._holds(group, count):
                continue
            i = -(-count // group.width)
            near = group.lines.at(i, count) * (1 - SLACK) <= cutoff
            if not near.any():
                continue
            tiles = group.tiles[near]
            costs = batch_cost(group.family.nest_of(count), self.hardware, tiles)
            values = self.goal.values(costs.least_cycles.astype(np.float64), costs.dynamic_energy)
            for value, tile in zip(values.tolist(), tiles, strict=True):
                if value * (1 - SLACK) <= cutoff:
                    entries.append((value, group.family, Tile.of(tile)))
        best = Resolved(cutoff)
        for value, family, tile in sorted(entries, key=lambda entry: entry[0]):
            if value * (1 - SLACK) >= best.value:
                break
            nest = family.nest_of(count)
            if overtaking(nest, self.hardware, tile) is not None:
                continue
            cost = cost_of(family, count, self.hardware, tile)
            self.replayed += 1
            if cost.method == "closed form":
                self.open = True
                continue
            exact = self.goal.value(cost.cycles, cost.energy)
            if exact < best.value:
                best = Resolved(exact, family, tile)
        return best
