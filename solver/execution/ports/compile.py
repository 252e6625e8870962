"""From the configuration of a mapping on the real hardware to the program of its run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest

from solver.execution.operands import Addresses
from solver.execution.ports.program import Instruction, Loop, MultiplierRow, Op, PortProgram, PutRow, Slot
from solver.mapping.tile import trips
from solver.switches.switch_config import Phase, PhaseKind, Streams, SwitchConfig

PASS_LOOPS = ("n", "g", "k", "c", "r", "s")
"""Loops around a weight load, outermost first."""


def compile_program(config: SwitchConfig) -> PortProgram:
    """Return the program of a configuration's run.

    Parameters
    ----------
    config
        A configuration for the real hardware.

    Raises
    ------
    ValueError
        If it is for the simulator's array, which has no ports to play on.
    """
    if not config.array.real:
        raise ValueError("only the real hardware has such ports")
    return _Compiler(config).run()


class _Compiler:
    """Writes the instructions of one configuration, its loops and its tables."""

    def __init__(self, config: SwitchConfig) -> None:
        self.config, self.addresses = config, Addresses.of(config)
        counts = trips(config.nest, config.tile)
        self.counts = {loop: counts[loop.upper()] for loop in (*PASS_LOOPS, "x", "y")}
        self.instructions: list[Instruction] = []
        self.loops: list[Loop] = []
        self.puts: list[PutRow] = []
        self.multipliers: list[MultiplierRow] = []
        self.rows: dict[int, tuple[int, int]] = {}
        self.by_kind: dict[PhaseKind, list[Phase]] = {kind: [] for kind in PhaseKind}
        for phase in config.phases:
            self.by_kind[phase.kind].append(phase)

    def run(self) -> PortProgram:
        """Write everything."""
        with self._loops(PASS_LOOPS):
            (load,) = self.by_kind[PhaseKind.WEIGHTS]
            self._configure(load)
            self._put(Op.PUT_WEIGHTS, load)
            self._say(Op.EMPTY)
            if self.by_kind[PhaseKind.WINDOW]:
                self._direct()
            else:
                self._sliding()
        self._say(Op.STOP)
        array = self.config.array
        return PortProgram(
            array.num_ms,
            array.dn_bw,
            array.rn_bw,
            tuple(self.instructions),
            tuple(self.loops),
            tuple(self.puts),
            tuple(self.multipliers),
        )

    def _direct(self) -> None:
        """Write the streams of windows that are sent whole; they follow each other without a gap."""
        (window,) = self.by_kind[PhaseKind.WINDOW]
        for phase in self.by_kind[PhaseKind.CONFIGURE]:
            streams = _streams(phase)
            for start in streams.starts():
                self._configure(phase)
                for x, y, rows, cols in _rectangles(start, start + streams.windows, self.counts["y"]):
                    with self._loop("x", rows), self._loop("y", cols):
                        self._put(Op.PUT_INPUTS, window, self._place(x, y))
                self._results(streams)

    def _sliding(self) -> None:
        """Write the streams of sliding windows: one a row, or several of a very long row."""
        slides = {phase.when["y"][0]: phase for phase in self.by_kind[PhaseKind.SLIDE]}
        first = {phase.when["y"][0]: phase for phase in self.by_kind[PhaseKind.FIRST_WINDOW]}
        with self._loop("x", self.counts["x"]):
            for phase in self.by_kind[PhaseKind.CONFIGURE]:
                streams = _streams(phase)
                begin = streams.first
                self._configure(phase)
                self._put(Op.PUT_INPUTS, first[begin], self._place(0, begin))
                if streams.windows > 1:
                    self._say(Op.EMPTY)
                    with self._loop("y", streams.windows - 1):
                        self._put(Op.PUT_INPUTS, slides[begin + 1], self._place(0, begin + 1))
                self._results(streams)

    def _place(self, x: int, y: int) -> int:
        """Return what a window adds to the address of an input."""
        return x * self.addresses.loops["x"][1] + y * self.addresses.loops["y"][1]

    def _say(self, op: Op, first: int = 0, count: int = 0, offset: int = 0) -> None:
        self.instructions.append(Instruction(op, first, count, offset))

    def _configure(self, phase: Phase) -> None:
        """Configure all multipliers up to the last one in use; its table row is written once."""
        active = max(leaf for vn in self.config.placement.vns for leaf in vn.leaves) + 1
        row = MultiplierRow(active, tuple((s.state.value, s.count) for s in phase.multipliers))
        if row not in self.multipliers:
            self.multipliers.append(row)
        self._say(Op.CONFIGURE, self.multipliers.index(row))

    def _put(self, op: Op, phase: Phase, offset: int = 0) -> None:
        """Put the words of a phase, the first of every port together and so on."""
        if id(phase) not in self.rows:
            first = len(self.puts)
            for words in zip_longest(*phase.ports):
                self.puts.append(
                    tuple(Slot(w.mask, self.addresses.of_word(w)) if w else Slot(0, 0) for w in words)
                )
            self.rows[id(phase)] = first, len(self.puts) - first
        self._say(op, *self.rows[id(phase)], offset)

    def _results(self, streams: Streams) -> None:
        self._say(Op.RESULTS, count=streams.windows * len(self.config.outputs))

    @contextmanager
    def _loop(self, loop: str, count: int) -> Iterator[None]:
        """Repeat what is written inside; a loop that runs once is left out, but for the outermost."""
        place, first = len(self.loops), len(self.instructions)
        self.loops.append(Loop(first, first, count, 0, 0))  # for its place before those inside
        yield
        steps = self.addresses.loops[loop] if count > 1 else (0, 0)
        self.loops[place] = Loop(first, len(self.instructions) - 1, count, *steps)
        if count == 1 and place:
            del self.loops[place]

    @contextmanager
    def _loops(self, names: tuple[str, ...]) -> Iterator[None]:
        if not names:
            yield
            return
        with self._loop(names[0], self.counts[names[0]]), self._loops(names[1:]):
            yield


def _streams(phase: Phase) -> Streams:
    if phase.streams is None:
        raise ValueError("a configuration without streams is refused when it is loaded")
    return phase.streams


def _rectangles(start: int, end: int, columns: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut windows in the order x, y into rectangles: (x, y, rows, columns)."""
    while start < end:
        x, y = divmod(start, columns)
        if y == 0 and end - start >= columns:
            rows, cols = (end - start) // columns, columns
        else:
            rows, cols = 1, min(end - start, columns - y)
        yield x, y, rows, cols
        start += rows * cols
