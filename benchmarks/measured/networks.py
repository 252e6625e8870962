"""mRNA's own networks, and ResNet-50 end to end.

First, all 200 layer files that mRNA ships (mrna_layers in --data): which are read, which are refused and
with what message; then network by network the total cycles of our proved optima beside those of mRNA's
choices, both under the cost model that is validated against the simulator (256 switches, 256 write ports, 128
and 64 read ports). mRNA maps no pooling, so totals are compared over the layers that both map.

Second, `python -m solver network resnet50` as a user runs it (256 switches; one level, and with a prefetch
buffer and DRAM), in a process of its own: with an empty cache, and again with the cache it left behind.

Run from the repository root: python -m benchmarks.measured.networks [--data FOLDER]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from benchmarks.measured.measurements import data_folder
from solver.answers.network import NetworkAnswer
from solver.baselines.registry import run_baselines
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question
from solver.questions.network.run import run_network
from solver.readers.read import read_model
from solver.readers.reading import Reading

READ_PORTS = (128, 64)
PRESETS = ("maeri-256", "maeri-256-dram")


def hardware(dn_bw: int) -> Hardware:
    return read_hardware(None, num_ms=256, dn_bw=dn_bw, rn_bw=256)


def read_all(data: Path) -> dict[str, Reading]:
    """Read every folder, and print what was read and what was refused."""
    readings = {folder.name: read_model(folder) for folder in sorted(data.iterdir()) if folder.is_dir()}
    print(f"{'network':12}{'files':>7}{'read':>6}{'refused':>9}  kinds")
    for name, reading in readings.items():
        files = len(list((data / name).glob("Model_parameter_*.txt")))
        kinds = Counter(layer.kind for layer in reading.layers)
        shown = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        print(f"{name:12}{files:>7}{len(reading.layers):>6}{len(reading.errors):>9}  {shown}")
        assert files == len(reading.layers) + len(reading.errors), "a file was dropped"
    print("\nrefused:")
    for reading in readings.values():
        for error in reading.errors:
            print("  " + str(error).replace(str(data) + os.sep, ""))
    return readings


def mrna_cycles(answer: NetworkAnswer, machine: Hardware) -> tuple[int, int, int]:
    """Return mRNA's cycles and ours over the layers that both map, and how many those are."""
    theirs = ours = count = 0
    for layer in answer.mapped:
        if isinstance(layer.layer, Primitive) and layer.layer.kind in ("conv", "fc"):
            (result,) = run_baselines(layer.layer.nest(), machine, Objective.LATENCY, seed=0, names=["mrna"])
            if result.cost is not None and layer.figures is not None:
                theirs += result.cost.cycles
                ours += layer.figures.cycles
                count += 1
    return theirs, ours, count


def compare(readings: dict[str, Reading]) -> None:
    for dn_bw in READ_PORTS:
        machine = hardware(dn_bw)
        question = Question(
            hardware=machine, objective=Objective.LATENCY, limits=Limits(), baselines=False, workers=1
        )
        print(f"\n256 switches, dn_bw {dn_bw}, rn_bw 256, accumulation buffer; cycles of one image")
        head = (
            "network",
            "layers",
            "proved",
            "ours, all",
            "compared",
            "ours",
            "mrna",
            "mrna/ours",
            "seconds",
        )
        print("{:12}{:>7}{:>7}{:>13}{:>10}{:>13}{:>13}{:>11}{:>9}".format(*head))
        for name, reading in readings.items():
            if not reading.layers:
                print(f"{name:12}{0:>7}")
                continue
            # mRNA ignores the batch that its files state; its totals are of one image.
            one = [replace(layer, batch=1) for layer in reading.layers]  # type: ignore[call-arg]
            answer = run_network(name, one, question)
            proved = sum(layer.status == "optimal" for layer in answer.layers)
            theirs, ours, count = mrna_cycles(answer, machine)
            total = answer.figures.cycles
            print(
                f"{name:12}{len(answer.layers):>7}{proved:>7}{total:>13,}{count:>10}{ours:>13,}{theirs:>13,}"
                f"{theirs / ours:>11.3f}{answer.wall_seconds:>9.1f}"
            )


def resnet50() -> None:
    """Time the command as a user runs it, first without a cache and then with the one it left."""
    print("\npython -m solver network resnet50: wall time of the whole process, and its CPU time")
    for preset in PRESETS:
        for flags in (["--no-baselines"], []):
            with tempfile.TemporaryDirectory() as folder:
                for run in ("cold", "warm"):
                    _time_once(run, ["--hardware", preset, *flags], folder)


def _time_once(run: str, flags: list[str], cache: str) -> None:
    command = [sys.executable, "-m", "solver", "network", "resnet50", *flags]
    before, started = _child_seconds(), time.perf_counter()
    environment = os.environ | {"XDG_CACHE_HOME": cache}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds, busy = time.perf_counter() - started, _child_seconds() - before
    headline = done.stdout.splitlines()[0] if done.stdout else done.stderr.strip()
    print(f"  {run}, {' '.join(flags)}: {seconds:.1f} s, CPU {busy:.1f} s, exit code {done.returncode}")
    print(f"    {headline}", flush=True)


def _child_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    compare(read_all(data_folder(__doc__) / "mrna_layers"))
    resnet50()
    return 0


if __name__ == "__main__":
    sys.exit(main())
