"""The search beside the simulator's own optima (stonne_optimum.csv, stonne_energy_optimum.csv).

For every layer and accelerator of which the simulator ran all mappings (or the most promising ones), the
mapping that `solve` proves must cost no more in the replay than the simulator's best, and the space must hold
as many mappings as the simulator found legal.

Run from the repository root: python -m benchmarks.measured.optimum [--data FOLDER]
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from benchmarks.measured.measurements import data_folder
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.layer import Loops
from solver.search.solve import solve
from tests.support.simulator_data import Row, hardware_of, nest_of, rows, tile_in

FIGURES: dict[Objective, tuple[str, str, str]] = {
    Objective.LATENCY: ("Lbest_tile", "Lbest_cycles", "Lbest_E"),
    Objective.ENERGY: ("Ebest_tile", "Ebest_cycles", "Ebest_E"),
    Objective.EDP: ("EDPbest_tile", "EDPbest_cycles", "EDPbest_E"),
}
"""Columns of the best tile, its cycles and its energy, by objective."""

CENT = 0.005
"""The energies of the data are rounded to two decimals."""


def latency(data: list[Row]) -> bool:
    """Compare the latency optima; return whether none is missed."""
    found: Counter[str] = Counter()
    for row in data:
        nest, hardware, best = nest_of(row), hardware_of(row), int(row["best_cycles"])
        answer = solve(Loops(loops=nest), hardware, Objective.LATENCY, workers=2)
        cycles = answer.cost.cycles
        found["proved"] += answer.proved
        found["same cycles"] += cycles == best
        found["fewer cycles"] += cycles < best
        found["space of the same size"] += answer.space.size == int(row["legal_tiles"])
        found["their tile costs the same in our replay"] += (
            evaluate(nest, hardware, tile_in(row["best_tile"])).cycles == best
        )
        if cycles != best or answer.space.size != int(row["legal_tiles"]):
            print(
                f"  {row['layer']} on {hardware.num_ms}/{hardware.dn_bw}/{hardware.rn_bw} ({row['search']}): "
                f"ours {cycles} by {answer.tile}, theirs {best} by {tile_in(row['best_tile'])}; "
                f"{answer.space.size} mappings, theirs {row['legal_tiles']}"
            )
    print(f"stonne_optimum.csv: {len(data)} rows, objective latency")
    for what, count in found.items():
        print(f"  {what:42}{count:>5}")
    return found["same cycles"] + found["fewer cycles"] == len(data)


def energy(data: list[Row], layers: dict[str, Row]) -> bool:
    """Compare the optima of the energy study under each objective; return whether none is missed."""
    complete = True
    for objective, (tile_name, cycles_name, energy_name) in FIGURES.items():
        found: Counter[str] = Counter()
        for row in data:
            layer, hardware = layers[row["layer"]], hardware_of(row)
            answer = solve(Loops(loops=nest_of(layer)), hardware, objective, workers=2)
            cycles, best = int(row[cycles_name]), float(row[energy_name])
            ours = float(answer.objective_value)
            scale = {Objective.LATENCY: 0, Objective.ENERGY: 1, Objective.EDP: cycles}[objective]
            theirs = cycles if objective is Objective.LATENCY else best * scale
            verdict = "higher" if ours > theirs + CENT * scale else "same"
            verdict = "lower" if ours < theirs - CENT * scale else verdict
            found["proved"] += answer.proved
            found[f"{verdict} objective"] += 1
            found["same tile"] += answer.tile == tile_in(row[tile_name])
            found["space of the same size"] += answer.space.size == int(row["legal_tiles"])
            if verdict != "same":
                print(
                    f"  {row['layer']}, {objective}: ours {ours:.2f} by {answer.tile} "
                    f"({answer.cost.cycles} cycles), theirs {theirs:.2f} by {tile_in(row[tile_name])} "
                    f"({cycles} cycles)"
                )
        print(f"stonne_energy_optimum.csv: {len(data)} rows, objective {objective}")
        for what, count in found.items():
            print(f"  {what:42}{count:>5}")
        complete &= not found["higher objective"]
    return complete


def main() -> int:
    folder = data_folder(__doc__)
    began = time.perf_counter()
    data = rows("stonne_optimum.csv", folder)
    missed = not latency(data)
    missed |= not energy(rows("stonne_energy_optimum.csv", folder), {row["layer"]: row for row in data})
    print(f"{time.perf_counter() - began:.0f} s")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
