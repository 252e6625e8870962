"""Random large questions: processor time and memory of each, in a process of its own.

Matrix products up to 8192 in each direction and convolutions of images up to 512 x 512, on 64 to 4,096
switches behind prefetch buffers of 4 KiB to 4 MiB, for latency, energy and EDP, in one piece.
Ctrl-C ends it with the figures of what was asked so far. With --check the certificates of some questions are
written by the command `map` and checked instead, and the figures are those of the check.

--answers keeps the answers, and --against compares with kept ones of another program: an older checkout in
OLD answers the same questions by `PYTHONPATH=OLD:. python benchmarks/scale/large.py --answers FILE`.

Run from the repository root: python -m benchmarks.scale.large [--questions N] [--first N] [--seed S]
[--switches MOST] [--limit SECONDS] [--answers FILE] [--against FILE] [--check NUMBER ...]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks.proofs.answers import add_options, end
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Primitive
from solver.readers.read import read_layers
from solver.search.two_level.solve import solve_levels

SECONDS, MEBIBYTES = 20, 1024
"""What no question should exceed."""

LIMIT = 3600
"""Seconds after which a search gives its gap; many, as a busy machine gives it few of them."""


@dataclass(frozen=True)
class Question:
    """A layer in one line, and the accelerator."""

    line: str
    switches: int
    ports: int
    kib: int
    objective: Objective

    @staticmethod
    def drawn(rng: Random, most_switches: int) -> Question:
        """Return a random question."""

        def size(least: int, most: int) -> int:
            return round(least * (most / least) ** rng.random())

        if rng.random() < 0.5:
            m, k, n = (size(64, 8192) for _ in range(3))
            line = f"gemm {m}x{k} * {k}x{n}"
        else:
            image, kernel, stride = size(16, 512), rng.choice((1, 3, 3, 5, 7)), rng.choice((1, 1, 2))
            line = (
                f"conv {size(3, 1024)}x{image}x{image} -> {size(16, 1024)}, {kernel}x{kernel}, "
                f"stride {stride}, pad {kernel // 2}"
            )
        powers = [2**i for i in range(6, 13) if 2**i <= most_switches]
        switches = rng.choice(powers)
        ports = switches // rng.choice((1, 2, 4, 8))
        return Question(line, switches, ports, 2 ** rng.randrange(2, 13), rng.choice(list(Objective)))

    @property
    def hardware(self) -> Hardware:
        """The accelerator."""
        buffer = PrefetchBuffer(capacity=self.kib * 1024)
        usual = replace(read_hardware("maeri-256"), memory=Memory(buffer=buffer, dram_bandwidth=16))
        return replace(usual, num_ms=self.switches, dn_bw=self.ports, rn_bw=self.ports)

    @property
    def words(self) -> list[str]:
        """The question as words of the command `map`."""
        sizes = {"--num-ms": self.switches, "--dn-bw": self.ports, "--rn-bw": self.ports}
        array = [word for name, size in sizes.items() for word in (name, str(size))]
        memory = ["--hardware", "maeri-256-dram", "--buffer", f"{self.kib} KiB"]
        return [self.line, *memory, *array, "--objective", str(self.objective), "--forms", "direct"]

    def __str__(self) -> str:
        return f"{self.line}; {self.switches} switches, {self.ports} ports, {self.kib} KiB, {self.objective}"


def answer(question: Question, limit: float, done: Connection) -> None:
    """Solve a question and send its status, its value (a text) with processor seconds and MiB."""
    (layer,) = read_layers(question.line)
    assert isinstance(layer, Primitive)
    began = resource.getrusage(resource.RUSAGE_SELF)
    try:
        solution = solve_levels(layer, question.hardware, question.objective, time_limit=limit)
        status = "proved" if solution.proved else f"gap {solution.gap:.2%}"
        value = str(solution.objective_value)
    except InfeasibleError:
        status, value = "infeasible", ""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime - began.ru_utime - began.ru_stime
    done.send((status, value, seconds, used.ru_maxrss / 1024))


def asked(question: Question, limit: float) -> tuple[str, str, float, float]:
    """Return status, value, processor seconds and MiB of a question, answered in a process of its own."""
    context = get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=answer, args=(question, limit, there))
    process.start()
    there.close()
    try:
        found: tuple[str, str, float, float] = here.recv()
    except EOFError:
        found = "died", "", float("nan"), float("nan")
    except KeyboardInterrupt:
        process.terminate()
        raise
    finally:
        process.join()
    return found


def checked(question: Question, seconds: int = 300) -> str:
    """Return what the certificate of a question says when it is checked, its size, and what that takes.

    `seconds`: of the processor, after which the check is given up.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "layer.cert")
        solver = [sys.executable, "-m", "solver"]
        asked_for = [*solver, "map", *question.words, "--no-baselines", "--certificate", file]
        empty = {**os.environ, "XDG_CACHE_HOME": folder}
        written = subprocess.run(asked_for, env=empty, capture_output=True, check=False)
        if written.returncode:
            return f"not written (exit code {written.returncode})"
        process = subprocess.Popen([*solver, "check", file], stdout=subprocess.DEVNULL)
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (seconds, seconds))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode < 0:
            return f"no verdict in {seconds} s"
        verdict = "not verified" if process.returncode else "verified"
        spent = used.ru_utime + used.ru_stime
        return f"{verdict}, {Path(file).stat().st_size:,} bytes, {spent:.1f} s"


def main() -> None:
    """Print every question that takes long, and how long they take."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--switches", type=int, default=4096, help="largest array")
    parser.add_argument("--first", type=int, default=0, help="how many of the questions to pass over")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds of each search")
    add_options(parser)
    parser.add_argument("--check", type=int, nargs="+", metavar="NUMBER", help="check these certificates")
    options = parser.parse_args()
    rng = Random(options.seed)
    seconds, mebibytes, above, statuses = [], [], 0, dict[str, int]()
    answers: dict[str, Any] = {}
    for number in range(options.questions):
        question = Question.drawn(rng, options.switches)
        if number < options.first:
            continue
        if options.check is not None:
            if number in options.check:
                print(f"{number}: {question}: {checked(question)}", flush=True)
            continue
        try:
            status, value, spent, held = asked(question, options.limit)
        except KeyboardInterrupt:
            print(f"stopped before question {number}")
            break
        answers[str(question)] = status, value
        seconds.append(spent)
        mebibytes.append(held)
        statuses[status] = statuses.get(status, 0) + 1
        if not (spent <= SECONDS and held <= MEBIBYTES):
            above += 1
        if not (spent <= SECONDS / 2 and held <= MEBIBYTES / 2) or status not in ("proved", "infeasible"):
            print(f"{number}: {question}: {status}, {spent:.1f} s, {held:.0f} MiB", flush=True)
    end(options, answers)
    if not seconds:
        return
    print(
        f"{len(seconds)} questions, seed {options.seed}: "
        + ", ".join(f"{count} {status}" for status, count in statuses.items())
        + f"; processor time median {median(seconds):.2f}, worst {max(seconds):.1f} s; memory median "
        f"{median(mebibytes):.0f}, most {max(mebibytes):.0f} MiB; {above} above {SECONDS} s or "
        f"{MEBIBYTES} MiB (on {os.cpu_count()} cores)"
    )


if __name__ == "__main__":
    main()
