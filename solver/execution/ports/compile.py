"""From the configurations of a mapping on the real hardware to the program of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest

from solver.execution.operands import Addresses
from solver.execution.ports.images import ScheduleAddresses
from solver.execution.ports.program import Instruction, Loop, MultiplierRow, Op, PortProgram, PutRow, Slot
from solver.hardware.array_kind import RTL
from solver.mapping.tile import trips
from solver.schedule.schedule import Schedule, TileLoop
from solver.switches.switch_config import Array, Phase, PhaseKind, Streams, SwitchConfig

PASS_LOOPS = ("n", "g", "k", "c", "r", "s")
"""Loops around a weight load, outermost first."""


@dataclass(frozen=True)
class Part:
    """The instructions that run for buffer tiles of one size.

    Parameters
    ----------
    first
        The first of them.
    when
        Inclusive ranges of the indices of the loops around the buffer tiles, by loop.
    config
        Name of the configuration.
    """

    first: int
    when: Mapping[str, tuple[int, int]]
    config: str


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
    compiler = _Compiler(config.array)
    compiler.tile(config)
    return compiler.program()


def compile_schedule(schedule: Schedule) -> tuple[PortProgram, tuple[Part, ...]]:
    """Return the program of a schedule's run, buffer tile after buffer tile, and what runs where in it.

    Raises
    ------
    ValueError
        If it is for the simulator's array.
    """
    compiler = _Compiler(next(iter(schedule.configs.values())).array)
    compiler.tiles(schedule, ScheduleAddresses.of(schedule), schedule.loops, {})
    return compiler.program(), tuple(compiler.parts)


class _Compiler:
    """Writes instructions, their loops and their tables, configuration after configuration."""

    def __init__(self, array: Array) -> None:
        if array.kind is not RTL:
            raise ValueError("only the real hardware has such ports")
        self.array = array
        self.instructions: list[Instruction] = []
        self.loops: list[Loop] = []
        self.puts: list[PutRow] = []
        self.multipliers: list[MultiplierRow] = []
        self.parts: list[Part] = []
        self.rows: dict[int, tuple[int, int]] = {}

    def program(self) -> PortProgram:
        """Return what was written, with its end."""
        array = self.array
        return PortProgram(
            array.num_ms,
            array.dn_bw,
            array.rn_bw,
            (*self.instructions, Instruction(Op.STOP)),
            tuple(self.loops),
            tuple(self.puts),
            tuple(self.multipliers),
        )

    def tiles(
        self,
        schedule: Schedule,
        addresses: ScheduleAddresses,
        loops: tuple[TileLoop, ...],
        when: dict[str, tuple[int, int]],
    ) -> None:
        """Write the buffer tiles in some ranges of the outer loops; those of one size are a loop."""
        if not loops:
            at = {dim: low for dim, (low, _) in when.items()}
            name = schedule.config_at(at)
            self.parts.append(Part(len(self.instructions), dict(when), name))
            # A loop begins where its range does; a range of one tile is no loop.
            self.tile(schedule.configs[name], *addresses.base(at))
            return
        loop, inner = loops[0], loops[1:]
        for low, high in schedule.even_ranges(loop):
            steps = addresses.weight_steps.get(loop.dim, 0), addresses.input_steps.get(loop.dim, 0)
            with self._repeat(high - low + 1, *steps):
                self.tiles(schedule, addresses, inner, {**when, loop.dim: (low, high)})

    def tile(self, config: SwitchConfig, weights: int = 0, inputs: int = 0) -> None:
        """Write the run of a configuration whose operands begin somewhere in the memories."""
        self.config, self.addresses = config, Addresses.of(config)
        self.begin = {Op.PUT_WEIGHTS: weights, Op.PUT_INPUTS: inputs}
        counts = trips(config.nest, config.tile)
        self.counts = {loop: counts[loop.upper()] for loop in (*PASS_LOOPS, "x", "y")}
        self.by_kind: dict[PhaseKind, list[Phase]] = {kind: [] for kind in PhaseKind}
        for phase in config.phases:
            self.by_kind[phase.kind].append(phase)
        with self._loops(PASS_LOOPS):
            (load,) = self.by_kind[PhaseKind.WEIGHTS]
            self._configure(load)
            self._put(Op.PUT_WEIGHTS, load)
            self._say(Op.EMPTY)
            if self.by_kind[PhaseKind.WINDOW]:
                self._direct()
            else:
                self._sliding()

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
        self._say(op, *self.rows[id(phase)], self.begin[op] + offset)

    def _results(self, streams: Streams) -> None:
        self._say(Op.RESULTS, count=streams.windows * len(self.config.outputs))

    @contextmanager
    def _loop(self, loop: str, count: int) -> Iterator[None]:
        """Repeat what is written inside, a step of one of the array's loops further on every time."""
        with self._repeat(count, *self.addresses.loops[loop]):
            yield

    @contextmanager
    def _repeat(self, count: int, weights: int, inputs: int) -> Iterator[None]:
        """Repeat what is written inside; a loop that runs once is left out, but for the outermost."""
        place, first = len(self.loops), len(self.instructions)
        self.loops.append(Loop(first, first, count, 0, 0))  # for its place before those inside
        yield
        steps = (weights, inputs) if count > 1 else (0, 0)
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
