"""Which pairs of array tile and buffer tile are legal.

The array's own rules (switch capacity, stride, batch) hold as on a single level. The rules that speak of the
layer's loops hold for every buffer tile, because each is run like a small layer; where its sums come back
into the array, with one more multiplier per virtual neuron. Overtaking (rule T11) is asked of every different
buffer tile: `legal_pairs` leaves it open, `may_overtake_in` tells which pairs it is open for, and only a
replay settles those (`level_overtaking`).
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.traffic import forwarding
from solver.cost.two_level.cost import memory_of
from solver.cost.two_level.dram import buffer_input_lines, footprint
from solver.cost.two_level.work import drains
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.right import overtaken, overtaking
from solver.legal.rules import adds_apart, capacity
from solver.legal.tiles import RULES, Limits, fitting_tiles
from solver.mapping.buffer_tile import (
    ARRAY_ORDERS,
    C,
    G,
    K,
    N,
    R,
    S,
    Y,
    array_passes,
    buffer_trips,
    comes_back,
    parts_of,
)
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile

ARRAY_RULES: tuple[str, ...] = (
    "tile size",
    "maximum",
    "batch",
    "switch capacity",
    "collection buses",
    "stride",
)
"""Rules of `solver.legal.tiles` that do not depend on the buffer tile."""


def array_orders(hardware: Hardware) -> tuple[str, ...]:
    """Return the operands that the accelerator's controller can keep stationary in the array."""
    programmable = hardware.memory is not None and hardware.memory.controller == "programmable"
    return ARRAY_ORDERS if programmable else ARRAY_ORDERS[:1]


def array_tiles(nest: LoopNest, hardware: Hardware, limits: Limits) -> IntArray:
    """Enumerate the array tiles that are legal with some buffer tile, shape (tiles, 8)."""
    tiles = fitting_tiles(nest, hardware, limits)
    for rule in RULES:
        if rule.name in ARRAY_RULES and len(tiles):
            tiles = tiles[rule.keeps(nest, hardware, tiles)]
    return tiles


