"""The driver of a large sweep beside simulated workers that answer at once: its processor time and memory.

5,000 accelerators x 3 networks x 2 objectives. Every layer is solved once for each objective; a worker gives
that answer for every accelerator, so that only the driver works: fingerprints, cache, rows, fronts, table.
Then the same sweep goes on from the cache, whose answers simulated workers check at once, too.

Run from the repository root: python -m benchmarks.sweep_driver [--accelerators N]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.jobs.base import Outcome
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from solver.questions.sweep.run import Found, run_sweep
from solver.readers.read import read_layers
from solver.tables import columns_of, csv_text

NETWORKS = ("alexnet", "vgg16", "squeezenet")
OBJECTIVES = (Objective.LATENCY, Objective.ENERGY)


class Simulated:
    """Workers that know the answers already."""

    local = True
    width = 64

    def __init__(self, known: dict[tuple[Primitive, Objective], Solution]) -> None:
        self._known = known
        self.answered = 0

    def run(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Outcome]:
        """Answer every item, as fresh objects as they would come over the network."""
        for index, (layer, question, _, cells) in enumerate(items):
            self.answered += 1
            known = self._known[replace(layer, name=""), question.objective]
            found = Found(replace(known, hardware=question.hardware), recalled=cells is not None)
            yield Outcome(index, found)

    def close(self) -> None:
        """Nothing is held."""


def accelerators(count: int) -> list[Hardware]:
    """Return different accelerators."""
    start = read_hardware("maeri-64")
    sizes = [(ms, dn, rn) for ms in (64, 128, 256) for dn in (4, 8, 16, 32, 64) for rn in (4, 8, 16, 32, 64)]
    found = []
    for number in range(count):
        ms, dn, rn = sizes[number % len(sizes)]
        table = replace(start.energy_table, buffer_read=start.energy_table.buffer_read + number // len(sizes))
        found.append(replace(start, num_ms=ms, dn_bw=dn, rn_bw=rn, energy_table=table))
    return found


def main() -> None:
    """Print what the driver takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--accelerators", type=int, default=5000)
    points = accelerators(parser.parse_args().accelerators)
    networks = {name: read_layers(name) for name in NETWORKS}
    template = Question(
        hardware=points[0], objective=Objective.LATENCY, limits=Limits(), workers=1, baselines=False
    )
    known = {}
    for layers in networks.values():
        for layer in layers:
            for objective in OBJECTIVES if isinstance(layer, Primitive) else ():
                assert isinstance(layer, Primitive)
                key = replace(layer, name=""), objective
                if key not in known:
                    answer, _ = map_layer(layer, replace(template, objective=objective))
                    assert isinstance(answer, Solution)
                    known[key] = answer
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.sqlite"
        for what in ("from nothing", "resumed"):
            workers, cache = Simulated(known), Cache(path)
            began = time.process_time()
            sweep = run_sweep(networks, points, OBJECTIVES, template, executor=workers, cache=cache)
            for name in NETWORKS:
                sweep.front(name, Objective.LATENCY, "cycles")
            text = csv_text(columns_of(sweep.records()))
            spent = time.process_time() - began
            cache.close()
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{what}: {len(points)} accelerators, {len(sweep.rows)} rows, {workers.answered} answers "
                f"({sweep.cached} of them kept ones): {spent:.0f} s of the driver's processor time, "
                f"{1000 * spent / workers.answered:.2f} ms an answer, {most:.0f} MiB, "
                f"table of {len(text) / 2**20:.1f} MiB",
                flush=True,
            )
            del sweep, text


if __name__ == "__main__":
    main()
