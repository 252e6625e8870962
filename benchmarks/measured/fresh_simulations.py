"""New random runs of the reference simulator beside the cost model: with folds through memory, or without.

Needs an own build of the simulator. Prints how many runs take our cycles and count our events, and names
every difference; `--out` writes the measurements (tests/data/stonne_serial.csv is from such a run).

Run from the repository root: python -m benchmarks.measured.fresh_simulations --stonne PATH [--accumulates]
[--runs N] [--seed S]
"""

from __future__ import annotations

import argparse
import csv
import subprocess
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from solver.cost.evaluate import evaluate
from solver.cost.traffic import auxiliary
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile, folds
from solver.writers.stonne import stonne_flags

COUNTED: dict[str, tuple[str, ...]] = {
    "reads": ("GLOBALBUFFER READ",),
    "writes": ("GLOBALBUFFER WRITE",),
    "dn_wires": ("DN_WIRE WRITE",),
    "dn_switches": ("SWITCH ROUTE_UNICAST", "SWITCH ROUTE_BROADCAST"),
    "multiplications": ("MULTIPLIER MULTIPLICATION",),
    "psum_forwards": ("MULTIPLIER FORWARD_PSUM",),
    "mn_wires": ("MN_WIRE WRITE",),
    "rn_wires": ("RN_WIRE WRITE",),
    "adds_2_1": ("ADDER ADD_2_1",),
    "adds_3_1": ("ADDER ADD_3_1",),
    "accumulates": ("ACCUMULATOR ADD",),
    "bus_wires": ("CB_WIRE WRITE",),
}
"""Our counts, and the lines of the simulator's counter file that add up to them."""
MOST_WORK = 6_000_000
"""Cycles times switches of the longest run that is simulated."""

Question = tuple[LoopNest, Hardware, Tile]


def question(rng: Random, accumulates: bool) -> Question | None:
    """Draw a layer, an array and a legal tile, if there is one.

    If sums do not accumulate in a buffer, the tile folds: they travel through memory.
    """
    num_ms = 2 ** rng.choice((3, 4, 5, 6, 6, 7, 8, 9))
    levels = num_ms.bit_length() - 1
    dn_bw, rn_bw = 2 ** rng.randint(0, levels), 2 ** rng.randint(0, levels)
    stride, groups = rng.choice((1, 1, 1, 2, 3)), rng.choice((1, 1, 1, 2, 4))
    nest = LoopNest(
        R=rng.randint(1, 5),
        S=rng.randint(1, 5),
        C=rng.randint(1, 32),
        K=rng.randint(1, 16),
        G=groups,
        N=rng.choice((1, 1, 1, 1, 2)),
        X=rng.randint(1, 9),
        Y=rng.randint(1, 9),
        stride=(stride, stride),
    )
    hardware = read_hardware(num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw, accumulation_buffer=accumulates)
    tiles = legal_tiles(nest, hardware)
    if not accumulates and len(tiles):
        tiles = tiles[auxiliary(nest, hardware, tiles) == 1]
    return (nest, hardware, Tile.of(tiles[rng.randrange(len(tiles))])) if len(tiles) else None


def simulate(program: Path, flags: dict[str, int]) -> tuple[str, int, dict[str, int]]:
    """Run the simulator; return whether its outputs are right, its cycles and its counts."""
    command = [
        str(program),
        "-CONV",
        *(f"-{name}={value}" for name, value in flags.items()),
        "-print_stats=1",
    ]
    found: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        cycles = int(done.stdout.split("Number of cycles running:")[1].split()[0])
        for path in Path(folder).glob("*counters*"):
            for line in path.read_text().splitlines():
                unit, *values = line.split() or [""]
                for name, _, value in (text.partition("=") for text in values if "=" in text):
                    found[f"{unit} {name}"] += int(value)
    counts = {ours: sum(found[line] for line in lines) for ours, lines in COUNTED.items()}
    return "OK" if done.returncode == 0 else "WRONG_RESULT", cycles, counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stonne", type=Path, required=True)
    parser.add_argument("--accumulates", action="store_true", help="arrays with accumulation buffer")
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rng, equal = Random(options.seed), Counter[str]()
    measured: list[dict[str, int | str]] = []
    off: list[float] = []
    while len(measured) < options.runs:
        drawn = question(rng, options.accumulates)
        if drawn is None:
            continue
        cost = evaluate(*drawn)
        if cost.cycles * drawn[1].num_ms > MOST_WORK:
            continue
        flags = stonne_flags(*drawn)
        status, cycles, counts = simulate(options.stonne.resolve(), flags)
        ours = cost.counts.to_dict()
        ours["reads"] = ours["weight_reads"] + ours["input_reads"] + ours["psum_reads"]
        equal["right outputs"] += status == "OK"
        equal["cycles"] += cycles == cost.cycles
        for name, count in counts.items():
            equal[name] += count == ours[name]
        off.append(abs(cost.cycles / cycles - 1))
        if cycles != cost.cycles or any(count != ours[name] for name, count in counts.items()):
            print(f"differs: {drawn}: {cost.cycles} cycles, simulator {cycles}")
        measured.append(
            {**flags, "status": status, "cycles": cycles, "F": folds(drawn[0], drawn[2]), **counts}
        )
    for name, count in equal.items():
        print(f"  {name:16}{count:>5} of {len(measured)}")
    print(f"  cycles off by {np.mean(off):.3%} on average, {max(off):.2%} at worst")
    if options.out:
        with options.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, measured[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(measured)


if __name__ == "__main__":
    main()