def legal_pairs(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    buffers: IntArray,
    array_order: str,
) -> BoolArray:
    """Return which rows of (array tile, buffer tile) are legal, buffer capacity and overtaking aside."""
    inside = (tiles <= buffers).all(axis=1) & (buffers <= np.array(nest.sizes)).all(axis=1)
    whole = np.ones(len(tiles), dtype=bool)
    if nest.X > 1:
        whole &= buffers[:, R] == nest.R
    if nest.Y > 1:
        whole &= buffers[:, S] == nest.S
    folds = (-(-buffers // tiles))[:, [C, R, S]].prod(axis=1)
    legal = inside & whole
    if hardware.accumulation_buffer:
        vn = tiles[:, [R, S, C]].prod(axis=1)
        vns = tiles.prod(axis=1) // vn
        back = comes_back(hardware, buffer_trips(nest, buffers))
        legal &= adds_apart(ARRAYS, vn + back, vns, folds) & capacity(ARRAYS, hardware, vn, vns, back)
    limit = hardware.memory.weights_per_switch if hardware.memory else None
    if limit is not None and array_order != "outputs":
        legal &= folds <= limit
    return legal


def may_overtake_in(nest: LoopNest, hardware: Hardware, tiles: IntArray, buffers: IntArray) -> BoolArray:
    """Return in which rows of (array tile, buffer tile) weights may overtake inputs, if the weights stay.

    In the others nothing is forwarded, a buffer tile has one filter iteration or one column, or all of them
    drain.
    """
    several = (buffers[:, [K, G, N]] > tiles[:, [K, G, N]]).any(axis=1)
    result: BoolArray = forwarding(nest, hardware, tiles) & several & (buffers[:, Y] > 1)
    some = np.flatnonzero(result)
    passes = array_passes(nest, tiles[some], buffers[some])
    sizes = np.array(nest.sizes, dtype=np.int64)
    result[some] = ~drains(sizes, tiles[some], buffers[some], passes)
    return result


def level_overtaking(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> str | None:
    """Return in one sentence in which buffer tile weights overtake inputs and how, None if in none.

    Replays the different buffer tiles, edges included, of a mapping that keeps the other rules. One that is
    too long for a replay is refused, and a search leaves it open (`level_overtakes`).
    """
    for part in _doubtful_parts(nest, hardware, mapping):
        found = overtaking(part, hardware, mapping.tile)
        if found is not None:
            return f"in the buffer tile {Tile.of(part.sizes)}, {found}"
    return None


def level_overtakes(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> bool:
    """Return whether weights overtake inputs in some buffer tile of a mapping that keeps the other rules.

    Raises
    ------
    ReplayLimitError
        If only a replay could tell, and a buffer tile is too large for one.
    """
    parts = _doubtful_parts(nest, hardware, mapping)
    return any(overtaken(part, hardware, mapping.tile) for part in parts)


def _doubtful_parts(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> list[LoopNest]:
    """Return the different buffer tiles if weights may overtake inputs in one.

    Orders other than weights-stationary are assumptions without a replay: nothing is forwarded in them.
    """
    tiles, buffers = (np.array([t.sizes], dtype=np.int64) for t in (mapping.tile, mapping.buffer))
    if mapping.array_order != "weights" or not may_overtake_in(nest, hardware, tiles, buffers)[0]:
        return []
    return [part for part, _ in parts_of(nest, hardware, mapping.buffer.sizes)]


def level_legality(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> str | None:
    """Return why a two-level mapping is illegal, in one sentence, or None if it is legal."""
    tiles = np.array([mapping.tile.sizes], dtype=np.int64)
    for rule in RULES:
        if rule.name in ARRAY_RULES and not rule.keeps(nest, hardware, tiles)[0]:
            return rule.refusal(nest, hardware, mapping.tile)
    if mapping.array_order not in array_orders(hardware):
        return f"the fixed controller has no {mapping.array_order}-stationary order, its weights stay"
    refusal = pair_refusal(nest, hardware, mapping)
    if refusal is not None:
        return refusal
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    held = footprint(buffers, buffer_input_lines(nest, buffers))
    if not held.fits(memory_of(hardware).buffer)[0]:
        return f"a buffer tile of {int(held.total[0])} words does not fit into the prefetch buffer"
    return level_overtaking(nest, hardware, mapping)


def pair_refusal(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> str | None:
    """Return why a buffer tile does not go with its array tile, or None where `legal_pairs` allows both."""
    tile, buffer = mapping.tile, mapping.buffer
    for dim, inner, outer, size in zip(DIMS, tile.sizes, buffer.sizes, nest.sizes, strict=True):
        if outer > size:
            return f"the buffer tile must lie within the layer: B_{dim} = {outer} but {dim} = {size}"
        if inner > outer:
            return f"the buffer tile must hold the array tile: B_{dim} = {outer} but T_{dim} = {inner}"
    for dim, along, size, full in (("R", "X", buffer.R, nest.R), ("S", "Y", buffer.S, nest.S)):
        if getattr(nest, along) > 1 and size != full:
            return f"the buffer holds whole sliding filters: B_{dim} must be {dim} = {full}, found {size}"
    folds = 1
    for dim in ("C", "R", "S"):
        folds *= -(-getattr(buffer, dim) // getattr(tile, dim))
    back = int(comes_back(hardware, buffer_trips(nest, np.array([buffer.sizes])))[0])
    held = capacity(ARRAYS, hardware, tile.vn_size, tile.num_vns, back)
    if hardware.accumulation_buffer and not held:
        return (
            f"{tile.num_vns} virtual neurons of {tile.vn_size} multipliers plus one each for the sum of "
            f"earlier buffer tiles, which comes back, need more than the {hardware.num_ms} multiplier "
            "switches (a prefetch_buffer with adder: true adds it outside)"
        )
    for part, _ in parts_of(nest, hardware, buffer.sizes):
        for rule in RULES:
            at = np.array([tile.sizes], dtype=np.int64)
            if rule.name == "accumulators" and not rule.keeps(part, hardware, at)[0]:
                return f"in a buffer tile of {folds} folds {rule.refusal(part, hardware, tile)}"
    limit = hardware.memory.weights_per_switch if hardware.memory else None
    if limit is not None and mapping.array_order != "outputs" and folds > limit:
        return f"a buffer tile has {folds} folds, but a multiplier switch holds {limit} stationary words"
    return None
