"""Runs on the ports of the real hardware: played and compared, changed words noticed, sizes and times.

Every kind of layer that the hardware can run, in every form, as shipped and with repaired multipliers, on 16
to 256 switches, and the same in buffer tiles behind a prefetch buffer: written as `configure` writes it, read
back from the files, played, compared with direct convolution and with the cycles of `configure`. Then bits of
the programs are changed one at a time.

Layers made of parts are configured with the best mapping of every part, executed from their folders, and
every run of every part is played on what the layer gives it.

Run from the repository root:
python -m benchmarks.measured.ports [--layers 200] [--levels 100] [--wholes 60] [--changes 2000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import solver
from solver.cost.result import Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InfeasibleError
from solver.execution.build import build_config, build_levels
from solver.execution.execute import form_of
from solver.execution.whole_layers.whole import WholeSimulation
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.layer import LoopNest, Loops, Primitive
from solver.mapping.tile import Tile
from solver.readers.read import read_layers
from solver.schedule.schedule import Schedule
from solver.search.solve import solve
from solver.search.two_level.solve import solve_levels
from solver.switches.switch_config import SwitchConfig
from solver.writers.ports.read_run import check_run, read_run
from solver.writers.ports.run_files import NUMBERS, TABLES
from solver.writers.whole.configure import ConfiguredWhole
from tests.support.examples.port_runs import (
    SIZES,
    change_a_word,
    cycles_of,
    notices,
    random_level_run,
    random_run,
    troubles,
    write_run,
)
from tests.support.examples.whole_runs import random_whole, whole_troubles
from tests.support.schedule_checks import LevelCase

LEVELS = {
    "3x3 on 64, 16 KiB": (LoopNest(R=3, S=3, C=16, K=16, X=21, Y=21), "maeri-64-rtl", 16384),
    "1x1 on 256, 8 KiB": (LoopNest(C=64, K=64, X=16, Y=16), "maeri-256-rtl", 8192),
}
"""The same with a prefetch buffer of some bytes, in the fastest mapping."""

LARGE = {
    "3x3 on 64, R3 S3 K6": (LoopNest(R=3, S=3, C=16, K=16, X=21, Y=21), "maeri-64-rtl", Tile(R=3, S=3, K=6)),
    "3x3 on 256, C16 K16": (LoopNest(R=3, S=3, C=16, K=16, X=21, Y=21), "maeri-256-rtl", Tile(C=16, K=16)),
    "1x1 on 64, K16": (LoopNest(C=64, K=64, X=16, Y=16), "maeri-64-rtl", Tile(K=16)),
}
"""Layers of a million products."""


EVERY_KIND = (
    "conv 3x7x7 -> 4, 3x3, pad 1, stride 2",
    "conv 2x6x6 -> 3, 3x3, dilation 2",
    "conv 2x5x5 -> 3, 3x3, batch 2",
    "conv 6x6x6 -> 4, 1x1, batch 2",
    "conv 4x6x6 -> 4, 3x3, groups 2",
    "dwconv 4x8x8, 3x3",
    "fc 20 -> 6, batch 4",
    "gemm 4x6 * 6x5",
    "matmul 2x3x4 * 2x4x5",
    "avgpool 2x6x6, 2x2",
    "add 20",
    "multiply 12, terms 2, broadcast 3",
    "maxpool 2x4x4, 2x2",
)
"""Layers of all kinds of one loop nest, which have among them all forms but strips (the array works on one
image at a time)."""


def walk_forms(folder: Path) -> int:
    """Map every form of a layer of every kind, on one level and two, and play it; return how many differ."""
    found, refused = _Compared(), Counter[str]()
    for memory in ({}, {"buffer": 600, "dram_bandwidth": 4}):
        hardware = read_hardware("maeri-64-rtl", num_ms=32, dn_bw=8, rn_bw=8, **memory)
        for (layer,) in map(read_layers, EVERY_KIND):
            assert isinstance(layer, Primitive)
            for number, form in enumerate(Wish(copying=True).forms(layer, hardware)):
                loops = Loops(loops=form.nest)
                work: SwitchConfig | Schedule
                try:
                    if memory:
                        levels = solve_levels(loops, hardware, Objective.LATENCY).levels
                        assert levels is not None
                        work = build_levels(form.nest, hardware, levels.mapping)
                    else:
                        tile = solve(loops, hardware, Objective.LATENCY, workers=1).tile
                        work = build_config(form.nest, hardware, tile)
                except InfeasibleError as error:
                    refused[f"{layer.kind}: {error}"] += 1
                    continue
                found.run(work, layer, layer.kind, folder, number)
    found.show(f"best mappings of {len(found.forms)} forms", forms=False)
    for reason, times in refused.items():
        print(f"        {times} refused, {reason}")
    return found.wrong + sum(times for reason, times in refused.items() if not reason.startswith("maxpool"))


def compare_runs(count: int, seed: int, folder: Path) -> int:
    """Play random runs and compare them; return how many differ."""
    rng, found = Random(seed), _Compared()
    for number in range(count):
        case = random_run(rng, SIZES, "repaired" if number % 4 == 3 else "rtl")
        found.run(case.config(), case.layer, case.kind, folder, number)
    found.show("played")
    return found.wrong


def compare_levels(count: int, seed: int, folder: Path) -> int:
    """Play random schedules and compare them; return how many differ."""
    rng, found = Random(seed), _Compared()
    tiles: list[int] = []
    for number in range(count):
        case = random_level_run(rng, SIZES)
        schedule = case.schedule()
        tiles.append(schedule.tiles)
        found.run(schedule, case.layer, case.kind, folder, number)
        array = evaluate_levels(case.nest, case.hardware, case.mapping)[1].array_cycles
        if array != cycles_of(schedule):
            found.wrong += 1
            print(f"{case.layer} {case.mapping}: the model says {array} cycles")
    found.show(f"in buffer tiles ({min(tiles, default=0)} to {max(tiles, default=0)}, {sum(tiles)} in all)")
    return found.wrong


def compare_wholes(count: int, seed: int, folder: Path) -> int:
    """Configure random layers made of parts, execute and play them; return how many differ."""
    rng, wrong, plays = Random(seed), 0, 0
    kinds: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for number in range(count):
        layer, size = random_whole(rng), rng.choice(SIZES[:3])
        memory = {"buffer": rng.choice((256, 1024)), "dram_bandwidth": 4} if number % 3 == 2 else {}
        hardware = read_hardware("maeri-64-rtl", num_ms=size, dn_bw=size // 4, rn_bw=size // 4, **memory)
        inside = folder / f"whole-{number}"
        done = solver.configure(layer, inside, None, hardware)
        assert isinstance(done, ConfiguredWhole)
        told = solver.simulate(layer, config=inside)
        assert isinstance(told, WholeSimulation)
        runs = [run for part in told.parts for run in getattr(part.first, "parts", (part.first,))]
        played = all(getattr(run, "run", None) is not None for run in runs)
        trouble = whole_troubles(layer, inside, number) if played else "a part has no run"
        if done.executed != done.modelled:
            trouble = f"{done.executed} cycles executed, {done.modelled} by the model"
        kinds[layer.kind + (" in buffer tiles" if memory else "")] += 1
        sizes[size] += 1
        plays += sum(part.runs for part in told.parts)
        if trouble:
            wrong += 1
            print(f"{layer} on {hardware.name}: {trouble}")
    spread = ", ".join(f"{times} on {size}" for size, times in sorted(sizes.items()))
    print(f"made of parts: {count - wrong} of {count} right, {plays} runs of parts played ({spread})")
    print("        " + ", ".join(f"{times} {kind}" for kind, times in sorted(kinds.items())))
    return wrong


class _Compared:
    """Runs compared so far."""

    def __init__(self) -> None:
        self.wrong = 0
        self.sizes: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()

    def run(
        self, work: SwitchConfig | Schedule, layer: Primitive, kind: str, folder: Path, number: int
    ) -> None:
        """Write a run, read it back, play it and compare it."""
        write_run(work, layer, folder, number)
        trouble = troubles(work, layer, read_run(folder), number)
        array = (next(iter(work.configs.values())) if isinstance(work, Schedule) else work).array
        self.sizes[array.num_ms] += 1
        self.kinds[kind] += 1
        self.forms[form_of(layer, work.nest).name] += 1
        if trouble:
            self.wrong += 1
            print(f"{layer} {work.nest}: {trouble}")

    def show(self, what: str, *, forms: bool = True) -> None:
        """Print how many there were, of which kinds and in which forms."""
        count = sum(self.sizes.values())
        right = f"{count - self.wrong} of {count} equal direct convolution and configure's cycles"
        spread = ", ".join(f"{count} on {size}" for size, count in sorted(self.sizes.items()))
        print(f"{what}: {right} ({spread})")
        for counted in (self.kinds, self.forms)[: 1 + forms]:
            print("        " + ", ".join(f"{count} {name}" for name, count in sorted(counted.items())))


def change_words(count: int, seed: int, folder: Path) -> float:
    """Change bits of programs; return the share that is noticed."""
    rng, noticed, unseen = Random(seed), 0, []
    for number in range(count):
        if number % 20 == 0:
            case = random_level_run(rng, SIZES) if number % 60 == 40 else random_run(rng, SIZES)
            work = case.schedule() if isinstance(case, LevelCase) else case.config()
            write_run(work, case.layer, folder, number)
        path, before, what = change_a_word(rng, folder)
        if notices(work, folder):
            noticed += 1
        else:
            unseen.append(f"{case.layer} {work.nest}: {what}")
        path.write_text(before)
    print(f"changed: {noticed} of {count} noticed ({noticed / max(count, 1):.2%})")
    print("".join(f"  not noticed: {what}\n" for what in unseen), end="")
    return noticed / count if count else 1.0


def measure_sizes(folder: Path) -> None:
    """Print how large the files of large layers are, and the processor time that they take."""
    print(f"{'layer':24}{'products':>12}{'program':>10}{'numbers':>10}{'write':>9}{'play':>9}{'results':>11}")
    works: dict[str, SwitchConfig | Schedule] = {
        name: build_config(nest, read_hardware(hardware), tile, name=name)
        for name, (nest, hardware, tile) in LARGE.items()
    }
    for name, (nest, preset, capacity) in LEVELS.items():
        hardware = read_hardware(preset, buffer=capacity, dram_bandwidth=16)
        answer = solve_levels(Loops(loops=nest), hardware, Objective.LATENCY)
        assert answer.levels is not None
        works[name] = build_levels(answer.nest, hardware, answer.levels.mapping, name=name)
    for name, work in works.items():
        nest = work.nest
        began = time.process_time()
        write_run(work, Loops(loops=nest), folder)
        written = time.process_time()
        checked = check_run(read_run(folder), work)
        played = time.process_time()
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
    parser.add_argument("--levels", type=int, default=100)
    parser.add_argument("--wholes", type=int, default=60)
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        wrong = walk_forms(folder)
        wrong += compare_runs(arguments.layers, arguments.seed, folder)
        wrong += compare_levels(arguments.levels, arguments.seed, folder)
        wrong += compare_wholes(arguments.wholes, arguments.seed, folder)
        share = change_words(arguments.changes, arguments.seed, folder)
        measure_sizes(folder)
    return int(wrong > 0 or share < 0.99)


if __name__ == "__main__":
    sys.exit(main())
