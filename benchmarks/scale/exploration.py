"""Exploration at full size: explore, sweep, design. Every claim is checked, and the figures are printed.

Run from the repository root: python -m benchmarks.scale.exploration [explore] [sweep] [front] [design]
[cases]
[--buffers accumulation|prefetch] [--networks NAME ...]. Without a name all parts run; the networks are those
whose fronts are asked for.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from solver.answers.sweep import SweepAnswer, SweepRow
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.hardware.area import area_of
from solver.jobs.base import Executor, Serial
from solver.jobs.executor import executor_for
from solver.layer import Conv, FullyConnected, Layer
from solver.legal.tiles import Limits
from solver.questions.cache.store import Cache
from solver.questions.design.search import run_design
from solver.questions.explore.run import explore
from solver.questions.map_layer import Question
from solver.questions.sweep.grid import Grid
from solver.questions.sweep.run import run_sweep
from solver.readers.read import read_layers

SIZES = {"num_ms": (32, 64, 128, 256), "bandwidth": (8, 16, 32)}
SWEEPS = {
    "accumulation": Grid(None, {**SIZES, "accumulation_buffer": (True, False)}),
    "prefetch": Grid("maeri-256-dram", {**SIZES, "buffer": (65536, 262144)}),
}
"""What the two buffers of each sweep are: accumulators or none, or 64 and 256 KiB before the DRAM."""
CASES = 24


def question(objective: Objective = Objective.LATENCY) -> Question:
    return Question(
        hardware=read_hardware(), objective=objective, limits=Limits(), workers=1, baselines=False
    )


def explore_vgg() -> None:
    layer = read_layers("vgg_conv3")[0]
    for objective in Objective:
        found = explore(layer, Question(hardware=read_hardware(), objective=objective, limits=Limits()))
        first = found.landscape.settle(found.best[0])
        same = first.value(objective) == found.solution.objective_value
        print(
            f"explore vgg_conv3, 256 switches, {objective}: {found.space.size:,} legal tiles evaluated in "
            f"{found.evaluation_seconds:.1f} s, all {found.wall_seconds:.1f} s; minimum of the space = map's "
            f"optimum: {same}; front of {len(found.front)}, proved: {found.front_proved}"
        )


def sweep_once(buffers: str, executor: Executor, path: Path | None, layers: Sequence[Layer]) -> SweepAnswer:
    points, skipped = SWEEPS[buffers].points()
    return run_sweep(
        {"resnet50": layers}, points, [Objective.LATENCY], question(), skipped=skipped, executor=executor,
        cache=Cache(path) if path else None,
    )  # fmt: skip


def sweep_to(buffers: str, path: str) -> None:
    sweep_once(buffers, Serial(), Path(path), read_layers("resnet50"))


def killed_worker(cluster: Any) -> None:
    """Kill one worker process of a Dask cluster after a moment."""
    time.sleep(8)
    victim = next(iter(cluster.workers.values()))
    os.kill(victim.process.pid if hasattr(victim, "process") else victim.pid, signal.SIGKILL)


def sweep_resnet(buffers: str = "prefetch") -> None:
    layers = read_layers("resnet50")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.sqlite"
        worker = multiprocessing.get_context("spawn").Process(target=sweep_to, args=(buffers, str(path)))
        started = time.perf_counter()
        worker.start()
        while Cache(path).counts()[0] < 60 and worker.is_alive():
            time.sleep(0.2)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        before = time.perf_counter() - started
        kept = Cache(path).counts()[0]
        resumed = sweep_once(buffers, Serial(), path, layers)
        print(
            f"sweep resnet50 ({buffers} buffers), {len(resumed.rows)} points, {resumed.questions} different "
            f"questions, 1 process: killed after {before:.0f} s with {kept} answers kept; resumed with "
            f"{resumed.cached} from the cache, {resumed.wall_seconds:.0f} s more; every row proved: "
            f"{resumed.exit_code == 0}",
            flush=True,
        )
    two = sweep_once(buffers, executor_for(2), None, layers)
    print(
        f"  2 processes, no cache: {two.wall_seconds:.0f} s, identical: {two.records() == resumed.records()}"
    )
    import distributed

    os.environ["PYTHONPATH"] = os.getcwd()
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        killer = threading.Thread(target=killed_worker, args=(cluster,), daemon=True)
        with closing(executor_for(scheduler=cluster.scheduler_address)) as executor:
            killer.start()
            dask = sweep_once(buffers, executor, None, layers)
        killer.join()
    print(
        f"  Dask, 2 workers, one killed after 8 s: {dask.wall_seconds:.0f} s, identical: "
        f"{dask.records() == resumed.records()}, failures: {len(dask.failures)}"
    )


def front_only(networks: Sequence[str], buffers: str = "prefetch") -> None:
    """Compare the fronts of a sweep with those of one that leaves out what cannot be on them."""
    points, figures = SWEEPS[buffers].points()[0], {Objective.LATENCY: "cycles", Objective.ENERGY: "energy"}
    for name in networks:
        layers = read_layers(name)
        found = []
        for front in (False, True):
            before = time.process_time()
            answer = run_sweep({name: layers}, points, list(figures), question(), front=front)
            found.append((answer, time.process_time() - before))
        (every, long), (some, short) = found
        fronts = [
            [[place_of(row) for row in answer.front(name, *figure)] for figure in figures.items()]
            for answer in (every, some)
        ]
        left = sum(row.figures is None for row in some.rows)
        least = sum(map(len, fronts[0])) * every.questions // len(every.rows)
        print(
            f"sweep --front, {name} ({buffers} buffers), latency and energy: {left} of "
            f"{len(every.rows)} rows left out, {some.questions} of {every.questions} different questions "
            f"searched ({least} are of the fronts), {short:.0f} s of processor time ({long:.0f} s without "
            f"--front), same fronts: {fronts[0] == fronts[1]}",
            flush=True,
        )


def place_of(row: SweepRow) -> tuple[Hardware, Decimal]:
    """Return an accelerator with what it reaches."""
    assert row.figures is not None
    return row.hardware, row.figures.value(row.objective)


def design_resnet(area: int = 500_000) -> None:
    points, skipped = Grid(
        None, {"num_ms": (32, 64, 128, 256, 512), "dn_bw": (8, 16, 32, 64), "rn_bw": (8, 16, 32, 64)}
    ).points()
    found = run_design(
        "resnet50", read_layers("resnet50"), points, question(), max_area=Decimal(area), skipped=skipped
    )
    hardware, figures = found.hardware, found.figures
    assert hardware is not None and figures is not None
    print(
        f"design resnet50, latency, area <= {area:,}: num_ms {hardware.num_ms}, dn_bw {hardware.dn_bw}, "
        f"rn_bw {hardware.rn_bw}, area {found.area:,}, {figures.cycles:,} cycles, bound {found.bound:,}, "
        f"proved: {found.proved}; {found.solves} of {found.questions} layer questions solved, "
        f"{found.wall_seconds:.0f} s"
    )


def design_cases() -> None:
    """Compare designs with the exhaustive sweep of all accelerators within the area."""
    equal = solves = questions = 0
    for seed in range(CASES):
        rng = Random(seed)
        layers: list[Layer] = [
            Conv(
                name=f"conv{i}",
                input=(rng.randint(1, 8), *2 * (rng.randint(5, 10),)),
                filters=rng.randint(2, 12),
                kernel=2 * (rng.choice((1, 3)),),
            )
            for i in range(2)
        ]
        layers.append(FullyConnected(name="fc", inputs=rng.randint(8, 64), outputs=rng.randint(2, 32)))
        points, _ = Grid("maeri-64", {"num_ms": (8, 16, 32), "dn_bw": (2, 4, 8), "rn_bw": (2, 8)}).points()
        area = sorted(area_of(point) for point in points)[rng.randrange(6, len(points))]
        objective = list(Objective)[seed % 3]
        found = run_design("net", layers, points, question(objective), max_area=area)
        small: list[Hardware] = [point for point in points if area_of(point) <= area]
        sweep = run_sweep({"net": layers}, small, [objective], question(objective))
        best = min(row.figures.value(objective) for row in sweep.rows if row.figures)
        equal += found.proved and found.objective_value == best
        solves, questions = solves + found.solves, questions + found.questions
    print(
        f"design = best of the exhaustive sweep in {equal} of {CASES} random cases; {solves} of {questions} "
        "layer questions solved"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ("explore", "sweep", "front", "design", "cases")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--buffers", choices=list(SWEEPS), default="prefetch")
    parser.add_argument(
        "--networks", nargs="+", default=["alexnet", "mobilenetv2", "resnet50"], metavar="NAME"
    )
    given = parser.parse_args()
    for name in given.parts or parts:
        if name not in parts:
            parser.error(f"found {name}, expected one of {', '.join(parts)}")
        if name == "explore":
            explore_vgg()
        elif name == "sweep":
            sweep_resnet(given.buffers)
        elif name == "front":
            front_only(given.networks, given.buffers)
        elif name == "design":
            design_resnet()
        else:
            design_cases()


if __name__ == "__main__":
    main()
