"""Distribution traffic that no tile can stay below, without laying it out.

Equal words of a tile stand apart: a weight comes again in the next virtual neuron (VN) that shares the
filter, an input in the next filter, or, where windows overlap, among the last words of the next window. In
any run of positions that is no longer than that distance all words differ, so a block of the distribution
network that is no longer holds exactly the words that its positions want, and a longer one at least those of
one run. On the simulator's array most of `solver.cost.traffic` follows exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.positions import positions_of
from solver.cost.traffic import Traffic, auxiliary, forwarding
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.lines import distinct_lines, shared_after, taps_on

FAR = np.int64(2**40)
"""More positions than any array has."""


@dataclass(frozen=True)
class _Kind:
    """Words of one kind (weights, inputs, inputs of a window that slides), one element per tile.

    Attributes
    ----------
    distinct
        Distinct words of the tile.
    wanted
        Positions that want one.
    every
        Of how many words in a row one is wanted.
    apart
        Positions from a word to the next equal one, at least; 0 if there may be gaps among them.
    first
        Distinct words of the whole VNs behind the first port.
    """

    distinct: IntArray
    wanted: IntArray
    every: IntArray
    apart: IntArray
    first: IntArray

    @cached_property
    def all_wanted(self) -> bool:
        """Whether every word of every tile is wanted."""
        return bool((self.every == 1).all())


def traffic_bound(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> Traffic:
    """Return traffic that no tile can stay below, without laying the tiles out.

    Four columns stand for the ports: the first port, which begins with the first VN; the average port; one
    word, for formulas that ask for the least loaded port; and the port in use whose multipliers are sent
    most words while a window slides.
    """
    forwards, aux = forwarding(nest, hardware, tiles), auxiliary(nest, hardware, tiles)
    t_k, t_g, t_n, t_x, t_y = tiles.T[3:]
    vn = tiles[:, :3].prod(axis=1)
    vns = t_k * t_g * t_n * t_x * t_y
    span = positions_of(hardware).spans(vn + aux, vns)
    ports = -(-span // hardware.port_width)
    one = np.ones(len(tiles), dtype=np.int64)
    columns: dict[str, IntArray] = {}
    for name, kind in _kinds(nest, hardware, tiles, forwards, aux).items():
        switches = np.zeros(len(tiles), dtype=np.int64)
        block = hardware.port_width
        per_port = _in_blocks(kind, hardware, vn + aux, aux, span, block)
        sent = per_port
        while block > 1:
            switches = switches + sent
            block //= 2
            sent = _in_blocks(kind, hardware, vn + aux, aux, span, block)
        first = np.maximum(np.minimum(vn, hardware.port_width - aux) // kind.every, kind.first)
        reach = np.minimum(np.minimum(kind.apart, hardware.port_width), span)
        first = np.maximum(first, _wanted_among(kind, vn + aux, aux, reach))
        least = np.where(forwards, 0, one) if name == "slide" else one
        anywhere = _wanted_in_some(kind, hardware, vn + aux, aux, span)
        columns[f"{name}s"] = np.column_stack([first, per_port // ports, least, anywhere])
        columns[f"{name}_switches"] = switches
        columns[f"{name}_wires"] = switches + kind.wanted
    return Traffic(
        **columns,
        psums=np.column_stack([aux, aux * vns // ports, 0 * one, 0 * one]),
        forwards=forwards,
        aux=aux,
    )


def inputs_apart(nest: LoopNest, least: IntArray, most: IntArray, aux: IntArray | int) -> IntArray:
    """Return how many positions lie at least from an input to the next equal one, `FAR` where there is none.

    VNs are numbered filter by filter, window by window. The next filter has the same inputs; an overlapping
    window some of them, further to its front: tap r is tap r - stride / g of the window dilation / g further
    on (`solver.mapping.lines`). So the next filter's first windows share some with this one's last ones.

    Parameters
    ----------
    least, most
        Tiles, shape (rows, 8), or the corners of boxes of them.
    aux
        Multipliers of each VN that hold no data.
    """
    t_r, t_s, t_c, _, _, _, t_x, t_y = least.T
    (far_x, far_y), (on_r, on_s) = (
        [change(*axis) for axis in zip(nest.stride, nest.dilation, strict=True)]
        for change in (shared_after, taps_on)
    )
    filters = most[:, DIMS.index("K")] > 1
    r, s, *_, x, y = most.T
    by_row, by_column = (x > far_x) & (r > on_r), (y > far_y) & (s > on_s)
    size = t_r * t_s * t_c + aux
    # VNs of windows that overlap, which have so many taps.
    tall = np.maximum(t_r, on_r + 1) * t_s * t_c + aux
    wide = np.maximum(t_s, on_s + 1) * t_r * t_c + aux
    apart = np.full(len(least), FAR)
    for possible, distance in (
        (filters, size * t_x * t_y),
        (by_row, tall * t_y * far_x - on_r * t_s),
        (by_column, wide * far_y - on_s),
        (by_row & by_column, size - t_r * t_s + 1),
        (filters & by_row, tall * t_y + on_r * t_s),
        (filters & by_column, wide + on_s),
    ):
        apart = np.where(possible, np.minimum(apart, distance), apart)
    return apart


def _kinds(
    nest: LoopNest, hardware: Hardware, tiles: IntArray, forwards: BoolArray, aux: IntArray
) -> dict[str, _Kind]:
    t_r, t_s, t_c, t_k, t_g, t_n, t_x, t_y = tiles.T
    vn, vns = t_r * t_s * t_c, t_k * t_g * t_n * t_x * t_y
    size, one = vn + aux, np.ones(len(tiles), dtype=np.int64)
    rows = distinct_lines(t_x, t_r, nest.stride[0], nest.dilation[0])
    columns = distinct_lines(t_y, t_s, nest.stride[1], nest.dilation[1])
    groups = t_n * t_g * t_c
    again = np.where(t_x * t_y > 1, size, np.where(t_n > 1, size * t_k * t_g, FAR))
    shared = inputs_apart(nest, tiles, tiles, aux)
    last = np.where(forwards, t_s, one)
    # VNs are numbered filter by filter, window by window.
    whole = np.minimum(vns, hardware.port_width // size)
    if not hardware.kind.packs:  # VNs may stand apart: neither the first port nor any other surely has some
        whole, again, shared = 0 * one, 0 * one, 0 * one
    filters_first = np.minimum(-(-whole // (t_x * t_y)), t_k * t_g)
    rows_first = np.minimum(np.maximum(whole // t_y, np.minimum(whole, 1)), t_x)
    columns_first = np.minimum(whole, t_y)
    high = t_c * distinct_lines(rows_first, t_r, nest.stride[0], nest.dilation[0])
    wide = distinct_lines(columns_first, t_s, nest.stride[1], nest.dilation[1])
    return {
        "weight": _Kind(t_k * t_g * vn, vn * vns, one, again, filters_first * vn),
        "input": _Kind(groups * rows * columns, vn * vns, one, shared, high * wide),
        "slide": _Kind(
            groups * rows * np.where(forwards, 1, columns),
            vn // last * vns,
            last,
            shared,
            high * np.where(forwards, 1, wide),
        ),
    }


def _in_blocks(
    kind: _Kind, hardware: Hardware, size: IntArray, aux: IntArray, span: IntArray, block: int
) -> IntArray:
    """Return distinct words per block of so many positions, added up over the blocks."""
    least = np.maximum(kind.distinct, -(-kind.wanted // block))
    if not hardware.kind.packs:
        return least
    run = np.minimum(kind.apart, block)
    full, rest = span // block, span % block
    runs = full * _wanted_among(kind, size, aux, run)
    runs += _wanted_among(kind, size, aux, np.minimum(kind.apart, rest))
    result: IntArray = np.where(kind.apart >= block, kind.wanted, np.maximum(least, runs))
    return result


def _wanted_in_some(
    kind: _Kind, hardware: Hardware, size: IntArray, aux: IntArray, span: IntArray
) -> IntArray:
    """Return what a port wants of which every word in a row is wanted, and the most of the others.

    Words of which one in `every` is wanted stand where the position is one less than a multiple of `every`,
    as VNs are rows of such. Ports begin at all multiples of g = gcd(width, every) modulo `every` if there are
    enough of them, so one begins g before a wanted word. Where each VN begins with an auxiliary multiplier,
    and all other positions want a word, one begins g = gcd(width, size) after such a beginning.
    """
    width = hardware.port_width
    run = np.minimum(np.minimum(kind.apart, width), span)
    period = np.where(aux == 1, size, kind.every)
    shift = np.gcd(width, period)
    everywhere = (span // width >= period // shift) & ((aux == 0) | (kind.every == 1))
    beginnings = (shift + run - 1) // size
    most = np.where(aux == 1, run - beginnings, (run + kind.every - shift) // kind.every)
    return np.where(everywhere, most, _wanted_among(kind, size, aux, run))


def _wanted_among(kind: _Kind, size: IntArray, aux: IntArray, run: IntArray) -> IntArray:
    """Return how many of any so many positions in a row want a word, at least."""
    result: IntArray = run - aux * -(-run // size) if aux.any() else run
    return result if kind.all_wanted else result // kind.every
