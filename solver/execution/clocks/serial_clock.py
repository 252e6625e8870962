"""The simulator without accumulation buffer on the clock: partial sums travel through memory.

Cycle by cycle: a port sends a partial sum if the memory has queued one, else its next word. A sum is complete
when its words and its partial sum have been through the tree; it waits for its bus line, which serves those
that wait in turn, and for the memory, which takes half of what waits. The partial sum is queued at the port
of its virtual neuron's (VN's) auxiliary multiplier in the cycle in which the memory takes it. The first fold
of a window needs none and follows the last one of the window before.

A word that a neighbour hands on was part of the VN's previous window; as the VN has carried partial sums
through memory since, it is there in time, so only words from the ports are waited for. Whether the next
filter iteration's weights leave a multiplier the time to use it is looked at when the run is over.
"""

from __future__ import annotations

from array import array as array_of
from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import product

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.array.reduction import exit_inputs
from solver.cost.step import latch
from solver.execution.clocks.collector import LONG_AGO
from solver.execution.clocks.turns import check_order, turns, weights_overtake
from solver.execution.program import Program
from solver.execution.routing import Routing
from solver.execution.values import Block, Chains, blocks_of, row_chunks, within
from solver.switches.switch_config import Operand

Told = tuple[tuple[int, int], ...]
"""Sums that a word completes, by their column, and the cycles from its sending to their line."""


class _Step:
    """What a step sends.

    Attributes
    ----------
    ports
        Per port that sends words, which sums each word is part of.
    waits
        Per sum, the words that it waits for.
    """

    def __init__(self, program: Program, routing: Routing) -> None:
        array = program.config.array
        wait = latch(array.port_width) + 1
        part_of = {
            leaf: (column, delay + wait)
            for column, value in enumerate(program.sums)
            for leaf, delay in zip(value.leaves.tolist(), value.delays.tolist(), strict=True)
        }
        psum = routing.of(Operand.PARTIAL_SUM)
        told: dict[int, dict[int, dict[int, int]]] = {}
        for leaf, port, place, aside in zip(
            routing.leaf.tolist(), routing.port.tolist(), routing.place.tolist(), psum.tolist(), strict=True
        ):
            if aside:
                continue
            sums = told.setdefault(port, {}).setdefault(place, {})
            if leaf in part_of:
                column, delay = part_of[leaf]
                sums[column] = max(delay, sums.get(column, 0))
        weights = not len(routing.firing)
        self.waits = [0] * len(program.sums)
        self.ports: dict[int, list[Told]] = {}
        for port, places in told.items():
            words = [places[place] for place in sorted(places)]
            self.ports[port] = [()] * len(words) if weights else self._deciding(words)

    def _deciding(self, words: list[dict[int, int]]) -> list[Told]:
        """Return which words of a port tell which sums: not those that a later word certainly outlasts."""
        latest: dict[int, int] = {}
        result: list[Told] = []
        for place in range(len(words) - 1, -1, -1):
            kept = [
                (column, delay)
                for column, delay in words[place].items()
                if place + delay > latest.get(column, -1)
            ]
            for column, delay in kept:
                latest[column] = place + delay
                self.waits[column] += 1
            result.append(tuple(kept))
        return result[::-1]


