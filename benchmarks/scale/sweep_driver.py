"""The driver of a large sweep beside simulated workers that answer at once: its processor time and memory.

5,000 accelerators x 3 networks x 2 objectives. Every layer is solved once for each objective; a worker gives
that answer for every accelerator, so that only the driver works: fingerprints, cache, rows, fronts, tables.
The driver is killed (SIGKILL) when half is answered, and another goes on from the cache, whose kept answers
simulated workers check at once, too. Every driver is a process of its own.

Run from the repository root: python -m benchmarks.scale.sweep_driver [--accelerators N]
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.jobs.base import Outcome
from solver.layer import Layer, Primitive
from solver.legal.tiles import Limits
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from solver.questions.sweep.run import Found, SweepEvent, run_sweep
from solver.readers.read import read_layers
from solver.tables import csv_text, in_parts, parquet_bytes

NETWORKS = ("alexnet", "vgg16", "squeezenet")
OBJECTIVES = (Objective.LATENCY, Objective.ENERGY)


@dataclass
class Simulated:
    """Workers that know the answers already; the driver is killed when they have given `most`."""

    known: dict[tuple[Primitive, Objective], Solution]
    most: int | None = None
    answered: int = field(default=0, init=False)
    local = True
    width = 64

    def run(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Outcome]:
        """Answer every item, as fresh objects as they would come over the network."""
        for index, (layer, question, _, cells) in enumerate(items):
            if self.answered == self.most:
                os.kill(os.getpid(), signal.SIGKILL)
            self.answered += 1
            known = self.known[replace(layer, name=""), question.objective]
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


def known_answers(
    networks: dict[str, list[Layer]], template: Question
) -> dict[tuple[Primitive, Objective], Solution]:
    """Return the answers to all different layers under every objective, on the template's accelerator."""
    known = {}
    for layer in [layer for layers in networks.values() for layer in layers]:
        for objective in OBJECTIVES if isinstance(layer, Primitive) else ():
            assert isinstance(layer, Primitive)
            key = replace(layer, name=""), objective
            if key not in known:
                answer, _ = map_layer(layer, replace(template, objective=objective))
                assert isinstance(answer, Solution)
                known[key] = answer
    return known


def drive(
    what: str,
    networks: dict[str, list[Layer]],
    points: list[Hardware],
    template: Question,
    workers: Simulated,
    path: Path,
) -> None:
    """Run the sweep and print what it took."""
    cache, began = Cache(path), time.process_time()
    there, _ = cache.counts()
    events: deque[SweepEvent] = deque(maxlen=1)
    sweep = run_sweep(
        networks,
        points,
        OBJECTIVES,
        template,
        executor=workers,
        cache=cache,
        on_event=events.append,
    )
    for name in NETWORKS:
        sweep.front(name, Objective.LATENCY, "cycles")
    text = csv_text(in_parts(sweep.each_record()))
    parquet = parquet_bytes(lambda: in_parts(sweep.each_record()))
    spent = time.process_time() - began
    cache.close()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert [(event.done, event.total) for event in events] == [(sweep.questions, sweep.questions)]
    assert sweep.proved and sweep.cached == there
    print(
        f"{what}: {len(points)} accelerators, {len(sweep.rows)} rows, {workers.answered} answers "
        f"({sweep.cached} of them kept ones): {spent:.0f} s of the driver's processor time, "
        f"{1000 * spent / workers.answered:.2f} ms an answer, {most:.0f} MiB, "
        f"tables of {len(text) / 2**20:.1f} MiB (CSV) and {len(parquet) / 2**20:.1f} MiB (Parquet)",
        flush=True,
    )


def main() -> None:
    """Print what the driver takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--accelerators", type=int, default=5000)
    points = accelerators(parser.parse_args().accelerators)
    networks = {name: read_layers(name) for name in NETWORKS}
    template = Question(
        hardware=points[0], objective=Objective.LATENCY, limits=Limits(), workers=1, baselines=False
    )
    known = known_answers(networks, template)
    context = get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        asked = networks, points, template
        different = len(points) * len(known)
        for what, name, most in (
            ("from nothing", "whole", None),
            ("killed", "killed", different // 2),
            ("goes on", "killed", None),
        ):
            path = Path(folder) / f"{name}.sqlite"
            process = context.Process(target=drive, args=(what, *asked, Simulated(known, most), path))
            process.start()
            process.join()
            if process.exitcode:
                kept, _ = Cache(path).counts()
                print(f"{what}: exit code {process.exitcode}, {kept} answers of {most} are kept", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
