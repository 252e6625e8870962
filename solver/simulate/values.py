"""The numbers that a checked configuration computes: words, products, sums, outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from solver.simulate.arithmetic import Arithmetic, multiply, nothing, wrap
from solver.simulate.faults import Fault, FaultKind, SwitchFaultError
from solver.simulate.operands import Operands
from solver.simulate.program import Program
from solver.simulate.routing import Routing, receiving
from solver.switches.switch_config import Operand

IntArray = NDArray[np.int64]

CHUNK = 1 << 20
"""Products formed at once: few enough to stay in memory, enough for numpy to be busy with."""


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
        self.step = -1 if program.config.array.real else 1
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

    def within(self, routing: Routing, rank: IntArray) -> IntArray:
        """Return the multipliers of a rank that take their neighbour's input in a phase."""
        return np.intersect1d(rank, self._receiving[id(routing)])

    def takers(self, routing: Routing) -> Iterator[int]:
        """Yield the multipliers that take their neighbour's input in a phase, as the inputs travel."""
        for rank in self.ranks:
            yield from self.within(routing, rank).tolist()


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
            sums = np.stack([self._sum(weights[s.leaves], inputs[s.leaves]) for s in self.program.sums])
            self._write((n, g, k), rows, wrap(self._fold(blocks, rows, sums), self.arithmetic))

    def _sum(self, weights: IntArray, inputs: IntArray) -> IntArray:
        """Return what the adders make of some multipliers' products, shape (rows, columns, folds)."""
        weights = weights[:, None, None, :]
        products = multiply(weights, inputs, self.arithmetic)
        if self.combine is np.maximum:  # a weight outside the layer is 0, and its product no candidate
            products = np.where(weights == 0, self.nothing, products)
        result: IntArray = self.combine.reduce(products, axis=0)
        return result

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
            for leaf in self.chains.takers(routing):
                inputs[leaf, here, block.cols, block.folds] = inputs[
                    leaf + self.chains.step, here, before, block.folds
                ]
        return inputs

    def _fold(self, blocks: Sequence[Block], rows: range, sums: IntArray) -> IntArray:
        """Combine the folds of every window; `sums` has the shape (values, rows, columns, folds)."""
        if not self.program.config.auxiliary:
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

    def _write(self, at: tuple[int, int, int], rows: range, sums: IntArray) -> None:
        """Write the sums of some rows to the memory, those outside the layer excepted."""
        config, tile = self.program.config, self.program.config.tile
        shape = self.outputs.shape
        first = (at[0] * tile.N, at[1] * tile.G, at[2] * tile.K)
        x_tile, y_tile = np.array(rows) * tile.X, np.arange(config.loop_counts["y"]) * tile.Y
        for column, value in enumerate(self.program.sums):
            offset = value.output.offset
            n, g, k = (start + step for start, step in zip(first, offset, strict=False))
            if n >= shape[0] or g >= shape[1] or k >= shape[2]:
                continue
            x, y = x_tile + offset[3], y_tile + offset[4]
            inside = np.ix_(x[x < shape[3]], y[y < shape[4]])
            self.outputs[n, g, k][inside] = sums[column, : (x < shape[3]).sum(), : (y < shape[4]).sum()]
            self.written[n, g, k][inside] += 1

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
