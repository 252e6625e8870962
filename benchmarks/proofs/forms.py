"""Forms of layers: what searching all of them gains over the layer as it is written, and what it costs.

    python -m benchmarks.proofs.forms [NETWORK ...] [--objective latency] [--forms direct] [--hardware NAME]
                               [--keep FILE] [--seconds 60] [--layers]

Whole networks (a loop nest is solved once, whichever networks have it), how often each form wins, and the
processor time of a proof; with a last line over the different layers of all networks. With `--keep` answers
are written to a file as they come and read from there the next time, so a table can be had in slices of
processor time. With `--layers` single layers, with the forms that only move words and with copies.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from math import inf
from pathlib import Path
from statistics import median

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
NETWORKS = (
    "alexnet",
    "bert_base",
    "mobilenetv2",
    "squeezenet",
    "resnet50",
    "vgg16",
    "googlenet",
    "llama_block",
    "llama_block_decode",
)
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


@dataclass(frozen=True)
class Found:
    """The optimum of a loop nest."""

    value: Decimal
    form: str
    seconds: float
    proved: bool


def optimum(layer: Primitive, hardware: Hardware, objective: Objective, wish: Wish) -> Found:
    """Solve a layer."""
    started = time.process_time()
    found = solve(layer, hardware, objective, wish=wish, workers=1)
    return Found(found.objective_value, found.form, time.process_time() - started, found.proved)


class Kept:
    """Answers, in a file if one is given, under the question as text."""

    def __init__(self, file: Path | None, seconds: float) -> None:
        self.file, self.seconds = file, seconds
        lines = file.read_text().splitlines() if file is not None and file.exists() else []
        self.known = {line["question"]: line for line in map(json.loads, lines)}

    def answer(self, layer: Primitive, hardware: Hardware, objective: Objective, title: str) -> Found:
        """Return a known answer, or solve the layer; ends the program when the time is up."""
        question = f"{layer.nest()} {hardware.name} {objective} {title}"
        if question not in self.known:
            if time.process_time() > self.seconds:
                sys.exit(f"{len(self.known)} answers are kept; the next run goes on")
            found = optimum(layer, hardware, objective, WISHES[title])
            self.known[question] = {**asdict(found), "value": str(found.value), "question": question}
            if self.file is not None:
                with self.file.open("a") as file:
                    print(json.dumps(self.known[question]), file=file)
        line = self.known[question]
        return Found(Decimal(line["value"]), line["form"], line["seconds"], line["proved"])


def networks_table(
    names: Iterable[str], objective: Objective, hardware: Hardware, title: str, kept: Kept
) -> None:
    """Print what networks cost under a wish."""
    solved: dict[LoopNest, Found] = {}
    for name in names:
        layers = [layer for layer in read_layers(name) if isinstance(layer, Primitive)]
        counts = Counter(layer.nest() for layer in layers)
        for layer in layers:
            if layer.nest() not in solved:
                solved[layer.nest()] = kept.answer(layer, hardware, objective, title)
        wins = Counter[str]()
        for nest, count in counts.items():
            wins[sort_of(solved[nest].form)] += count
        total = sum(count * solved[nest].value for nest, count in counts.items())
        ranks = ", ".join(f"{form} {count}" for form, count in wins.most_common())
        times = spent(solved[nest] for nest in counts)
        open_ = sum(count for nest, count in counts.items() if not solved[nest].proved)
        ranks += f"; {open_} not proved" if open_ else ""
        print(f"| {name} | {objective} | {title} | {total:,.0f} | {ranks} | {times} |", flush=True)
    longest = max(solved, key=lambda nest: solved[nest].seconds)
    what = f"{len(solved)} different layers, the slowest {longest}"
    print(f"| all | {objective} | {title} | {what} | | {spent(solved.values())} |", flush=True)


def spent(found: Iterable[Found]) -> str:
    """Return median, that of nine in ten, worst and sum of the processor time."""
    times = sorted(each.seconds for each in found)
    most = times[-(-9 * len(times) // 10) - 1]
    return f"{median(times):.2f} | {most:.2f} | {times[-1]:.2f} | {sum(times):.1f}"


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
    parser.add_argument("--layers", action="store_true", help="single layers for latency, on one level")
    parser.add_argument("--keep", type=Path, help="file of answers to go on from")
    parser.add_argument("--seconds", type=float, default=inf, help="processor time after which to stop")
    asked = parser.parse_args()
    hardware = read_hardware(asked.hardware)
    if asked.layers:
        layers_table(Objective.LATENCY)
        return
    print(
        "| network | objective | forms | total | layers won | median s | 9 in 10 within s | worst s | sum s |"
    )
    kept = Kept(asked.keep, asked.seconds)
    for objective in asked.objective or Objective:
        for title in asked.forms or WISHES:
            networks_table(asked.networks, objective, hardware, title, kept)


if __name__ == "__main__":
    main()
