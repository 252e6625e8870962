"""All tiles of a layer's pieces along one cut, and what is known of them whatever is minimised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.arithmetic.exact import scaled_int
from solver.cost.batch import BatchCost, Outline, batch_cost, quick_bound
from solver.cost.evaluate import evaluate
from solver.cost.events import components_of, event_counts, price_of, static_per_cycle
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Cost
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.forms.wish import Wish
from solver.layer import DIMS, LoopNest, Primitive
from solver.legal.right import overtaken, surely_overtaken
from solver.mapping.tile import Tile
from solver.pieces.cuts import Cut, Family, families_along
from solver.search.pieces.goal import weighted
from solver.search.pieces.lines import Lines, bounds, drains_always, drawn, flat
from solver.search.spaces import Spaces

_NONE = np.empty((0, len(DIMS)), dtype=np.int64)

EVERYWHERE, DIVIDED, PADDED = range(3)
"""The pieces that lines hold for: all, those that the tile divides, those that it does not."""

Tiles = Mapping[Family, IntArray]
"""Those tiles of each form that are of interest."""

Figures = tuple[int, int]
"""Cycles, and energy in units of its last decimal place."""


@dataclass(frozen=True)
class Exact:
    """What pieces cost with one tile, a line as of `Lines`: base, step and each, as `Figures`."""

    base: Figures
    step: Figures
    each: Figures


@dataclass
class Lot:
    """Tiles of one form, under the same rule for draining.

    Attributes
    ----------
    family
        The form.
    where
        Which pieces the lines hold for.
    linear
        Whether the cost of a piece is a straight line too: known for all sizes once it is for a few. It is
        if the loop that is cut is one of filter iterations, and the array drains between them.
    drains
        Whether the lines are those of an array that drains.
    tiles, width
        Shape (tiles, 8); and the filters of each (T).
    cycles, energy
        Lines below them, of dynamic energy; zero where no energy is asked for.
    laid_out
        Which bounds are of tiles that were laid out.
    exact
        What pieces cost with tiles that were replayed, by row.
    long
        Rows of tiles that are too long to replay: their bounds are all that is known.
    """

    family: Family
    where: int
    linear: bool
    drains: bool
    tiles: IntArray
    width: IntArray
    cycles: Lines
    energy: Lines
    laid_out: BoolArray
    exact: dict[int, Exact] = field(default_factory=dict)
    long: set[int] = field(default_factory=set)


class Ground:
    """The pieces of a layer along one cut.

    All tiles of all pieces are tiles of the whole layer: the rules know the loop that is cut only as the
    largest size of a tile. Those in which weights may overtake inputs are among them.

    Parameters
    ----------
    spaces
        The tiles of the layer's forms.
    energy
        Whether energies will be asked for.
    tiles
        The tiles of interest, of the forms that have any; all if not given.

    Attributes
    ----------
    lots
        The tiles.
    replayed
        Replays so far.
    """

    def __init__(
        self,
        layer: Primitive,
        cut: Cut,
        wish: Wish,
        spaces: Spaces,
        *,
        energy: bool,
        tiles: Tiles | None = None,
    ) -> None:
        self.cut, self.hardware, self.energy = cut, spaces.hardware, energy
        self.lots: list[Lot] = []
        self.replayed = 0
        self._figures: dict[tuple[LoopNest, Tile], Figures | None] = {}
        self._long: dict[tuple[int, int], int] = {}
        """By size and number of virtual neurons, products of the least piece that was too long to replay."""
        for family in families_along(layer, cut, wish, self.hardware):
            some = spaces.of(family.nest) if tiles is None else tiles.get(family, _NONE)
            if len(some):
                outline = spaces.outline(family.nest) if tiles is None else None
                known = None if outline is None else (outline, spaces.bounds(family.nest, some))
                self.lots += self._lots(family, some, known)

    @cached_property
    def places(self) -> int:
        """Decimals of energies on the accelerator."""
        return weighted(self.hardware, 0, 0).places

    def nest(self, family: Family, count: int) -> LoopNest:
        """Return the loops of a piece."""
        return family.nest if family.whole else family.nest_of(count)

    def _lots(
        self, family: Family, tiles: IntArray, known: tuple[Outline, BatchCost] | None
    ) -> Iterator[Lot]:
        width = tiles[:, DIMS.index(family.dim)]
        if family.whole:
            bound = known[1] if known else quick_bound(family.nest, self.hardware, tiles)
            cycles, energy = _flat(bound)
            width, laid = np.full(len(tiles), self.cut.size), np.zeros(len(tiles), dtype=bool)
            yield Lot(family, EVERYWHERE, False, False, tiles, width, cycles, energy, laid)
            return
        always, divided = drains_always(family, tiles)
        if self.hardware.kind.passes:
            always = divided = np.ones(len(tiles), dtype=bool)
        for chosen, where, drains in (
            (always, EVERYWHERE, True),
            (divided & ~always, DIVIDED, True),
            (divided & ~always & (width > 1), PADDED, False),
            (~divided, EVERYWHERE, False),
        ):
            some = tiles[chosen]
            if len(some):
                outline = known and known[0].take(chosen)
                # Where the whole range drains as the lines say, its bound is known: in one group it may drain
                # though the pieces do not.
                same = where == EVERYWHERE and (drains or family.dim != "G") and not self.hardware.kind.passes
                once = known[1].least_cycles[chosen] if known and same else None
                cycles, energy = bounds(
                    family,
                    self.hardware,
                    some,
                    drains=drains,
                    laid_out=False,
                    energy=self.energy,
                    known=outline,
                    once=once,
                )
                laid = np.zeros(len(some), dtype=bool)
                linear = drains and family.straight
                yield Lot(family, where, linear, drains, some, width[chosen], cycles, energy, laid)

    def lay_out(self, lot: Lot, rows: IntArray) -> None:
        """Sharpen the bounds of some tiles."""
        family, tiles, energies = lot.family, lot.tiles[rows], self.energy
        if family.whole:
            cycles, energy = _flat(batch_cost(family.nest, self.hardware, tiles))
        else:
            cycles, energy = bounds(
                family, self.hardware, tiles, drains=lot.drains, laid_out=True, energy=energies
            )
        lot.cycles.put(rows, cycles)
        lot.energy.put(rows, energy)
        lot.laid_out[rows] = True

    def batch(self, family: Family, count: int, tiles: IntArray) -> BatchCost:
        """Return the closed forms of pieces of one size."""
        return batch_cost(self.nest(family, count), self.hardware, tiles)

    def energies(self, lot: Lot, rows: IntArray) -> Lines:
        """Return exact lines of the dynamic energies of some tiles, in units of the last decimal place."""
        family, tiles = lot.family, lot.tiles[rows]
        load = traffic(family.nest, self.hardware, tiles)
        wave = waves(self.hardware, tiles, load.aux)
        components = components_of(self.hardware).values()
        events = [(entry, name) for prices in components for entry, names in prices.items() for name in names]

        def at(count: int) -> NDArray:
            counts = event_counts(family.nest_of(count), self.hardware, tiles, load, wave)
            energy = np.zeros(len(tiles), dtype=object)
            for entry, name in events:
                price = scaled_int(price_of(self.hardware, entry, name), self.places)
                energy += price * counts[name].astype(object)
            return energy

        if family.whole:
            whole, none = at(self.cut.size), np.zeros(len(tiles), dtype=object)
            return Lines(whole, none, none)
        return drawn(family, tiles, at)

    def settle(self, lot: Lot, row: int) -> Exact | None:
        """Find what pieces of every size cost with a tile, from replays of small ones; None if too long."""
        width, tile, family = int(lot.width[row]), Tile.of(lot.tiles[row]), lot.family
        self.replayed += 1
        one = evaluate(family.nest_of(width), self.hardware, tile)
        if one.method == "closed form":
            lot.long.add(row)
            return None
        run = None if self.hardware.kind.passes else 2 * one.run_cycles
        both = evaluate(family.nest_of(2 * width), self.hardware, tile, run)
        step = both.cycles - one.cycles
        energies = (0, 0, 0)
        if self.energy:
            first, two = (scaled_int(cost.energy, self.places) for cost in (one, both))
            each = 0
            if width > 1 and lot.where == EVERYWHERE:
                padded = evaluate(family.nest_of(width + 1), self.hardware, tile, both.run_cycles)
                each = (two - scaled_int(padded.energy, self.places)) // (width - 1)
            energies = (2 * first - two, two - first - each * width, each)
        base, more, filter_ = zip((one.cycles - step, step, 0), energies, strict=True)
        lot.exact[row] = exact = Exact(base, more, filter_)
        self._draw(lot, row, exact)
        return exact

    def _draw(self, lot: Lot, row: int, exact: Exact) -> None:
        """Let the bounds of a tile be what it costs."""
        static = float(static_per_cycle(self.hardware))
        for name in ("base", "step", "each"):
            cycles, energy = getattr(exact, name)
            getattr(lot.cycles, name)[row] = cycles
            getattr(lot.energy, name)[row] = energy * 10.0**-self.places - static * cycles

    def figures(self, family: Family, count: int, tile: Tile) -> Figures | None:
        """Return what a piece costs; None if weights overtake inputs in it.

        Raises
        ------
        OverflowError
            If it is too long to replay.
        """
        nest = self.nest(family, count)
        if (nest, tile) not in self._figures:
            self._figures[nest, tile] = self._replayed(nest, tile)
        return self._figures[nest, tile]

    def _replayed(self, nest: LoopNest, tile: Tile) -> Figures | None:
        wired = tile.vn_size, tile.num_vns
        # Wired and paced alike, a piece that is no smaller would take as long; trying takes seconds each.
        if nest.macs >= self._long.get(wired, nest.macs + 1):
            if surely_overtaken(nest, self.hardware, tile):
                return None
            raise OverflowError("too long to replay")
        self.replayed += 1
        cost: Cost | None = None
        try:
            if overtaken(nest, self.hardware, tile):
                return None
            cost = evaluate(nest, self.hardware, tile)
        except ReplayLimitError:
            pass
        if cost is None or cost.method == "closed form":
            self._long[wired] = nest.macs
            raise OverflowError("too long to replay")
        return cost.cycles, scaled_int(cost.energy, self.places)


def _flat(bound: BatchCost) -> tuple[Lines, Lines]:
    return flat(bound.least_cycles.astype(np.float64)), flat(bound.dynamic_energy)
