"""Whole commands about large questions: processor time and memory of each beside what is wanted of it.

Every command runs in a fresh process with an empty cache of its own; the network that is warm ran just before
with the same cache. The time is user and system, of all threads; the memory is that of the process at its
peak. A command that is not proved (exit code 0) is said to be so. Nothing of the program is imported here, as
a child's peak begins with that of its parent. With --check the certificates of the mappings are written and
checked instead, and the figures are those of the check.

Run from the repository root: python -m benchmarks.scale.commands [--pieces default|all|N ...] [--only WORD
...]
[--limit SECONDS] [--check]
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BEHIND = "--hardware maeri-256-dram --no-baselines"
DEFAULT = "default"
"""The pieces that a command takes by itself."""


@dataclass(frozen=True)
class Row:
    """A command, the most processor seconds and MiB wanted, and whether its answers are kept already."""

    command: str
    seconds: float
    mebibytes: float | None = None
    warm: bool = False

    def __str__(self) -> str:
        return f"{self.command}{', warm' if self.warm else ''}"


ROWS = (
    Row(f'map "gemm 4096x4096 * 4096x4096" {BEHIND}', 5, 500),
    Row(f'map "gemm 32768x128 * 128x32768" {BEHIND}', 5, 500),
    Row(f'map "fc 25088 -> 4096, batch 64" {BEHIND}', 4),
    Row(f'map "gemm 128x768 * 768x3072" {BEHIND} --buffer "8 KiB"', 4),
    Row(f'map "conv 256x14x14 -> 1024, 1x1" {BEHIND} --buffer "8 KiB"', 8),
    Row(f"network llama_block {BEHIND}", 30),
    Row(f"network llama_block_decode {BEHIND}", 30),
    Row("map vgg_conv3 --num-ms 4096 --dn-bw 1024 --rn-bw 1024 --no-baselines", 5),
    Row("map vgg_conv3 --num-ms 65536 --dn-bw 16384 --rn-bw 16384 --no-baselines", 60),
    Row("map vgg_conv3 --num-ms 65536 --no-baselines", 60),
    Row("network resnet50", 9),
    Row("network resnet50", 1.2, warm=True),
    Row("map vgg_conv3 --objective energy", 1.8),
)


@dataclass(frozen=True)
class Run:
    """What a command took."""

    seconds: float
    mebibytes: float
    code: int


def run(command: list[str], cache: Path, limit: float) -> Run:
    """Run a command of the program in a fresh process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "solver", *command],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    previous = signal.signal(signal.SIGALRM, lambda number, frame: os.killpg(process.pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def measured(row: Row, pieces: str, limit: float) -> str:
    """Return what a row's command takes with an empty cache, or with one that the same command has filled."""
    command = in_pieces(row, pieces)
    with tempfile.TemporaryDirectory() as folder:
        if row.warm:
            run(command, Path(folder), limit)
        done = run(command, Path(folder), limit)
    words = f"{done.seconds:.1f} s, {done.mebibytes:.0f} MiB"
    if done.code:
        words += f", not proved (exit code {done.code})"
    if done.seconds > row.seconds or done.mebibytes > (row.mebibytes or float("inf")):
        words += " (above)"
    return words


def checked(row: Row, pieces: str, limit: float) -> str:
    """Return what the certificate of a row's mapping takes to be checked, and the checker's verdict."""
    if not row.command.startswith("map "):
        return "no certificate"
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "layer.cert")
        written = run([*in_pieces(row, pieces), "--certificate", file], Path(folder), limit)
        if written.code:
            return f"not written (exit code {written.code})"
        done = run(["check", file], Path(folder), limit)
    verdict = "not verified" if done.code else "verified"
    return f"{verdict}, {done.seconds:.1f} s, {done.mebibytes:.0f} MiB"


def in_pieces(row: Row, pieces: str) -> list[str]:
    """Return the words of a row's command for some number of pieces."""
    return shlex.split(row.command) + ([] if pieces == DEFAULT else ["--pieces", pieces])


def main() -> None:
    """Print a table of all commands."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--pieces", nargs="+", default=[DEFAULT, "1"], help="a column each: default, all or a number"
    )
    parser.add_argument("--only", nargs="*", default=[], help="words, one of which the command holds")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a command is ended")
    parser.add_argument("--check", action="store_true", help="check certificates instead")
    options = parser.parse_args()
    work = checked if options.check else measured
    heads = [pieces if pieces == DEFAULT else f"--pieces {pieces}" for pieces in options.pieces]
    first = ["command"] if options.check else ["command", "wanted"]
    print(f"| {' | '.join(first + heads)} |")
    print(f"|{'---|' * len(first + heads)}")
    for row in ROWS:
        if options.only and not any(word in str(row) for word in options.only):
            continue
        wanted = f"{row.seconds:g} s" + ("" if row.mebibytes is None else f", {row.mebibytes:g} MiB")
        cells = [work(row, pieces, options.limit) for pieces in options.pieces]
        first = [f"`{row}`"] if options.check else [f"`{row}`", wanted]
        print(f"| {' | '.join(first + cells)} |", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
