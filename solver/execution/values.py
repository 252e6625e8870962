"""The numbers that a checked configuration computes: words, products, sums, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.execution.arithmetic import Arithmetic, multiply, nothing, wrap
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.operands import Operands
from solver.execution.program import Program
from solver.execution.routing import Routing, receiving
from solver.switches.switch_config import Operand

CHUNK = 1 << 20
"""Products formed at once: few enough to stay in memory, enough for numpy to be busy with."""


CACHED = 1 << 16
"""Products added up at once."""


@dataclass(frozen=True)
class Block:
    """Windows of one filter iteration in which one phase holds: rows, columns and folds, as slices."""

    routing: Routing
    rows: slice
    cols: slice
    folds: slice


def blocks_of(program: Program, n: int, g: int, k: int) -> list[Block]:
    """Return the blocks of a filter iteration; within a row in the order in which they run."""
    counts = program.config.loop_counts
    found = []
    for routing in program.windows:
        if not routing.phase.holds({"n": n, "g": g, "k": k}):
            continue
        ranges = [routing.phase.when.get(loop, (0, counts[loop] - 1)) for loop in ("x", "y", "fold")]
        found.append(Block(routing, *(slice(low, high + 1) for low, high in ranges)))
    return sorted(found, key=lambda block: block.cols.start)


def row_chunks(rows: int, per_row: int) -> Iterator[range]:
    """Split the rows of windows so that a chunk holds about `CHUNK` numbers."""
    step = max(1, CHUNK // max(1, per_row))
    for first in range(0, rows, step):
        yield range(first, min(rows, first + step))


def within(rows: range, wanted: slice) -> slice:
    """Return the part of a chunk of rows that lies in a block, counted from the chunk's first row."""
    low = max(rows.start, min(rows.stop, wanted.start))
    high = max(low, min(rows.stop, wanted.stop))
    return slice(low - rows.start, high - rows.start)


class Chains:
    """Who takes whose input while the window slides, in the order in which inputs travel."""

    def __init__(self, program: Program) -> None:
        self.step = -program.config.array.kind.hands_to
        fed_by = {leaf: leaf + self.step for routing in program.windows for leaf in receiving(routing.phase)}
        depth: dict[int, int] = {}
        for leaf in sorted(fed_by, reverse=self.step > 0):
            depth[leaf] = depth.get(fed_by[leaf], 0) + 1
        self.ranks = [
            np.array(sorted(leaf for leaf in depth if depth[leaf] == rank), dtype=np.int64)
            for rank in range(1, max(depth.values(), default=0) + 1)
        ]
        self._receiving = {
            id(r): np.array(sorted(receiving(r.phase)), dtype=np.int64) for r in program.windows
        }
        self.takers: Mapping[int, list[int]] = {
            id(r): [leaf for rank in self.ranks for leaf in self.within(r, rank).tolist()]
            for r in program.windows
        }
        """Multipliers that take their neighbour's input, by the `id` of the routing, as the inputs travel."""

    def within(self, routing: Routing, rank: IntArray) -> IntArray:
        """Return the multipliers of a rank that take their neighbour's input in a phase."""
        return np.intersect1d(rank, self._receiving[id(routing)])


