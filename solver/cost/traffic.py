"""Words on the distribution network, for many tiles at once.

Everything the rules derive from *distinct words in a block of multipliers* is counted here by
laying the tile out and counting, not by a product formula: words per read port (rule T3) and the CNT_x(g)
terms of the wire and switch counters. `solver.array.layout` states the same layout for one tile; the tests
compare them.

Many tiles lay out alike as far as counting goes (without replication along X and Y only the length of the
filter slice matters, not how it is split), so the tiles are first reduced to their distinct layouts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array import duties
from solver.array.positions import positions_of, quotients
from solver.cost.step import Loops
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.split import split_of

_CHUNK_POSITIONS = 1 << 17
R, S, C, K, G, N, X, Y = range(len(DIMS))


@dataclass(frozen=True)
class Traffic:
    """Distribution traffic of one step, per tile.

    Attributes
    ----------
    weights, inputs, slides, psums
        Shape (tiles, dn_bw): distinct words per read port in a weight step, in the first window of a row, in
        a later window of a row (equal to `inputs` without forwarding), and auxiliary multipliers (w_p, a_p,
        b_p, q_p).
    weight_wires, input_wires, slide_wires
        Shape (tiles,): sum over j = 0..log2 m of CNT_x(m / 2**j).
    weight_switches, input_switches, slide_switches
        The same sums without the last term (j = 0..log2 m - 1).
    forwards
        Shape (tiles,): whether sliding-window forwarding is on.
    aux
        Shape (tiles,): 1 where a multiplier of each VN carries the partial sum.
    """

    weights: IntArray
    inputs: IntArray
    slides: IntArray
    psums: IntArray
    weight_wires: IntArray
    input_wires: IntArray
    slide_wires: IntArray
    weight_switches: IntArray
    input_switches: IntArray
    slide_switches: IntArray
    forwards: BoolArray
    aux: IntArray

    def take(self, index: IntArray | BoolArray) -> Traffic:
        """Return the traffic of some of the tiles."""
        return Traffic(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def trip_counts(nest: LoopNest, tiles: IntArray) -> IntArray:
    """Return ceil(size / tile) per tile and loop, shape (tiles, 8)."""
    return -(-np.array(nest.sizes, dtype=np.int64) // tiles)


def forwarding(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return which tiles forward inputs between neighbours (the rule of `layout.forwards`)."""
    forwards = duties.forwarding(ARRAYS, nest, hardware, split_of(nest, tiles))
    return np.array(np.broadcast_to(forwards, len(tiles)))


