"""How well the baseline `mrna` reproduces mRNA: choices, cycles, energies and counts of its published runs.

Run from the repository root: python -m benchmarks.measured.mrna_baseline [--data FOLDER]
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measured.measurements import data_folder
from solver.baselines.mrna import candidates, choose
from solver.baselines.mrna_cost import Candidate, MrnaConv, conv_cycles
from solver.baselines.mrna_energy import conv_counts
from solver.cost.result import Objective
from tests.oracles.mrna_lstm import fc_cycles, lstm_cycles
from tests.support.simulator_data import Row, rows

OBJECTIVES = {"performance": Objective.LATENCY, "energy": Objective.ENERGY}
COUNTS = {
    "dn_access": "distribution",
    "reduce_ops": "reductions",
    "rn_access": "reduction_accesses",
    "multiplications": "multiplications",
    "spm_weight_read": "weight_reads",
    "spm_input_read": "input_reads",
    "spm_output_write": "output_writes",
}
"""Columns of mrna_results.csv that are printed to the last digit, and our names for them."""

Agreement = Iterator[tuple[str, bool]]


def conv_of(row: Row) -> MrnaConv:
    r, s, c, k, x, y = (
        int(row[key])
        for key in ("weight_x", "weight_y", "input_channel", "output_channel", "output_x", "output_y")
    )
    words = c * int(row["input_x"]) * int(row["input_y"])
    return MrnaConv(R=r, S=s, C=c, K=k, X=x, Y=y, slides=row["weight_stride"] == "1", input_words=words)


def conv_agreement(row: Row) -> Agreement:
    """Yield (what is compared, whether it agrees) for one CONV run."""
    conv, num_ms, dn_bw = conv_of(row), int(row["num_ms"]), int(row["dn_bw"])
    theirs = Candidate(int(row["T_C"]), int(row["T_K"]))
    ours = choose(conv, num_ms, dn_bw, OBJECTIVES[row["objective"]])
    yield "tile", ours == theirs
    yield (
        "cycles",
        ours is not None and conv_cycles(conv, ours, num_ms, dn_bw) == int(row["total_runtime_cycles"]),
    )
    yield "candidates", len(candidates(conv, num_ms)) == int(row["n_distinct_tiles"])
    counts = conv_counts(conv, theirs, num_ms)
    if counts is None:
        yield from (("counts", False), ("energy", False))
        return
    yield "counts", all(getattr(counts, ours) == int(row[column]) for column, ours in COUNTS.items())
    # The energies were printed with six digits each.
    yield "energy", math.isclose(counts.energy(), float(row["total_energy"]), rel_tol=5e-6)


def other_agreement(row: Row) -> Agreement:
    """Yield (what is compared, whether it agrees) for one FC or LSTM run, sizes as written."""
    num_ms, dn_bw, cycles = int(row["num_ms"]), int(row["dn_bw"]), int(row["total_runtime_cycles"])
    inputs, outputs = int(row["input_x"]), int(row["weight_x"])
    if row["layer_type"] == "FC":
        yield "tile", int(row["T_X"]) == min(inputs, num_ms)
        yield "cycles", fc_cycles(inputs, outputs, num_ms, dn_bw) == cycles
    else:
        hidden = int(row["hidden_x"])
        yield "tile", int(row["T_X"]) == min(inputs + hidden, num_ms)
        yield "cycles", lstm_cycles(inputs, hidden, outputs, num_ms, dn_bw) == cycles


def run_agreement(row: Row) -> Agreement:
    """Yield (what is compared, whether it agrees) for one run; nothing where mRNA printed none."""
    if row["outcome"] == "no_mapping":
        ours = choose(conv_of(row), int(row["num_ms"]), int(row["dn_bw"]), OBJECTIVES[row["objective"]])
        yield "tile", ours is None
    elif row["total_runtime_cycles"]:
        yield from conv_agreement(row) if row["layer_type"] == "CONV" else other_agreement(row)


def agreement(folder: Path) -> dict[tuple[str, str, str], tuple[Counter[str], Counter[str]]]:
    """Count the agreeing and the compared runs by layer type, outcome of the run and objective."""
    table: dict[tuple[str, str, str], tuple[Counter[str], Counter[str]]] = {}
    for row in rows("mrna_results.csv", folder):
        key = (row["layer_type"], row["outcome"], row["objective"])
        equal, compared = table.setdefault(key, (Counter(), Counter()))
        compared["rows"] += 1
        for what, agrees in run_agreement(row):
            compared[what] += 1
            equal[what] += agrees
    return table


def simulator_choices(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield whether the choice is that of the simulator's copy of mRNA, per file and objective."""
    columns = {
        "stonne_optimum.csv": ("mapper_tile_latency", "mapper_tile_energy"),
        "stonne_energy_optimum.csv": ("mrnaP_tile", "mrnaE_tile"),
    }
    layers = {row["layer"]: row for row in rows("stonne_optimum.csv", folder)}
    for name, tiles in columns.items():
        for row in rows(name, folder):
            layer = layers[row["layer"]]
            if layer["mapper"] != "mRNA":
                continue
            r, s, c, k, g, rows_, cols, stride = (
                int(layer[d]) for d in ("R", "S", "C", "K", "G", "X", "Y", "strides")
            )
            x, y = (rows_ - r) // stride + 1, (cols - s) // stride + 1
            conv = MrnaConv(
                R=r, S=s, C=c // g, K=k // g, X=x, Y=y, slides=stride == 1, input_words=c // g * rows_ * cols
            )
            for column, objective in zip(tiles, (Objective.LATENCY, Objective.ENERGY), strict=True):
                ours = choose(conv, int(row["num_ms"]), int(row["dn_bw"]), objective)
                tile = f"{r}x{s}x{ours.T_C}x{ours.T_K}x1x1x1" if ours else ""
                yield f"{name} {objective}", tile == row[column]


def main() -> int:
    folder = data_folder(__doc__)
    print("Agreement with mRNA's runs (mrna_results.csv): runs that agree / runs compared")
    heads = ("tile", "cycles", "candidates", "counts", "energy")
    print(
        f"{'layer':12}{'outcome of the run':42}{'objective':13}{'runs':>6}"
        + "".join(f"{h:>12}" for h in heads)
    )
    for (layer, outcome, objective), (equal, compared) in sorted(agreement(folder).items()):
        cells = (f"{equal[head]}/{compared[head]}" if compared[head] else "-" for head in heads)
        print(
            f"{layer:12}{outcome:42}{objective:13}{compared['rows']:>6}"
            + "".join(f"{cell:>12}" for cell in cells)
        )
    print("CONV after a mismatch warning: weight_number differs from output_channel, and mRNA mixes them.")
    print("\nChoices of the simulator's own copy of mRNA, convolutions, before adaptation")
    chosen: dict[str, list[bool]] = {}
    for what, agrees in simulator_choices(folder):
        chosen.setdefault(what, []).append(agrees)
    for what, results in chosen.items():
        print(f"{what:44}{sum(results):>6} of {len(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
