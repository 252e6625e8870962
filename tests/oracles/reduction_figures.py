"""The figures of one wave of virtual neurons, as rows of the simulator's table."""

from __future__ import annotations

from dataclasses import dataclass

from solver.array.reduction import packed_wave_latency, running
from solver.array.rtl_reduction import rtl_running


@dataclass(frozen=True)
class ReductionFigures:
    """What the cost model knows of one wave, see `solver.cost.waves.Wave`."""

    depth: int
    depth_aux: int
    shortest_aux: int
    aux_total: int
    shortest_path: int
    max_per_line: int
    wave_latency: int
    adds_2_1: int
    adds_3_1: int
    wires: int


def reduction_figures(num_ms: int, size: int, count: int, rn_bw: int) -> ReductionFigures:
    """Return the figures of one wave of `count` packed VNs of `size` multipliers.

    Raises
    ------
    ValueError
        If the VNs do not fit on `num_ms` multipliers.
    """
    if size * count > num_ms:
        raise ValueError(f"{count} virtual neurons of size {size} do not fit on {num_ms} multipliers")
    table = running(num_ms, size, rn_bw)
    return ReductionFigures(
        wave_latency=packed_wave_latency(num_ms, size, count, rn_bw),
        **{
            name: int(table[name][count - 1])
            for name in ReductionFigures.__dataclass_fields__
            if name != "wave_latency"
        },
    )


def rtl_reduction_figures(num_ms: int, size: int, count: int, rn_bw: int) -> ReductionFigures:
    """Return the figures of one wave of the first `count` VNs of one size (as many of them as fit).

    Parameters
    ----------
    num_ms, size
        Multiplier switches of the array, and of a VN.
    count
        VNs in use.
    rn_bw
        Collection buses.
    """
    table = rtl_running(num_ms, size, rn_bw)
    return ReductionFigures(**{name: int(column[:count][-1]) for name, column in table.items()})
