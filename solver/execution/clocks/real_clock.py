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
from solver.execution.clocks.collection import Turns, serve_buses
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
    turns
        Whom the buses have served by its end.
    """

    cycles: int
    orders: tuple[BusOrder, ...]
    turns: Turns


PassOrders = tuple[tuple[int, tuple[BusOrder, ...]], ...]
"""The streams of a pass in order: the first window of each, and which value is which on every bus."""


@dataclass(frozen=True)
class RunOrders:
    """Which value is which over a whole run.

    Streams that are alike differ where two outputs are at their bus in the same cycle: the one served longest
    ago is first, which may have been in an earlier stream.

    Parameters
    ----------
    passes
        The passes that differ.
    which
        The number of each pass of the run (along n, g, k, fold) among them.
    turns
        Whom the buses have served by the end.
    """

    passes: tuple[PassOrders, ...]
    which: tuple[int, ...]
    turns: Turns


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
        self._arrivals: dict[bytes, list[IntArray]] = {}
        self._streams: dict[tuple[bytes, _Turns], Stream] = {}

    def run(self) -> int:
        """Run the whole layer, one pass per fold; return its cycles.

        Raises
        ------
        SwitchFaultError
            If a bus does not keep up, or delivers its values in another order than decoded.
        """
        return START_UP + sum(map(self._pass, self._indices()))

    def _indices(self) -> Iterator[dict[str, int]]:
        """Yield the loop indices of every pass."""
        loops = ("n", "g", "k", "fold")
        for at in product(*(range(self.counts[loop]) for loop in loops)):
            yield dict(zip(loops, at, strict=True))

    def _key(self, at: dict[str, int]) -> tuple[int, ...]:
        """Return which phases hold in a pass; passes with the same ones take as long."""
        routings = (*self.program.weights, *self.program.windows)
        return tuple(index for index, routing in enumerate(routings) if routing.phase.holds(at))

    def orders(self, turns: Turns) -> RunOrders:
        """Return which value is which on every bus in all passes.

        Parameters
        ----------
        turns
            Whom the buses have served before the run.

        Raises
        ------
        SwitchFaultError
            If a fifo in front of a bus runs full; the message names the output.
        """
        passes: dict[PassOrders, int] = {}
        known: dict[tuple[tuple[int, ...], _Turns], tuple[int, Turns]] = {}
        which = []
        for at in self._indices():
            course = self._key(at), _frozen(turns)
            if course not in known:
                streams, after = [], turns
                for start, _, windows in sorted(
                    (start, number, windows)
                    for number, phase in enumerate(self.program.configurations)
                    for start, windows in self._windows(phase, at)
                ):
                    stream = self._stream(windows, after)
                    streams.append((start, stream.orders))
                    after = stream.turns
                known[course] = passes.setdefault(tuple(streams), len(passes)), after
            number, turns = known[course]
            which.append(number)
        return RunOrders(tuple(passes), tuple(which), turns)

    def _pass(self, at: dict[str, int]) -> int:
        """Return the cycles of a pass."""
        key = self._key(at)
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
        """Run the streams of a configuration phase, each as the first of a run; equal ones only once.

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
        for _, windows in self._windows(phase, at):
            yield self._stream(windows, {})

    def _windows(self, phase: Phase, at: Mapping[str, int]) -> Iterator[tuple[int, bytes]]:
        """Yield the first window of each stream of a configuration, and the kinds of its windows."""
        if phase.streams is None:
            raise ValueError("a configuration without streams is refused when it is loaded")
        kinds = np.zeros((self.counts["x"], self.counts["y"]), dtype=np.int64)
        for index, routing in enumerate(self.program.windows):
            if routing.phase.holds(at):
                ranges = (routing.phase.when.get(loop, (0, self.counts[loop] - 1)) for loop in "xy")
                kinds[tuple(slice(low, high + 1) for low, high in ranges)] = index
        for start in phase.streams.starts():
            yield start, kinds.ravel()[start : start + phase.streams.windows].tobytes()

    def _stream(self, windows: bytes, turns: Turns) -> Stream:
        """Run a stream of windows of some kinds; equal ones only once."""
        key = windows, _frozen(turns)
        if key not in self._streams:
            self._streams[key] = self._run(windows, turns)
        return self._streams[key]

    def _run(self, windows: bytes, turns: Turns) -> Stream:
        sums = self.program.sums
        if windows not in self._arrivals:
            fired = self._fired([self.program.windows[i] for i in np.frombuffer(windows, dtype=np.int64)])
            self._arrivals[windows] = [
                np.maximum.accumulate((fired[:, value.leaves] + value.delays).max(axis=1)) for value in sums
            ]
        collection = serve_buses([s.output for s in sums], self._arrivals[windows], turns)
        if collection.blocked is not None:
            cycle, output = collection.blocked
            raise SwitchFaultError((Fault(FaultKind.OVERLOAD, output, (), (f"cycle {cycle} of a stream",)),))
        vns = {s.output.output: s.output.vn for s in sums}
        orders = []
        for line in sorted(collection.served, key=lambda line: line.bus):
            vn = np.array([vns[source.output] for source in line.sources])[line.source]
            pairs = list(zip(vn.tolist(), line.wave.tolist(), strict=True))
            orders.append(BusOrder(line.bus, _runs(pairs)))
        return Stream(collection.last_cycle + 1, tuple(orders), collection.turns)

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


_Turns = tuple[tuple[int, tuple[str, ...]], ...]


def _frozen(turns: Turns) -> _Turns:
    return tuple(sorted(turns.items()))


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
