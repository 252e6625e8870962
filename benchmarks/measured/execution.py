"""What is shown of decoded configurations: executed on every sort of array, timed, and with mistakes put in.

Run from the repository root: python -m benchmarks.measured.execution [--layers N] [--mutants N] [--data
FOLDER]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import mean, quantiles

from benchmarks.measured.measurements import data_option
from solver.array.adder_tree_config import AdderTreeConfig
from solver.cost.evaluate import evaluate
from solver.execution.adder_tree import run_wave
from solver.execution.execute import run_clock
from solver.execution.faults import SwitchFaultError
from solver.execution.program import load
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from solver.readers.read import read_layers
from solver.switches.decode import decode
from solver.switches.switch_config import SwitchConfig
from tests.support.execution_checks import ARRAYS, KINDS, MUTATIONS, Case, cases, mutate, random_case
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

Line = tuple[str, object]
MOST_CYCLES = 30_000
"""Longest measured run without accumulation buffer that is executed here."""


def layers(count: int, array: str) -> Iterator[Line]:
    found: Counter[str] = Counter()
    off: list[float] = []
    for case in cases(7, count, array):
        execution, right = case.run()
        model = evaluate(case.nest, case.hardware, case.tile)
        found["layers"] += 1
        found["every output that of direct convolution"] += right
        found[f"{model.method}: cycles equal"] += execution.cycles == model.cycles
        found[f"{model.method}: cases"] += 1
        if execution.cycles != model.cycles:
            off.append((model.cycles - execution.cycles) / execution.cycles)
        for name, holds in _sorts(case):
            found[name] += holds
    yield from sorted(found.items(), key=lambda item: (item[0].startswith("  "), item[0][2:] not in KINDS))
    if off:
        yield (
            "cost model off in the others, mean and extremes",
            f"{mean(off):.2%}, {min(off):.2%} .. {max(off):.2%}",
        )


def _sorts(case: Case) -> Iterator[tuple[str, bool]]:
    yield f"  {case.kind}", True
    yield "  folds over R", "R" in case.folded
    yield "  folds over S", "S" in case.folded
    yield "  folds over C", "C" in case.folded
    yield "  tiles that do not divide", case.partial
    yield f"  {case.arithmetic} arithmetic", True


def mutants(count: int) -> Iterator[Line]:
    rng = Random(3)
    for what in MUTATIONS:
        found: Counter[str] = Counter()
        missed: list[str] = []
        while found["mistakes"] < count:
            case = random_case(rng, rng.choice(ARRAYS))
            config = case.config()
            wrong = mutate(rng, config, what)
            if wrong == config:
                continue
            found["mistakes"] += 1
            try:
                # A word moved to one of the same value is seen with other numbers.
                right = all(case.run(wrong, seed)[1] for seed in range(4))
            except SwitchFaultError:
                found["a fault that names the switch"] += 1
            else:
                found["wrong outputs"] += not right
                found["not seen"] += right
                missed += [
                    f"{_change(config, wrong)}; {case.kind} {case.nest.sizes}, tile {case.tile}"
                ] * right
        yield what, ", ".join(f"{name} {number}" for name, number in found.items() if number)
        for text in missed:
            yield "  not seen", text


def _change(config: SwitchConfig, wrong: SwitchConfig) -> str:
    """Return what a mistake that nothing shows has changed."""
    for before, after in zip(config.phases, wrong.phases, strict=True):
        for leaf, (mine, other_setting) in enumerate(zip(before.multipliers, after.multipliers, strict=True)):
            if mine != other_setting:
                return f"{before.kind}, MS{leaf}: {mine.state.name} became {other_setting.state.name}"
        for port, (words, others) in enumerate(zip(before.ports, after.ports, strict=True)):
            for word, other in zip(words, others, strict=False):
                if word != other:
                    where = f"{before.kind} {dict(before.when)}, port {port}"
                    return f"{where}, {word.operand} {word.offset} became {other.offset}"
    if isinstance(config.tree, AdderTreeConfig) and isinstance(wrong.tree, AdderTreeConfig):
        wave = run_wave(wrong.tree, config.placement, config.array.rn_bw)
        return f"adder outputs that get no values, so that they never fire: {', '.join(wave.idle_outputs)}"
    return "settings"


def measured(folder: Path) -> Iterator[Line]:
    """Execute the simulator's own runs that fold without accumulation buffer."""
    off: list[float] = []
    model_off: list[float] = []
    for row in rows("stonne_sims.csv", folder):
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        cycles = int(row["cycles"])
        folding = row["accumulation_buffer"] == "0" and int(row["F"]) > 1
        if row["status"] != "OK" or not folding or cycles > MOST_CYCLES or legality(nest, hardware, tile):
            continue
        off.append((run_clock(load(decode(nest, hardware, tile))) - cycles) / cycles)
        model_off.append((evaluate(nest, hardware, tile).cycles - cycles) / cycles)
    for name, errors in (("executed", off), ("closed form", model_off)):
        sizes = [abs(error) for error in errors]
        exact = sum(not size for size in sizes) / len(sizes)
        yield (
            f"{name}, {len(sizes)} runs",
            f"exact {exact:.0%}, mean error {mean(sizes):.2%}, p95 {quantiles(sizes, n=20)[-1]:.1%}, "
            f"max {max(sizes):.1%}",
        )


