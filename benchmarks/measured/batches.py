"""Batches: legality and cycles beside the reference simulator, and optima beside a search over all tiles.

Runs of the simulator come from CSV files with the columns of tests/data/stonne_batch.csv; with `--stonne` as
many fresh ones are drawn and run, mappings whose weights may overtake inputs among them. Then random batch
questions (2 to 6 images, groups, strides) are answered by `solve` and by evaluating every legal tile.

Run from the repository root: python -m benchmarks.measured.batches [--data FILE ...] [--stonne PROGRAM
--runs N]
[--questions N] [--seed S]
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

from solver.cost.result import Objective
from solver.cost.timing import timing_of
from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import candidate_tiles, legality
from solver.mapping.tile import Tile, folds
from solver.search.solve import solve
from solver.switches.decode import decode_padded
from solver.writers.stonne import PASSED, stonne_arguments
from tests.support.examples.questions import Question, legal_costs, random_hardware, random_limits
from tests.support.simulator_data import hardware_of, nest_of, tile_of

DATA = Path(__file__).parents[2] / "tests" / "data" / "stonne_batch.csv"
Run = tuple[LoopNest, Hardware, Tile, bool, int]
"""A simulated mapping: whether its outputs were right, and its cycles (0 where it never ends)."""


def measured(file: Path) -> Iterator[Run]:
    """Yield the runs of a file."""
    with file.open(newline="") as text:
        for row in csv.DictReader(text):
            right = row["status"] == "OK"
            yield nest_of(row), hardware_of(row), tile_of(row), right, int(row["cycles"] or 0)


def simulated(program: str, count: int, rng: Random) -> Iterator[Run]:
    """Draw mappings that keep the rules and run them, those that forward inputs twice as often."""
    while count:
        nest = batch_nest(rng)
        hardware = read_hardware(
            num_ms=2 ** rng.randint(3, 6), dn_bw=2 ** rng.randint(0, 3), rn_bw=2 ** rng.randint(0, 3)
        )
        if nest.dilation != (1, 1) or nest.stride[0] != nest.stride[1]:
            continue
        tiles = candidate_tiles(nest, hardware)
        tile = Tile.of(tiles[rng.randrange(len(tiles))])
        forwards = tile.Y == 1 and tile.S > 1
        if not forwards and rng.random() < 0.8:
            continue
        arguments = stonne_arguments(decode_padded(nest, hardware, tile))
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
            )
        _, _, after = done.stdout.partition("Number of cycles running:")
        count -= 1
        yield nest, hardware, tile, PASSED in done.stdout, int(after.split()[0]) if after else 0


def report_runs(title: str, runs: Iterator[Run]) -> int:
    """Print what legality and replay say of some runs; return how many are against the simulator."""
    found: Counter[tuple[str, str, str]] = Counter()
    against = 0
    for nest, hardware, tile, right, cycles in runs:
        reason = legality(nest, hardware, tile)
        status = "right" if right else "wrong"
        through_memory = not hardware.accumulation_buffer and folds(nest, tile) > 1
        exact = "equal" if timing_of(hardware).replay_cycles(nest, hardware, tile) == cycles else "other"
        exact += " cycles, folded through memory" if through_memory else " cycles"
        found[status, "refused" if reason else "legal", exact] += 1
        if (reason is None) != right:
            against += not right
            print(f"  {status}, but {reason or 'legal'}: {tile} of {nest} on {hardware.name}")
    print(f"{title}: {sum(found.values())} runs")
    for (status, verdict, exact), count in sorted(found.items()):
        print(f"  {status:8}{verdict:10}{exact:38}{count:>6}")
    return against


def batch_nest(rng: Random) -> LoopNest:
    """Return a small layer of 2 to 6 images, with groups or strides at times."""
    while True:
        step = rng.choice(((1, 1), (1, 1), (1, 1), (2, 2), (1, 2), (3, 1)))
        try:
            return LoopNest(
                R=rng.randint(1, 3),
                S=rng.randint(1, 4),
                C=rng.randint(1, 4),
                K=rng.randint(1, 6),
                G=rng.choice((1, 1, 1, 2, 3)),
                N=rng.randint(2, 6),
                X=rng.randint(1, 5),
                Y=rng.randint(1, 6),
                stride=step,
            )
        except InputError:
            continue


def report_questions(count: int, rng: Random) -> int:
    """Answer random questions that have a legal tile twice; return how many answers differ."""
    began, wrong, mappings, left_out = time.perf_counter(), 0, 0, 0
    several = Counter(answered=0)
    while several["answered"] < count:
        nest = batch_nest(rng)
        hardware = replace(random_hardware(rng, (8, 16, 32)), name="random")
        question = Question(nest, hardware, rng.choice(list(Objective)), random_limits(rng, nest))
        costs: dict[Tile, Decimal] = legal_costs(question)
        if not costs:
            continue
        answer = solve(question.layer, hardware, question.objective, limits=question.limits, workers=1)
        least = min(costs.values())
        if not answer.proved or answer.objective_value != least or costs.get(answer.tile) != least:
            print(f"  {question}: {answer.objective_value} by {answer.tile}, all tiles {least}")
            wrong += 1
        several["answered"] += 1
        several["best with T_N > 1"] += answer.tile.N > 1
        several["no accumulation buffer"] += not hardware.accumulation_buffer
        several["groups"] += nest.G > 1
        several["stride"] += nest.stride != (1, 1)
        mappings += len(costs)
        left_out += len(candidate_tiles(nest, hardware, question.limits)) - len(costs)
    print(
        f"{several.pop('answered')} questions, {mappings:,} legal tiles evaluated one by one, {left_out:,} "
        f"left out as weights overtake inputs: {wrong} optima differ; {time.perf_counter() - began:.0f} s"
    )
    for name, number in several.items():
        print(f"  {name:32}{number:>5}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, nargs="*", default=[DATA])
    parser.add_argument("--stonne")
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = Random(arguments.seed)
    wrong = sum(report_runs(file.name, measured(file)) for file in arguments.data)
    if arguments.stonne:
        program = str(Path(arguments.stonne).resolve())
        wrong += report_runs("fresh runs", simulated(program, arguments.runs, rng))
    wrong += report_questions(arguments.questions, rng)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
