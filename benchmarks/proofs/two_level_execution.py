"""Two-level mappings executed: buffer, DRAM and the array switch by switch, beside the cost model.

random: small layers of every kind on small accelerators; every output, every word moved, the array's cycles.
mistakes: single mistakes put into schedules.
optima: the best mappings of shipped layers, values and all.
cycles: array cycles of the best mappings of whole networks, every configuration executed, no values.

Run from the repository root:
python -m benchmarks.proofs.two_level_execution [--parts PART...] [--instances N] [--mistakes N] [--seed S]
    [--networks NAME...]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from statistics import mean

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import MapperError
from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import run_clock
from solver.execution.faults import SwitchFaultError
from solver.execution.levels.verify import verify_schedule
from solver.execution.program import load
from solver.execution.tensors import make_tensors
from solver.hardware import Hardware, read_hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.readers.read import read_layers
from solver.schedule.build import build_schedule
from tests.support.execution_checks import KINDS
from tests.support.schedule_checks import (
    SCHEDULE_MUTATIONS,
    LevelCase,
    mutate_schedule,
    random_level_case,
)

SHIPPED = (
    ("resnet50", "layer3.1.conv2"),
    ("squeezenet", "fire5/expand3x3"),
    ("mobilenetv2", "features.8.conv.1.0"),
    ("googlenet", "inception_4a/5x5"),
    ("alexnet", "conv3"),
    ("bert_base", "attention.self.head0.scores"),
)
NOTICEABLE = 0.01
"""Relative error from which the layer is named."""
NETWORKS = ("alexnet", "squeezenet", "mobilenetv2", "googlenet", "resnet50", "vgg16", "bert_base")
PARTS = ("random", "mistakes", "optima", "cycles")
BUFFERS = (None, 16 * 1024)
"""Capacities in bytes: the preset's, and one that makes the levels matter."""


def errors(name: str, found: Sequence[float], names: Sequence[str] = ()) -> None:
    """Print how a figure of the cost model differs from the executed one, relative to it."""
    sizes = [abs(error) for error in found]
    exact = sum(not size for size in sizes) / len(sizes)
    print(
        f"  {name:<50} exact {exact:.1%}, mean error {mean(sizes):.2%}, "
        f"range {min(found):+.1%} .. {max(found):+.1%}, n = {len(sizes)}"
        + (f", worst {names[sizes.index(max(sizes))]}" if names and max(sizes) > NOTICEABLE else "")
    )


def sorts(case: LevelCase) -> list[str]:
    """Return what a case is an example of."""
    memory = case.hardware.memory
    assert memory is not None
    sizes = list(
        zip("RSCKGNXY", case.nest.sizes, case.mapping.buffer.sizes, case.mapping.tile.sizes, strict=True)
    )
    cut = {dim for dim, size, held, _ in sizes if held < size}
    named = {
        "halos between buffer tiles": bool(
            ("X" in cut and case.nest.R > 1) or ("Y" in cut and case.nest.S > 1)
        ),
        "partial sums between buffer tiles": bool(cut & set("CRS")),
        "edges that the buffer tile leaves": any(size % held for _, size, held, _ in sizes),
        "buffer tiles smaller than the array tile": any(
            size % held and size % held < tile for _, size, held, tile in sizes
        ),
        "split buffers": memory.buffer.capacity is None,
        "single-buffered": not memory.buffer.double_buffered,
        "limited buffer bandwidth": memory.buffer.bandwidth is not None,
        "limited stationary words per switch": memory.weights_per_switch is not None,
        "batch": case.nest.N > 1,
        "inputs stationary in the multipliers": case.nest != case.layer.nest(),
    }
    return [name for name, holds in named.items() if holds]


def random_instances(count: int, seed: int) -> bool:
    rng, began = Random(seed), time.perf_counter()
    seen: Counter[str] = Counter()
    array, lockstep = [], []
    right = 0
    for number in range(count):
        case = random_level_case(rng, KINDS[number % len(KINDS)])
        try:
            run = case.run(seed=number)
        except MapperError as error:
            print(f"  {case}: {error}")
            continue
        right += 1
        execution = run.execution
        seen["buffer tiles"] += execution.tiles
        seen.update(sorts(case))
        array.append(run.levels.array_cycles / execution.array_cycles - 1)
        lockstep.append(run.cost.cycles / execution.cycles - 1)
    print(f"\nRandom layers and accelerators, seed {seed}")
    print(f"  {'instances':<50} {count}, kinds of layers in turn: {', '.join(KINDS)}")
    print(f"  {'every output right, every word one of the model':<50} {right}")
    for name, number in seen.most_common():
        print(f"  {name:<50} {number}")
    errors("cost model's array cycles beside the executed", array)
    print(f"  {'of them below the executed':<50} {sum(error < 0 for error in array)}")
    errors("cost model's latency beside the lockstep", lockstep)
    print(f"  ({time.perf_counter() - began:.1f} s)", flush=True)
    return right == count and not any(array)


