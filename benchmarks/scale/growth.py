"""How processor time grows with the layer, the array, the buffer and the number of layers.

Each question is answered in a process of its own, without baselines; the time is that of the search, user and
system, of all threads. Exponents are least-squares slopes between logarithms: 0 is no growth, 1 is in
proportion. Last comes the whole command for one layer, and other programs that are named, each as a whole
command, too.

Run from the repository root: python -m benchmarks.scale.growth [--series NAME ...] [--peer NAME COMMAND ...]
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection

import numpy as np

from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Primitive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.questions.network.run import run_network
from solver.readers.read import read_layers

Work = Callable[[], None]


def mapped(line: str, hardware: Hardware) -> Work:
    """Return the search for the best mapping of a layer."""
    (layer,) = read_layers(line)
    assert isinstance(layer, Primitive)
    question = Question(
        hardware=hardware, objective=Objective.LATENCY, limits=Limits(), workers=1, baselines=False
    )
    return lambda: _proved(map_layer(layer, question)[0].exit_code)


def networked(count: int) -> Work:
    """Return the search for a network of so many different layers."""
    lines = [f"conv {8 + place}x28x28 -> 64, 3x3, pad 1" for place in range(count)]
    layers = [layer for line in lines for layer in read_layers(line)]
    question = Question(
        hardware=read_hardware("maeri-256"),
        objective=Objective.LATENCY,
        limits=Limits(),
        workers=1,
        baselines=False,
    )
    return lambda: _proved(run_network("growth", layers, question).exit_code)


def _proved(code: int) -> None:
    assert code == 0, f"not proved: exit code {code}"


def array(num_ms: int) -> Hardware:
    """Return an array of some size with a quarter as many ports and buses."""
    return read_hardware("maeri-256", num_ms=num_ms, dn_bw=num_ms // 4, rn_bw=num_ms // 4)


def buffered(kib: int) -> Hardware:
    """Return 256 switches behind a prefetch buffer."""
    memory = Memory(buffer=PrefetchBuffer(capacity=kib * 1024), dram_bandwidth=16)
    return replace(read_hardware("maeri-256"), memory=memory)


SERIES: dict[str, tuple[str, tuple[int, ...], Callable[[int], Work]]] = {
    "channels": (
        "conv Nx28x28 -> N, 3x3 on 256 switches; N",
        (16, 32, 64, 128, 256, 512),
        lambda n: mapped(f"conv {n}x28x28 -> {n}, 3x3, pad 1", array(256)),
    ),
    "image": (
        "conv 64xNxN -> 64, 3x3 on 256 switches; N",
        (14, 28, 56, 112, 224),
        lambda n: mapped(f"conv 64x{n}x{n} -> 64, 3x3, pad 1", array(256)),
    ),
    "product": (
        "gemm NxN * NxN behind 64 KiB; N",
        (256, 512, 1024, 2048, 4096, 8192),
        lambda n: mapped(f"gemm {n}x{n} * {n}x{n}", buffered(64)),
    ),
    "switches": (
        "vgg_conv3 on N switches; N",
        (64, 256, 1024, 4096, 16384, 65536),
        lambda n: mapped("vgg_conv3", array(n)),
    ),
    "buffer": (
        "conv 256x14x14 -> 256, 3x3 behind N KiB; N",
        (8, 32, 128, 512, 2048),
        lambda n: mapped("conv 256x14x14 -> 256, 3x3, pad 1", buffered(n)),
    ),
    "layers": ("network of N different layers on 256 switches; N", (2, 4, 8, 16, 32), networked),
}


def used() -> float:
    """Return the processor seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def answer(work: Work, done: Connection) -> None:
    """Do the work and send its processor seconds and MiB."""
    began = used()
    work()
    done.send((used() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measure(work: Work) -> tuple[float, float]:
    """Return processor seconds and MiB of some work in a process of its own."""
    here, there = get_context("fork").Pipe()
    process = get_context("fork").Process(target=answer, args=(work, there))
    process.start()
    there.close()
    try:
        seconds, mebibytes = here.recv()
    finally:
        process.join()
    return seconds, mebibytes


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Return the slope between logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def peer(name: str, command: str) -> None:
    """Print what another program takes for a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(shlex.split(command), capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {seconds:.2f} s, exit code {done.returncode}", flush=True)


def main() -> None:
    """Print every series with its exponent, then what others take."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--series", nargs="*", choices=SERIES, default=list(SERIES))
    parser.add_argument("--peer", nargs=2, action="append", default=[], metavar=("NAME", "COMMAND"))
    options = parser.parse_args()
    for name in options.series:
        title, sizes, work = SERIES[name]
        seconds = []
        for size in sizes:
            spent, held = measure(work(size))
            seconds.append(spent)
            print(f"  {name} {size}: {spent:.2f} s, {held:.0f} MiB", flush=True)
        print(f"{title}: exponent {exponent(list(sizes), seconds):.2f}", flush=True)
    ours = "maeri-solver, map vgg_conv3", f"{sys.executable} -m solver map vgg_conv3 --no-baselines"
    for name, command in [ours, *options.peer]:
        peer(name, command)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
