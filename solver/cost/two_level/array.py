"""Figures of array tiles, many at once, that their work on any buffer tile is made of (`work`).

Each buffer tile is run like a small layer, by the timing rules of the single level. Summed over all buffer
tiles its work is a sum of products of o_d and n_d (`tiling`), with the three stationary orders differing in
how often the words of a step are sent:

weights (controller fixed; validated)
    weights of all folds are loaded per filter iteration, then every window's inputs are streamed (forwarded
    between neighbours where the rule allows it); the array drains after each filter iteration.
inputs (assumed)
    the same controller with the operands exchanged: a window's inputs of all folds are loaded, then the
    weights of every filter are streamed; the array drains after each window iteration.
outputs (assumed)
    weights and inputs of every fold are both streamed; nothing but the running sum stays; one drain per
    buffer tile.

The folds of a buffer tile are added in the accumulators. Sums that a later buffer tile continues are added at
the buffer where it has an adder. Elsewhere they come back: every window has one more word per virtual neuron,
which keeps a multiplier for it. On the real hardware every fold is a pass of its own, whose sums are added at
the buffer (`solver.cost.two_level.real`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.latency import drain_of
from solver.cost.step import way_out
from solver.cost.traffic import Traffic, traffic
from solver.cost.traffic_bound import traffic_bound
from solver.cost.two_level.real import real_surest_waits, real_tight_waits
from solver.cost.two_level.unavoidable import (
    COLUMNS,
    exit_time,
    surest_waits,
    tight_waits,
    vns_behind,
)
from solver.cost.waves import Wave, waves
from solver.hardware import Hardware
from solver.hardware.array_kind import ArrayKind, Reduction
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, G, K, N, R, S, X, Y
from solver.mapping.tile import Tile

_CHUNK_WORDS = 1 << 17
"""Ports of all tiles that are laid out at once: their words stay in the cache."""


@dataclass(frozen=True)
class _ArrayWaits:
    """What array tiles wait for on one kind of array (`WAITS`).

    Attributes
    ----------
    surest
        Waits of many tiles that no replay avoids, from words of ports, reduction figures, `exit_time`,
        virtual neurons and `vns_behind`.
    tight
        Waits of one tile that leave next to nothing to a replay, with its `exit_time`.
    """

    surest: Callable[[IntArray, Wave, IntArray, IntArray, IntArray], IntArray]
    tight: Callable[[LoopNest, Hardware, Tile, int], IntArray]


_WAITS_ON: dict[Reduction, _ArrayWaits] = {
    "simulator": _ArrayWaits(surest_waits, tight_waits),
    "rtl": _ArrayWaits(real_surest_waits, real_tight_waits),
}


@dataclass(frozen=True)
class StepTraffic:
    """Distribution traffic of one step, summed over the ports: the columns of `Traffic` that events need.

    The columns per port are left out on purpose: taking rows, which searches do all the time, would mostly
    copy them.
    """

    forwards: BoolArray
    weight_wires: IntArray
    input_wires: IntArray
    slide_wires: IntArray
    weight_switches: IntArray
    input_switches: IntArray
    slide_switches: IntArray

    @staticmethod
    def of(load: Traffic) -> StepTraffic:
        """Return the columns of some traffic."""
        return StepTraffic(*(getattr(load, name) for name in StepTraffic.__dataclass_fields__))

    def take(self, index: IntArray | BoolArray) -> StepTraffic:
        """Return some of the rows."""
        return StepTraffic(*(getattr(self, name)[index] for name in StepTraffic.__dataclass_fields__))


@dataclass(frozen=True)
class ArrayShapes:
    """Figures of array tiles that do not depend on the buffer tile, one row per tile.

    Attributes
    ----------
    tiles
        Shape (tiles, 8).
    aux
        1 where a multiplier of each virtual neuron is kept for a sum that comes back from the buffer.
    ports
        Shape (tiles, p, 4): words (w, a, b, q) of the ports that can be the busiest, padded with zeros; q are
        the sums that come back.
    waits
        Shape (tiles, e, COLUMNS): waits that no replay avoids, see `WAITS`, padded with zeros.
    load, wave
        Distribution traffic and reduction figures.
    drain
        Cycles from the last word of an iteration to its last output in memory (weights stationary).
    plain_drain
        The same when nothing is forwarded.
    kind
        The kind of array that they are on.
    """

    tiles: IntArray
    aux: IntArray
    ports: IntArray
    waits: IntArray
    load: StepTraffic
    wave: Wave
    drain: IntArray
    plain_drain: IntArray
    kind: ArrayKind

    def take(self, index: IntArray | BoolArray) -> ArrayShapes:
        """Return some of the rows."""
        return ArrayShapes(
            self.tiles[index],
            self.aux[index],
            self.ports[index],
            self.waits[index],
            self.load.take(index),
            self.wave.take(index),
            self.drain[index],
            self.plain_drain[index],
            self.kind,
        )

    def rows(self, index: NDArray | slice) -> ArrayShapes:
        """Return some of the rows, of which each column is taken when it is first asked for."""
        return _Rows(self, index)

    @property
    def forwards(self) -> BoolArray:
        """Whether multipliers hand inputs on where the weights stay."""
        return self.load.forwards

    @property
    def vn_size(self) -> IntArray:
        """Multipliers per virtual neuron that form products."""
        result: IntArray = self.tiles[:, [R, S, C]].prod(axis=1)
        return result

    @property
    def num_vns(self) -> IntArray:
        """Virtual neurons."""
        result: IntArray = self.tiles[:, [K, G, N, X, Y]].prod(axis=1)
        return result


class _Rows(ArrayShapes):
    """Rows of figures that are taken when they are asked for."""

    def __init__(self, whole: ArrayShapes, index: NDArray | slice) -> None:
        self.__dict__.update(_whole=whole, _index=index, kind=whole.kind)

    @property
    def forwards(self) -> BoolArray:
        result: BoolArray = self._whole.forwards[self._index]
        return result

    def __getattr__(self, name: str) -> Any:
        if name not in ArrayShapes.__dataclass_fields__:
            raise AttributeError(name)
        column = getattr(self._whole, name)
        taken = column.take(self._index) if name in ("load", "wave") else column[self._index]
        self.__dict__[name] = taken
        return taken


def array_shapes(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    back: BoolArray | None = None,
    *,
    exact: bool = True,
) -> ArrayShapes:
    """Compute the figures of array tiles.

    Parameters
    ----------
    back
        For which tiles sums come back into the array; None is for none.
    exact
        False gives lower bounds of words and drains without laying out the tiles, a hundredth of the work.
    """
    if back is None or not back.any():
        return _shapes(nest, hardware, tiles, exact)
    continued = replace(nest, sums="continued")
    if back.all():
        return _shapes(continued, hardware, tiles, exact)
    halves = [_shapes(nest, hardware, tiles[~back], exact), _shapes(continued, hardware, tiles[back], exact)]
    place = np.argsort(np.concatenate([np.flatnonzero(~back), np.flatnonzero(back)]), kind="stable")
    return joined(halves).take(place)


def _shapes(nest: LoopNest, hardware: Hardware, tiles: IntArray, exact: bool) -> ArrayShapes:
    step = max(1, _CHUNK_WORDS // hardware.dn_bw) if exact else len(tiles)
    if len(tiles) <= step:
        return _shapes_at_once(nest, hardware, tiles, exact)
    chunks = [tiles[first : first + step] for first in range(0, len(tiles), step)]
    return joined([_shapes_at_once(nest, hardware, chunk, exact) for chunk in chunks])


def _shapes_at_once(nest: LoopNest, hardware: Hardware, tiles: IntArray, exact: bool) -> ArrayShapes:
    load = (traffic if exact else traffic_bound)(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux, exact=exact)
    words = np.stack([load.weights, load.inputs, load.slides, load.psums], axis=2)
    ports = _extreme_ports(words) if exact else words
    leave = exit_time(hardware, wave)
    size = tiles[:, [R, S, C]].prod(axis=1) + load.aux
    if exact:
        slide_last = load.slides.max(axis=1) if nest.Y > 1 else load.inputs.max(axis=1)
        drain, plain = (
            drain_of(hardware, wave, size, last, 1) for last in (slide_last, load.inputs.max(axis=1))
        )
    else:
        drain = plain = way_out(hardware, wave.depth) + 1
    vns = tiles[:, [K, G, N, X, Y]].prod(axis=1)
    behind = vns_behind(words, ports, size, hardware.port_width) if exact else np.ones_like(ports[:, :, 0])
    waits = _WAITS_ON[hardware.reduction].surest(ports, wave, leave, vns, behind)
    return ArrayShapes(tiles, load.aux, ports, waits, StepTraffic.of(load), wave, drain, plain, hardware.kind)


def joined(parts: list[ArrayShapes]) -> ArrayShapes:
    """Return the rows of several, one after the other."""

    def wide(name: str) -> IntArray:
        columns = [getattr(part, name) for part in parts]
        most = max(column.shape[1] for column in columns)
        return np.concatenate([np.pad(c, ((0, 0), (0, most - c.shape[1]), (0, 0))) for c in columns])

    def stacked(kind: Any, name: str) -> Any:
        fields = kind.__dataclass_fields__
        return kind(*(np.concatenate([getattr(getattr(p, name), f) for p in parts]) for f in fields))

    plain = {
        n: np.concatenate([getattr(p, n) for p in parts]) for n in ("tiles", "aux", "drain", "plain_drain")
    }
    return ArrayShapes(
        **plain,
        ports=wide("ports"),
        waits=wide("waits"),
        load=stacked(StepTraffic, "load"),
        wave=stacked(Wave, "wave"),
        kind=parts[0].kind,
    )


def _extreme_ports(words: IntArray) -> IntArray:
    """Keep, per tile, the distinct (w, a, b, q) that no other port exceeds in all, padded with zeros."""
    base = 1 + int(words.max(initial=0))
    keys = words[:, :, 0]
    for column in range(1, words.shape[2]):
        keys = keys * base + words[:, :, column]
    keys = _distinct_first(keys)
    figures = _digits(keys, base, words.shape[2])
    beaten = np.zeros(keys.shape, dtype=bool)
    for port in range(keys.shape[1] - 1):
        # Those after it, in descending order, have no more weights.
        beaten[:, port + 1 :] |= (figures[:, port + 1 :, 1:] <= figures[:, [port], 1:]).all(axis=2)
    return _digits(_distinct_first(np.where(beaten, 0, keys)), base, words.shape[2])


def _digits(keys: IntArray, base: int, count: int) -> IntArray:
    """Return the digits of keys in a base, the highest first, as a last axis."""
    result: IntArray = np.stack([keys // base**place % base for place in reversed(range(count))], axis=2)
    return result


def _distinct_first(keys: IntArray) -> IntArray:
    """Return the distinct values of each row, largest first, in as few columns as hold them; zeros after."""
    descending = -np.sort(-keys, axis=1)
    descending[:, 1:][descending[:, 1:] == descending[:, :-1]] = 0
    result: IntArray = -np.sort(-descending, axis=1)
    return result[:, : max(1, int((result > 0).sum(axis=1).max(initial=0)))].astype(np.int64)


def tightened(
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    known: dict[tuple[bool, tuple[int, ...]], IntArray],
) -> ArrayShapes:
    """Return figures with waits that leave next to nothing to a replay, a millisecond per array tile.

    Parameters
    ----------
    known
        Waits by whether sums come back and tile; what is missing is added.
    """
    continued, tight = replace(nest, sums="continued"), _WAITS_ON[hardware.reduction].tight
    leave = exit_time(hardware, shapes.wave)
    rows = []
    for i, sizes in enumerate(shapes.tiles.tolist()):
        back = bool(shapes.aux[i])
        key = back, tuple(sizes)
        if key not in known:
            known[key] = tight(continued if back else nest, hardware, Tile.of(sizes), int(leave[i]))
        rows.append(known[key])
    waits = np.zeros((len(rows), max(len(row) for row in rows), COLUMNS), dtype=np.int64)
    for i, row in enumerate(rows):
        waits[i, : len(row)] = row
    return replace(shapes, waits=waits)
