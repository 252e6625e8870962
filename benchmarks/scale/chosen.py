"""Large questions that no seed of `benchmarks.scale.large` draws: groups, batches, large strides, few ports.

Each is answered as `map` does by default, every form and, without a prefetch buffer, any number of pieces, in
a process of its own.

Run from the repository root: python -m benchmarks.scale.chosen [NUMBER ...]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.scale.growth import measure
from benchmarks.scale.large import MEBIBYTES, SECONDS
from solver.answers.layer import status_of
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Conv, Primitive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.readers.read import read_layers

L, E, D = Objective.LATENCY, Objective.ENERGY, Objective.EDP


@dataclass(frozen=True)
class Chosen:
    """A layer, the array's switches, read ports and lines, KiB of the buffer (0: none), the objective."""

    layer: str | Conv
    array: tuple[int, int, int]
    kib: int
    objective: Objective
    accumulates: bool = True

    @property
    def hardware(self) -> Hardware:
        """The accelerator."""
        num_ms, dn_bw, rn_bw = self.array
        found = read_hardware("maeri-256", num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw)
        buffer = PrefetchBuffer(capacity=self.kib * 1024) if self.kib else None
        memory = Memory(buffer=buffer, dram_bandwidth=16) if buffer else None
        return replace(found, memory=memory, accumulation_buffer=self.accumulates)

    def __str__(self) -> str:
        words = self.layer
        if isinstance(words, Conv):
            names = ("input", "filters", "kernel", "stride", "groups", "batch")
            words = "conv " + ", ".join(f"{name} {getattr(self.layer, name)}" for name in names)
        return f"{words}; {self.array}, {self.kib} KiB, {self.objective}"


def conv(
    size: tuple[int, int, int], filters: int, kernel: tuple[int, int], *, stride: int = 1, groups: int = 1,
    batch: int = 1, pad: int = 0,
) -> Conv:  # fmt: skip
    """Return a convolution."""
    padding = ((pad, pad), (pad, pad))
    return Conv(
        input=size, filters=filters, kernel=kernel, stride=(stride, stride), groups=groups, batch=batch,
        padding=padding,
    )  # fmt: skip


QUESTIONS = (
    Chosen(conv((512, 224, 224), 512, (3, 3), groups=8, pad=1), (1024, 64, 64), 256, L),
    Chosen(conv((256, 512, 512), 256, (3, 3), groups=32, pad=1), (512, 128, 128), 64, E),
    Chosen(conv((64, 512, 512), 64, (7, 7), groups=64, pad=3), (256, 64, 64), 4, L),
    Chosen(conv((96, 112, 112), 96, (3, 3), groups=96, batch=64, pad=1), (1024, 256, 256), 32, D),
    Chosen(conv((3, 512, 512), 64, (11, 11), stride=4, batch=32), (2048, 256, 256), 128, L),
    Chosen(conv((128, 56, 56), 256, (1, 1), stride=2, batch=128), (4096, 64, 64), 16, E),
    Chosen(conv((64, 300, 300), 128, (2, 2), stride=5), (512, 64, 64), 8, L),
    Chosen(conv((32, 511, 511), 64, (3, 3), stride=7, batch=16), (256, 16, 16), 4, D),
    Chosen(conv((512, 14, 14), 512, (3, 3), batch=256, pad=1), (4096, 32, 32), 4096, L),
    Chosen(conv((512, 14, 14), 512, (3, 3), batch=256, pad=1), (4096, 32, 32), 4, E),
    Chosen("fc 25088 -> 4096, batch 512", (4096, 128, 128), 512, L),
    Chosen("fc 25088 -> 4096, batch 512", (256, 64, 64), 4, E),
    Chosen("fc 4096 -> 50257, batch 512", (1024, 16, 16), 64, D),
    Chosen("fc 16384 -> 53248, batch 1", (4096, 16, 16), 4, L),
    Chosen("gemm 8191x8191 * 8191x8191", (4096, 32, 16), 4, E),
    Chosen("gemm 8190x30 * 30x8190", (4096, 2048, 2048), 4, L),
    Chosen("gemm 17x8192 * 8192x8192", (2048, 16, 2048), 4, D),
    Chosen("gemm 8192x8192 * 8192x1", (4096, 4096, 16), 1024, L),
    Chosen(conv((2048, 7, 7), 2048, (7, 7), batch=32, pad=3), (4096, 64, 64), 64, L),
    Chosen(conv((1024, 33, 65), 1024, (5, 3), groups=4, batch=8, pad=1), (2048, 64, 32), 16, D),
    Chosen(conv((240, 120, 120), 240, (5, 5), groups=2, batch=12, stride=2, pad=2), (2048, 128, 128), 4, L),
    Chosen(conv((12, 512, 512), 1024, (16, 16), stride=16, batch=8), (1024, 64, 64), 32, E),
    Chosen(conv((512, 224, 224), 512, (3, 3), groups=8, pad=1), (4096, 64, 64), 0, L),
    Chosen(conv((512, 14, 14), 512, (3, 3), batch=256, pad=1), (4096, 256, 256), 0, E),
    Chosen("fc 25088 -> 4096, batch 512", (4096, 64, 64), 0, D),
    Chosen("gemm 8190x7560 * 7560x8190", (4096, 1024, 1024), 0, L),
    Chosen(conv((64, 300, 300), 128, (2, 2), stride=5), (4096, 1024, 1024), 0, D),
    Chosen(conv((96, 112, 112), 96, (3, 3), groups=96, batch=64, pad=1), (4096, 64, 64), 0, E),
    Chosen(conv((2520, 28, 28), 2520, (5, 5), batch=12, pad=2), (4096, 512, 512), 0, L),
    Chosen(conv((720, 60, 60), 720, (3, 3), groups=2, batch=24, pad=1), (2048, 128, 128), 0, L, False),
    Chosen("gemm 1x5120 * 5120x13824", (2048, 64, 64), 8, D),
    Chosen(conv((960, 7, 7), 160, (1, 1), batch=512), (4096, 64, 64), 0, D),
    Chosen(conv((256, 28, 28), 256, (3, 3), groups=32, batch=16, pad=1), (4096, 1024, 256), 0, D),
)


def answer(chosen: Chosen) -> None:
    """Answer a question, and print it and what came of it."""
    (layer,) = read_layers(chosen.layer) if isinstance(chosen.layer, str) else (chosen.layer,)
    assert isinstance(layer, Primitive)
    question = Question(
        hardware=chosen.hardware, objective=chosen.objective, limits=Limits(), workers=1, baselines=False
    )
    found, _ = map_layer(layer, question)
    print(f"{chosen}: {status_of(found)}", end="", flush=True)


def main() -> None:
    """Print every question with its status, processor seconds and MiB."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("numbers", nargs="*", type=int, default=range(len(QUESTIONS)))
    above = 0
    for number in parser.parse_args().numbers:
        print(f"{number}: ", end="", flush=True)
        seconds, mebibytes = measure(partial(answer, QUESTIONS[number]))
        above += seconds > SECONDS or mebibytes > MEBIBYTES
        print(f", {seconds:.1f} s, {mebibytes:.0f} MiB", flush=True)
    print(f"{above} above {SECONDS} s or {MEBIBYTES} MiB")


if __name__ == "__main__":
    main()
