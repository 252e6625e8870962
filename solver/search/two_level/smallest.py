"""The smallest buffer tile of every array tile: whether any goes with it, and why not.

The buffer tile of the array tile's own sizes and whole sliding filters takes the least room and has the
fewest folds, so if it is illegal or does not fit, no other is any better. Where sums would come back into the
array, which takes a multiplier per virtual neuron, there is a second one to look at: the smallest that has
all products of its outputs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.two_level.cost import memory_of
from solver.cost.two_level.dram import Footprint, buffer_input_lines, footprint
from solver.hardware import Hardware
from solver.hardware.words import OPERANDS
from solver.layer import LoopNest
from solver.legal.levels import array_orders, legal_pairs
from solver.mapping.buffer_tile import C, R, S, buffer_trips, comes_back

_CHUNK = 1 << 15
"""Array tiles that are looked at together."""


def smallest_buffers(nest: LoopNest, hardware: Hardware, tiles: IntArray, back: BoolArray) -> IntArray:
    """Return the smallest buffer tile that holds each array tile, shape (tiles, 8).

    Parameters
    ----------
    back
        Whether sums may come back into the array; if not, and no adder adds them at the buffer, the buffer
        tile has all products of its outputs.
    """
    buffers = tiles.copy()
    if nest.X > 1:
        buffers[:, R] = nest.R
    if nest.Y > 1:
        buffers[:, S] = nest.S
    if not memory_of(hardware).buffer.adder:
        for loop in (C, R, S):
            buffers[~back, loop] = nest.sizes[loop]
    return buffers


def laid_out(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> tuple[IntArray, BoolArray]:
    """Return the array tiles that go with some buffer tile, legal and small enough, and how.

    Returns
    -------
    tuple of arrays
        Rows of the tiles, and whether a multiplier per virtual neuron is kept for sums that come back: a tile
        may be there once with and once without. Those without come first.
    """
    parts = [
        _laid_out(nest, hardware, tiles[first : first + _CHUNK]) for first in range(0, len(tiles), _CHUNK)
    ]
    rows = np.concatenate([part[0] + number * _CHUNK for number, part in enumerate(parts)])
    back = np.concatenate([part[1] for part in parts])
    order = np.argsort(back, kind="stable")
    return rows[order], back[order]


def _laid_out(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> tuple[IntArray, BoolArray]:
    rows, backs = [], []
    for back, buffers in _choices(nest, hardware, tiles):
        fits = footprint(buffers, buffer_input_lines(nest, buffers)).fits(memory_of(hardware).buffer)
        found = np.flatnonzero(fits & _legal(nest, hardware, tiles, buffers))
        found = found[comes_back(hardware, buffer_trips(nest, buffers[found])) == back]
        rows.append(found)
        backs.append(np.full(len(found), back))
    return np.concatenate(rows), np.concatenate(backs)


def _choices(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> list[tuple[bool, IntArray]]:
    """Return the smallest buffer tiles without sums that come back, and with them."""
    adds = memory_of(hardware).buffer.adder
    ways = (False,) if adds else (False, True)
    return [(back, smallest_buffers(nest, hardware, tiles, np.full(len(tiles), back))) for back in ways]


def refusal(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> str:
    """Return the constraint that leaves no buffer tile to any of the array tiles.

    Parameters
    ----------
    tiles
        Array tiles that keep the array's own rules and have no buffer tile, shape (tiles, 8); at least one.
    """
    memory = memory_of(hardware)
    buffers = np.concatenate([buffers for _, buffers in _choices(nest, hardware, tiles)])
    tiles = np.tile(tiles, (len(buffers) // len(tiles), 1))
    legal = _legal(nest, hardware, tiles, buffers)
    if legal.any():
        return _too_small(hardware, footprint(buffers[legal], buffer_input_lines(nest, buffers[legal])))
    unlimited = replace(hardware, memory=replace(memory, weights_per_switch=None))
    if _legal(nest, unlimited, tiles, buffers).any():
        return (
            f"weights per switch: even the smallest buffer tile has more folds than the "
            f"{memory.weights_per_switch} stationary words that a multiplier switch holds"
        )
    return (
        "accumulators: even in the smallest buffer tile, virtual neurons of one multiplier would share "
        "accumulators while folding, or have no multiplier to spare for the sum of earlier buffer tiles"
    )


def _legal(nest: LoopNest, hardware: Hardware, tiles: IntArray, buffers: IntArray) -> BoolArray:
    kept = [legal_pairs(nest, hardware, tiles, buffers, each) for each in array_orders(hardware)]
    return np.logical_or.reduce(kept)


def _too_small(hardware: Hardware, room: Footprint) -> str:
    buffer = memory_of(hardware).buffer
    twice = ", held twice (double-buffered)," if buffer.double_buffered else ""
    units = room.units(buffer.sizes)
    if buffer.capacity is not None:
        i = int(np.argmin(units))
        words = " + ".join(f"{int(getattr(room, name)[i]):,} {name}" for name in OPERANDS)
        return (
            f"prefetch buffer: the smallest buffer tile is {words} words{twice} and needs "
            f"{int(units[i]) * buffer.sizes.unit * buffer.copies:,} bytes, but the capacity is "
            f"{buffer.capacity:,} bytes"
        )
    for name in OPERANDS:
        least, held = int(getattr(room, name).min()), getattr(buffer, name)
        needed = least * buffer.sizes.of(name) * buffer.copies
        if needed > held:
            return (
                f"prefetch buffer: the smallest buffer tile has {least:,} words of {name}{twice} and needs "
                f"{needed:,} bytes, but their part is {held:,} bytes"
            )
    parts = ", ".join(f"{getattr(buffer, name):,} bytes of {name}" for name in OPERANDS)
    return f"prefetch buffer: no buffer tile fits into all of its parts ({parts}) at once"