class Values:
    """Computes the outputs of a layer, window by window, and keeps track of what was written.

    Parameters
    ----------
    program
        The checked configuration.
    operands
        The numbers in the global buffer.
    arithmetic
        How products and sums are formed.
    """

    def __init__(self, program: Program, operands: Operands, arithmetic: Arithmetic) -> None:
        self.program, self.arithmetic = program, arithmetic
        self.chains = Chains(program)
        # What the adder switches do with two values, and what leaves the other one as it is.
        self.combine: np.ufunc = np.maximum if program.config.nest.operation == "max" else np.add
        self.nothing = nothing(program.config.nest.operation, arithmetic)
        self._offsets = np.array([value.output.offset for value in program.sums])
        self.start(operands)

    def start(self, operands: Operands) -> None:
        """Start on other operands, with nothing written yet."""
        nest = self.program.config.nest
        self.operands = operands
        self.outputs = np.zeros((nest.N, nest.G, nest.K, nest.X, nest.Y), dtype=np.int64)
        self.written = np.zeros(self.outputs.shape, dtype=np.uint8)

    def run(self) -> IntArray:
        """Run all filter iterations; return the outputs, shape (N, G, K, X, Y).

        Raises
        ------
        SwitchFaultError
            Unless every output was written exactly once.
        """
        counts = self.program.config.loop_counts
        for n, g, k in product(range(counts["n"]), range(counts["g"]), range(counts["k"])):
            self.iteration(n, g, k)
        self.check_written()
        return self.outputs

    def iteration(self, n: int, g: int, k: int) -> None:
        """Run all windows of one filter iteration."""
        config, counts = self.program.config, self.program.config.loop_counts
        at = {"n": n, "g": g, "k": k}
        weights = np.zeros((config.array.num_ms, counts["fold"]), dtype=np.int64)
        for routing in self.program.weights:
            if routing.phase.holds(at):
                low, high = routing.phase.when.get("fold", (0, counts["fold"] - 1))
                read = self.operands.read_weights(routing.offset, g, k)
                weights[routing.leaf, low : high + 1] = read[:, low : high + 1]
        blocks = blocks_of(self.program, n, g, k)
        per_row = counts["y"] * counts["fold"] * config.array.num_ms
        for rows in row_chunks(counts["x"], per_row):
            inputs = self._inputs(blocks, n, g, rows)
            sums = self._fold(blocks, rows, self._sums(weights, inputs))
            if self.operands.sums is not None and config.nest.partial:
                self._continue((n, g, k), blocks, rows, sums, self.operands.sums)
            self._write((n, g, k), rows, wrap(sums, self.arithmetic))

    def _sums(self, weights: IntArray, inputs: IntArray) -> IntArray:
        """Return what the adders make of the multipliers' products, shape (values, rows, columns, folds).

        A few values at a time, so that their products stay in the processor's cache.
        """
        sums = np.empty((len(self.program.sums), *inputs.shape[1:]), dtype=np.int64)
        step = max(1, len(sums) * CACHED // inputs.size)
        for first in range(0, len(sums), step):
            leaves = [value.leaves for value in self.program.sums[first : first + step]]
            order, starts = np.concatenate(leaves), np.cumsum([0, *map(len, leaves[:-1])])
            weight = weights[order, None, None, :]
            products = multiply(weight, inputs[order], self.arithmetic)
            if self.combine is np.maximum:  # a weight outside the layer is 0, and its product no candidate
                products = np.where(weight == 0, self.nothing, products)
            self.combine.reduceat(products, starts, axis=0, out=sums[first : first + step])
        return sums

    def _inputs(self, blocks: Sequence[Block], n: int, g: int, rows: range) -> IntArray:
        """Return the input that every multiplier holds, shape (multipliers, rows, columns, folds)."""
        counts = self.program.config.loop_counts
        shape = (self.program.config.array.num_ms, len(rows), counts["y"], counts["fold"])
        inputs = np.zeros(shape, dtype=np.int64)
        for block in blocks:
            here = within(rows, block.rows)
            if here.start == here.stop:
                continue
            routing = block.routing
            sent = routing.of(Operand.INPUT)
            at_cols = np.arange(block.cols.start, block.cols.stop)
            read = self.operands.read_inputs(
                routing.offset[sent], n, g, np.array(rows)[here], at_cols, block.folds
            )
            inputs[routing.leaf[sent], here, block.cols, block.folds] = read
            before = slice(block.cols.start - 1, block.cols.stop - 1)
            for leaf in self.chains.takers[id(routing)]:
                inputs[leaf, here, block.cols, block.folds] = inputs[
                    leaf + self.chains.step, here, before, block.folds
                ]
        return inputs

    def _fold(self, blocks: Sequence[Block], rows: range, sums: IntArray) -> IntArray:
        """Combine the folds of every window; `sums` has the shape (values, rows, columns, folds)."""
        if not self.program.config.auxiliary or self.program.config.nest.partial:
            # In the accumulator; on the real hardware it is whoever reads the passes.
            total: IntArray = self.combine.reduce(sums, axis=3)
            return total
        result = sums[..., 0]
        for fold in range(1, sums.shape[3]):
            carried = np.full_like(result, self.nothing)
            for block in blocks:
                if block.folds.start <= fold < block.folds.stop:
                    at = within(rows, block.rows), block.cols
                    for source, target in self._partial_sums(block.routing):
                        carried[target, *at] = self.combine(carried[target, *at], result[source, *at])
            result = self.combine(sums[..., fold], carried)
        return result

    def _partial_sums(self, routing: Routing) -> Iterator[tuple[int, int]]:
        """Yield which sum is sent to the auxiliary multiplier of which: (source, target)."""
        column = {value.output.vn: index for index, value in enumerate(self.program.sums)}
        carried = routing.of(Operand.PARTIAL_SUM)
        for leaf, (vn, *_) in zip(routing.leaf[carried], routing.offset[carried].tolist(), strict=True):
            for index, value in enumerate(self.program.sums):
                if leaf in value.leaves and vn in column:
                    yield column[vn], index

    def _continue(
        self, at: tuple[int, int, int], blocks: Sequence[Block], rows: range, sums: IntArray, held: IntArray
    ) -> None:
        """Add the sums of earlier parts of the layer that the auxiliary multipliers are sent."""
        place, inside = self._places(at, rows, sums.shape[2])
        flat = held.reshape(-1)
        for block in blocks:
            here = within(rows, block.rows), block.cols
            for source, target in self._partial_sums(block.routing):
                known = inside[source][here]
                came = np.where(known, flat[np.where(known, place[source][here], 0)], self.nothing)
                sums[target, *here] = self.combine(sums[target, *here], came)

    def _write(self, at: tuple[int, int, int], rows: range, sums: IntArray) -> None:
        """Write the sums of some rows to the memory, those outside the layer excepted."""
        place, inside = self._places(at, rows, sums.shape[2])
        self.outputs.reshape(-1)[place[inside]] = sums[inside]
        np.add.at(self.written.reshape(-1), place[inside], 1)

    def _places(self, at: tuple[int, int, int], rows: range, columns: int) -> tuple[IntArray, BoolArray]:
        """Return where the sums of some rows stand among all outputs, and which of them lie inside the layer.

        Shapes (values, rows, columns).
        """
        tile, shape = self.program.config.tile, self.outputs.shape
        n, g, k, x, y = self._offsets.T[:, :, None, None]
        n, g, k = n + at[0] * tile.N, g + at[1] * tile.G, k + at[2] * tile.K
        x = x + (np.array(rows) * tile.X)[:, None]
        y = y + np.arange(columns) * tile.Y
        inside = (n < shape[0]) & (g < shape[1]) & (k < shape[2]) & (x < shape[3]) & (y < shape[4])
        place = ((n * shape[1] + g) * shape[2] + k) * shape[3] + x
        return place * shape[4] + y, inside

    def check_written(self) -> None:
        """Raise a `SwitchFaultError` unless every output was written exactly once."""
        for kind, wrong in ((FaultKind.TWICE, self.written > 1), (FaultKind.MISSING, self.written == 0)):
            if wrong.any():
                at = np.argwhere(wrong)[0].tolist()
                place = "output " + ", ".join(f"{a} = {i}" for a, i in zip("ngkxy", at, strict=True))
                raise SwitchFaultError((Fault(kind, place, (), self._writers(at)),))

    def _writers(self, at: Sequence[int]) -> tuple[str, ...]:
        """Return the tree outputs that are decoded to write one output of the layer."""
        tile = self.program.config.tile
        sizes = (tile.N, tile.G, tile.K, tile.X, tile.Y)
        wanted = tuple(index % size for index, size in zip(at, sizes, strict=True))
        return tuple(s.output.output for s in self.program.sums if s.output.offset == wanted)
