"""Both provers of the two-level search on real layers: bounds on pairs, and CP-SAT's joint model.

Each starts from the same incumbent and the array tiles that the separate bounds leave open, and is timed on
one thread from there to the proof: bounding and expanding the open pairs, or building and solving the model.
With --all-tiles CP-SAT is given every array tile, so that it uses nothing of the bounds but the incumbent.

Run from the repository root: python -m benchmarks.proofs.two_level_provers [--buffer KIB] [--seconds S]
[--network NAME ...] [--kind conv|fc|gemm] [--all-tiles]
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.proofs.two_level_layers import NETWORKS, accelerator, distinct_layers
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal.tiles import Limits
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.joint.model import build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import room_for
from solver.search.two_level.joint.search import ROUNDING, shapes_of
from solver.search.two_level.search import LevelSearch

NEAR = 0.01
"""How far below the optimum CP-SAT's may be before its mappings are replayed."""


@dataclass(frozen=True)
class Contest:
    """One question: processor seconds of either prover, and whether CP-SAT's proof is the same."""

    name: str
    objective: Objective
    tiles: int
    refills: int
    by_bounds: float
    building: float
    solving: float
    proved: bool
    agrees: bool


def contest(
    name: str, nest: LoopNest, hardware: Hardware, objective: Objective, seconds: float, every_tile: bool
) -> Contest | None:
    """Time both provers; None if the separate bounds leave nothing open."""
    search = LevelSearch(nest, hardware, Limits())
    start, goal = Best(Objective.EDP), Best(objective)
    search.run(start, Clock(None, None))
    assert start.point is not None
    goal.offer(start.point)
    left = search.narrow(goal, Clock(None, None))
    incumbent = goal.point
    assert incumbent is not None
    if not len(left.arrays.tile) or not len(left.buffers.order):
        return None
    began = time.process_time()
    search.close(goal, left, Clock(None, None))
    by_bounds = time.process_time() - began
    shapes = search.laid_out if every_tile else shapes_of(search, left, incumbent.mapping)
    began = time.process_time()
    room = room_for(nest, hardware, objective, goal.found)
    model = build_joint(nest, hardware, objective, shapes, room)
    building = time.process_time() - began
    began = time.process_time()
    outcome = minimise(model, known=goal.best, seconds=seconds)
    return Contest(
        name,
        objective,
        len(shapes.tiles),
        len(left.buffers.order),
        by_bounds,
        building,
        time.process_time() - began,
        outcome.proved,
        # It states what no replay falls below.
        goal.best * (1 - NEAR) <= outcome.bound <= goal.best * (1 + ROUNDING),
    )


def report(contests: list[Contest]) -> None:
    for objective in (Objective.ENERGY, Objective.LATENCY):
        own = [each for each in contests if each.objective is objective]
        if not own:
            continue
        proved = [each for each in own if each.proved]
        faster = sum(each.building + each.solving < each.by_bounds for each in proved)
        print(
            f"\n{objective}: {len(own)} questions that the separate bounds leave open. "
            f"CP-SAT proves {len(proved)}, {sum(e.agrees for e in proved)} of them with the same optimum, "
            f"{faster} faster than the bounds"
        )
        print(
            f"  seconds of one thread, median / worst / sum: bounds {times([e.by_bounds for e in own])}; "
            f"CP-SAT {times([e.building + e.solving for e in own])}, "
            f"of that building {times([e.building for e in own])}"
        )


def times(seconds: list[float]) -> str:
    return f"{median(seconds):.3f} / {max(seconds):.2f} / {sum(seconds):.1f}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--buffer", type=int, default=64, help="KiB")
    parser.add_argument("--seconds", type=float, default=60, help="time limit of CP-SAT on each question")
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--kind", choices=["conv", "fc", "gemm"])
    parser.add_argument("--all-tiles", action="store_true")
    arguments = parser.parse_args()
    hardware = accelerator(arguments.buffer)
    contests = []
    print(f"{'layer':<38}{'objective':<10}{'tiles':>7}{'refills':>9}{'bounds':>8}{'build':>8}{'CP-SAT':>8}")
    for distinct in distinct_layers(tuple(arguments.network)):
        if arguments.kind not in (None, distinct.layer.kind):
            continue
        nest = distinct.layer.nest()
        for objective in (Objective.ENERGY, Objective.LATENCY):
            found = contest(distinct.name, nest, hardware, objective, arguments.seconds, arguments.all_tiles)
            if found is None:
                continue
            contests.append(found)
            verdict = "" if found.agrees else "  differs" if found.proved else "  not proved"
            print(
                f"{found.name:<38}{found.objective:<10}{found.tiles:>7}{found.refills:>9}"
                f"{found.by_bounds:>8.3f}{found.building:>8.2f}{found.solving:>8.2f}{verdict}"
            )
    report(contests)
    return int(any(each.proved and not each.agrees for each in contests))


if __name__ == "__main__":
    sys.exit(main())
