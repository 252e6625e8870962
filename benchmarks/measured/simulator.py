"""The cost model beside the reference simulator: cycles, every counter, energy, adder tree, legality.

Every run of stonne_sims.csv and stonne_sims_2.csv is costed by our own model and every row of
stonne_rn_table.csv recomputed by our own adder tree; then the tree's figures for sizes that the simulator's
table does not cover.

Run from the repository root: python -m benchmarks.measured.simulator [--data FOLDER]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from statistics import mean, quantiles

import numpy as np

from benchmarks.measured.measurements import data_folder
from solver.cost.evaluate import evaluate
from solver.cost.events import energy_by_component
from solver.cost.latency import closed_form, lower_bound
from solver.cost.result import Cost
from solver.cost.timing import timing_of
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from tests.oracles.nearly_exact import nearly_exact_cycles
from tests.oracles.reduction_figures import ReductionFigures, reduction_figures
from tests.support.simulator_data import (
    EVENT_COLUMNS,
    TREE_COLUMNS,
    Row,
    hardware_of,
    nest_of,
    rows,
    tile_of,
)


@dataclass(frozen=True)
class Run:
    """One simulation and what we make of it."""

    row: Row
    nest: LoopNest
    hardware: Hardware
    tile: Tile
    cost: Cost

    @property
    def cycles(self) -> int:
        """Cycles of the simulator."""
        return int(self.row["cycles"])

    @property
    def buffered(self) -> bool:
        """Whether it has an accumulation buffer or does not fold."""
        return self.hardware.accumulation_buffer or self.row["F"] == "1"


def cheap_form(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the cheap closed form's cycles of one tile."""
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    return int(closed_form(nest, hardware, tiles, load, waves(hardware, tiles, load.aux))[0])


