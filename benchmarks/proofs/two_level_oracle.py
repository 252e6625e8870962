"""The two-level model and search beside their oracles, on random small layers and accelerators.

walker: the reuse walker runs the loops and counts every word that moves, and the room it takes.
single level: a buffer that is filled once must cost what the single-level model says.
optimum: the branch and bound, and CP-SAT's joint model, beside the enumeration of every mapping.
front: the latency-energy front beside that of the enumeration.

Run from the repository root: python -m benchmarks.proofs.two_level_oracle [--mappings N] [--instances N]
[--seed S]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random

import numpy as np

from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.layer import LoopNest
from solver.legal.tiles import legal_tiles
from solver.mapping.levels import LevelMapping
from solver.search.progress import Clock
from solver.search.two_level.goal import Best, Front
from solver.search.two_level.joint.model import build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import room_for
from solver.search.two_level.search import LevelSearch
from tests.support.examples.level_questions import (
    ENDLESS,
    Enumerated,
    LevelQuestion,
    beside_single_level,
    enumerate_all,
    every_shape,
    random_mapping,
    small_hardware,
    small_nest,
    small_question,
    walked,
)

ROUNDING = 1e-9
"""Relative error allowed to energies, which the searches sum in floating point."""


def kinds(nest: LoopNest, mapping: LevelMapping) -> set[str]:
    """Return what a mapping is an example of."""
    sizes = list(zip(nest.sizes, mapping.buffer.sizes, mapping.tile.sizes, strict=True))
    cut = {dim: size > held for dim, (size, held, _) in zip("RSCKGNXY", sizes, strict=True)}
    named = {
        "halos between buffer tiles": (cut["X"] and nest.R > 1) or (cut["Y"] and nest.S > 1),
        "partial sums between buffer tiles": any(cut[dim] for dim in "CRS"),
        "edges: sizes that the buffer tile does not divide": any(size % held for size, held, _ in sizes),
        "edges: sizes that the array tile does not divide": any(held % tile for _, held, tile in sizes),
        "groups": nest.G > 1,
        "strides": nest.stride != (1, 1),
        "dilation": nest.dilation != (1, 1),
        "batch": nest.N > 1,
        "FC and GEMM": nest.S > 3 and nest.R == nest.C == nest.Y == 1,
    }
    return {name for name, holds in named.items() if holds} | {f"{mapping.array_order} stationary"}


def check_walker(mappings: int, seed: int) -> int:
    rng, began = Random(seed), time.perf_counter()
    seen: Counter[str] = Counter()
    compared = wrong = 0
    while compared < mappings:
        nest, hardware = small_nest(rng, most=5), small_hardware(rng, ENDLESS, sizes=(8, 16, 32))
        mapping = random_mapping(rng, nest, hardware)
        if mapping is None:
            continue
        by_walk, by_model = walked(nest, hardware, mapping)
        if by_walk != by_model:
            print(f"  {nest} {mapping}: walked {by_walk}, model {by_model}")
        wrong += by_walk != by_model
        compared += 1
        seen.update(kinds(nest, mapping))
    print(
        f"walker: {compared - wrong} of {compared} random two-level mappings agree in all words moved "
        f"and held; {time.perf_counter() - began:.0f} s"
    )
    for name, count in sorted(seen.items()):
        print(f"  {name:52}{count:>6}")
    return wrong


def check_single_level(layers: int, seed: int) -> int:
    rng = Random(seed)
    compared = drained = tight = wrong = 0
    for number in range(layers):
        nest, hardware = small_nest(rng, most=8), small_hardware(rng, ENDLESS, sizes=(16, 32, 64))
        tiles = legal_tiles(nest, hardware)
        tiles = tiles[np.random.default_rng(number).permutation(len(tiles))[:200]]
        found = beside_single_level(nest, hardware, tiles)
        compared, drained = compared + found.compared, drained + found.drained
        tight, wrong = tight + found.tight, wrong + found.wrong
    print(
        f"single level: {compared - wrong} of {compared} tiles have its cycles and events and a bound that "
        f"is no higher; on {tight} of {drained} that drain the bound is the replay's cycle"
    )
    return wrong


def differences(question: LevelQuestion, every: Enumerated, seen: Counter[str]) -> list[str]:
    """Return where the searches and the enumeration disagree."""
    nest, hardware = question.nest, question.hardware
    found = []
    search = LevelSearch(nest, hardware, question.limits)
    shapes = every_shape(question)
    # What only a replay excludes is in CP-SAT's model.
    modelled = enumerate_all(question, wrong=True)
    assert modelled is not None
    for objective in Objective:
        optimum = float(every.values(objective).min())
        goal = Best(objective)
        search.run(goal, Clock(None, None))
        if abs(goal.best - optimum) > ROUNDING * optimum:
            found.append(f"{objective}: branch and bound {goal.best}, enumeration {optimum}")
        # CP-SAT is told of no bound and no presolve, only of the worst mapping that it need not undercut; it
        # states what no replay falls below.
        least = float(modelled.least_values(objective).min())
        room = room_for(nest, hardware, objective, float(modelled.values(objective).max()))
        model = build_joint(nest, hardware, objective, shapes, room, every_buffer_tile=True)
        answer = minimise(model, seconds=120)
        if not answer.proved or abs(answer.bound - least) > 1e-6 * least:
            found.append(f"{objective}: CP-SAT {answer}, enumeration {least}")
        seen[f"optimum, {objective}"] += 1
    front = Front()
    search.run(front, Clock(None, None))
    points = np.array([(point.latency, point.energy) for point in front.points])
    expected = np.array(every.front())
    if points.shape != expected.shape or not np.allclose(points, expected, rtol=ROUNDING, atol=0):
        found.append(f"front {points.tolist()}, enumeration {expected.tolist()}")
    seen[f"front of {min(len(expected), 4)}{' or more' if len(expected) > 3 else ''} points"] += 1
    memory = hardware.memory
    assert memory is not None
    split = "shared" if memory.buffer.capacity is not None else "split"
    seen[f"{memory.controller} controller"] += 1
    seen[f"{split}, {'double' if memory.buffer.double_buffered else 'single'}-buffered"] += 1
    seen["limited buffer bandwidth"] += memory.buffer.bandwidth is not None
    seen["limited weights per switch"] += memory.weights_per_switch is not None
    seen["bounded tile sizes"] += bool(question.limits.upper)
    return found


def check_optimum(instances: int, seed: int) -> int:
    rng, began = Random(seed), time.perf_counter()
    seen: Counter[str] = Counter()
    done = wrong = empty = mappings = 0
    while done < instances:
        question = small_question(rng)
        every = enumerate_all(question, most=100_000)
        if every is None:
            continue
        if not len(every.latency):
            try:
                LevelSearch(question.nest, question.hardware, question.limits)
                wrong += 1
                print(f"  {question}: no mapping is legal, but the search does not say so")
            except InfeasibleError:
                empty += 1
            continue
        found = differences(question, every, seen)
        for what in found:
            print(f"  {question}: {what}")
        wrong += bool(found)
        mappings += len(every.latency)
        done += 1
    print(
        f"optimum and front: branch and bound, joint CP-SAT model and enumeration agree on "
        f"{done - wrong} of {done} instances ({mappings:,} mappings enumerated); {empty} more without a "
        f"mapping, refused; {time.perf_counter() - began:.0f} s"
    )
    for name, count in sorted(seen.items()):
        print(f"  {name:52}{count:>6}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mappings", type=int, default=5000, help="for the walker")
    parser.add_argument("--layers", type=int, default=100, help="beside the single level")
    parser.add_argument("--instances", type=int, default=250, help="beside the enumeration")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    wrong = check_walker(arguments.mappings, arguments.seed)
    wrong += check_single_level(arguments.layers, arguments.seed)
    wrong += check_optimum(arguments.instances, arguments.seed)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
