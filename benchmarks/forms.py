"""Forms of layers: what searching all of them gains over the layer as it is written, and what it costs.

    python benchmarks/forms.py [NETWORK ...] [--objective latency]

The first table has single layers, with the forms that only move words and with copies; the second one whole
networks (each different layer is solved once), how often each form wins, and the processor time.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from decimal import Decimal

from solver.cost.result import Objective
from solver.forms.wish import AS_WRITTEN, Wish
from solver.hardware import read_hardware
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
WISHES = {"direct": AS_WRITTEN, "moving": Wish(), "copies": Wish(copying=True)}


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


def network_table(name: str, objective: Objective) -> None:
    """Print what a network costs under each wish."""
    hardware = read_hardware()
    layers = [layer for layer in read_layers(name) if isinstance(layer, Primitive)]
    nests: Counter[LoopNest] = Counter(layer.nest() for layer in layers)
    first = {layer.nest(): layer for layer in reversed(layers)}
    for title, wish in WISHES.items():
        total, wins, times = Decimal(0), Counter[str](), []
        for nest, count in nests.items():
            started = time.process_time()
            found = solve(first[nest], hardware, objective, wish=wish, workers=1)
            times.append(time.process_time() - started)
            assert found.proved
            total += count * found.objective_value
            wins[found.form] += count
        times.sort()
        ranks = ", ".join(f"{form} {count}" for form, count in wins.most_common())
        print(
            f"{name} | {title} | {total:,} | {ranks} | median {times[len(times) // 2]:.2f} s, "
            f"worst {times[-1]:.2f} s, sum {sum(times):.1f} s",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=["resnet50", "mobilenetv2"])
    parser.add_argument("--objective", type=Objective, default=Objective.LATENCY)
    asked = parser.parse_args()
    layers_table(asked.objective)
    for name in asked.networks:
        network_table(name, asked.objective)


if __name__ == "__main__":
    main()