def replay(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the replay's cycles of one tile."""
    return timing_of(hardware).replay_cycles(nest, hardware, tile)


def bound(nest: LoopNest, hardware: Hardware, tile: Tile) -> int:
    """Return the lower bound on the cycles of one tile."""
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    return int(lower_bound(nest, hardware, tiles, load, waves(hardware, tiles, load.aux))[0])


def costed(data: list[Row]) -> list[Run]:
    """Cost every run whose result was right."""
    runs = []
    for row in data:
        if row["status"] == "OK":
            nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
            runs.append(Run(row, nest, hardware, tile, evaluate(nest, hardware, tile)))
    return runs


def errors(ours: list[int], theirs: list[int]) -> str:
    """Write how far figures are from the simulator's."""
    off = [abs(a - b) / b for a, b in zip(ours, theirs, strict=True)]
    equal = sum(a == b for a, b in zip(ours, theirs, strict=True))
    return (
        f"{equal:>5} of {len(off)} equal ({equal / len(off):7.2%})   error: mean {mean(off):.3%}, "
        f"95 % {quantiles(off, n=20)[-1]:.2%}, worst {max(off):.2%}"
    )


def report_cycles(name: str, runs: list[Run]) -> None:
    exact = [run for run in runs if run.buffered]
    travelling = [run for run in runs if not run.buffered]
    print(f"\nCycles ({name}, status OK)")
    for title, group in (("accumulation buffer or one fold", exact), ("folds through memory", travelling)):
        if not group:
            continue
        print(f"  {title}: {len(group)} runs")
        args = [(run.nest, run.hardware, run.tile) for run in group]
        theirs = [run.cycles for run in group]
        print(f"    replay            {errors([replay(*a) for a in args], theirs)}")
        if all(run.buffered for run in group):
            print(f"    nearly exact form {errors([nearly_exact_cycles(*a) for a in args], theirs)}")
        print(f"    cheap form        {errors([cheap_form(*a) for a in args], theirs)}")
        print(f"    as reported       {errors([run.cost.cycles for run in group], theirs)}")
        above = sum(bound(*a) > cycles for a, cycles in zip(args, theirs, strict=True))
        print(f"    lower bound above the simulator's cycles: {above}")


def report_counters(name: str, runs: list[Run]) -> None:
    print(f"\nCounters and energy ({name}, status OK)")
    for ours, columns in EVENT_COLUMNS.items():
        equal = sum(
            getattr(run.cost.counts, ours) == sum(int(run.row[column]) for column in columns) for run in runs
        )
        print(f"  {ours:16}{equal:>6} of {len(runs)} equal")
    print("  energy within 0.1 % of the simulator's")
    off = [abs(float(run.cost.energy) / float(run.row["E_total"]) - 1) for run in runs]
    report_energy("all runs", off)
    report_energy("buffer or one fold", [e for run, e in zip(runs, off, strict=True) if run.buffered])
    report_energy("folds through memory", [e for run, e in zip(runs, off, strict=True) if not run.buffered])
    # What is left when the cycles are the simulator's: the counters and the table alone.
    report_energy("all runs, simulator's cycles", [energy_error(run) for run in runs])


def energy_error(run: Run) -> float:
    """Return the relative error of the energy at the simulator's own cycles."""
    energy = sum(energy_by_component(run.hardware, run.cost.counts.to_dict(), run.cycles).values())
    return abs(float(energy) / float(run.row["E_total"]) - 1)


def report_energy(title: str, off: list[float]) -> None:
    within = sum(error <= 1e-3 for error in off)
    print(f"    {title:30}{within:>5} of {len(off)} ({within / len(off):.2%}), worst {max(off):.3%}")


def report_legality(data: list[Row]) -> None:
    print("\nLegality (all runs)")
    found: Counter[tuple[str, str]] = Counter()
    for row in data:
        reason = legality(nest_of(row), hardware_of(row), tile_of(row))
        found[row["status"], "refused" if reason else "accepted"] += 1
        if (reason is None) != (row["status"] == "OK"):
            print(f"  exception: run {row['id']} is {row['status']}: {tile_of(row)}: {reason or 'accepted'}")
    for (status, verdict), count in sorted(found.items()):
        print(f"  {status:14}{verdict:10}{count:>6}")


def report_tree(folder: Path) -> None:
    table = rows("stonne_rn_table.csv", folder)
    equal: Counter[str] = Counter()
    for row in table:
        ours = reduction_figures(*(int(row[key]) for key in ("num_ms", "vn_size", "num_vns", "rn_bw")))
        for name, column in TREE_COLUMNS.items():
            equal[name] += getattr(ours, name) == int(row[column])
    print(f"\nAdder tree (stonne_rn_table.csv, {len(table)} rows)")
    for name in TREE_COLUMNS:
        print(f"  {name:16}{equal[name]:>6} equal")


def tree_figures(num_ms: int) -> Iterator[tuple[int, int, int, ReductionFigures]]:
    """Yield the figures of every VN size and count at three bandwidths: (size, count, rn_bw, figures)."""
    for rn_bw in (num_ms // 16, num_ms // 4, num_ms):
        for size in range(1, num_ms + 1):
            for count in sorted({1, max(1, num_ms // size // 2), num_ms // size}):
                yield size, count, rn_bw, reduction_figures(num_ms, size, count, rn_bw)


def report_larger_trees() -> None:
    heads = ("depth", "aux", "aux sum", "shortest", "per line", "latency", "2:1", "3:1", "wires")
    print("\nAdder tree beyond the table: as many VNs as fit (of every size and count: a checksum)")
    print(f"  {'num_ms':>6}{'rn_bw':>7}{'size':>6}{'VNs':>6}" + "".join(f"{head:>10}" for head in heads))
    for num_ms in (256, 512, 1024):
        every = list(tree_figures(num_ms))
        shown = {1, 2, 3, 5, 8, 9, 27, 64, 100, num_ms // 2 + 1, num_ms}
        for size, count, rn_bw, figures in every:
            if rn_bw == num_ms // 4 and size in shown and count == num_ms // size:
                cells = "".join(f"{value:>10}" for value in astuple(figures))
                print(f"  {num_ms:>6}{rn_bw:>7}{size:>6}{count:>6}{cells}")
        # What must hold of any tree: v - 1 additions per VN.
        adds = all(f.adds_2_1 + 2 * f.adds_3_1 == (size - 1) * count for size, count, _, f in every)
        digest = sha256(repr([(s, c, b, astuple(f)) for s, c, b, f in every]).encode()).hexdigest()[:16]
        print(f"  {num_ms:>6}: {len(every)} figures, sha256 {digest}, v - 1 additions each: {adds}")


def main() -> int:
    folder = data_folder(__doc__)
    for name in ("stonne_sims.csv", "stonne_sims_2.csv"):
        runs = costed(rows(name, folder))
        report_cycles(name, runs)
        report_counters(name, runs)
    report_legality(rows("stonne_sims.csv", folder))
    report_tree(folder)
    report_larger_trees()
    return 0


if __name__ == "__main__":
    sys.exit(main())