def auxiliary(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> IntArray:
    """Return 1 where partial sums travel through memory (`solver.array.duties.auxiliary`)."""
    folds = Loops(ARRAYS, split_of(nest, tiles)).folds
    aux = duties.auxiliary(ARRAYS, nest, hardware, folds)
    return np.array(np.broadcast_to(aux, len(tiles)), dtype=np.int64)


def traffic(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> Traffic:
    """Count the distribution traffic of every tile.

    Parameters
    ----------
    tiles
        Shape (tiles, 8), sizes in the order of `DIMS`; each must fit on the multipliers.
    """
    forwards = forwarding(nest, hardware, tiles)
    aux = auxiliary(nest, hardware, tiles)
    weights, weight_wires, weight_switches, psums = _per_layout(
        _weight_layouts(tiles, aux), lambda rows: _count_weights(hardware, rows), hardware
    )
    mirrored = forwards & (hardware.kind.hands_to > 0)
    inputs, input_wires, input_switches = _per_layout(
        _input_layouts(tiles, np.zeros_like(forwards), mirrored, aux),
        lambda rows: _count_inputs(nest, hardware, rows),
        hardware,
    )
    slides, slide_wires, slide_switches = inputs.copy(), input_wires.copy(), input_switches.copy()
    if forwards.any():
        slides[forwards], slide_wires[forwards], slide_switches[forwards] = _per_layout(
            _input_layouts(tiles[forwards], forwards[forwards], mirrored[forwards], aux[forwards]),
            lambda rows: _count_inputs(nest, hardware, rows),
            hardware,
        )
    return Traffic(
        weights=weights,
        inputs=inputs,
        slides=slides,
        psums=psums,
        weight_wires=weight_wires,
        input_wires=input_wires,
        slide_wires=slide_wires,
        weight_switches=weight_switches,
        input_switches=input_switches,
        slide_switches=slide_switches,
        forwards=forwards,
        aux=aux,
    )


def _per_layout(
    layouts: IntArray, count: Callable[[IntArray], tuple[IntArray, ...]], hardware: Hardware
) -> list[IntArray]:
    """Apply `count` to the distinct layouts only, in chunks that bound the memory, and spread the results."""
    unique, inverse = np.unique(layouts, axis=0, return_inverse=True)
    step = max(1, _CHUNK_POSITIONS // hardware.num_ms)
    parts = [count(unique[i : i + step]) for i in range(0, max(1, len(unique)), step)]
    return [np.concatenate(column)[inverse.ravel()] for column in zip(*parts, strict=True)]


def _weight_layouts(tiles: IntArray, aux: IntArray) -> IntArray:
    """Rows (vn, neighbouring VNs that share a filter, filters, images, aux): all that weights depend on."""
    vn = tiles[:, [R, S, C]].prod(axis=1)
    return np.column_stack([vn, tiles[:, X] * tiles[:, Y], tiles[:, K] * tiles[:, G], tiles[:, N], aux])


def _input_layouts(tiles: IntArray, slide: BoolArray, mirrored: BoolArray, aux: IntArray) -> IntArray:
    """Rows (R, S, C, K, images' groups, X, Y, slide, mirrored, aux); without what makes no difference."""
    t = tiles.copy()
    plain = (t[:, X] == 1) & (t[:, Y] == 1)
    vn = t[:, R] * t[:, S] * t[:, C]
    # Without replication along X and Y the inputs of a VN are all distinct however the slice is split; only
    # which of them are in the last column still matters, and only if the window slides.
    t[plain, S] = np.where(slide, t[:, S], 1)[plain]
    t[plain, R] = 1
    t[plain, C] = (vn // t[:, S])[plain]
    # Another image has other inputs, as another group has.
    t[:, G] *= t[:, N]
    return np.column_stack([t[:, [R, S, C, K, G, X, Y]], slide, mirrored, aux])


def _count_weights(hardware: Hardware, layouts: IntArray) -> tuple[IntArray, ...]:
    vn_size, sharing, filters, images, aux = (column[:, None] for column in layouts.astype(np.int32).T)
    vn, inside = positions_of(hardware).owners((vn_size + aux)[:, 0])
    used = (vn >= 0) & (vn < sharing * filters * images)
    data = used & (inside >= aux)
    key = vn // sharing % filters * (vn_size + aux) + inside
    psums = _counted(used & ~data, hardware.port_width)
    return (*_blocks(np.where(data, key, -1), hardware), psums)


def _count_inputs(nest: LoopNest, hardware: Hardware, layouts: IntArray) -> tuple[IntArray, ...]:
    t_r, t_s, t_c, t_k, t_g, t_x, t_y, slide, mirrored, aux = (c[:, None] for c in layouts.astype(np.int32).T)
    vn, inside = positions_of(hardware).owners((t_r * t_s * t_c + aux)[:, 0])
    used = (vn >= 0) & (vn < t_k * t_g * t_x * t_y)
    inside = inside - aux
    rest, s = quotients(inside, t_s)
    # The real multipliers hand on to the right, so the column that is fed stands first there.
    s = np.where(mirrored, t_s - 1 - s, s)
    c, r = quotients(rest, t_r)
    rest, y = quotients(vn, t_y)
    gk, x = quotients(rest, t_x)
    key_type: Any = np.int32 if hardware.num_ms * max(nest.stride + nest.dilation) < 2**14 else np.int64
    row = x.astype(key_type) * nest.stride[0] + r.astype(key_type) * nest.dilation[0]
    col = y.astype(key_type) * nest.stride[1] + s.astype(key_type) * nest.dilation[1]
    rows = t_x.astype(key_type) * nest.stride[0] + t_r.astype(key_type) * nest.dilation[0]
    cols = t_y.astype(key_type) * nest.stride[1] + t_s.astype(key_type) * nest.dilation[1]
    key = ((gk // t_k * t_c + c) * rows + row) * cols + col
    wanted = used & (inside >= 0) & ((slide == 0) | (s == t_s - 1))
    return _blocks(np.where(wanted, key, -1), hardware)


def _blocks(keys: IntArray, hardware: Hardware) -> tuple[IntArray, IntArray, IntArray]:
    """Count distinct keys (-1 is none) per port, and summed over blocks of m, m/2, ..., 1 (and ..., 2)."""
    width, positions = hardware.port_width, keys.shape[1]
    gap = _distance_to_equal(keys, width)
    offset = np.arange(positions, dtype=np.int32)
    wanted = keys >= 0
    per_port, switches = wanted, np.zeros(len(keys), dtype=np.int64)
    block = width
    while block > 1:
        # A word is sent anew to a block unless an equal one stands before it in the same block.
        fresh = wanted & (gap > (offset % block).astype(gap.dtype))
        if block == width:
            per_port = fresh
        switches += _counted(fresh, positions)[:, 0]
        block //= 2
    return _counted(per_port, width), switches + _counted(wanted, positions)[:, 0], switches


def _counted(flags: BoolArray, block: int) -> IntArray:
    """Count what is true in every block of so many columns, a power of two.

    Adding halves takes a tenth of the time of numpy's sum along a short axis.
    """
    counts: NDArray = flags.view(np.uint8)
    halved = min(block, 128)  # 255 is the most that a byte counts
    for _ in range(halved.bit_length() - 1):
        counts = counts[:, 0::2] + counts[:, 1::2]
    result: IntArray = counts.reshape(len(flags), -1, block // halved).sum(axis=2, dtype=np.int64)
    return result


def _distance_to_equal(keys: IntArray, reach: int) -> NDArray:
    """Return how many positions back the nearest equal key stands, or a large number beyond `reach`."""
    if reach <= 16:
        gap = np.full(keys.shape, 127, dtype=np.int8)
        for back in range(reach - 1, 0, -1):
            np.copyto(gap[:, back:], np.int8(back), where=keys[:, back:] == keys[:, :-back])
        return gap
    far = np.int32(2**30)
    gap = np.full(keys.shape, far, dtype=np.int32)
    order = np.argsort(keys, axis=1, kind="stable")
    ordered = np.take_along_axis(keys, order, axis=1)
    steps = np.where(ordered[:, 1:] == ordered[:, :-1], np.diff(order, axis=1), far)
    np.put_along_axis(gap, order[:, 1:], steps.astype(np.int32), axis=1)
    return gap