def mistakes(count: int, seed: int) -> bool:
    print("\nSingle mistakes in schedules")
    rng, all_found = Random(seed), True
    for what in SCHEDULE_MUTATIONS:
        found: Counter[str] = Counter()
        while found.total() < count:
            case = random_level_case(rng)
            schedule = case.schedule()
            wrong = mutate_schedule(rng, schedule, what)
            if wrong == schedule:
                continue
            try:
                for run in range(3):  # numbers may happen to be the same
                    case.run(wrong, run)
            except SwitchFaultError as error:
                found[f"{error.faults[0].kind}"] += 1
            else:
                found["NOT FOUND"] += 1
                all_found = False
        print(f"  {what}: {count}")
        for kind, number in found.most_common():
            print(f"    {number:4d} {kind}")
    return all_found


def best(layer: Primitive, hardware: Hardware, objective: Objective) -> Solution | None:
    """Return the best mapping whose weights stay, or None if there is none."""
    question = Question(hardware=hardware, objective=objective, limits=Limits(), baselines=False)
    try:
        answer, _ = map_layer(layer, question, lambda *_: None)
    except MapperError:
        return None
    return answer if isinstance(answer, Solution) else None


def hardware_with(capacity: int | None) -> Hardware:
    """Return the largest preset, with another buffer if one is given."""
    hardware = read_hardware("maeri-256-dram")
    assert hardware.memory is not None
    if capacity is None:
        return hardware
    buffer = replace(hardware.memory.buffer, capacity=capacity)
    return replace(hardware, memory=replace(hardware.memory, buffer=buffer))


def optima() -> None:
    print("\nBest mappings of shipped layers on maeri-256-dram, buffer of 16 KiB, every value computed")
    print(f"  {'layer':<38} {'objective':<8} {'tiles':>7} {'sizes':>5} {'phases':>6}"
          f" {'array cycles':>13} {'model':>7} {'lockstep':>13} {'model':>7} {'s':>6}")  # fmt: skip
    hardware = hardware_with(BUFFERS[1])
    for network, name in SHIPPED:
        layer = next(l for l in read_layers(network) if l.name in (name, f"{network}/{name}"))
        assert isinstance(layer, Primitive)
        for objective in (Objective.LATENCY, Objective.ENERGY):
            answer = best(layer, hardware, objective)
            assert answer is not None and answer.levels is not None
            schedule = build_schedule(answer.nest, hardware, answer.levels.mapping)
            began = time.perf_counter()
            run = verify_schedule(schedule, layer, make_tensors(layer, Arithmetic.EXACT))
            took = time.perf_counter() - began
            done = run.execution
            print(f"  {network + '/' + name:<38} {objective:<8} {done.tiles:>7,} {len(done.configs):>5}"
                  f" {len(schedule.phases):>6} {done.array_cycles:>13,}"
                  f" {run.levels.array_cycles / done.array_cycles - 1:>+7.2%} {done.cycles:>13,}"
                  f" {run.cost.cycles / done.cycles - 1:>+7.2%} {took:>6.1f}", flush=True)  # fmt: skip


def cycles(networks: Sequence[str]) -> bool:
    """Execute the array for every different buffer tile of the networks' best mappings."""
    print("\nArray cycles of the best mappings of networks on maeri-256-dram: cost model beside execution")
    everything: list[float] = []
    for network in networks:
        layers = [l for l in read_layers(network) if isinstance(l, Primitive)]
        layers = list({l.nest(): l for l in layers}.values())
        for capacity in BUFFERS:
            hardware = hardware_with(capacity)
            for objective in (Objective.LATENCY, Objective.ENERGY):
                off, names = [], []
                for layer in layers:
                    answer = best(layer, hardware, objective)
                    if answer is None or answer.levels is None:
                        continue
                    schedule = build_schedule(answer.nest, hardware, answer.levels.mapping)
                    executed = sum(
                        schedule.runs(name) * run_clock(load(config))
                        for name, config in schedule.configs.items()
                    )
                    off.append(answer.levels.array_cycles / executed - 1)
                    names.append(layer.name)
                size = "256 KiB" if capacity is None else f"{capacity // 1024} KiB"
                if not off:
                    continue
                errors(f"{network}, {size}, {objective}", off, names)
                everything += off
                sys.stdout.flush()
    errors("all of them", everything)
    print(f"  {'of them below the executed':<50} {sum(error < 0 for error in everything)}")
    return not any(everything)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=300, help="random layers")
    parser.add_argument("--mistakes", type=int, default=100, help="single mistakes of every sort")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to run")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, help="whose best mappings, for cycles")
    arguments = parser.parse_args()
    right = True
    if "random" in arguments.parts:
        right &= random_instances(arguments.instances, arguments.seed)
    if "mistakes" in arguments.parts:
        right &= mistakes(arguments.mistakes, arguments.seed)
    if "optima" in arguments.parts:
        optima()
    if "cycles" in arguments.parts:
        right &= cycles(arguments.networks)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
