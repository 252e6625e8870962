"""What real hardware costs: every layer of some networks on the RTL beside the simulator's array.

Each layer is solved to proof on `--hardware` (a description with reduction rtl), and for at most 10 s each on
the simulator's array of the same size with and without accumulation buffer. Ratios are real to simulated, the
smaller the better; a * marks those that are only a lower bound, as the simulator's optimum is not proved.

Run from the repository root: python -m benchmarks.measured.real_hardware [NETWORK...] [--objective latency]
"""

from __future__ import annotations

import argparse
import sys
import time
from math import exp, log

from solver.answers.infeasible import Infeasible
from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.readers.read import read_layers


def distinct(names: list[str]) -> dict[LoopNest, Primitive]:
    """Return the layers of some networks, one of each shape."""
    layers = [layer for name in names for layer in read_layers(name)]
    return {layer.nest(): layer for layer in layers if isinstance(layer, Primitive)}


def geometric_mean(values: list[float]) -> float:
    return exp(sum(map(log, values)) / len(values))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("networks", nargs="*", default=["vgg16", "resnet50"])
    parser.add_argument("--hardware", default="maeri-256-rtl")
    parser.add_argument("--forwarding", choices=("none", "sliding"), default="none")
    parser.add_argument("--objective", choices=list(Objective), default=Objective.LATENCY)
    arguments = parser.parse_args()
    hardware = read_hardware(arguments.hardware, forwarding=arguments.forwarding)
    question = Question(
        hardware=hardware,
        objective=Objective(arguments.objective),
        limits=Limits(),
        workers=1,
        baselines=False,
        beside_simulator=True,
    )
    print(f"{'layer':26}{'tile':24}{question.objective!s:>12}{'/ buffered':>12}{'/ without':>10}{'proof':>9}")
    ratios: list[tuple[float, ...]] = []
    proved, began = 0, time.perf_counter()
    for layer in distinct(arguments.networks).values():
        answer, _ = map_layer(layer, question)
        if isinstance(answer, Infeasible):
            print(f"{layer.name:26}{answer.reason}")
            continue
        ratios.append(_ratios(answer))
        shown = [
            f"{ratio:10.2f}{' ' if other.proved else '*'}"
            for ratio, other in zip(ratios[-1], answer.simulator, strict=True)
        ]
        proved += answer.proved
        print(
            f"{layer.name:26}{answer.tile!s:24}{float(answer.objective_value):12.4g}"
            f" {''.join(shown)}{answer.wall_seconds:7.2f} s"
        )
    means = [geometric_mean(list(column)) for column in zip(*ratios, strict=True)]
    print(
        f"{len(ratios)} layers on {hardware.name}, {proved} proved optimal; geometric means {means[0]:.2f} "
        f"and {means[1]:.2f}; {time.perf_counter() - began:.0f} s with the simulator's array"
    )
    return int(proved < len(ratios))


def _ratios(answer: Solution) -> tuple[float, ...]:
    values = (other.cost.value(answer.objective) for other in answer.simulator)
    return tuple(float(answer.objective_value / value) for value in values)


if __name__ == "__main__":
    sys.exit(main())
