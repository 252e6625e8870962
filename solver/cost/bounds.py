"""The sanity net: what no mapping can beat, whatever the model says."""

from __future__ import annotations

from solver.cost.lines import distinct_lines
from solver.cost.result import Counts
from solver.errors import InternalError
from solver.hardware import Hardware
from solver.layer import LoopNest


def least_cycles(nest: LoopNest, hardware: Hardware) -> dict[str, int]:
    """Return lower bounds on the cycles of any mapping, by what sets them.

    compute
        MACs / num_ms, one multiplication per switch and cycle.
    distribution
        Every weight crosses the read ports at least once, one word per port and cycle.
    collection
        Every output crosses the collection bus at least once, one word per line and cycle.
    """
    return {
        "compute": -(-nest.macs // hardware.num_ms),
        "distribution": -(-nest.weights // hardware.dn_bw),
        "collection": -(-nest.outputs // hardware.rn_bw),
    }


def compulsory_inputs(nest: LoopNest) -> int:
    """Return the input words that some window wants, each counted once."""
    rows = distinct_lines(nest.X, nest.R, nest.stride[0], nest.dilation[0])
    cols = distinct_lines(nest.Y, nest.S, nest.stride[1], nest.dilation[1])
    return nest.N * nest.G * nest.C * int(rows) * int(cols)


def compulsory_words(nest: LoopNest) -> int:
    """Return the words that any mapping moves over the chip's edge: each operand's words once."""
    return nest.weights + compulsory_inputs(nest) + nest.outputs


def check_bounds(nest: LoopNest, hardware: Hardware, counts: Counts, cycles: int) -> None:
    """Refuse a result that beats physics.

    Raises
    ------
    InternalError
        If cycles, multiplications, reads or writes are fewer than the layer needs at least.
    """
    for resource, least in least_cycles(nest, hardware).items():
        if cycles < least:
            raise InternalError(
                f"{cycles} cycles are below the {resource} bound of {least}: a bug in the cost model"
            )
    for what, found, least in (
        ("multiplications", counts.multiplications, nest.macs),
        ("weight reads", counts.weight_reads, nest.weights),
        ("input reads", counts.input_reads, compulsory_inputs(nest)),
        ("writes", counts.writes, nest.outputs),
    ):
        if found < least:
            raise InternalError(f"{found} {what} are below the compulsory {least}: a bug in the cost model")
