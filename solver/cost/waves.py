"""How the reduction network adds up a wave of sums, one of each virtual neuron, for many tiles at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.reduction import packed_wave_latency, running_of
from solver.array.rtl_reduction import rtl_running
from solver.cost.traffic import C, R, S
from solver.hardware import Hardware
from solver.hardware.array_kind import Reduction


@dataclass(frozen=True)
class Wave:
    """Reduction figures of each tile's wave of VNs (a row of the simulator's table), one array each.

    Attributes
    ----------
    depth, depth_aux
        Most cycles from any multiplier (from the first position) of any VN to its exit.
    shortest_aux
        Fewest cycles from the first position of any VN to its exit.
    aux_total
        Cycles from the first position of each VN to its exit, added up over the VNs.
    shortest_path
        Fewest cycles from any multiplier to its VN's exit.
    max_per_line
        Most VNs that share one line of the collection bus.
    wave_latency
        Cycle in which the memory takes the last output of a wave that starts alone, counted from the
        multipliers' firing, without accumulation buffer.
    adds_2_1, adds_3_1, wires
        Adds and link transfers of one wave.
    """

    depth: IntArray
    depth_aux: IntArray
    shortest_aux: IntArray
    aux_total: IntArray
    shortest_path: IntArray
    max_per_line: IntArray
    wave_latency: IntArray
    adds_2_1: IntArray
    adds_3_1: IntArray
    wires: IntArray

    def take(self, index: IntArray | BoolArray) -> Wave:
        """Return the figures of some of the tiles."""
        return Wave(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def waves(hardware: Hardware, tiles: IntArray, aux: IntArray, *, exact: bool = True) -> Wave:
    """Look up the reduction figures of every tile (they depend on VN size and count only).

    Parameters
    ----------
    exact
        False gives a lower bound as latency of the wave, which only closed forms ask for: the depth with bus
        and memory.
    """
    size = tiles[:, [R, S, C]].prod(axis=1) + aux
    count = tiles.prod(axis=1) // (size - aux)
    columns = _figures_of(hardware.num_ms, hardware.rn_bw, hardware.reduction).of(size, count)
    if "wave_latency" not in columns:
        columns["wave_latency"] = _wave_latency(hardware, size, count) if exact else columns["depth"] + 2
    return Wave(**columns)


_RUNNING: dict[Reduction, Callable[[int, Sequence[int], int], Iterable[dict[str, IntArray]]]] = {
    "simulator": running_of,
    "rtl": lambda num_ms, sizes, rn_bw: (rtl_running(num_ms, size, rn_bw) for size in sizes),
}
"""Who works out the reduction figures of the virtual neurons of some sizes on either array."""


class _Figures:
    """The reduction figures of an array by VN size and count, each size worked out when it is asked for.

    Parameters
    ----------
    num_ms, rn_bw, reduction
        Multiplier switches, bus lines, and whose array it is.
    """

    def __init__(self, num_ms: int, rn_bw: int, reduction: Reduction) -> None:
        self._num_ms, self._rn_bw, self._look_up = num_ms, rn_bw, _RUNNING[reduction]
        self._first = np.full(num_ms + 2, -1, dtype=np.int64)
        """Where the figures of a size begin."""
        self._most = np.zeros(num_ms + 2, dtype=np.int64)
        """How many VNs of a size there are figures for."""
        self._columns: dict[str, IntArray] = {}

    def of(self, sizes: IntArray, counts: IntArray) -> dict[str, IntArray]:
        """Return the figures of so many VNs of some size each, by the fields of `Wave`."""
        asked = np.flatnonzero(np.bincount(sizes)) if len(sizes) else np.ones(1, dtype=np.int64)
        missing = asked[self._first[asked] < 0]
        if len(missing):
            self._work_out(missing)
        at = self._first[sizes] + np.minimum(counts, self._most[sizes]) - 1
        return {name: column[at] for name, column in self._columns.items()}

    def _work_out(self, sizes: IntArray) -> None:
        tables = list(self._look_up(self._num_ms, sizes.tolist(), self._rn_bw))
        known = len(next(iter(self._columns.values()), ()))
        self._most[sizes] = lengths = np.array([len(table["depth"]) for table in tables])
        self._first[sizes] = known + np.cumsum(lengths) - lengths
        for name in Wave.__dataclass_fields__:
            if name in tables[0]:
                parts = [self._columns[name]] if known else []
                self._columns[name] = np.concatenate([*parts, *(table[name] for table in tables)])


_figures_of = lru_cache(maxsize=4)(_Figures)


def _wave_latency(hardware: Hardware, size: IntArray, count: IntArray) -> IntArray:
    keys, inverse = np.unique(size * (hardware.num_ms + 1) + count, return_inverse=True)
    known = [
        packed_wave_latency(hardware.num_ms, *divmod(key, hardware.num_ms + 1), hardware.rn_bw)
        for key in keys.tolist()
    ]
    return np.array(known, dtype=np.int64)[inverse]
