"""When the next filter iteration's weights overtake windows that are still handed on.

A multiplier throws its weights away as soon as a new one arrives. One that is sent its inputs multiplies them
in the order of the words behind its port, so its old windows are over by then. With forwarding a multiplier
takes all but the first window of a row from its neighbour, and the neighbour may be behind a busier port: if
the filter barrier (rule T8) lets the next iteration in while the neighbour still
has windows to hand on, they meet the wrong weight. Such a mapping computes wrong outputs. The replay knows
both cycles; here is what it compares, and which mappings need no comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.layout import Layout
from solver.array.positions import quotients
from solver.cost.latency import drained, loops
from solver.cost.traffic import C, G, K, N, R, S, X, Y, auxiliary, forwarding
from solver.hardware import Hardware
from solver.layer import LoopNest

_CHUNK_POSITIONS = 1 << 18


@dataclass(frozen=True)
class Overtaking:
    """The first multiplier whose new weight comes too early.

    Attributes
    ----------
    switch, port
        The multiplier switch and the read port that sends its weights.
    source, source_port
        The multiplier switch whose inputs reach it along the row, and its port.
    iteration
        The filter iteration whose weight arrives, counted from 0.
    arrives, multiplies
        Cycles in which that weight is sent, and in which the last window of the iteration before it has its
        turn in the multiplier.
    """

    switch: int
    port: int
    source: int
    source_port: int
    iteration: int
    arrives: int
    multiplies: int

    def __str__(self) -> str:
        return (
            f"MS{self.switch} (port {self.port}) is sent filter iteration {self.iteration + 1}'s weights "
            f"in cycle {self.arrives:,}, but iteration {self.iteration}'s last inputs reach it from "
            f"MS{self.source} (port {self.source_port}) only in cycle {self.multiplies:,}: weights overtake "
            "inputs"
        )


def may_overtake(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return for which tiles only a comparison of cycles tells whether weights overtake inputs.

    For the others they cannot: nothing is forwarded; there is one filter iteration; the array drains between
    iterations; every iteration has the same single weight; or each row of multipliers that hand on inputs
    lies behind one port, which sends the new weights after the last inputs.
    """
    if hardware.kind.passes or nest.Y == 1:
        return np.zeros(len(tiles), dtype=bool)
    doubtful = forwarding(nest, hardware, tiles)
    at = np.flatnonzero(doubtful)
    some = tiles[at]
    n = loops(nest, some)
    same_weights = (n.split.trip["G"] * n.split.trip["K"] == 1) & (n.folds == 1)
    at = at[~drained(nest, some) & (n.iterations > 1) & ~same_weights]
    result = np.zeros(len(tiles), dtype=bool)
    step = max(1, _CHUNK_POSITIONS // hardware.num_ms)
    for first in range(0, len(at), step):
        rows = at[first : first + step]
        result[rows] = _crosses_ports(nest, hardware, tiles[rows])
    return result


def _crosses_ports(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return which tiles have a filter row on multipliers behind several ports."""
    aux = auxiliary(nest, hardware, tiles)[:, None]
    size = tiles[:, [R, S, C]].prod(axis=1)[:, None] + aux
    count = tiles[:, [K, G, N, X, Y]].prod(axis=1)[:, None]
    taps = tiles[:, S][:, None]
    position = np.arange(hardware.num_ms, dtype=np.int32)[None]
    vn, inside = quotients(position, size)
    heads = (vn < count) & (inside >= aux) & (quotients(inside - aux, taps)[1] == 0)
    ports = position // hardware.port_width != (position + taps - 1) // hardware.port_width
    result: BoolArray = (heads & ports).any(axis=1)
    return result


class Watch:
    """Compares, iteration by iteration, when weights arrive with when old inputs have had their turn.

    Ports that run ahead of others do so by a constant number of cycles per iteration in the end, so that a
    few iterations tell of all later ones (`look_ahead`).

    Parameters
    ----------
    layout
        The tile on the multipliers.
    order
        Place of each position's weight among the words that its port sends for a fold.
    behind
        Which of the ports that `pace` and `iteration` tell of feeds each position.
    pace
        Cycles per filter iteration that each port needs in the end.
    """

    def __init__(self, layout: Layout, order: IntArray, behind: IntArray, pace: IntArray) -> None:
        # Multipliers that carry partial sums hold no weights; the others stand in rows of `taps` columns.
        self.at = np.flatnonzero(~layout.is_aux)
        self.leaf, self.port, self.order = layout.leaf[self.at], layout.port[self.at], order[self.at]
        self.column, self.taps = layout.offsets[2][self.at], layout.tile.S
        self.found: Overtaking | None = None
        self.behind = behind[self.at]
        self.arrival_pace = pace[self.behind]
        # What is handed on comes as fast as the slowest port to the right of a multiplier lets it.
        rows = self.arrival_pace.reshape(-1, self.taps)
        self.turn_pace = np.maximum.accumulate(rows[:, ::-1], axis=1)[:, ::-1].ravel()
        self._before: tuple[IntArray, IntArray] | None = None
        self._steady = 0

    @property
    def settled(self) -> bool:
        """Whether later iterations are known: three were paced as all will be, or weights overtook."""
        return self.found is not None or self._steady >= 3

    def iteration(self, number: int, free: IntArray, fired: IntArray) -> None:
        """Note that an iteration's weights are sent.

        Parameters
        ----------
        number
            The iteration, from 0.
        free
            When each port has sent all that comes before its first weight.
        fired
            When each position multiplied last in the iteration before, long ago if there was none.
        """
        arrives, turns = self.words(free, fired)
        if self._before is not None:
            paced = np.array_equal(arrives - self._before[0], self.arrival_pace) and np.array_equal(
                turns - self._before[1], self.turn_pace
            )
            self._steady = self._steady + 1 if paced else 0
        self._before = arrives, turns
        self._note(number, arrives, turns)

    def look_ahead(self, number: int, iterations: int) -> None:
        """Compare once more, a number of iterations after iteration `number`, the last that was noted."""
        if self.found is not None or self._before is None or iterations <= 0:
            return
        arrives, turns = self._before
        gains = self.turn_pace - self.arrival_pace
        margin = arrives - turns
        # A multiplier whose port gains on its source overtakes after so many more iterations.
        gaining = (gains > 0) & (self.column < self.taps - 1)
        after = np.where(gaining, -(-margin // np.maximum(gains, 1)), iterations + 1).min()
        if after <= iterations:
            self._note(
                number + int(after), arrives + after * self.arrival_pace, turns + after * self.turn_pace
            )

    def words(self, free: IntArray, fired: IntArray) -> tuple[IntArray, IntArray]:
        """Return when each multiplier's next weight is sent, and its last turn before; see `iteration`."""
        return free[self.behind] + self.order, fired[self.at]

    def early(self, arrives: IntArray, turns: IntArray) -> BoolArray:
        """Return which multipliers' weights come too early; the last column's follow their inputs."""
        result: BoolArray = (arrives <= turns) & (self.column < self.taps - 1)
        return result

    def _note(self, number: int, arrives: IntArray, turns: IntArray) -> None:
        early = self.early(arrives, turns)
        if self.found is not None or not early.any():
            return
        at = int(np.flatnonzero(early)[np.argmin(arrives[early])])
        source = at - int(self.column[at]) + self.taps - 1
        self.found = Overtaking(
            switch=int(self.leaf[at]),
            port=int(self.port[at]),
            source=int(self.leaf[source]),
            source_port=int(self.port[source]),
            iteration=number,
            arrives=int(arrives[at]),
            multiplies=int(turns[at]),
        )
