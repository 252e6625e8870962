"""Optima of the questions that earlier benchmarks ask: kept, and compared with an older checkout's.

The layers and accelerators are drawn as `benchmarks.proofs.oracle`, `batches`, `two_level_oracle` and
`two_level_batch` draw them, read as `benchmarks.measured.optimum`, `serial_proofs` and `two_level` read them,
and layers of two networks are asked in any number of pieces as `benchmarks.proofs.pieces` asks them; here
each only for its best value.

An older checkout in OLD that has the modules named here answers the same questions by
`PYTHONPATH=OLD:. python benchmarks/proofs/earlier.py --answers FILE`, and
`python -m benchmarks.proofs.earlier --against FILE` compares.

Run from the repository root: python -m benchmarks.proofs.earlier [NAME ...] [--questions N] [--seed S]
[--answers FILE] [--against FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from random import Random

from benchmarks.measured.batches import batch_nest
from benchmarks.measured.optimum import FIGURES
from benchmarks.proofs import answers, two_level_layers
from benchmarks.proofs.two_level_batch import random_batch
from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InputError
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Loops
from solver.search.solve import solve
from tests.support.examples import level_questions, questions
from tests.support.simulator_data import hardware_of, nest_of, rows

NETWORKS = ("alexnet", "squeezenet")
"""Networks whose layers are asked in pieces, and with folds through memory."""

Asked = tuple[str, Callable[[], Solution]]
"""A question in words, and how it is answered."""


def one_level(count: int, seed: int, draw: Callable[..., Hardware]) -> Iterator[Asked]:
    """Yield the questions of `benchmarks.proofs.oracle`."""
    return _random(count, seed, questions.random_nest, draw)


def batches(count: int, seed: int) -> Iterator[Asked]:
    """Yield those of `benchmarks.measured.batches`."""
    return _random(count, seed, batch_nest, questions.random_hardware)


def _random(
    count: int, seed: int, draw: Callable[[Random], LoopNest], array: Callable[..., Hardware]
) -> Iterator[Asked]:
    rng = Random(seed)
    for number in range(count):
        nest = None
        while nest is None:
            with suppress(InputError):
                nest = draw(rng)
        hardware, objective = array(rng, (8, 16, 32)), rng.choice(list(Objective))
        limits = questions.random_limits(rng, nest)
        ask = partial(solve, Loops(loops=nest), hardware, objective, limits=limits, workers=1)
        yield f"{number} {nest}", ask


def two_levels(count: int, seed: int) -> Iterator[Asked]:
    """Yield those of `benchmarks.proofs.two_level_oracle`."""
    rng = Random(seed)
    for number in range(count):
        q = level_questions.small_question(rng)
        for objective in Objective:
            ask = partial(solve, Loops(loops=q.nest), q.hardware, objective, limits=q.limits)
            yield f"{number} {q.nest} {objective}", ask


def two_level_batches(count: int, seed: int) -> Iterator[Asked]:
    """Yield those of `benchmarks.proofs.two_level_batch`."""
    rng = Random(seed)
    for number in range(count):
        nest = random_batch(rng)
        hardware = level_questions.small_hardware(rng, level_questions.small_memory(rng), sizes=(8, 16))
        for objective in Objective:
            yield f"{number} {nest} {objective}", partial(solve, Loops(loops=nest), hardware, objective)


def simulator() -> Iterator[Asked]:
    """Yield those of `benchmarks.measured.optimum`, of the samples in tests/data."""
    for number, row in enumerate(data := rows("stonne_optimum.csv")):
        layer = Loops(loops=nest_of(row))
        ask = partial(solve, layer, hardware_of(row), Objective.LATENCY, workers=1)
        yield f"{number} {row['layer']}", ask
    layers = {row["layer"]: row for row in data}
    for row in rows("stonne_energy_optimum.csv"):
        for objective in FIGURES:
            layer = Loops(loops=nest_of(layers[row["layer"]]))
            yield f"{row['layer']} {objective}", partial(solve, layer, hardware_of(row), objective, workers=1)


def networks_behind(kib: int) -> Iterator[Asked]:
    """Yield those of `benchmarks.proofs.two_level`, `two_level_provers` and `two_level_ratios`."""
    hardware = two_level_layers.accelerator(kib)
    for distinct in two_level_layers.distinct_layers():
        for objective in (Objective.ENERGY, Objective.LATENCY):
            yield f"{distinct.name} {objective}", partial(solve, distinct.layer, hardware, objective)


def in_pieces(preset: str) -> Iterator[Asked]:
    """Yield some of those of `benchmarks.proofs.pieces`: layers of networks in any number of pieces."""
    hardware = read_hardware(preset)
    for layer in answers.distinct_layers(list(NETWORKS)).values():
        for objective in Objective:
            ask = partial(solve, layer, hardware, objective, workers=1, wish=Wish.of(), pieces=None)
            yield f"{layer.name} {layer.nest()} {objective}", ask


def through_memory() -> Iterator[Asked]:
    """Yield those of `benchmarks.proofs.serial_proofs`: layers of networks without accumulation buffer."""
    hardware = read_hardware(num_ms=64, dn_bw=16, rn_bw=16, accumulation_buffer=False)
    for layer in answers.distinct_layers(list(NETWORKS)).values():
        ask = partial(solve, layer, hardware, Objective.LATENCY, workers=1)
        yield f"{layer.name} {layer.nest()}", ask


SERIES: dict[str, Callable[[int, int], Iterator[Asked]]] = {
    "oracle": partial(one_level, draw=questions.random_hardware),
    "oracle-rtl": partial(one_level, draw=questions.random_real_hardware),
    "batches": batches,
    "two-level-oracle": two_levels,
    "two-level-batch": two_level_batches,
    "optimum": lambda count, seed: simulator(),
    "two-level-64": lambda count, seed: networks_behind(64),
    "two-level-16": lambda count, seed: networks_behind(16),
    "two-level-512": lambda count, seed: networks_behind(512),
    "serial": lambda count, seed: through_memory(),
    "pieces": lambda count, seed: in_pieces("maeri-256"),
    "pieces-rtl": lambda count, seed: in_pieces("maeri-64-rtl"),
}
"""The series by name, of so many questions and a seed where questions are drawn."""


def answered(ask: Callable[[], Solution]) -> tuple[str, str]:
    """Return status and value."""
    try:
        found = ask()
    except InfeasibleError:
        return "infeasible", ""
    return "proved" if found.proved else "open", str(found.objective_value)


def main() -> None:
    """Print how many questions of each series are proved, and the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("series", nargs="*", metavar="NAME", help=f"of {', '.join(SERIES)}; all by default")
    parser.add_argument("--questions", type=int, default=300, help="of the series that are drawn")
    parser.add_argument("--seed", type=int, default=0)
    answers.add_options(parser)
    options = parser.parse_args()
    if unknown := [name for name in options.series if name not in SERIES]:
        parser.error(f"unknown series {', '.join(unknown)}; known are {', '.join(SERIES)}")
    found: dict[str, tuple[str, str]] = {}
    for name in options.series or SERIES:
        began = time.process_time()
        some = {
            f"{name}: {words}, seed {options.seed}": answered(ask)
            for words, ask in SERIES[name](options.questions, options.seed)
        }
        found |= some
        answers.keep(options, some)
        proved = sum(status == "proved" for status, _ in some.values())
        refused = sum(status == "infeasible" for status, _ in some.values())
        spent = time.process_time() - began
        print(f"{name}: {len(some)} questions, {proved} proved, {refused} refused, {spent:.0f} s", flush=True)
    answers.end(options, found)


if __name__ == "__main__":
    main()
