"""What the tiles of a box cost at least: a range of sizes along every loop.

Words and events of a step grow with the tile, and steps are fewest with the largest one. So a box costs no
less than steps of its smallest tile, as many as its largest one takes; and no less than the steps that the
multipliers need for the layer's products. For the rules of the simulator's array only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import FloatArray, IntArray
from solver.array.positions import positions_of
from solver.cost.events import components_of, dynamic_energy, event_counts
from solver.cost.step import Loops
from solver.cost.traffic import C, G, K, N, R, S, Traffic, X, Y
from solver.cost.traffic_bound import FAR, inputs_apart
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.mapping.lines import distinct_lines, taps_on
from solver.mapping.split import Split

_FILTERS, _COUNTS = [R, S, C], [K, G, N, X, Y]


@dataclass(frozen=True)
class BoxCost:
    """Least cycles and dynamic energy of every box.

    Attributes
    ----------
    cycles, energy
        Of all its work, or of every iteration of the loop that is cut.
    """

    cycles: FloatArray
    energy: FloatArray


def box_cost(
    nest: LoopNest, hardware: Hardware, low: IntArray, high: IntArray, cut: int | None = None
) -> BoxCost:
    """Return what the tiles of boxes cost at least.

    Parameters
    ----------
    low, high
        Smallest and largest sizes, shape (boxes, 8). Bounds are close where windows slide in all tiles of a
        box or in none.
    cut
        The loop of which one iteration is asked for, K, G or X; None for the layer. Iterations of X share
        their weights, which are left out.
    """
    box = _Box(nest, hardware, low, high, cut)
    return BoxCost(box.cycles(), box.energy())


class _Box:
    """The smallest tiles of boxes, and how often they run at least."""

    def __init__(
        self, nest: LoopNest, hardware: Hardware, low: IntArray, high: IntArray, cut: int | None
    ) -> None:
        self.nest, self.hardware, self.low, self.high = nest, hardware, low, high
        self.sends_weights = int(cut != X)
        sizes = np.array(nest.sizes, dtype=np.int64)
        trips, self.work = -(-sizes // high), np.broadcast_to(sizes.astype(np.float64), low.shape).copy()
        if cut is not None:
            trips[:, cut], self.work[:, cut] = 1, low[:, cut]
        tile = dict(zip(DIMS, low.T, strict=True))
        split = Split(tile, dict(zip(DIMS, trips.T, strict=True)), {})
        self.n = Loops(ARRAYS, split)
        self.vn, self.vns = low[:, _FILTERS].prod(axis=1), self.n.num_vns
        through_memory = nest.partial or not hardware.accumulation_buffer
        self.may_travel = int(through_memory)
        surely = np.full(len(low), nest.partial) | (self.n.folds > 1)
        self.aux = (surely & through_memory).astype(np.int64)
        sliding = nest.stride == (1, 1) and nest.dilation[1] == 1 and hardware.forwarding != "none"
        self.forwards = (low[:, Y] == 1) & (high[:, S] > 1) & (sliding and nest.Y > 1)
        self.surely = self.forwards & (high[:, Y] == 1) & (low[:, S] == high[:, S])
        self.surely &= nest.S % low[:, S] == 0
        self.every = np.where(self.forwards, high[:, S], 1)
        self.span = positions_of(hardware).spans(self.vn + self.aux, self.vns)
        self.most = np.minimum(float(hardware.num_ms), high.astype(np.float64).prod(axis=1))
        self._lay()

    def _lay(self) -> None:
        """Find distinct words, and how far apart equal ones stand (`solver.cost.traffic_bound`)."""
        nest, (t_r, t_s, t_c, t_k, t_g, t_n, t_x, t_y), high = self.nest, self.low.T, self.high.T
        rows = distinct_lines(t_x, t_r, nest.stride[0], nest.dilation[0])
        columns = distinct_lines(t_y, t_s, nest.stride[1], nest.dilation[1])
        self.weights = t_k * t_g * self.vn
        self.slides = t_n * t_g * t_c * rows * np.where(self.forwards, 1, columns)
        self.inputs = t_n * t_g * t_c * rows * columns
        again = np.where(high[N] > 1, self.vn * t_k * t_g, FAR)
        self.weights_apart = np.where((high[X] > 1) | (high[Y] > 1), self.vn, again)
        self.inputs_apart = inputs_apart(nest, self.low, self.high, 0)
        on_r, on_s = (taps_on(*axis) for axis in zip(nest.stride, nest.dilation, strict=True))
        # Whole virtual neurons behind the first port: windows one by one, filters where windows are few.
        largest = high[_FILTERS].prod(axis=0) + self.may_travel
        whole = np.minimum(self.vns, self.hardware.port_width // largest)
        held = np.minimum(whole, t_x * t_y)
        # Of larger tiles of the box the next window may be the next column's, which shares inputs.
        alone = self.forwards & (high[Y] == 1)
        fresh = np.minimum(t_r, on_r) * np.where(alone, t_s, np.minimum(t_s, on_s))
        once = np.minimum(whole, 1)
        self.first_weights = np.minimum(-(-whole // (high[X] * high[Y])), t_k * t_g) * self.vn
        self.first_inputs = t_c * (once * t_r * t_s + np.maximum(0, held - 1) * fresh)
        fresh_last = np.where(self.forwards, np.minimum(t_r, on_r), fresh)
        last = once * t_r * np.where(self.forwards, 1, t_s)
        self.first_slides = t_c * (last + np.maximum(0, held - 1) * fresh_last)

    def cycles(self) -> FloatArray:
        """Return the cycles of the busiest port or bus line."""
        nest, n, hardware = self.nest, self.n, self.hardware
        loads = self._at_least(n.iterations * n.folds, [R, S, C, K, G, N])
        rows = self._at_least(n.iterations * n.folds * n.rows, [R, S, C, K, G, N, X])
        steps = self._at_least(n.iterations * n.folds * n.windows, range(len(DIMS)))
        w_run = self._run(self.weights_apart, 1)
        a_run, b_run = self._run(self.inputs_apart, 1), self._run(self.inputs_apart, self.every)
        ports = float(hardware.dn_bw)
        least = steps
        for w, a, b in (
            (self.weights / ports, self.inputs / ports, self.slides / ports),
            (w_run, a_run, b_run),
            (self.first_weights, self.first_inputs, self.first_slides),
        ):
            sent = np.maximum(rows * (a + (n.cols - 1) * b), rows * (a - b) + steps * b)
            least = np.maximum(least, sent + loads * w * self.sends_weights)
        windows = self._at_least(n.iterations * n.windows, _COUNTS)
        outputs = self.work[:, _COUNTS].prod(axis=1) / hardware.rn_bw
        taken = np.maximum(windows * -(-self.vns // hardware.rn_bw), outputs)
        if nest.partial or not hardware.accumulation_buffer:
            taken = taken * np.where(self.aux == 1, n.folds, 1)
        result: FloatArray = np.maximum(least, taken)
        return result

    def _at_least(self, trips: IntArray, loops: list[int] | range) -> FloatArray:
        """Return how often some loops are stepped through at least, as the multipliers hold so much."""
        others = [loop for loop in range(len(DIMS)) if loop not in loops]
        held = np.minimum(
            self.most / self.low[:, others].prod(axis=1),
            self.high[:, list(loops)].astype(np.float64).prod(axis=1),
        )
        result: FloatArray = np.maximum(trips, self.work[:, list(loops)].prod(axis=1) / held)
        return result

    def _run(self, apart: IntArray, every: IntArray | int) -> IntArray:
        """Return how many words a port in use is sent at least, of which one in `every` is wanted."""
        width = self.hardware.port_width
        run = np.minimum(np.minimum(apart, width), self.span)
        data = (run - self.may_travel * -(-run // self.vn)) // every
        if self.may_travel:
            return data
        shift = np.gcd(width, every)
        enough = (self.surely | (every == 1)) & (self.span // width >= every // shift)
        result: IntArray = np.where(enough, (run + every - shift) // every, data)
        return result

    def energy(self) -> FloatArray:
        """Return dynamic energies."""
        wanted = self.vn * self.vns
        slid = self.vn // self.every * self.vns
        weight = self._switches(self.weights, self.weights_apart, wanted, 1)
        first = self._switches(self.inputs, self.inputs_apart, wanted, 1)
        slide = self._switches(self.slides, self.inputs_apart, slid, self.every)
        none, zero = np.zeros((len(self.low), 1), dtype=np.int64), np.zeros(len(self.low), dtype=np.int64)
        load = Traffic(
            weights=none,
            inputs=none,
            slides=none,
            psums=none,
            weight_wires=(weight + wanted) * self.sends_weights,
            input_wires=first + wanted,
            slide_wires=slide + slid,
            weight_switches=weight * self.sends_weights,
            input_switches=first,
            slide_switches=slide,
            forwards=self.forwards,
            aux=self.aux,
        )
        wave = Wave(**{name: wanted if name == "wires" else zero for name in Wave.__dataclass_fields__})
        counts = event_counts(self.nest, self.hardware, self.low, load, wave, self.n)
        counts["weight_reads"] = counts["weight_reads"] * self.sends_weights
        counts["accumulates"] = zero
        counts["mn_wires"] = counts["mn_wires"] * self.surely
        outputs = self.work[:, _COUNTS].prod(axis=1)
        added = self.work.prod(axis=1) - outputs
        # Every sum takes so many additions; an adder that adds three makes two.
        table = self.hardware.prices
        adder = float(min(table.add_2_1, table.add_3_1 / 2, table.accumulate))
        energy = dynamic_energy(self.hardware, counts, components_of(self.hardware)) + adder * added
        return energy

    def _switches(
        self, distinct: IntArray, apart: IntArray, wanted: IntArray, every: IntArray | int
    ) -> IntArray:
        """Return distinct words per block, over the blocks of 2, 4, ... positions up to those of a port."""
        total, block = np.zeros(len(self.low), dtype=np.int64), self.hardware.port_width
        while block > 1:
            run = np.minimum(apart, block)
            runs = self.span // block * ((run - self.may_travel * -(-run // self.vn)) // every)
            least = np.maximum(np.maximum(distinct, -(-wanted // block)), runs)
            total += np.where(apart >= block, wanted, least)
            block //= 2
        return total
