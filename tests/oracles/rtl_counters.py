"""What the hardware's own test bench counts in a run, besides cycles (`solver.execution.rtl_testbench`)."""

from __future__ import annotations

from dataclasses import dataclass

from solver.switches.layer_info import LayerInfo


@dataclass(frozen=True, slots=True)
class RtlCounters:
    """What the test bench counts; the formulas are those of the data description, all values events.

    Parameters
    ----------
    weights
        Weights loaded, one multiplier each.
    inputs
        Input values received by multipliers from the distribution network.
    unique_inputs
        Different input values of the layer.
    multicasts
        Puts of the steady part of the rows.
    psums
        Products.
    ops
        Multiplications and additions.
    """

    weights: int
    inputs: int
    unique_inputs: int
    multicasts: int
    psums: int
    ops: int


def rtl_counters(layer: LayerInfo) -> RtlCounters:
    """Return the counters at the end of a complete run."""
    filters, channels, rows, cols = (layer.extent(name).size for name in ("K", "C", "R", "S"))
    windows = filters * channels * layer.out_rows * layer.out_cols
    tiles = -(-filters // layer.mapped_vns)
    return RtlCounters(
        weights=filters * channels * rows * cols,
        inputs=filters * channels * layer.out_rows * (rows * cols + rows * (layer.out_cols - 1)),
        unique_inputs=channels * layer.Y.size * layer.X.size,
        multicasts=channels * tiles * layer.out_rows * rows * (layer.out_cols - 1),
        psums=windows * rows * cols,
        ops=windows * (2 * rows * cols - 1),
    )
