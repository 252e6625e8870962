"""Which pairs of array tile and buffer tile are legal.

The array's own rules (switch capacity, stride, batch) hold as on a single level. The rules that speak of the
layer's loops hold for every buffer tile, because each is run like a small layer; where its sums come back
into the array, with one more multiplier per virtual neuron.
"""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import RULES, Limits, adds_apart, fitting_tiles
from solver.mapping.buffer_tile import ARRAY_ORDERS, C, G, K, R, S, X, Y, buffer_trips, comes_back, parts_of
from solver.mapping.levels import LevelMapping

ARRAY_RULES: tuple[str, ...] = ("tile size", "batch", "switch capacity", "stride")
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
    forwards: BoolArray,
    array_order: str,
) -> BoolArray:
    """Return which rows of (array tile, buffer tile) are legal, the buffer's capacity aside.

    Parameters
    ----------
    forwards
        Whether each array tile forwards inputs when the weights are stationary.
    """
    inside = (tiles <= buffers).all(axis=1) & (buffers <= np.array(nest.sizes)).all(axis=1)
    whole = np.ones(len(tiles), dtype=bool)
    if nest.X > 1:
        whole &= buffers[:, R] == nest.R
    if nest.Y > 1:
        whole &= buffers[:, S] == nest.S
    folds = (-(-buffers // tiles))[:, [C, R, S]].prod(axis=1)
    vn = tiles[:, [R, S, C]].prod(axis=1)
    vns = tiles.prod(axis=1) // vn
    back = comes_back(hardware, buffer_trips(nest, buffers))
    legal = inside & whole & adds_apart(vn + back, vns, folds) & ((vn + back) * vns <= hardware.num_ms)
    limit = hardware.memory.weights_per_switch if hardware.memory else None
    if limit is not None and array_order != "outputs":
        legal &= folds <= limit
    if array_order == "weights":
        aligned = (nest.X % tiles[:, X] == 0) & (buffers[:, X] % tiles[:, X] == 0)
        one_iteration = (buffers[:, K] <= tiles[:, K]) & (buffers[:, G] <= tiles[:, G])
        legal &= ~forwards | aligned | one_iteration | (buffers[:, Y] == 1)
    return legal


def pair_refusal(nest: LoopNest, hardware: Hardware, mapping: LevelMapping, forwards: bool) -> str | None:
    """Return why a buffer tile does not go with its array tile, or None where `legal_pairs` allows both.

    Parameters
    ----------
    forwards
        Whether the array tile forwards inputs when the weights are stationary.
    """
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
    back = bool(comes_back(hardware, buffer_trips(nest, np.array([buffer.sizes])))[0])
    if (tile.vn_size + back) * tile.num_vns > hardware.num_ms:
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
    several = buffer.K > tile.K or buffer.G > tile.G
    aligned = nest.X % tile.X == 0 and buffer.X % tile.X == 0
    if mapping.array_order == "weights" and forwards and several and buffer.Y > 1 and not aligned:
        return (
            f"inputs are forwarded along the row, so T_X = {tile.X} must divide X = {nest.X} and "
            f"B_X = {buffer.X} when there are several filter iterations"
        )
    return None
