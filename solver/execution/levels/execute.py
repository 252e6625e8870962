"""Executing a schedule: buffer tile after buffer tile, transfers as it says, every product really formed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import Computed, form_of, run_clock, sent_by, total_sent
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.levels.buffer import Box, OperandPart, SumsPart, check_room
from solver.execution.levels.reads import buffer_reads
from solver.execution.levels.timeline import TileTime, lockstep_cycles
from solver.execution.lowering import Tensors, layer_output, nest_operands
from solver.execution.operands import Operands
from solver.execution.program import load
from solver.execution.values import Values
from solver.layer import LoopNest, Primitive
from solver.schedule.schedule import InputBox, Schedule, Source, TilePhase, input_lines, place_of
from solver.switches.switch_config import Operand

Transfers = dict[str, dict[str, int]]


@dataclass(frozen=True)
class ConfigRun:
    """The runs of one switch configuration.

    Parameters
    ----------
    name
        The configuration.
    runs
        Buffer tiles that it ran for.
    cycles
        Cycles of the array in each of them, without the start-up of the run.
    """

    name: str
    runs: int
    cycles: int


@dataclass(frozen=True, kw_only=True)
class LevelExecution(Computed):
    """What a schedule computed over all buffer tiles, what it moved, and how long it took.

    Parameters
    ----------
    tiles
        Buffer tiles that ran.
    configs
        What ran for them.
    array_cycles
        Cycles of the array, one buffer tile after the other, without waiting for transfers.
    cycles
        Cycles with transfers, in lockstep (`solver.execution.levels.timeline`).
    transfers
        Words moved from level to level and operand, counted as they moved.
    """

    tiles: int
    configs: tuple[ConfigRun, ...]
    array_cycles: int
    cycles: int
    transfers: Transfers


def execute_schedule(
    schedule: Schedule,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
    *,
    on_stage: Callable[[str], None] | None = None,
) -> LevelExecution:
    """Run a schedule on the operands of a layer.

    Parameters
    ----------
    schedule
        The schedule, as built or as read from files.
    layer, tensors, arithmetic
        What it is for, its operands, and how products and sums are formed.
    on_stage
        Told which buffer tile is running.

    Returns
    -------
    LevelExecution
        Outputs, words moved and cycles. Whether the outputs are right is asked of `verify_schedule`.

    Raises
    ------
    InputError
        If the schedule is for other loops than the layer's.
    SwitchFaultError
        If a word is not where it should be, the buffer overflows, a sum is lost, written twice or never, or a
        configuration does not work; the message names buffer tile and place.
    """
    form = form_of(layer, schedule.nest)
    run = _Run(schedule, *nest_operands(layer, tensors, form, arithmetic), arithmetic)
    for number, at in enumerate(schedule.indices(), start=1):
        if on_stage is not None:
            on_stage(f"buffer tile {number:,} of {schedule.tiles:,}")
        try:
            run.tile(at)
        except SwitchFaultError as error:
            raise error.within(place_of(at)) from None
    run.sums.check_finished()
    ran = [(config, run.ran[config.name]) for config in run.configs.values() if config.name in run.ran]
    return LevelExecution(
        outputs=layer_output(layer, run.sums.dram, form),
        tiles=sum(run.ran.values()),
        configs=tuple(ConfigRun(config.name, runs, config.cycles) for config, runs in ran),
        array_cycles=schedule.start_up + sum(config.cycles * runs for config, runs in ran),
        cycles=schedule.start_up + lockstep_cycles(schedule.memory, run.times),
        transfers=run.transfers(),
        **vars(total_sent((config.sent, runs) for config, runs in ran)),
    )


class _Config:
    """A loaded configuration, ready to run for any buffer tile of its size."""

    def __init__(self, schedule: Schedule, name: str, arithmetic: Arithmetic) -> None:
        self.name, self.config = name, schedule.configs[name]
        try:
            self.program = load(self.config)
            self.cycles = run_clock(self.program) - schedule.start_up
        except SwitchFaultError as error:
            raise error.within(name) from None
        self.sent, self.reads = sent_by(self.config), buffer_reads(self.config)
        self.nest = self.config.nest
        self.arithmetic = arithmetic
        self._values: Values | None = None

    def run(self, inputs: IntArray, weights: IntArray, sums: IntArray | None) -> IntArray:
        """Return the sums of a buffer tile from what the buffer holds; `sums`: those that come back."""
        operands = Operands(self.config, inputs, weights, sums)
        if self._values is None:
            self._values = Values(self.program, operands, self.arithmetic)
        else:
            self._values.start(operands)
        return self._values.run()


class _Run:
    """A run of a schedule, buffer tile by buffer tile."""

    def __init__(
        self, schedule: Schedule, inputs: IntArray, weights: IntArray, arithmetic: Arithmetic
    ) -> None:
        nest = schedule.nest
        self.schedule, self.nest = schedule, nest
        self.configs = {name: _Config(schedule, name, arithmetic) for name in schedule.configs}
        self.weights = OperandPart("weight", ("g", "k", "c", "r", "s"), weights)
        self.inputs = OperandPart("input", ("n", "g", "c", "row", "col"), inputs)
        self.sums = SumsPart(
            (nest.N, nest.G, nest.K, nest.X, nest.Y), nest.C * nest.R * nest.S, nest.operation, arithmetic
        )
        self.ran: dict[str, int] = {}
        self.times: list[TileTime] = []
        self._phases: dict[tuple[int, ...], TilePhase] = {}
        self._bounds = {
            loop.dim: sorted(
                {0} | {i for p in schedule.phases if loop.dim in p.when
                       for i in (p.when[loop.dim][0], p.when[loop.dim][1] + 1)}
            )
            for loop in schedule.loops
        }  # fmt: skip

    def tile(self, at: Mapping[str, int]) -> None:
        """Run one buffer tile."""
        phase = self._phase(at)
        config = self.configs[phase.config]
        start = self.schedule.start(at)
        sizes = dict(zip("RSCKGNXY", config.nest.sizes, strict=True))
        for dim, first in start.items():
            if first + sizes[dim] > getattr(self.nest, dim):
                covered = f"{dim} {first}..{first + sizes[dim] - 1}, the layer has {getattr(self.nest, dim)}"
                raise SwitchFaultError((Fault(FaultKind.BEYOND, config.name, (), (covered,)),))
        covers = {dim: range(first, first + sizes[dim]) for dim, first in start.items()}
        before, by_array = self._moved(), self._by_array()
        self._weights(phase, covers)
        inputs = self._inputs(phase, covers, config.nest)
        self.sums.turn(phase.sums, tuple(covers[dim] for dim in "NGKXY"))
        held = {"weights": self.weights.count, "inputs": self.inputs.count, "outputs": self.sums.count}
        check_room(self.schedule.memory.buffer, held)
        weights = self.weights.words[tuple(slice(covers[d].start, covers[d].stop) for d in "GKCRS")]
        self._compute(config, inputs, weights)
        if phase.write:
            self.sums.write()
        self._count(phase, before)
        moved = [now - then for now, then in zip(self._moved(), before, strict=True)]
        together = self.schedule.memory.buffer.sizes.together
        on_chip = together(**config.reads, outputs=self._by_array() - by_array)
        self.times.append(TileTime(config.cycles, together(*moved[:3]), together(0, 0, moved[3]), on_chip))
        self.ran[config.name] = self.ran.get(config.name, 0) + 1

    def _compute(self, config: _Config, inputs: IntArray, weights: IntArray) -> None:
        """Run the array; its sums continue those that the buffer holds, in the array or at the buffer."""
        terms = config.nest.C * config.nest.R * config.nest.S
        if config.nest.partial:
            self.sums.take(config.run(inputs, weights, self.sums.tile), terms)
            self.sums.read_by_array += config.sent.words[Operand.PARTIAL_SUM]
        else:
            leaving = config.config.loop_counts["fold"] if config.config.array.kind.adds_outside else 1
            self.sums.add(config.run(inputs, weights, None), terms, leaving)

    def _phase(self, at: Mapping[str, int]) -> TilePhase:
        """Return the one phase that describes a tile; tiles between the same bounds have the same one."""
        key = tuple(int(np.searchsorted(self._bounds[dim], i, side="right")) for dim, i in at.items())
        if key not in self._phases:
            found = [phase for phase in self.schedule.phases if phase.holds(at)]
            if len(found) != 1:
                raise SwitchFaultError(
                    (Fault(FaultKind.PHASES, "schedule", (), (f"{len(found)} of its phases do",)),)
                )
            self._phases[key] = found[0]
        return self._phases[key]

    def _weights(self, phase: TilePhase, covers: Mapping[str, range]) -> None:
        box: Box = tuple(covers[dim] for dim in "GKCRS")
        keeps = phase.weights is Source.KEEP
        self.weights.turn(box if keeps else None, None if keeps else box)
        self.weights.demand(box)

    def _inputs(self, phase: TilePhase, covers: Mapping[str, range], nest: LoopNest) -> IntArray:
        """Bring the inputs of a tile; return them with the lines between them that no window wants."""
        stride, dilation = self.nest.stride, self.nest.dilation
        top = covers["X"].start * stride[0] + covers["R"].start * dilation[0]
        left = covers["Y"].start * stride[1] + covers["S"].start * dilation[1]
        outer = tuple(covers[dim] for dim in "NGC")
        height, width = self.inputs.dram.shape[3:]

        def box(part: InputBox | None) -> Box | None:
            if part is None:
                return None
            rows, cols = [top + r for r in part.rows.numbers], [left + c for c in part.cols.numbers]
            for what, lines, most in (("row", rows, height), ("column", cols, width)):
                if lines and lines[-1] >= most:
                    detail = f"{what} {lines[-1]}, the padded input has {most}"
                    raise SwitchFaultError((Fault(FaultKind.BEYOND, "input", (), (detail,)),))
            return (*outer, rows, cols)

        self.inputs.turn(box(phase.kept), box(phase.fetched))
        rows = input_lines(covers["X"], covers["R"], stride[0], dilation[0])
        cols = input_lines(covers["Y"], covers["S"], stride[1], dilation[1])
        self.inputs.demand((*outer, sorted(rows), sorted(cols)))
        here = [slice(axis.start, axis.stop) for axis in outer]
        words: IntArray = self.inputs.words[
            (*here, slice(top, top + nest.input_rows), slice(left, left + nest.input_cols))
        ]
        return words

    def _moved(self) -> tuple[int, int, int, int]:
        return self.weights.moved, self.inputs.moved, self.sums.fetched, self.sums.written

    def _by_array(self) -> int:
        """Sums that array and adder have read from the buffer or written to it."""
        return self.sums.read_by_array + self.sums.added + self.sums.written_by_array

    def _count(self, phase: TilePhase, before: tuple[int, ...]) -> None:
        """Compare what the tile moved with what its phase says of it."""
        moved = tuple(now - then for now, then in zip(self._moved(), before, strict=True))
        words = phase.words
        said = (words.weights, words.inputs, words.partial_sums, words.written)
        for name, found, told in zip(
            ("weights", "inputs", "partial sums", "written sums"), moved, said, strict=True
        ):
            if found != told:
                raise SwitchFaultError((Fault(FaultKind.MOVED, name, (), (f"{found}, not {told}",)),))

    def transfers(self) -> Transfers:
        """Return the words moved between the levels."""
        sums = self.sums
        added = {"buffer to adder": {"outputs": sums.added}} if self.schedule.memory.buffer.adder else {}
        reads = {
            operand: sum(self.configs[name].reads[operand] * runs for name, runs in self.ran.items())
            for operand in ("weights", "inputs")
        }
        return {
            "DRAM to buffer": {
                "weights": self.weights.moved,
                "inputs": self.inputs.moved,
                "outputs": sums.fetched,
            },
            "buffer to DRAM": {"outputs": sums.written},
            "buffer to array": {**reads, "outputs": sums.read_by_array},
            **added,
            "array to buffer": {"outputs": sums.written_by_array},
        }
