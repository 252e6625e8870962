"""A random sample of the joint space of array tile, buffer tile and loop orders.

Array tiles are drawn evenly from those that fit the multipliers, and loop orders evenly from those that the
controller runs. Every buffer tile size lies between the array tile's and the loop's, evenly on a logarithmic
scale: drawn evenly, buffer tiles would nearly all be too large for any buffer. What is illegal or does not
fit is drawn again, so the sample shows what legal mappings cost, each with a chance that is not the same for
all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import IntArray
from solver.cost.events import static_per_cycle
from solver.cost.two_level.array import ArrayShapes, array_shapes
from solver.cost.two_level.cost import LevelCosts, level_costs, memory_of, on_chip_units
from solver.cost.two_level.dram import buffer_input_lines, footprint
from solver.cost.two_level.work import closed_form, steps
from solver.errors import InfeasibleError
from solver.forms.form import Form
from solver.hardware import Hardware
from solver.hardware.words import WordBytes
from solver.landscape.landscape import Landscape, shape_properties
from solver.layer import LoopNest
from solver.legal.levels import array_tiles, legal_pairs, may_overtake_in
from solver.legal.tiles import Limits, forbidding_rule
from solver.mapping.buffer_tile import ARRAY_ORDERS, DRAM_ORDERS, R, S, array_passes, buffer_trips, comes_back

_BATCH = 1 << 14
_COLUMNS = ("latency", "least", "buffer_accesses", "buffer_words", "dram_words")
_IN_VAIN = 40
"""Batches without a single legal mapping after which the search for one is given up."""


def level_sample(
    forms: Sequence[Form], hardware: Hardware, limits: Limits, count: int, seed: int
) -> Landscape:
    """Draw legal mappings over both levels, with their figures.

    Parameters
    ----------
    count
        How many to draw; shared evenly between the forms.
    seed
        Of the random numbers.

    Raises
    ------
    InfeasibleError
        If no array tile is legal, or no legal mapping is drawn.
    """
    rng = np.random.default_rng(seed)
    found: list[tuple[Form, _Drawn]] = []
    for form in forms:
        tiles = array_tiles(form.nest, hardware, limits)
        if not len(tiles):
            continue
        drawn = _draw(form.nest, hardware, tiles, -(-count // len(forms)), rng)
        if drawn.count:
            found.append((form, drawn))
    if not found:
        if not len(array_tiles(forms[0].nest, hardware, limits)):
            raise InfeasibleError(forbidding_rule(forms[0].nest, hardware, limits))
        raise InfeasibleError("prefetch buffer: no buffer tile that was drawn fits")
    names = [form for form, _ in found]
    column = {name: np.concatenate([d.columns[name] for _, d in found]) for name in found[0][1].columns}
    tiles = np.concatenate([d.tiles for _, d in found])
    buffers = np.concatenate([d.buffers for _, d in found])
    return Landscape(
        hardware=hardware,
        forms=names,
        which=np.repeat(np.arange(len(names)), [d.count for _, d in found]),
        tiles=tiles,
        cycles=column["latency"],
        least_cycles=column["least"],
        dynamic=np.concatenate([d.dynamic for _, d in found]),
        static=float(static_per_cycle(hardware)),
        properties=shape_properties(tiles, buffers)
        | {name: column[name] for name in ("buffer_accesses", "buffer_words", "dram_words")},
        exact=column["array_order"] != ARRAY_ORDERS.index("weights"),
        buffers=buffers,
        dram_order=column["dram_order"],
        array_order=column["array_order"],
        unchecked=column["unchecked"] == 1,
    )


class _Drawn:
    """Legal mappings as they are drawn."""

    def __init__(self) -> None:
        self.count = 0
        self.tiles = self.buffers = np.zeros((0, 8), dtype=np.int64)
        self.dynamic = np.zeros(0)
        self.columns: dict[str, IntArray] = {}

    def add(self, tiles: IntArray, buffers: IntArray, dynamic: NDArray, columns: dict[str, IntArray]) -> None:
        """Append some mappings."""
        self.tiles = np.concatenate([self.tiles, tiles])
        self.buffers = np.concatenate([self.buffers, buffers])
        self.dynamic = np.concatenate([self.dynamic, dynamic])
        empty = np.zeros(0, dtype=np.int64)
        for name, values in columns.items():
            self.columns[name] = np.concatenate([self.columns.get(name, empty), values])
        self.count = len(self.tiles)


def _draw(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, count: int, rng: np.random.Generator
) -> _Drawn:
    drawn = _Drawn()
    orders = len(ARRAY_ORDERS) if memory_of(hardware).controller == "programmable" else 1
    vain = 0
    while drawn.count < count and vain < _IN_VAIN:
        before = drawn.count
        some = tiles[rng.integers(len(tiles), size=_BATCH)]
        buffers = _buffer_tiles(nest, some, rng)
        dram_order = rng.integers(len(DRAM_ORDERS), size=_BATCH)
        array_order = rng.integers(orders, size=_BATCH)
        _keep_legal(nest, hardware, drawn, some, buffers, dram_order, array_order, count - before)
        vain = 0 if drawn.count > before else vain + 1
    return drawn


def _buffer_tiles(nest: LoopNest, tiles: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw a size from the array tile's to the loop's for every loop, evenly on a logarithmic scale."""
    sizes = np.array(nest.sizes, dtype=np.float64)
    low, high = np.log(tiles), np.log(sizes + 1)
    buffers = np.floor(np.exp(low + rng.random(tiles.shape) * (high - low))).astype(np.int64)
    buffers = np.clip(buffers, tiles, np.array(nest.sizes))
    # Filters that slide stay whole (see `solver.mapping.buffer_tile`).
    if nest.X > 1:
        buffers[:, R] = nest.R
    if nest.Y > 1:
        buffers[:, S] = nest.S
    return buffers


