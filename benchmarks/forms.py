"""Forms of layers: what searching all of them gains over the layer as it is written, and what it costs.

    python -m benchmarks.forms [NETWORK ...] [--objective latency] [--forms direct] [--hardware NAME]

The first table has single layers, with the forms that only move words and with copies; the second one whole
networks (each different layer is solved once), how often each form wins, and the processor time of a proof.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from solver.cost.result import Objective
from solver.forms.wish import AS_WRITTEN, Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Primitive
from solver.readers.read import read_layers
from solver.search.solve import solve

LAYERS = (
    "conv 3x224x224 -> 64, 7x7, stride 2, pad 3",
    "conv 3x224x224 -> 32, 3x3, stride 2, pad 1",
    "conv 256x56x56 -> 64, 1x1",
    "conv 960x1x1 -> 240, 1x1",
    "conv 512x7x7 -> 4096, 7x7",
    "conv 128x17x17 -> 128, 7x1, pad 3x0",
    "conv 128x56x56 -> 128, 3x3, stride 2, pad 1",
)
NETWORKS = ("alexnet", "vgg16", "googlenet", "squeezenet", "resnet50", "mobilenetv2", "bert_base")
WISHES = {"direct": AS_WRITTEN, "default": Wish(), "all": Wish(copying=True)}


def layers_table(objective: Objective) -> None:
    """Print what single layers cost under each wish."""
    hardware = read_hardware()
    for text in LAYERS:
        (layer,) = read_layers(text)
        assert isinstance(layer, Primitive)
        cells = []
        for wish in WISHES.values():
            started = time.process_time()
            found = solve(layer, hardware, objective, wish=wish, workers=1)
            assert found.proved
            spent = time.process_time() - started
            cells.append(f"{found.objective_value:,} ({found.form}, {spent:.2f} s)")
        print(" | ".join([text, *cells]), flush=True)


def network_table(name: str, objective: Objective, hardware: Hardware, wishes: Iterable[str]) -> None:
    """Print what a network costs under each wish."""
    layers = [layer for layer in read_layers(name) if isinstance(layer, Primitive)]
    nests: Counter[LoopNest] = Counter(layer.nest() for layer in layers)
    first = {layer.nest(): layer for layer in reversed(layers)}
    for title in wishes:
        total, wins, times = Decimal(0), Counter[str](), []
        for nest, count in nests.items():
            started = time.process_time()
            found = solve(first[nest], hardware, objective, wish=WISHES[title], workers=1)
            times.append(time.process_time() - started)
            assert found.proved
            total += count * found.objective_value
            wins[sort_of(found.form)] += count
        times.sort()
        ranks = ", ".join(f"{form} {count}" for form, count in wins.most_common())
        print(
            f"| {name} | {objective} | {title} | {total:,.0f} | {ranks} | {times[len(times) // 2]:.2f} | "
            f"{times[-1]:.2f} | {sum(times):.1f} |",
            flush=True,
        )


def sort_of(form: str) -> str:
    """Return the name of a form without the axes along which steps are taken, and how many strips."""
    return re.sub(r" of (rows|columns)( and columns)?|[248] (?=strips)", "", form)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--objective", type=Objective, action="append")
    parser.add_argument("--forms", choices=WISHES, action="append", help="default: all of these")
    parser.add_argument("--hardware", default="maeri-256", help="maeri-256-dram for two levels")
    asked = parser.parse_args()
    hardware = read_hardware(asked.hardware)
    if hardware.memory is None:
        layers_table(Objective.LATENCY)
    print("| network | objective | forms | total | layers won | median s | worst s | sum s |")
    for name in asked.networks:
        for objective in asked.objective or Objective:
            network_table(name, objective, hardware, asked.forms or WISHES)


if __name__ == "__main__":
    main()
