"""CP-SAT beside the exhaustive oracle on random small questions.

The oracle evaluates (replays) every legal mapping by itself. CP-SAT answers twice: as `solve` does, and
without presolve, where it is told every tile that fits and decides legality alone; there it also lists all
tiles that its constraints allow (those in which weights overtake inputs are left to the replay). Checked too:
that no lower bound exceeds the replay, on every legal mapping.

Run from the repository root: python -m benchmarks.proofs.oracle [--instances N] [--seed S] [--reduction rtl]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from decimal import Decimal
from math import inf
from random import Random

import numpy as np

from solver.cost.batch import batch_cost, quick_bound
from solver.errors import InfeasibleError
from solver.legal.tiles import candidate_tiles, legal_tiles
from solver.mapping.tile import Tile
from solver.search.solve import solve
from tests.support.examples.questions import (
    Question,
    cp_sat_space,
    legal_costs,
    random_hardware,
    random_question,
    random_real_hardware,
)

SLACK = 1e-9
"""Relative error allowed to bounds computed in floating point."""


def features(question: Question) -> set[str]:
    """Return what makes an instance special."""
    nest, hardware, limits = question.nest, question.hardware, question.limits
    pinned = any(limits.lower.get(dim) == size for dim, size in limits.upper.items())
    named = {
        "groups": nest.G > 1,
        "stride": nest.stride != (1, 1),
        "dilation": nest.dilation != (1, 1),
        "batch": nest.N > 1,
        "sizes with non-dividing tiles": any(size > 2 for size in nest.sizes),
        "pinned sizes": pinned,
        "bounded sizes": bool(limits.lower or limits.upper),
        "no accumulation buffer": not hardware.accumulation_buffer,
        f"adder tree of the {hardware.reduction}, inputs {hardware.forwarding}": True,
        f"energy table {hardware.energy_table.name}": True,
        f"objective {question.objective}": True,
        f"{hardware.num_ms} switches": True,
    }
    return {name for name, holds in named.items() if holds}


def disagreements(question: Question, costs: dict) -> list[str]:
    """Return what differs from the oracle."""
    nest, hardware, objective, limits = (
        question.nest,
        question.hardware,
        question.objective,
        question.limits,
    )
    found = []
    allowed = {Tile.of(sizes) for sizes in candidate_tiles(nest, hardware, limits)}
    optimum = min(costs.values())
    for way, prover in (("solve", None), ("bounds", "bounds"), ("CP-SAT alone", "cpsat")):
        answer = solve(question.layer, hardware, objective, limits=limits, workers=1, prover=prover)
        if not answer.proved or answer.objective_value != optimum or costs[answer.tile] != optimum:
            found.append(f"{way}: {answer.objective_value} by {answer.tile}, oracle {optimum}")
        if answer.space.size != len(allowed):
            found.append(f"{way}: a space of {answer.space.size}, oracle {len(allowed)}")
    if cp_sat_space(nest, hardware, limits) != allowed:
        found.append("the tiles that CP-SAT allows")
    tiles = np.array([tile.sizes for tile in costs])
    exact = np.array([float(value) for value in costs.values()]) * (1 + SLACK)
    least = batch_cost(nest, hardware, tiles).least_values(objective)
    if (least > exact).any():
        found.append(f"{(least > exact).sum()} lower bounds above the replay")
    if (quick_bound(nest, hardware, tiles).least_values(objective) > least * (1 + SLACK)).any():
        found.append("quick bounds above the lower bound")
    return found


def infeasible(question: Question) -> bool:
    """Return whether nothing is legal, and `solve` says so."""
    if len(legal_tiles(question.nest, question.hardware, question.limits)):
        return False
    try:
        solve(question.layer, question.hardware, question.objective, limits=question.limits, workers=1)
    except InfeasibleError:
        return True
    raise AssertionError(f"a mapping was found in an empty space: {question}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reduction", choices=("simulator", "rtl"), default="simulator")
    arguments = parser.parse_args()
    draw_hardware = random_real_hardware if arguments.reduction == "rtl" else random_hardware
    rng, began = Random(arguments.seed), time.perf_counter()
    seen: Counter[str] = Counter()
    wrong = empty = mappings = done = 0
    while done < arguments.instances:
        question = random_question(rng, draw_hardware=draw_hardware, most_serial=inf)
        if infeasible(question):
            empty += 1
            continue
        costs: dict[object, Decimal] = legal_costs(question)
        found = disagreements(question, costs)
        for what in found:
            print(f"{question}: {what}")
        wrong += bool(found)
        mappings += len(costs)
        done += 1
        seen.update(features(question))
    print(
        f"{done} instances, {mappings} mappings replayed: CP-SAT equals the oracle on {done - wrong}, "
        f"differs on {wrong}; {empty} more without legal mapping, refused; "
        f"{time.perf_counter() - began:.0f} s"
    )
    for name, count in sorted(seen.items()):
        print(f"  {name:32}{count:>5}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
