"""Batches over both levels: optima beside the enumeration, and every answer executed.

Random small layers of one to three images that forward inputs, so that weights may overtake them in a buffer
tile. Of each, the optima of all objectives are those of the enumeration of every mapping; they, and random
legal mappings that only a replay clears of overtaking, are executed switch by switch: every output right, the
array's cycles those of the cost model.

Run from the repository root: python -m benchmarks.proofs.two_level_batch [--questions N] [--seed S]
"""

from __future__ import annotations

import argparse
import sys
from random import Random

import numpy as np

from solver.cost.result import Objective
from solver.errors import MapperError
from solver.execution.arithmetic import Arithmetic
from solver.execution.levels.verify import verify_schedule
from solver.execution.tensors import make_tensors
from solver.hardware import Hardware
from solver.layer import LoopNest, Loops
from solver.legal.levels import may_overtake_in
from solver.legal.tiles import Limits
from solver.mapping.levels import LevelMapping
from solver.schedule.build import build_schedule
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.search import LevelSearch
from tests.support.examples.level_questions import LevelQuestion, enumerate_all, small_hardware, small_memory

ROUNDING = 1e-9


def random_batch(rng: Random) -> LoopNest:
    """Return a small layer that forwards inputs with some array tiles."""
    return LoopNest(
        R=rng.choice((1, 1, 2)),
        S=rng.choice((2, 2, 3)),
        C=rng.choice((1, 1, 2)),
        K=rng.randint(1, 3),
        G=rng.choice((1, 1, 2)),
        N=rng.choice((1, 2, 2, 3)),
        X=rng.randint(1, 3),
        Y=rng.randint(2, 5),
    )


def executes(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> bool:
    """Return whether a mapping computes every output rightly in the cycles of the cost model."""
    layer = Loops(loops=nest)
    try:
        schedule = build_schedule(nest, hardware, mapping)
        run = verify_schedule(schedule, layer, make_tensors(layer, Arithmetic.EXACT))
    except MapperError as error:
        print(f"  {nest} {mapping}: {error}")
        return False
    return run.execution.array_cycles == run.levels.array_cycles


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = Random(arguments.seed)
    asked = optima = executed = doubtful = wrong = 0
    while asked < arguments.questions:
        nest = random_batch(rng)
        hardware = small_hardware(rng, small_memory(rng), sizes=(8, 16))
        every = enumerate_all(LevelQuestion(nest, hardware, Limits()), most=60_000)
        if every is None or not len(every.latency):
            continue
        asked += 1
        search = LevelSearch(nest, hardware, Limits())
        answers: list[LevelMapping] = []
        for objective in Objective:
            goal = Best(objective)
            search.run(goal, Clock(None, None))
            assert goal.point is not None
            least = float(every.values(objective).min())
            if abs(goal.best - least) > ROUNDING * least:
                print(f"  {nest} {hardware}: {objective} {goal.best}, enumeration {least}")
                wrong += 1
            optima += 1
            if goal.point.mapping.array_order == "weights":
                answers.append(goal.point.mapping)
        replayed = may_overtake_in(nest, hardware, every.tiles, every.buffers) & (every.array_order == 0)
        some = rng.sample(np.flatnonzero(replayed).tolist(), min(3, int(replayed.sum())))
        doubtful += len(some)
        answers += [every.mapping(index) for index in some]
        executed += len(answers)
        wrong += sum(not executes(nest, hardware, mapping) for mapping in answers)
    print(
        f"{asked} questions, {optima} optima beside the enumeration; {executed} mappings executed, "
        f"{doubtful} of them cleared of overtaking by replay only; {wrong} wrong"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