def buffered(folder: Path) -> Iterator[Line]:
    """Execute the simulator's own runs with accumulation buffer or without folds."""
    found: Counter[str] = Counter()
    for row in rows("stonne_sims.csv", folder):
        nest, hardware, tile = nest_of(row), hardware_of(row), tile_of(row)
        folding = row["accumulation_buffer"] == "0" and int(row["F"]) > 1
        if row["status"] != "OK" or folding or legality(nest, hardware, tile):
            continue
        found["runs"] += 1
        found["equal to the simulator"] += run_clock(load(decode(nest, hardware, tile))) == int(row["cycles"])
    yield from found.items()


def speed() -> Iterator[Line]:
    """A layer of 10^6 MACs on 64 switches, and the best mapping of the main job's layer on 256."""
    small = Conv(input=(16, 32, 32), filters=8, kernel=(3, 3), padding=((1, 1), (1, 1)))
    (vgg,) = read_layers("vgg_conv3")
    assert isinstance(vgg, Conv)
    for layer, name, hardware, tile in (
        (small, "simulator, R3 S3 C2 K3", read_hardware("maeri-64"), Tile(R=3, S=3, C=2, K=3)),
        (small, "simulator, one multiplier", read_hardware("maeri-64"), Tile()),
        (
            small,
            "simulator without accumulation buffer",
            read_hardware("maeri-64", accumulation_buffer=False),
            Tile(R=3, S=3, C=2, K=3),
        ),
        (small, "real hardware, R3 S3 C2 K2", read_hardware("maeri-64-rtl"), Tile(R=3, S=3, C=2, K=2)),
        (vgg, "simulator, S3 K64", read_hardware("maeri-256"), Tile(S=3, K=64)),
    ):
        case = next(cases(0, 1, "simulator"))
        case = Case("conv", layer, layer.nest(), hardware, tile, case.arithmetic)
        start, processor = time.perf_counter(), time.process_time()
        execution, right = case.run()
        took, processor = time.perf_counter() - start, time.process_time() - processor
        figures = f"{took:.1f} s (processor {processor:.1f} s), right {right}, {execution.cycles} cycles"
        yield f"{layer.macs} MACs, {name}", figures


def show(title: str, lines: Callable[[], Iterator[Line]]) -> None:
    start = time.perf_counter()
    print(f"\n{title}")
    for name, value in lines():
        print(f"  {name:<56} {value}")
    print(f"  ({time.perf_counter() - start:.1f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=1000, help="random layers per sort of array")
    parser.add_argument("--mutants", type=int, default=500, help="single mistakes of every sort")
    data_option(parser)
    arguments = parser.parse_args()
    for array in ARRAYS:
        show(f"Random layers, {array}", lambda: layers(arguments.layers, array))  # noqa: B023
    show("Single mistakes", lambda: mutants(arguments.mutants))
    show("Runs of the simulator, with accumulation buffer or without folds", lambda: buffered(arguments.data))
    show(
        f"Runs of the simulator, folding without accumulation buffer, up to {MOST_CYCLES} cycles",
        lambda: measured(arguments.data),
    )
    show("Speed", speed)


if __name__ == "__main__":
    main()
