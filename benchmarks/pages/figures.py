"""The figures of docs/: from the simulator's measurements, and of an example.

Run from the repository root: python -m benchmarks.pages.figures [--data FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measured.baselines_on_simulator import compare
from benchmarks.measured.measurements import data_folder
from benchmarks.measured.simulator import Run, cheap_form, costed, nearly_exact_cycles
from solver.cli.main import main as maeri
from solver.cost.result import Objective
from solver.files import write_bytes
from solver.views.plots.style import BASELINE_COLOURS, MUTED, OPTIMUM, image_bytes, new_figure
from tests.support.simulator_data import rows

FOLDER = Path(__file__).parents[2] / "docs" / "figures"

EXAMPLE = "conv 32x14x14 -> 64, 3x3, pad 1"
ARRAYS = {
    "array.svg": (EXAMPLE, "--hardware", "maeri-64", "--mapping", "S3 K16"),
    "small-array.svg": (EXAMPLE, "--num-ms", "16", "--mapping", "S3 K5"),
}
"""Drawings of arrays, and what `show` is asked for them."""


def draw_cycles(runs: list[Run]) -> bytes:
    """Draw cycles and energy of the cost model over those of the simulator."""
    figure, (cycles, energy) = new_figure(8.6, 4.0, columns=2)
    buffered = [run for run in runs if run.buffered]
    travelling = [run for run in runs if not run.buffered]
    groups = ((travelling, "#e08e0b", "folds through memory"), (buffered, OPTIMUM, "buffer or one fold"))
    for group, colour, name in groups:
        look = {"s": 9, "color": colour, "alpha": 0.7, "linewidths": 0, "rasterized": True}
        label = f"{name} ({len(group)} runs)"
        cycles.scatter([run.cycles for run in group], [run.cost.cycles for run in group], label=label, **look)
        theirs = [float(run.row["E_total"]) for run in group]
        energy.scatter(theirs, [float(run.cost.energy) for run in group], label=label, **look)
    for axes, what in ((cycles, "cycles"), (energy, "energy, energy units")):
        axes.set(xscale="log", yscale="log", xlabel=f"simulator: {what}", ylabel=f"cost model: {what}")
        ends = axes.get_xlim()
        axes.plot(ends, ends, color=MUTED, linewidth=0.8, zorder=0)
    cycles.legend(frameon=False, loc="upper left", fontsize=8)
    return image_bytes(figure, "svg")


def draw_errors(runs: list[Run]) -> bytes:
    """Draw which share of the runs each form of the cycles times within an error."""
    figure, axes = new_figure(6.4, 3.8)
    buffered = [run for run in runs if run.buffered]
    travelling = [run for run in runs if not run.buffered]
    forms = (
        ("replay", OPTIMUM, runs, [run.cost.cycles for run in runs]),
        ("nearly exact form", "#2471a3", buffered, [nearly_exact_cycles(*_of(run)) for run in buffered]),
        ("cheap form", "#7d3c98", buffered, [cheap_form(*_of(run)) for run in buffered]),
        (
            "cheap form, folds through memory",
            "#e08e0b",
            travelling,
            [cheap_form(*_of(r)) for r in travelling],
        ),
    )
    for name, colour, group, ours in forms:
        off = np.sort([abs(a / run.cycles - 1) for a, run in zip(ours, group, strict=True)])
        share = np.arange(1, len(off) + 1) / len(off)
        axes.step(100 * off, 100 * share, where="post", color=colour, label=f"{name} ({len(off)} runs)")
    axes.set(
        xlabel="error of the cycles, at most, %",
        ylabel="share of the runs, %",
        xlim=(-0.3, 20),
        ylim=(0, 102),
    )
    axes.legend(frameon=False, loc="lower right", fontsize=8)
    return image_bytes(figure, "svg")


def _of(run: Run) -> tuple[object, object, object]:
    return run.nest, run.hardware, run.tile


def draw_baselines(ratios: dict[str, list[float]]) -> bytes:
    """Draw which share of the layers each baseline maps within a ratio to the optimum."""
    figure, axes = new_figure(6.4, 3.8)
    shown = {name: found for name, found in ratios.items() if name != "exhaustive"}
    for (name, found), colour in zip(shown.items(), BASELINE_COLOURS, strict=False):
        times = np.sort(found)
        share = np.arange(1, len(times) + 1) / len(times)
        axes.step(np.r_[1, times], np.r_[0, 100 * share], where="post", color=colour, label=name)
    ticks = (1, 1.5, 2, 3, 4, 5, 6)
    axes.set(
        xscale="log",
        xlabel="cycles, times the optimum, at most",
        ylabel="share of the rows, %",
        ylim=(0, 102),
    )
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
    axes.set_xticks([], minor=True)
    axes.legend(frameon=False, loc="lower right", fontsize=8)
    return image_bytes(figure, "svg")


def main() -> int:
    data = data_folder(__doc__)
    runs = costed(rows("stonne_sims.csv", data))
    figures = {
        "cycles.svg": draw_cycles(runs),
        "errors.svg": draw_errors(runs),
        "baselines.svg": draw_baselines(compare("stonne_optimum.csv", Objective.LATENCY, data).ratios),
    }
    for name, image in figures.items():
        write_bytes(FOLDER / name, image, force=True)
        print(f"docs/figures/{name}: {len(image):,} bytes")
    for name, options in ARRAYS.items():
        maeri(["show", *options, "--out", str(FOLDER / name), "--force"])
    with TemporaryDirectory() as folder:
        maeri(["explore", "vgg_conv3", "--plot", folder, "--force"])
        write_bytes(FOLDER / "space.png", Path(folder, "scatter.png").read_bytes(), force=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
