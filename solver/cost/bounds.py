"""The sanity net: what no mapping can beat, whatever the model says."""

from __future__ import annotations

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
    rows = _touched(nest.X, nest.R, nest.stride[0], nest.dilation[0])
    cols = _touched(nest.Y, nest.S, nest.stride[1], nest.dilation[1])
    return nest.N * nest.G * nest.C * rows * cols


def _touched(outputs: int, taps: int, stride: int, dilation: int) -> int:
    """Count the distinct lines x stride + r dilation, x < outputs, r < taps, without listing long axes."""
    span = (outputs - 1) * stride + (taps - 1) * dilation + 1
    if stride == 1 or dilation == 1:
        # Contiguous runs, separate where the stride (or the dilation) exceeds the run.
        step, length, count = (stride, taps, outputs) if dilation == 1 else (dilation, outputs, taps)
        return min(span, count * length) if step >= length else span
    return len(
        {x * stride + r * dilation for x in range(min(outputs, dilation * taps)) for r in range(taps)}
    ) + max(0, outputs - dilation * taps)


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
