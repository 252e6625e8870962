"""All mappings of a layer in pieces along one cut whose weighted sum stays below a limit.

The search for the least sum (`solver.search.pieces.search`) may leave a tile out as soon as another one is as
good. Here every tile counts with which the sum can stay below the limit: all of these are replayed, then all
their sums are formed that no other beats in both cycles and energy (`solver.search.pieces.sums`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import FloatArray, IntArray
from solver.arithmetic.exact import scaled_int
from solver.cost.events import whole_energy
from solver.mapping.tile import Tile
from solver.search.pieces.goal import SLACK, SMALL, Goal
from solver.search.pieces.ground import Figures, Ground, Lot
from solver.search.pieces.groups import Group
from solver.search.pieces.knapsack import fill
from solver.search.pieces.search import Chosen, PieceSearch
from solver.search.pieces.sums import Below, UndominatedSums
from solver.search.progress import Clock

MOST_REPLAYS = 4096
"""Tiles and pieces that are replayed; where more would have to be there is no answer."""

_ROUNDING = 1e-9
"""By so much, relatively and absolutely, bounds of cycles in floats are lowered."""

_ELEMENTS = 1 << 22
"""Bounds of tiles in pieces of all sizes that are looked at together."""


@dataclass(frozen=True)
class Near:
    """A mapping in pieces: cycles, energy in units of its last decimal place, and how the pieces run."""

    cycles: int
    energy: int
    pieces: tuple[Chosen, ...]


class BandSearch(PieceSearch):
    """The search for all mappings below a limit.

    Parameters
    ----------
    limit
        Sums from it on are of no interest.
    """

    def __init__(self, ground: Ground, goal: Goal, limit: int, most: int | None = None) -> None:
        super().__init__(ground, goal, limit, most)
        self._rest: FloatArray = np.zeros(self.size + 1)
        """What the filters that a piece leaves cost at least, by its size."""

    def all(self, clock: Clock) -> list[Near] | None:
        """Return the mappings below the limit that no other beats in cycles and energy, fastest first.

        Returns
        -------
        list of Near or None
            None if there was no time, there are too many, or a piece is too long to replay.
        """
        while self._narrowed():
            if clock.expired:
                return None
        parts = _Parts()
        for group in self.groups:
            self._take(group, parts)
        largest, replays = self.known // max(1, self.goal.energy) + 1, 0
        weights = float(self.goal.cycles), float(self.goal.energy)
        below = Below(*weights, self._rest[::-1], float(self.known))
        while True:
            # Sums of what pieces cost at least: those that are not beaten tell what has to be replayed.
            sums = UndominatedSums(*parts.arrays(largest), self.size, below)
            if (found := sums.found(self.most)) is None:
                return None
            doubtful = parts.alike({at for one in found for at in one.pieces if not parts.exact[at]})
            if not doubtful:
                return [Near(o.cycles, o.energy, tuple(map(parts.chosen, o.pieces))) for o in found]
            replays += len(doubtful)
            if replays > MOST_REPLAYS:
                return None
            for at in doubtful:
                if clock.expired or not (parts.exact[at] or self._replayed(parts, at)):
                    return None

    def _narrowed(self) -> bool:
        """Drop tiles with which no sum stays below the limit, and lay others out; False if all are."""
        self._rest = fill(self._costs()).least[::-1].astype(np.float64)
        self._drop_hopeless(self._rest)
        for group in self.groups:
            group.keep(self._reach(group).min(axis=1, initial=np.inf) < float(self.known))
        self.groups = [group for group in self.groups if len(group.rows)]
        laid = False
        for group in self.groups:
            rows = group.rows[~group.lot.laid_out[group.rows]]
            if len(rows):
                self.ground.lay_out(group.lot, rows)
                group.reload()
                laid = True
        return laid

    def _reach(self, group: Group) -> FloatArray:
        """Return what mappings with pieces of a group cost at least, shape (rows, sizes)."""
        sizes = group.sizes(self.size)
        at_once = max(1, _ELEMENTS // max(1, len(sizes)))
        lines, found = group.lines, []
        for begin in range(0, max(1, len(group.rows)), at_once):
            some = slice(begin, begin + at_once)
            base, step, each = (line[some, None] for line in (lines.base, lines.step, lines.each))
            found.append(base + step * -(-sizes // group.width) + each * sizes + self._rest[sizes])
        reach: FloatArray = np.concatenate(found) * (1 - SLACK)
        return reach

    def _take(self, group: Group, parts: _Parts) -> None:
        """Take the pieces of a group that are near, as what they cost or cost at least."""
        lot, sizes = group.lot, group.sizes(self.size)
        near = self._reach(group) < float(self.known)
        least, energies = lot.cycles.take(group.rows), self.ground.energies(lot, group.rows)
        static = scaled_int(self.goal.static, self.goal.places)
        for place, (row, some) in enumerate(zip(group.rows.tolist(), near, strict=True)):
            owner, counts = Owner(lot, row, group.width), sizes[some]
            if row in lot.exact:
                parts.take(owner, counts, *owner.figures(counts), exact=True)
                continue
            iterations, at = -(-counts // group.width), np.array([place])
            bounds = least.take(at).at(iterations, counts)
            cycles = np.ceil(bounds * (1 - _ROUNDING) - _ROUNDING).astype(np.int64).astype(object)
            energy = energies.take(at).at(iterations.astype(object), counts.astype(object))
            parts.take(owner, counts, cycles, whole_energy(energy, static, cycles), exact=False)

    def _replayed(self, parts: _Parts, at: int) -> bool:
        """Find what a piece costs, with straight costs those of all sizes; False if it is too long."""
        owner, one = parts.owner(at), parts.chosen(at)
        if owner.lot.linear:
            exact = owner.row in owner.lot.exact or self.ground.settle(owner.lot, owner.row) is not None
            if exact:
                parts.settle_all(at)
            return exact
        try:
            parts.settle(at, self.ground.figures(one.family, one.count, one.tile))
        except OverflowError:
            return False
        return True


@dataclass(frozen=True)
class Owner:
    """A tile of pieces: a row of a lot, and its filters."""

    lot: Lot
    row: int
    width: int

    def figures(self, counts: IntArray) -> tuple[NDArray, NDArray]:
        """Return cycles and energies of pieces, if they are known to be straight."""
        exact, some = self.lot.exact[self.row], counts.astype(object)
        lines = zip(exact.base, exact.step, exact.each, strict=True)
        cycles, energy = (base + step * -(-some // self.width) + each * some for base, step, each in lines)
        return cycles, energy


class _Parts:
    """The pieces of which sums are formed: what they cost, or cost at least, as whole numbers."""

    def __init__(self) -> None:
        self._owners: list[tuple[Owner, slice]] = []
        self._owner: list[int] = []
        self._counts: list[int] = []
        self._cycles: list[int] = []
        self._energy: list[int] = []
        self.exact: list[bool] = []

    def take(self, owner: Owner, counts: IntArray, cycles: NDArray, energy: NDArray, *, exact: bool) -> None:
        """Take pieces of some sizes with one tile."""
        begin, number = len(self._owner), len(counts)
        self._owner += [len(self._owners)] * number
        self._owners.append((owner, slice(begin, begin + number)))
        self._counts += counts.tolist()
        self._cycles += cycles.tolist()
        self._energy += energy.tolist()
        self.exact += [exact] * number

    def owner(self, at: int) -> Owner:
        """Return the tile of a piece."""
        return self._owners[self._owner[at]][0]

    def chosen(self, at: int) -> Chosen:
        """Return a piece."""
        owner = self.owner(at)
        tile = Tile.of(owner.lot.tiles[owner.row])
        return Chosen(self._counts[at], owner.lot.family, tile, owner.lot.linear)

    def settle(self, at: int, figures: Figures | None) -> None:
        """Take what a piece costs; without it none that computes the layer has it."""
        if figures is None:
            self._counts[at] = 0
        else:
            self._cycles[at], self._energy[at] = figures
        self.exact[at] = True

    def settle_all(self, at: int) -> None:
        """Take what all pieces with the tile of one cost."""
        owner, rows = self._owners[self._owner[at]]
        cycles, energy = owner.figures(np.array(self._counts[rows]))
        self._cycles[rows], self._energy[rows] = cycles.tolist(), energy.tolist()
        self.exact[rows] = [True] * len(cycles)

    def alike(self, places: set[int]) -> list[int]:
        """Return pieces, and all others that seem to cost the same, as those of mirrored forms do."""

        def key(at: int) -> tuple[int, int, int]:
            return self._counts[at], self._cycles[at], self._energy[at]

        wanted = {key(at) for at in places}
        return [at for at, exact in enumerate(self.exact) if not exact and key(at) in wanted]

    def arrays(self, largest: int) -> tuple[IntArray, IntArray, NDArray]:
        """Return sizes, cycles and energies, these in 64 bits if they and sums of two fit.

        Parameters
        ----------
        largest
            Energy above which no sum is wanted.
        """
        fits = max([largest, *self._energy]) < SMALL
        energy = np.array(self._energy, dtype=np.int64 if fits else object)
        return np.array(self._counts, dtype=np.int64), np.array(self._cycles, dtype=np.int64), energy
