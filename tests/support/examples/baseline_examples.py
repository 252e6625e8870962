"""Layers, accelerators and measured runs that the tests of the baselines share."""

from __future__ import annotations

from hypothesis import strategies as st

from solver.baselines.mrna_cost import MrnaConv
from solver.baselines.problem import Problem
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits
from tests.support.simulator_data import rows

MRNA_OBJECTIVES = {"performance": Objective.LATENCY, "energy": Objective.ENERGY}


def hardware(num_ms: int = 64, bandwidth: int = 16, *, buffer: bool = True) -> Hardware:
    return read_hardware(num_ms=num_ms, dn_bw=bandwidth, rn_bw=bandwidth, accumulation_buffer=buffer)


def problem(
    nest: LoopNest,
    accelerator: Hardware | None = None,
    objective: Objective = Objective.LATENCY,
    *,
    seed: int = 0,
    limits: Limits | None = None,
) -> Problem:
    return Problem(nest, accelerator or hardware(), objective, seed, limits or Limits())


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw small problems: any stride, groups, sizes that nothing divides, with and without buffer."""
    sizes = {
        dim: draw(st.integers(1, most))
        for dim, most in {"R": 5, "S": 5, "C": 40, "K": 20, "G": 4, "N": 2, "X": 9, "Y": 9}.items()
    }
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    num_ms = draw(st.sampled_from([4, 16, 32]))
    bandwidth = draw(st.sampled_from([b for b in (1, 2, 4, 8, 16, 32) if b <= num_ms]))
    objective = draw(st.sampled_from(list(Objective)))
    return problem(
        LoopNest(**sizes, stride=stride), hardware(num_ms, bandwidth, buffer=draw(st.booleans())), objective
    )


@st.composite
def matrix_products(draw: st.DrawFn) -> Problem:
    """Draw fully connected layers and GEMMs."""
    nest = LoopNest(S=draw(st.integers(1, 200)), K=draw(st.integers(1, 40)), X=draw(st.integers(1, 9)))
    num_ms = draw(st.sampled_from([4, 16, 64]))
    return problem(nest, hardware(num_ms, num_ms // 4, buffer=draw(st.booleans())))


def mrna_runs() -> list[dict[str, str]]:
    """Return the clean convolution runs of mRNA."""
    return [r for r in rows("mrna_results.csv") if r["outcome"] == "ok" and r["layer_type"] == "CONV"]


def mrna_conv(row: dict[str, str]) -> MrnaConv:
    """Return the convolution of one of mRNA's runs."""
    return MrnaConv(
        R=int(row["weight_x"]),
        S=int(row["weight_y"]),
        C=int(row["input_channel"]),
        K=int(row["output_channel"]),
        X=int(row["output_x"]),
        Y=int(row["output_y"]),
        slides=row["weight_stride"] == "1",
        input_words=int(row["input_channel"]) * int(row["input_x"]) * int(row["input_y"]),
    )
