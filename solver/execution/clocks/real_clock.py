"""A run of the real hardware on the clock: weight loads, streams of windows, the order of values on a bus.

Source: rules S15 and S16, the constants and the ports of
`solver.array.rtl_clock`, and the schedule of `solver.cost.rtl.latency`: every fold is a pass that loads
its weights and then runs its streams; a stream begins with the configuration of the multipliers and ends with
its last sum. With the repaired multipliers an input is used one cycle after the neighbour used it for the
window before. That hardware was never measured; the cost model, a little more careful, lets every window wait
for all hops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.rtl_clock import CYCLES_PER_DATUM, START_UP, WEIGHT_LOAD_EXTRA, PutClock
from solver.execution.clocks.collection import serve_buses
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.program import Program
from solver.execution.routing import Routing
from solver.execution.values import Chains
from solver.switches.switch_config import BusOrder, OrderRun, Phase, PhaseKind


@dataclass(frozen=True)
class Stream:
    """One stream of windows.

    Parameters
    ----------
    cycles
        From the multipliers' configuration to the next one.
    orders
        Which value is which on every bus in use.
    """

    cycles: int
    orders: tuple[BusOrder, ...]


class RealClock:
    """Times a run on the real hardware.

    Parameters
    ----------
    program
        The checked configuration.
    """

    def __init__(self, program: Program) -> None:
        self.program, self.counts = program, program.config.loop_counts
        self.chains = Chains(program)
        self._passes: dict[tuple[int, ...], int] = {}
        self._streams: dict[bytes, Stream] = {}

    def run(self) -> int:
        """Run the whole layer, one pass per fold; return its cycles.

        Raises
        ------
        SwitchFaultError
            If a bus does not keep up, or delivers its values in another order than decoded.
        """
        loops = ("n", "g", "k", "fold")
        passes = product(*(range(self.counts[loop]) for loop in loops))
        return START_UP + sum(self._pass(dict(zip(loops, at, strict=True))) for at in passes)

    def _pass(self, at: dict[str, int]) -> int:
        """Return the cycles of a pass; passes in which the same phases hold take the same course."""
        routings = (*self.program.weights, *self.program.windows)
        key = tuple(index for index, routing in enumerate(routings) if routing.phase.holds(at))
        if key not in self._passes:
            loads = next(r for r in self.program.weights if r.phase.holds(at))
            cycles = CYCLES_PER_DATUM * int(loads.words.max()) + WEIGHT_LOAD_EXTRA
            for phase in self.program.configurations:
                for stream in self.streams(phase, at):
                    if stream.orders != phase.bus_orders:
                        self._report_order(phase, stream)
                    cycles += stream.cycles
            self._passes[key] = cycles
        return self._passes[key]

    def _report_order(self, phase: Phase, stream: Stream) -> None:
        decoded = {order.bus: order for order in phase.bus_orders}
        names = {s.output.vn: s.output.output for s in self.program.sums}
        for order in stream.orders:
            if decoded.pop(order.bus, None) != order:
                vn, window = next(order.values())
                detail = f"bus {order.bus} begins with virtual neuron {vn} of window {window}"
                raise SwitchFaultError((Fault(FaultKind.OUTPUT, names[vn], (), (detail, "order")),))
        raise SwitchFaultError((Fault(FaultKind.OUTPUT, f"bus {min(decoded)}", (), ("no value comes",)),))

    def streams(self, phase: Phase, at: Mapping[str, int]) -> Iterator[Stream]:
        """Run the streams of a configuration phase, one after the other; equal ones only once.

        Parameters
        ----------
        phase
            The configuration.
        at
            Loop indices of the pass (n, g, k, fold).

        Raises
        ------
        SwitchFaultError
            If a fifo in front of a bus runs full; the message names the output.
        """
        if phase.streams is None:
            raise ValueError("a configuration without streams is refused when it is loaded")
        kinds = np.zeros((self.counts["x"], self.counts["y"]), dtype=np.int64)
        for index, routing in enumerate(self.program.windows):
            if routing.phase.holds(at):
                ranges = (routing.phase.when.get(loop, (0, self.counts[loop] - 1)) for loop in "xy")
                kinds[tuple(slice(low, high + 1) for low, high in ranges)] = index
        for start in phase.streams.starts():
            windows = kinds.ravel()[start : start + phase.streams.windows]
            key = windows.tobytes()
            if key not in self._streams:
                self._streams[key] = self._run([self.program.windows[index] for index in windows])
            yield self._streams[key]

    def _run(self, windows: list[Routing]) -> Stream:
        fired = self._fired(windows)
        sums = self.program.sums
        arrivals = [
            np.maximum.accumulate((fired[:, value.leaves] + value.delays).max(axis=1)) for value in sums
        ]
        collection = serve_buses([s.output for s in sums], arrivals)
        if collection.blocked is not None:
            cycle, output = collection.blocked
            raise SwitchFaultError((Fault(FaultKind.OVERLOAD, output, (), (f"cycle {cycle} of a stream",)),))
        vns = {s.output.output: s.output.vn for s in sums}
        orders = []
        for line in sorted(collection.served, key=lambda line: line.bus):
            vn = np.array([vns[source.output] for source in line.sources])[line.source]
            pairs = list(zip(vn.tolist(), line.wave.tolist(), strict=True))
            orders.append(BusOrder(line.bus, _runs(pairs)))
        return Stream(collection.last_cycle + 1, tuple(orders))

    def _fired(self, windows: list[Routing]) -> IntArray:
        """Return when every multiplier's product enters the tree, shape (windows, multipliers)."""
        clock = PutClock(len(windows[0].words))
        fired = np.zeros((len(windows), self.program.config.array.num_ms), dtype=np.int64)
        for window, routing in enumerate(windows):
            if window and windows[window - 1].phase.kind is PhaseKind.FIRST_WINDOW:
                clock.wait_until_empty()
            puts = [clock.put(routing.words > put) for put in range(int(routing.words.max()))]
            fired[window, routing.leaf] = np.array(puts)[routing.place - 1, routing.port] + 1
            for rank in self.chains.ranks:
                takes = self.chains.within(routing, rank)
                if len(takes):
                    before = fired[window - 1]
                    fired[window, takes] = np.maximum(before[takes + self.chains.step], before[takes]) + 1
        return fired


def _runs(values: list[tuple[int, int]]) -> tuple[OrderRun, ...]:
    """Describe a sequence of (virtual neuron, window) by runs that repeat one window further each time."""
    period = len({vn for vn, _ in values})
    runs: list[OrderRun] = []
    single: list[tuple[int, int]] = []
    at = 0
    while at < len(values):
        repeats = 1
        while all(
            at + repeats * period + i < len(values)
            and values[at + repeats * period + i] == (values[at + i][0], values[at + i][1] + repeats)
            for i in range(period)
        ):
            repeats += 1
        if repeats > 1:
            if single:
                runs.append(OrderRun(1, tuple(single)))
                single = []
            runs.append(OrderRun(repeats, tuple(values[at : at + period])))
            at += repeats * period
        else:
            single.append(values[at])
            at += 1
    if single:
        runs.append(OrderRun(1, tuple(single)))
    return tuple(runs)