def _keep_legal(
    nest: LoopNest,
    hardware: Hardware,
    drawn: _Drawn,
    tiles: IntArray,
    buffers: IntArray,
    dram_order: IntArray,
    array_order: IntArray,
    wanted: int,
) -> None:
    """Add the first legal ones of some random mappings, in the order in which they were drawn."""
    distinct, row = np.unique(tiles, axis=0, return_inverse=True)
    row = row.ravel()
    legal = np.zeros(len(tiles), dtype=bool)
    for which in np.unique(array_order):
        rows = np.flatnonzero(array_order == which)
        legal[rows] = legal_pairs(nest, hardware, tiles[rows], buffers[rows], ARRAY_ORDERS[which])
    lines = buffer_input_lines(nest, buffers)
    at = np.flatnonzero(legal & footprint(buffers, lines).fits(memory_of(hardware).buffer))[:wanted]
    if not len(at):
        return
    # Laying out a tile takes most of the time: every tile that is left once.
    back = comes_back(hardware, buffer_trips(nest, buffers[at]))
    kept, place = np.unique(np.column_stack([row[at], back]), axis=0, return_inverse=True)
    place = place.ravel()
    shapes = array_shapes(nest, hardware, distinct[kept[:, 0]], kept[:, 1] == 1)
    static = float(static_per_cycle(hardware))
    dynamic = np.empty(len(at))
    columns = {name: np.empty(len(at), dtype=np.int64) for name in _COLUMNS}
    columns |= {"dram_order": dram_order[at], "array_order": array_order[at]}
    doubtful = may_overtake_in(nest, hardware, tiles[at], buffers[at])
    columns["unchecked"] = (doubtful & (array_order[at] == ARRAY_ORDERS.index("weights"))).astype(np.int64)
    group = dram_order[at] * len(ARRAY_ORDERS) + array_order[at]
    for which in np.unique(group):
        rows = np.flatnonzero(group == which)
        dram, array = divmod(int(which), len(ARRAY_ORDERS))
        costs = level_costs(
            nest,
            hardware,
            shapes.take(place[rows]),
            buffers[at[rows]],
            DRAM_ORDERS[dram],
            ARRAY_ORDERS[array],
        )
        dynamic[rows] = costs.energy - static * costs.latency
        columns["least"][rows] = costs.latency
        columns["latency"][rows] = (
            _estimated(nest, hardware, shapes.take(place[rows]), buffers[at[rows]], costs)
            if ARRAY_ORDERS[array] == "weights"
            else costs.latency
        )
        columns["buffer_accesses"][rows] = on_chip_units(WordBytes.same(1), costs.events)
        columns["buffer_words"][rows] = costs.tile.total
        columns["dram_words"][rows] = costs.dram.total
    drawn.add(tiles[at], buffers[at], dynamic, columns)


def _estimated(
    nest: LoopNest, hardware: Hardware, shapes: ArrayShapes, buffers: IntArray, costs: LevelCosts
) -> IntArray:
    """Return the cycles of mappings by the closed form: near the replay, where costs have its lower bound."""
    trips, passes = buffer_trips(nest, buffers), array_passes(nest, shapes.tiles, buffers)
    array = closed_form(shapes, steps(shapes, trips, passes, "weights"), "weights")
    return costs.replayed(hardware, array).latency
