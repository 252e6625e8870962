"""CP-SAT's joint model beside the enumeration of its space, and on one real layer.

optimum: what CP-SAT proves is the least that the enumeration of every mapping knows.
costs: with all decisions fixed to one mapping, the model's optimum is that mapping's cost.
refusals: mappings that the enumeration does not know, illegal or too large, are no solutions.
real layer: VGG-16 conv1_2 for energy, which fills the 64 bits, beside the branch and bound.

Run from the repository root: python -m benchmarks.proofs.two_level_joint [--questions N] [--seed S]
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from random import Random

import pytest

from solver.cost.result import Objective
from solver.cost.two_level.array import tightened
from solver.cost.two_level.evaluate import evaluate_levels
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest
from solver.legal.tiles import Limits
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.joint.model import build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import room_for
from solver.search.two_level.search import LevelSearch
from tests.support.joint_checks import check_costs, check_optimum, check_refusals, questions


def real_layer() -> None:
    """Prove VGG-16 conv1_2 for energy with array tiles of some 40 shapes: its energies fill the 64 bits."""
    nest = LoopNest(R=3, S=3, C=64, K=64, X=224, Y=224)
    memory = Memory(buffer=PrefetchBuffer(capacity=64 * 1024), dram_bandwidth=16)
    hardware = replace(read_hardware("maeri-256"), memory=memory)
    pinned = Limits(lower={"S": 3, "K": 32}, upper={"R": 1, "C": 1, "X": 1, "Y": 1})
    search = LevelSearch(nest, hardware, pinned)
    goal = Best(Objective.ENERGY)
    search.run(goal, Clock(None, None))
    assert goal.point is not None
    room = room_for(nest, hardware, Objective.ENERGY, goal.found)
    shapes = tightened(nest, hardware, search.laid_out, {})
    answer = minimise(build_joint(nest, hardware, Objective.ENERGY, shapes, room), seconds=60)
    assert answer.proved and answer.mapping is not None
    assert answer.bound == pytest.approx(goal.best, rel=1e-4) and answer.bound <= goal.best
    cost, _ = evaluate_levels(nest, hardware, answer.mapping)
    assert float(cost.energy) == pytest.approx(goal.best, rel=1e-4) and cost.energy >= goal.best * (1 - 1e-9)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=6)
    parser.add_argument("--seed", type=int, default=41)
    arguments = parser.parse_args()
    began, wrong, refused = time.perf_counter(), 0, 0
    for number, (question, every) in enumerate(questions(arguments.seed, arguments.questions)):
        rng = Random(number)
        try:
            for objective in Objective:
                check_optimum(question, every, objective, every_buffer_tile=number % 2 == 0)
                check_costs(question, every, objective, rng, 3)
            refused += check_refusals(question, every, rng, 8)
        except AssertionError as error:
            print(f"  {question}: {error}")
            wrong += 1
    print(
        f"{arguments.questions - wrong} of {arguments.questions} questions agree for all objectives; "
        f"{refused} mappings refused; {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    began = time.perf_counter()
    real_layer()
    print(f"real layer: proved, energies agree; {time.perf_counter() - began:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
