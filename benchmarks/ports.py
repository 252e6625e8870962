"""Runs on the ports of the real hardware: played and compared, changed words noticed, sizes and times.

Every kind of layer that the hardware can run, in every form, as shipped and with repaired multipliers, on 16
to 256 switches: written as `configure` writes it, read back from the files, played, compared with direct
convolution and with the cycles of `configure`. Then bits of the programs are changed one at a time.

Run from the repository root: python -m benchmarks.ports [--layers 200] [--changes 2000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from solver.execution.build import build_config
from solver.hardware import read_hardware
from solver.layer import LoopNest, Loops
from solver.mapping.tile import Tile
from solver.writers.ports.read_run import check_run, read_run
from solver.writers.ports.run_files import NUMBERS, TABLES
from tests.support.port_runs import SIZES, change_a_word, notices, random_run, troubles, write_run

LARGE = {
    "3x3 on 64, R3 S3 K6": (LoopNest(R=3, S=3, C=16, K=16, X=21, Y=21), "maeri-64-rtl", Tile(R=3, S=3, K=6)),
    "3x3 on 256, C16 K16": (LoopNest(R=3, S=3, C=16, K=16, X=21, Y=21), "maeri-256-rtl", Tile(C=16, K=16)),
    "1x1 on 64, K16": (LoopNest(C=64, K=64, X=16, Y=16), "maeri-64-rtl", Tile(K=16)),
}
"""Layers of a million products."""


def compare_runs(count: int, seed: int, folder: Path) -> int:
    """Play random runs and compare them; return how many differ."""
    rng, wrong = Random(seed), 0
    sizes: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    for number in range(count):
        case = random_run(rng, SIZES, "repaired" if number % 4 == 3 else "rtl")
        config = case.config()
        write_run(config, case.layer, folder, number)
        trouble = troubles(config, case.layer, read_run(folder), number)
        sizes[config.array.num_ms] += 1
        kinds[case.kind] += 1
        if trouble:
            wrong += 1
            print(f"{case.layer} {case.tile}: {trouble}")
    spread = ", ".join(f"{count} on {size}" for size, count in sorted(sizes.items()))
    print(f"played: {count - wrong} of {count} equal direct convolution and configure's cycles ({spread})")
    print("        " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    return wrong


def change_words(count: int, seed: int, folder: Path) -> float:
    """Change bits of programs; return the share that is noticed."""
    rng, noticed, unseen = Random(seed), 0, []
    for number in range(count):
        if number % 20 == 0:
            case = random_run(rng, SIZES)
            config = case.config()
            write_run(config, case.layer, folder, number)
        path, before, what = change_a_word(rng, folder)
        if notices(config, folder):
            noticed += 1
        else:
            unseen.append(f"{case.layer} {case.tile}: {what}")
        path.write_text(before)
    print(f"changed: {noticed} of {count} noticed ({noticed / count:.2%})")
    print("".join(f"  not noticed: {what}\n" for what in unseen), end="")
    return noticed / count


def measure_sizes(folder: Path) -> None:
    """Print how large the files of large layers are, and how long they take."""
    print(f"{'layer':24}{'products':>12}{'program':>10}{'numbers':>10}{'write':>9}{'play':>9}{'results':>11}")
    for name, (nest, hardware, tile) in LARGE.items():
        config = build_config(nest, read_hardware(hardware), tile, name=name)
        began = time.perf_counter()
        write_run(config, Loops(loops=nest), folder)
        written = time.perf_counter()
        checked = check_run(read_run(folder), config)
        played = time.perf_counter()
        program, numbers = (
            sum((folder / file).stat().st_size for file in files) / 1e6 for files in (TABLES, NUMBERS)
        )
        print(
            f"{name:24}{nest.macs:12,}{program:7.3f} MB{numbers:7.2f} MB{written - began:7.2f} s"
            f"{played - written:7.2f} s{checked.results:11,}"
        )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, default=200)
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        wrong = compare_runs(arguments.layers, arguments.seed, folder)
        share = change_words(arguments.changes, arguments.seed, folder)
        measure_sizes(folder)
    return int(wrong > 0 or share < 0.99)


if __name__ == "__main__":
    sys.exit(main())