class SerialClock:
    """Times a run that folds without accumulation buffer.

    Parameters
    ----------
    program
        The checked configuration, with auxiliary multipliers.
    """

    def __init__(self, program: Program) -> None:
        config = program.config
        array, placement = config.array, config.placement
        self.program, self.counts = program, config.loop_counts
        self.latch = latch(array.port_width)
        self._steps = {id(r): _Step(program, r) for r in (*program.weights, *program.windows)}
        leaves = [placement.vns[s.output.vn].start for s in program.sums]
        self._port = [leaf // array.port_width for leaf in leaves]
        self.chains = Chains(program)
        counts = self.counts
        several = counts["n"] * counts["g"] * counts["k"] > 1 and weights_overtake(program)
        self._sent: list[array_of[int]] | None = None
        if several and self.chains.ranks:
            self._sent = [array_of("q") for _ in range(array.dn_bw)]
        # From the auxiliary multiplier's firing to the bus line.
        self._climb = [
            int(s.delays[s.leaves == leaf][0]) + 1 for s, leaf in zip(program.sums, leaves, strict=True)
        ]
        inputs = exit_inputs(array.num_ms, placement.vns[0].size, array.rn_bw)
        self._line = [s.output.bus for s in program.sums]
        self._input = [int(inputs[s.output.vn]) for s in program.sums]
        self._inputs = array.num_ms // array.rn_bw + 1

    def run(self) -> int:
        """Run the whole layer; return its cycles."""
        columns, folds = range(len(self._line)), self.counts["fold"]
        total = len(columns) * int(np.prod(list(self.counts.values())))
        generator = self._generated()
        upcoming = next(generator, None)
        queues: dict[int, deque[tuple[int, Told]]] = {}
        psums: dict[int, deque[int]] = {}
        missing: list[deque[list[int]]] = [deque() for _ in columns]  # per step from the next sum on
        step, taken, received, made = [0] * len(columns), [0] * len(columns), 0, 0
        # The cycle of the auxiliary multiplier's value at the line; none is known while it is under way.
        due: list[int | None] = [1 + climb for climb in self._climb]
        lines: dict[int, dict[int, deque[int]]] = {}
        turn: dict[int, int] = {}
        calendar: list[tuple[int, int]] = []
        scheduled = [False] * len(columns)
        waiting: deque[int] = deque()
        on_line: list[int] = []
        reached = [-1] * len(columns)
        cycle = 0

        def look(column: int) -> None:
            """Schedule a VN's next sum if all that it waits for is known."""
            at = due[column]
            if scheduled[column] or at is None or not missing[column] or missing[column][0][0]:
                return
            scheduled[column] = True
            heappush(calendar, (max(at, missing[column][0][1], reached[column] + 1), column))

        while received < total:
            cycle += 1
            # The generator looks at what the memory had before this cycle.
            if upcoming is not None and received >= upcoming[0]:
                _, sends, counts = upcoming
                for port, words in sends.ports.items():
                    queues.setdefault(port, deque()).extend((made, told) for told in words)
                if counts:
                    for column in columns:
                        missing[column].append([sends.waits[column], 0])
                    made += 1
                upcoming = next(generator, None)
            waiting.extend(on_line)
            for _ in range((len(waiting) + 1) // 2):
                column = waiting.popleft()
                received, taken[column] = received + 1, taken[column] + 1
                if taken[column] % folds:
                    psums.setdefault(self._port[column], deque()).append(column)
            for port in [port for port, queue in queues.items() if queue and not psums.get(port)]:
                number, told = queues[port].popleft()
                if self._sent is not None:
                    self._sent[port].append(cycle)
                for column, delay in told:
                    wait = missing[column][number - step[column]]
                    wait[0], wait[1] = wait[0] - 1, max(wait[1], cycle + delay)
                    if number == step[column]:
                        look(column)
            for queue in psums.values():
                if queue:
                    column = queue.popleft()
                    due[column] = cycle + self.latch + self._climb[column]
                    look(column)
            while calendar and calendar[0][0] <= cycle:
                _, column = heappop(calendar)
                lines.setdefault(self._line[column], {}).setdefault(self._input[column], deque()).append(
                    column
                )
                scheduled[column], reached[column], step[column] = False, cycle, step[column] + 1
                missing[column].popleft()
                at = due[column]
                due[column] = at + 1 if at is not None and step[column] % folds == 0 else None
                look(column)
            on_line = []
            for line in sorted(lines):
                first = turn.get(line, 0)
                chosen = min(lines[line], key=lambda at: (at - first) % self._inputs, default=None)
                if chosen is not None:
                    on_line.append(lines[line][chosen].popleft())
                    turn[line] = (chosen + 1) % self._inputs
                    if not lines[line][chosen]:
                        del lines[line][chosen]
        self._check_order()
        return cycle

    def _check_order(self) -> None:
        """Raise a `SwitchFaultError` if weights overtake inputs that are handed on (rule T11)."""
        if self._sent is None:
            return
        sent = [np.array(words, dtype=np.int64) for words in self._sent]
        begun = np.zeros(len(sent), dtype=np.int64)
        fired = np.full(self.program.config.array.num_ms, LONG_AGO)
        counts = self.counts
        for at in product(range(counts["n"]), range(counts["g"]), range(counts["k"])):
            weights = [self._weights_at(*at, fold) for fold in range(counts["fold"])]
            if any(at):
                arrives = _arrivals(sent, weights[0], begun[:, None], self.latch)[:, 0]
                check_order(self.program, weights[0], arrives, fired, at)
            begun = begun + _words(weights[0], len(sent)) * len(weights)
            begun, fired = self._turns(sent, begun, fired, at)

    def _turns(
        self, sent: list[IntArray], begun: IntArray, fired: IntArray, at: tuple[int, int, int]
    ) -> tuple[IntArray, IntArray]:
        """Return how many words ports have sent after a filter iteration, and when multipliers fired last."""
        blocks, counts = blocks_of(self.program, *at), self.counts
        per_row = counts["y"] * counts["fold"] * len(fired)
        for rows in row_chunks(counts["x"], per_row):
            grid = (len(rows), counts["y"], counts["fold"])
            here = [(block, within(rows, block.rows)) for block in blocks]
            words = np.zeros((len(sent), *grid), dtype=np.int64)
            for block, inside in here:
                step = _words(block.routing, len(sent))
                words[:, inside, block.cols, block.folds] = step[:, None, None, None]
            steps = words.reshape(len(sent), -1)
            before = (begun[:, None] + np.cumsum(steps, axis=1) - steps).reshape(words.shape)

            def arrives(block: Block, inside: slice, before: IntArray = before) -> IntArray:
                routing = block.routing
                places = before[:, inside, block.cols, block.folds]
                flat = _arrivals(sent, routing, places.reshape(len(sent), -1), self.latch)
                return flat.reshape(len(routing.leaf), *places.shape[1:])

            fired = turns(self.program, self.chains, here, grid, arrives, fired)[:, -1].copy()
            begun = begun + steps.sum(axis=1)
        return begun, fired

    def _weights_at(self, n: int, g: int, k: int, fold: int) -> Routing:
        at = {"n": n, "g": g, "k": k, "fold": fold}
        return next(r for r in self.program.weights if r.phase.holds(at))

    def _generated(self) -> Iterator[tuple[int, _Step, bool]]:
        """Yield every step as the controller makes it, with the sums that must be in memory before (rule T8).

        The last item tells windows from weights.
        """
        counts, config = self.counts, self.program.config
        nest, tile = config.nest, config.tile
        for n in range(counts["n"]):
            for g in range(counts["g"]):
                for k in range(counts["k"]):
                    outputs = (g * tile.G * nest.K + k * tile.K * tile.G) * nest.X * nest.Y
                    barrier = outputs * counts["fold"] if not n else 0
                    for fold in range(counts["fold"]):
                        yield barrier, self._steps[id(self._weights_at(n, g, k, fold))], False
                    for routing in self._windows(n, g, k):
                        yield barrier, self._steps[id(routing)], True

    def _windows(self, n: int, g: int, k: int) -> Iterator[Routing]:
        blocks = blocks_of(self.program, n, g, k)
        which = np.empty([self.counts[loop] for loop in ("x", "y", "fold")], dtype=np.int16)
        for number, block in enumerate(blocks):
            which[block.rows, block.cols, block.folds] = number
        for number in which.ravel().tolist():
            yield blocks[number].routing


def _words(routing: Routing, ports: int) -> IntArray:
    """Return how many words of a step each port sends, partial sums not counted."""
    aside = routing.of(Operand.PARTIAL_SUM)
    words = np.zeros(ports, dtype=np.int64)
    np.maximum.at(words, routing.port[~aside], routing.place[~aside])
    return words


def _arrivals(sent: list[IntArray], routing: Routing, before: IntArray, wait: int) -> IntArray:
    """Return when words reach their multipliers, shape (`routing.leaf`, steps); long ago: partial sums.

    Parameters
    ----------
    before
        Words that each port sends before those of each step, shape (ports, steps).
    """
    result = np.full((len(routing.leaf), before.shape[1]), LONG_AGO)
    for i in np.flatnonzero(~routing.of(Operand.PARTIAL_SUM)):
        port = routing.port[i]
        result[i] = sent[port][before[port] + routing.place[i] - 1] + wait
    return result
