"""Playing a program on a model of the ports: what a driver does with it, and what the hardware then does.

Source: rules S1 to S4, S11, S12, S15 and S16. The model is strict: whatever the hardware
would swallow, lose or wait for without end is a fault that names the instruction and the switch. It is read
from the files alone and knows nothing of virtual neurons: which products are added up is what the tree's
configuration does with the multipliers that fire.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.rtl_clock import START_UP
from solver.array.virtual_neuron import Placement
from solver.execution.adder_tree import BusValue, run_wave
from solver.execution.arithmetic import Arithmetic, multiply, wrap
from solver.execution.clocks.collection import Turns, serve_buses
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.ports.port_clock import PortClock
from solver.execution.ports.program import Instruction, Loop, Op, PortProgram
from solver.execution.ports.results import Results
from solver.execution.program import STEADY
from solver.switches.switch_config import RtlState

MAX_STEPS = 50_000_000
"""Instructions and puts after which a program is said not to end."""
FROM_NEIGHBOUR = frozenset({RtlState.MIDDLE_FIRST, RtlState.RIGHT_EDGE_FIRST})
"""States in which all operands but the first come from the left neighbour."""
FIRING = frozenset({RtlState.LEFT_EDGE, RtlState.LEFT_EDGE_FIRST, *FROM_NEIGHBOUR})
"""States of a stream that programs use."""


@dataclass(frozen=True)
class Images:
    """The numbers in the memories, 16-bit values.

    Parameters
    ----------
    weights, inputs
        One-dimensional.
    """

    weights: IntArray
    inputs: IntArray


@dataclass(frozen=True)
class Played:
    """What a program did.

    Parameters
    ----------
    cycles
        Of the run, the start-up of rule S15 included.
    results
        The values of every bus in order.
    times
        The cycles in which they left, counted from the first configuration.
    """

    cycles: int
    results: Results
    times: Results


@dataclass
class _Puts:
    """What has been put since the last configuration.

    `rows`, `bases` and `delivered` are parts of one array each: the row of every put, its base, and when each
    port has delivered all that it was given by then.
    """

    rows: list[IntArray] = field(default_factory=list)
    bases: list[IntArray] = field(default_factory=list)
    delivered: list[IntArray] = field(default_factory=list)
    times: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    memory: Op = Op.STOP
    most: int = 1
    """Words of a kind that a multiplier takes: one weight, or as many inputs as it owes products."""


def play(
    program: PortProgram, tree: AdderTreeConfig, images: Images, most_results: int | None = None
) -> Played:
    """Play a program.

    Parameters
    ----------
    program, tree, images
        What the files say.
    most_results
        After how many results the run is given up.

    Raises
    ------
    SwitchFaultError
        If a word is lost, a value gets stuck, a wait never ends or results are left over.
    """
    return _Player(program, tree, images, most_results).run()


class _Player:
    """The state of driver and accelerator; cycles count from the first configuration."""

    def __init__(
        self, program: PortProgram, tree: AdderTreeConfig, images: Images, most_results: int | None
    ) -> None:
        self.program, self.tree = program, tree
        self.images = {Op.PUT_WEIGHTS: images.weights, Op.PUT_INPUTS: images.inputs}
        self.width = program.num_ms // program.dn_bw
        self.clock, self.pc = PortClock(program.dn_bw), 0
        self.settings = [(RtlState.IDLE, 0)] * program.num_ms
        self.weights = np.zeros(program.num_ms, dtype=np.int64)
        self.loaded = np.zeros(program.num_ms, dtype=bool)
        self.puts = _Puts()
        self.open = False
        self.turns: Turns = {}
        self.came, self.most_results = 0, most_results
        self.results: list[list[IntArray]] = [[] for _ in range(program.rn_bw)]
        self.times: list[list[IntArray]] = [[] for _ in range(program.rn_bw)]
        self.waves: dict[tuple[int, ...], tuple[BusValue, ...]] = {}
        self.sent_by = self._leaf_rows()
        slots = [[slot.address for slot in row] for row in program.puts]
        self.slots = np.array(slots, dtype=np.int64).reshape(-1, program.dn_bw)

    def run(self) -> Played:
        """Play from the first instruction to the end."""
        for instruction, weights, inputs, around in self._steps():
            if instruction.op is Op.CONFIGURE:
                self._configure(instruction.first)
            elif instruction.op is Op.PUT_WEIGHTS:
                steps = [(loop.count, loop.weight_step) for loop in around]
                self._put(instruction, weights + instruction.offset, steps)
            elif instruction.op is Op.PUT_INPUTS:
                steps = [(loop.count, loop.input_step) for loop in around]
                self._put(instruction, inputs + instruction.offset, steps)
            elif instruction.op is Op.EMPTY:
                self.clock.wait_until_empty()
                if self._loading():
                    self._load()
            elif instruction.op is Op.RESULTS:
                self._wait(instruction.count)
        if self.open or self.puts.rows:
            self._fail(FaultKind.HANG, "the end", "words or results are still under way")
        return Played(START_UP + self.clock.now, _joined(self.results), _joined(self.times))

    def _steps(self) -> Iterator[tuple[Instruction, int, int, list[Loop]]]:
        """Yield the instructions as they are run until the end, with the two bases.

        With a put come the loops, the innermost first, in which it is alone: all of their rounds at once.
        """
        program = self.program
        ends: dict[int, list[int]] = defaultdict(list)
        for number in reversed(range(len(program.loops))):
            ends[program.loops[number].last].append(number)
        done = [0] * len(program.loops)
        weights = inputs = 0
        for _ in range(MAX_STEPS):
            if self.pc >= len(program.instructions):
                self._fail(FaultKind.HANG, "the end", "the program runs past its last instruction")
            instruction = program.instructions[self.pc]
            if instruction.op is Op.STOP:
                return
            here = ends.get(self.pc, ())
            alone = 0
            if instruction.op in self.images:
                while alone < len(here) and program.loops[here[alone]].first == self.pc:
                    alone += 1
            yield instruction, weights, inputs, [program.loops[number] for number in here[:alone]]
            following = self.pc + 1
            for number in here[alone:]:
                loop = program.loops[number]
                done[number] += 1
                if done[number] < loop.count:
                    weights, inputs = weights + loop.weight_step, inputs + loop.input_step
                    following = loop.first
                    break
                weights -= loop.weight_step * (loop.count - 1)
                inputs -= loop.input_step * (loop.count - 1)
                done[number] = 0
            self.pc = following
        self._fail(FaultKind.HANG, "the program", f"no end after {MAX_STEPS} instructions")

    def _leaf_rows(self) -> dict[int, list[int]]:
        """Return which rows of puts send a word to which multiplier."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, row in enumerate(self.program.puts):
            for port, slot in enumerate(row):
                for bit in range(self.width):
                    if slot.mask >> bit & 1:
                        found[port * self.width + bit].append(number)
        return found

    def _configure(self, first: int) -> None:
        """Give the multipliers a configuration."""
        if first >= len(self.program.multipliers):
            self._fail(FaultKind.OUTSIDE, f"row {first} of the multipliers", "the table is shorter")
        if self.open or self.puts.rows:
            self._fail(FaultKind.HANG, "the multipliers", "words or results are still under way")
        row = self.program.multipliers[first]
        used = [leaf for leaf, (state, _) in enumerate(row.settings) if state]
        if row.active != max(used, default=-1) + 1:
            self._fail(FaultKind.STATE, f"MS{row.active}", f"{row.active} multipliers are active")
        # All of a row begin with a first window, or none does.
        first = any(code in {state.value for state in STEADY} for code, _ in row.settings)
        for leaf, (code, count) in enumerate(row.settings):
            try:
                state = RtlState(code)
            except ValueError:
                self._fail(FaultKind.STATE, f"MS{leaf}", f"state {code}")
            if leaf < row.active:
                self.settings[leaf] = state, count
            elif self.settings[leaf][0] is not RtlState.IDLE:
                self._fail(FaultKind.STATE, f"MS{leaf}", "it keeps its configuration")
            if (state in STEADY) is not first and state in FIRING:
                self._fail(FaultKind.STATE, f"MS{leaf}", f"{state.name} beside the others")
            owes = state in FIRING
            if owes is not bool(count) or not (owes or state in (RtlState.IDLE, RtlState.LOAD)):
                self._fail(FaultKind.COUNT, f"MS{leaf}", f"count {count} in state {state.name}")
        self.clock.now += 1
        self.open = not self._loading()

    def _loading(self) -> bool:
        return any(state is RtlState.LOAD for state, _ in self.settings)

    def _put(self, instruction: Instruction, base: int, around: Sequence[tuple[int, int]]) -> None:
        """Put some rows, one a cycle as long as no port is full.

        Parameters
        ----------
        instruction, base
            Which rows, and what their addresses count from the first time.
        around
            Rounds of the loops around it alone and what each adds to the base, the innermost first.
        """
        puts, loading = self.puts, instruction.op is Op.PUT_WEIGHTS
        if loading is not self._loading() or not any(state.value for state, _ in self.settings):
            self._fail(FaultKind.STATE, "the multipliers", "they are not configured for these words")
        end = instruction.first + instruction.count
        if end > len(self.program.puts) or not instruction.count:
            self._fail(FaultKind.OUTSIDE, f"rows {instruction.first}..{end - 1} of the puts", "no such rows")
        puts.memory = instruction.op
        puts.most = max(1, *(count for _, count in self.settings))
        rounds = prod(count for count, _ in around)
        for number in range(instruction.first, end):
            puts.times[number] += rounds
            if puts.times[number] > puts.most:
                self._fail(FaultKind.LOST_WORD, f"row {number} of the puts", f"more than {puts.most} times")
        bases = np.array([base], dtype=np.int64)
        for count, step in around:
            bases = (np.arange(count)[:, None] * step + bases).ravel()
        puts.rows.append(np.tile(np.arange(instruction.first, end), rounds))
        puts.bases.append(np.repeat(bases, instruction.count))
        puts.delivered.append(self.clock.put(self.program.puts[instruction.first : end], rounds))

    def _received(self) -> Iterator[tuple[int, IntArray, IntArray]]:
        """Yield (multiplier, words, cycles of delivery) of what was put, and start anew."""
        puts, self.puts = self.puts, _Puts()
        memory = self.images[puts.memory]
        rows, bases, delivered = (np.concatenate(part) for part in (puts.rows, puts.bases, puts.delivered))
        at_row = {row: np.flatnonzero(rows == row) for row in np.unique(rows).tolist()}
        for leaf, numbers in self.sent_by.items():
            port = leaf // self.width
            hits = [at_row[row] for row in numbers if row in at_row]
            if not hits:
                continue
            order = np.sort(np.concatenate(hits))
            address = bases[order] + self.slots[rows[order], port]
            if address.max() >= len(memory):
                self._fail(FaultKind.OUTSIDE, f"port {port}", f"word {address.max()} of {len(memory)}")
            yield leaf, memory[address], delivered[order, port]

    def _load(self) -> None:
        """Let the weights that were put come to rest."""
        if not self.puts.rows:
            self._fail(FaultKind.NO_WORD, "the multipliers", "no weights were put")
        self.loaded[:] = False
        for leaf, words, _ in self._received():
            if self.settings[leaf][0] is not RtlState.LOAD or len(words) > 1:
                self._fail(FaultKind.LOST_WORD, f"MS{leaf}", "weight")
            self.weights[leaf], self.loaded[leaf] = words[0], True
        for leaf, (state, _) in enumerate(self.settings):
            if state is RtlState.LOAD and not self.loaded[leaf]:
                self._fail(FaultKind.NO_WORD, f"MS{leaf}", "weight")

    def _wait(self, count: int) -> None:
        """Let the multipliers and the tree work off the stream, and wait for its results."""
        if not self.open or not self.puts.rows:
            self._fail(FaultKind.HANG, f"{count} results", "no words were put for them")
        words, times = self._operands(dict((leaf, (w, t)) for leaf, w, t in self._received()))
        values = self._wave(tuple(sorted(words)))
        arrivals, sums = [], []
        for value in values:
            lengths = {len(words[leaf]) for leaf in value.leaves}
            if len(lengths) > 1:
                self._fail(FaultKind.BLOCKED, value.output, "its multipliers give unlike numbers of products")
            leaves = list(value.leaves)
            fired = np.stack([times[leaf] for leaf in leaves]).max(axis=0) + 1
            arrivals.append(np.maximum.accumulate(fired + 2 * value.levels))
            factors = np.stack([words[leaf] for leaf in leaves])
            products = multiply(self.weights[leaves][:, None], factors, Arithmetic.FIXED)
            sums.append(wrap(products.sum(axis=0), Arithmetic.FIXED))
        total = sum(map(len, sums))
        self.came += total
        if self.most_results is not None and self.came > self.most_results:
            self._fail(FaultKind.RESULT, f"{count} results", f"more than {self.most_results} in all")
        if total != count:
            self._fail(FaultKind.HANG, f"{count} results", f"{total} come")
        collection = serve_buses(values, arrivals, self.turns)
        self.turns = collection.turns
        if collection.blocked is not None:
            cycle, output = collection.blocked
            self._fail(FaultKind.OVERLOAD, output, f"cycle {cycle}")
        index = {value.output: number for number, value in enumerate(values)}
        for line in collection.served:
            numbers = [sums[index[source.output]] for source in line.sources]
            found = np.empty(len(line.wave), dtype=np.int64)
            for source, column in enumerate(numbers):
                here = line.source == source
                found[here] = column[line.wave[here]]
            self.results[line.bus].append(found)
            self.times[line.bus].append(line.cycle)
        self.clock.now = collection.last_cycle + 1
        self.open = False

    def _operands(
        self, received: dict[int, tuple[IntArray, IntArray]]
    ) -> tuple[dict[int, IntArray], dict[int, IntArray]]:
        """Return the operands of every multiplier that fires, and when each is there."""
        words: dict[int, IntArray] = {}
        times: dict[int, IntArray] = {}
        for leaf in received:
            if self.settings[leaf][0] not in FIRING:
                self._fail(FaultKind.LOST_WORD, f"MS{leaf}", "input")
        for leaf, (state, count) in enumerate(self.settings):
            if state not in FIRING:
                continue
            if leaf not in received or not self.loaded[leaf]:
                what = "input" if self.loaded[leaf] else "weight"
                self._fail(FaultKind.NO_WORD, f"MS{leaf}", what)
            given, came = received[leaf]
            if state in FROM_NEIGHBOUR:
                if len(given) > 1 or leaf - 1 not in words:
                    self._fail(FaultKind.LOST_WORD, f"MS{leaf}", STEADY[state].name)
                before, then = words[leaf - 1], times[leaf - 1]
                given = np.concatenate([given, before[:-1]])
                came = _handed_on(int(came[0]), then)
            if len(given) != count:
                self._fail(FaultKind.HANG, f"MS{leaf}", f"psumCount {count}, {len(given)} operands")
            words[leaf], times[leaf] = given, came
        return words, times

    def _wave(self, leaves: tuple[int, ...]) -> tuple[BusValue, ...]:
        """Return what the tree makes of one product from each of some multipliers."""
        if leaves not in self.waves:
            placement = Placement.of(self.program.num_ms, [(leaf, 1) for leaf in leaves])
            wave = run_wave(self.tree, placement, self.program.rn_bw)
            stuck = tuple(fault for fault in wave.faults if fault.stuck)
            if stuck:
                raise SwitchFaultError(stuck).within(f"instruction {self.pc}")
            self.waves[leaves] = wave.values
        return self.waves[leaves]

    def _fail(self, kind: FaultKind, place: str, detail: str) -> None:
        fault = Fault(kind, f"instruction {self.pc}: {place}", (), (detail,))
        raise SwitchFaultError((fault,))


def _handed_on(first: int, before: IntArray) -> IntArray:
    """Return when a multiplier has its operands if all but the first come from its neighbour."""
    found = [first]
    for given in before[:-1].tolist():
        found.append(max(given, found[-1]) + 1)
    return np.array(found, dtype=np.int64)


def _joined(parts: Sequence[Sequence[IntArray]]) -> Results:
    empty = np.zeros(0, dtype=np.int64)
    return tuple(np.concatenate([empty, *bus]) for bus in parts)
