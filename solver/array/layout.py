"""Where the virtual neurons of a tile lie on the multipliers, and which words each multiplier wants.

Rules T2 and T3: VNs are packed left to right, index ((((n T_G+g) T_K+k) T_X+x)
T_Y+y); inside a VN an auxiliary multiplier first where folds travel through memory, then (c, r, s) with s
fastest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, IntArray, changes
from solver.array.duties import auxiliary, forwarding
from solver.array.positions import positions_of
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.split import split_of
from solver.mapping.tile import Tile, folds, trips


@dataclass(frozen=True)
class Layout:
    """One tile on the multipliers of one accelerator.

    Every array has one entry per used position (aux multipliers included) unless it says otherwise.
    """

    nest: LoopNest
    hardware: Hardware
    tile: Tile

    @cached_property
    def folds(self) -> int:
        """Passes whose partial sums make one output (F)."""
        return folds(self.nest, self.tile)

    @cached_property
    def trips(self) -> dict[str, int]:
        """Trip counts of the loops outside the array."""
        return trips(self.nest, self.tile)

    @cached_property
    def iterations(self) -> int:
        """Filter iterations (NO)."""
        return self.trips["N"] * self.trips["G"] * self.trips["K"]

    @cached_property
    def aux(self) -> int:
        """1 if a multiplier of each VN carries the partial sum of earlier folds, or of an earlier part."""
        return int(auxiliary(ARRAYS, self.nest, self.hardware, self.folds))

    @cached_property
    def vn_size(self) -> int:
        """Multipliers per VN, the auxiliary one included (v)."""
        return self.tile.vn_size + self.aux

    @cached_property
    def forwards(self) -> bool:
        """Whether sliding-window forwarding is on (FW)."""
        split = split_of(self.nest, np.array(self.tile.sizes))
        return bool(forwarding(ARRAYS, self.nest, self.hardware, split))

    @cached_property
    def leaf(self) -> IntArray:
        """Multiplier switch of each position: packed, or where the real adder tree can add up the VNs."""
        starts = positions_of(self.hardware).first_switches(self.vn_size, self.tile.num_vns)
        result: IntArray = (starts[:, None] + np.arange(self.vn_size)).ravel()
        return result

    @cached_property
    def vn(self) -> IntArray:
        """VN index of each position."""
        return np.arange(self.vn_size * self.tile.num_vns) // self.vn_size

    @cached_property
    def port(self) -> IntArray:
        """Read port that feeds each position."""
        return self.leaf // self.hardware.port_width

    @cached_property
    def is_aux(self) -> BoolArray:
        """Which positions carry partial sums."""
        return np.arange(self.vn_size * self.tile.num_vns) % self.vn_size < self.aux

    @cached_property
    def offsets(self) -> tuple[IntArray, IntArray, IntArray]:
        """(c, r, s) of each position inside its VN; meaningless at auxiliary positions.

        The real multipliers hand on to the right, so with forwarding the column that is fed, the last, stands
        first there.
        """
        inside = np.arange(self.vn_size * self.tile.num_vns) % self.vn_size - self.aux
        c, rest = np.divmod(np.maximum(inside, 0), self.tile.R * self.tile.S)
        r, s = np.divmod(rest, self.tile.S)
        return c, r, self.tile.S - 1 - s if self.forwards and self.hardware.kind.hands_to > 0 else s

    @cached_property
    def vn_index(self) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
        """(n, g, k, x, y) of each position's VN."""
        t = self.tile
        rest, y = np.divmod(self.vn, t.Y)
        rest, x = np.divmod(rest, t.X)
        rest, k = np.divmod(rest, t.K)
        n, g = np.divmod(rest, t.G)
        return n, g, k, x, y

    @cached_property
    def weight_key(self) -> IntArray:
        """Number that tells the weight of each position from all others: (g, k, c, r, s)."""
        t = self.tile
        _, g, k, _, _ = self.vn_index
        c, r, s = self.offsets
        return (((g * t.K + k) * t.C + c) * t.R + r) * t.S + s

    @cached_property
    def input_key(self) -> IntArray:
        """Number that tells the input word of each position from all others, in sending order.

        (x, y, n, g, c) with c fastest: inside a port the words of a step are sent by input row, column, image
        and then channel of the whole layer (rule T3; that image and group come after the column is what
        the simulator's runs with T_N > 1 and T_G > 1 show).
        """
        t, nest = self.tile, self.nest
        n, g, _, x, y = self.vn_index
        c, r, s = self.offsets
        row = x * nest.stride[0] + r * nest.dilation[0]
        col = y * nest.stride[1] + s * nest.dilation[1]
        cols = (t.Y - 1) * nest.stride[1] + (t.S - 1) * nest.dilation[1] + 1
        return (((row * cols + col) * t.N + n) * t.G + g) * t.C + c

    @cached_property
    def last_column(self) -> BoolArray:
        """Positions in the last filter column of their VN, the only ones fed while a window slides (FW)."""
        return ~self.is_aux & (self.offsets[2] == self.tile.S - 1)


def send_order(key: IntArray, port: IntArray, wanted: BoolArray | None = None) -> tuple[IntArray, IntArray]:
    """Return each position's place among its port's words (from 1; 0: wants none), and the words per port."""
    place = np.zeros(len(key), dtype=np.int64)
    words = np.zeros(int(port[-1]) + 1, dtype=np.int64)
    at = np.arange(len(key)) if wanted is None else np.flatnonzero(wanted)
    # One number for port and key: a stable sort uses the order that there is.
    both = port[at] * (int(key.max(initial=0)) + 1) + key[at]
    order = np.argsort(both, kind="stable")
    at, both = at[order], both[order]
    of, count = port[at], np.cumsum(changes(both))
    here: IntArray = count - np.maximum.accumulate(np.where(changes(of), count - 1, 0))
    place[at], words[of] = here, here  # the last of each port, which wants its last word
    return place, words


def busiest(vn: IntArray, port: IntArray, wait: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Let the position that waits longest stand for all of a VN that are behind one port, or ones alike.

    Parameters
    ----------
    vn, port, wait
        Of each position: its VN, ascending, its port, and the cycles from a step's first word there.

    Returns
    -------
    tuple of IntArray
        Port and wait of those that are left, by VN, and where each VN's begin.
    """
    at = np.argsort(vn * (int(port.max(initial=0)) + 1) + port, kind="stable")
    vn, port = vn[at], port[at]
    starts = np.flatnonzero(changes(port, vn))
    firsts = np.flatnonzero(changes(vn[starts]))
    return port[starts], np.maximum.reduceat(wait[at], starts), firsts
