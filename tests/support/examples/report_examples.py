"""A layer, a cost and a solution with made-up figures, for tests of what is printed about them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from solver.answers.solution import BaselineResult, Solution, Space, Status
from solver.cost.result import Cost, Counts, Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, Layer
from solver.mapping.tile import Tile


def example_layer() -> Layer:
    return Conv(name="vgg_conv3", input=(128, 56, 56), filters=256, kernel=(3, 3), padding=((1, 1), (1, 1)))


def example_hardware() -> Hardware:
    return read_hardware("maeri-256")


def example_cost(cycles: int = 3_650_123, energy: str = "61234567.891839831") -> Cost:
    total = Decimal(energy)
    parts = {
        "multipliers": total / 4,
        "distribution network": total / 2,
        "reduction network": total / 8,
        "global buffer": Decimal(0),
        "static": total / 8,
    }
    names = Counts.__dataclass_fields__
    return Cost(
        cycles=cycles,
        method="replay",
        energy=total,
        utilization=0.9874,
        bottleneck="distribution",
        counts=Counts(**{name: 1_234_567 * (place + 1) for place, name in enumerate(names)}),
        energy_by_component=parts,
    )


def example_solution(status: Status = Status.OPTIMAL, objective: Objective = Objective.ENERGY) -> Solution:
    cost = example_cost()
    worse = example_cost(4_012_345, "92345678.25")
    value = cost.value(objective)
    return Solution(
        layer=example_layer(),
        hardware=example_hardware(),
        objective=objective,
        status=status,
        tile=Tile(R=3, S=3, C=4, K=7),
        cost=cost,
        bound=value if status is Status.OPTIMAL else (value * Decimal("0.9")),
        wall_seconds=0.8431,
        space=Space(31_842, "all legal array tiles"),
        replayed=3,
        notes=("3 mappings within the error of the closed form were replayed",),
        baselines=(
            BaselineResult("mrna", Tile(R=3, S=3, C=28), worse, "T_C lowered to a factor pair of 28"),
            BaselineResult("filter-per-vn", None, None, "a filter needs 1,152 switches"),
            BaselineResult(
                "hill-climb", Tile(R=3, S=3, C=2, K=2, X=2, Y=3), replace(worse, cycles=3_800_000)
            ),
            BaselineResult("exhaustive", Tile(R=3, S=3, C=4, K=7), cost),
        ),
    )
