"""The baselines beside the simulator's own optima (stonne_optimum.csv, stonne_energy_optimum.csv).

Every row is a layer on an accelerator of which the simulator ran all mappings, or the most promising ones.
Printed: whether `exhaustive` finds the simulator's optimum, whether the choice of `mrna` costs what the
simulator measured for it, and how far every baseline is from the optimum (geometric mean of cycles or energy
over `exhaustive`).

Run from the repository root: python -m benchmarks.measured.baselines_on_simulator [--data FOLDER]
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measured.measurements import data_folder
from solver.baselines.registry import BASELINES, run_baselines
from solver.cost.result import Objective
from tests.support.simulator_data import Row, hardware_of, nest_of, rows


def measured(row: Row, layer: Row, objective: Objective) -> tuple[float, float | None]:
    """Return the simulator's optimum and the figure of its mRNA's choice, where it is one."""
    if objective is Objective.ENERGY:
        return float(row["Ebest_E"]), float(row["mrnaE_E"])
    return float(row["best_cycles"]), float(row["mapper_cycles_latency"]) if layer[
        "mapper"
    ] == "mRNA" else None


@dataclass
class Comparison:
    """What one data file says.

    Attributes
    ----------
    optimum, mrna
        Whether each optimum, and each cost of mRNA's choice, is the simulator's.
    ratios
        How many times the optimum each baseline costs, row by row.
    """

    optimum: list[bool] = field(default_factory=list)
    mrna: list[bool] = field(default_factory=list)
    ratios: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in BASELINES})


def compare(name: str, objective: Objective, folder: Path) -> Comparison:
    """Run the baselines on every row of a data file."""
    layers = {row["layer"]: row for row in rows("stonne_optimum.csv", folder)}
    found = Comparison()
    for row in rows(name, folder):
        layer = layers[row["layer"]]
        results = run_baselines(nest_of(layer), hardware_of(row), objective, seed=0)
        value = {r.name: float(r.cost.value(objective)) for r in results if r.cost}
        best, chosen = measured(row, layer, objective)
        # The data's energies have two decimals; cycles are exact.
        tolerance = 0.0 if objective is Objective.LATENCY else 0.01
        found.optimum.append(value["exhaustive"] <= best + tolerance)
        if chosen is not None:
            found.mrna.append(abs(value["mrna"] - chosen) <= tolerance)
        for baseline in value:
            found.ratios[baseline].append(value[baseline] / value["exhaustive"])
    return found


def report(name: str, objective: Objective, folder: Path) -> None:
    """Print the comparison on one data file."""
    found = compare(name, objective, folder)
    print(f"\n{name}, objective {objective}")
    print(f"  exhaustive at or below the simulator's optimum   {sum(found.optimum)} of {len(found.optimum)}")
    print(f"  mrna costs what the simulator measured           {sum(found.mrna)} of {len(found.mrna)}")
    print(f"  {'baseline':20}{'mapped':>8}{'mean':>8}{'worst':>8}   times the optimum")
    for baseline, ratios in found.ratios.items():
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"  {baseline:20}{len(ratios):>8}{mean:>8.2f}{max(ratios):>8.2f}")


def main() -> int:
    folder = data_folder(__doc__)
    report("stonne_optimum.csv", Objective.LATENCY, folder)
    report("stonne_energy_optimum.csv", Objective.ENERGY, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
