"""Best values of all shipped layers, in one piece under every objective: kept, and compared with kept ones.

An older checkout in OLD answers the same questions by `PYTHONPATH=OLD:. python benchmarks/proofs/answers.py
--answers FILE`, and `python -m benchmarks.proofs.answers --against FILE` compares.

Run from the repository root: python -m benchmarks.proofs.answers [--hardware PRESET ...] [--answers FILE]
[--against FILE] [NETWORK ...]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.readers.read import read_layers

NETWORKS = ("alexnet", "bert_base", "googlenet", "mobilenetv2", "resnet50", "squeezenet", "vgg16")
HARDWARE = ("maeri-256", "maeri-64-rtl", "maeri-256-dram")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that keep answers and compare them."""
    parser.add_argument("--answers", metavar="FILE", type=Path, help="keep the answers, with those there")
    parser.add_argument("--against", metavar="FILE", type=Path, help="compare with kept answers")


def keep(options: argparse.Namespace, answers: Mapping[str, Any]) -> None:
    """Keep answers, status and value by question, if the options ask for it."""
    if options.answers is not None:
        kept = json.loads(options.answers.read_text()) if options.answers.exists() else {}
        options.answers.write_text(json.dumps(kept | answers, indent=0))


def end(options: argparse.Namespace, answers: Mapping[str, Any]) -> None:
    """Keep answers and compare them, as far as the options ask for it."""
    keep(options, answers)
    if options.against is not None:
        print(compared(answers, json.loads(options.against.read_text())))


def compared(answers: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    """Print the answers whose values are others', and return how many there are; both by question."""
    shared = [name for name in answers if name in others]
    proved = [name for name in shared if answers[name][0] == others[name][0] in ("proved", "infeasible")]
    differ = [name for name in proved if answers[name][1] != others[name][1]]
    open_ = [name for name in shared if name not in proved and others[name][1]]
    lost = [name for name in open_ if Decimal(answers[name][1] or "inf") > Decimal(others[name][1])]
    for name in (*differ, *lost):
        print(f"{name}: {' '.join(answers[name])}, before {' '.join(others[name])}")
    return (
        f"{len(shared)} questions in both: {len(proved)} settled by both, {len(differ)} of them with other "
        f"values; of the others {len(lost)} are worse than before"
    )


def distinct_layers(names: list[str]) -> dict[LoopNest, Primitive]:
    """Return the layers of some names and their parts, one for each loop nest."""
    found: dict[LoopNest, Primitive] = {}
    for name in names:
        for layer in read_layers(name):
            for part in layer.parts():
                if isinstance(part.layer, Primitive):
                    found.setdefault(part.layer.nest(), part.layer)
    return found


def main() -> None:
    """Print how long the answers take on each accelerator, and the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), help="networks and layers")
    parser.add_argument("--hardware", nargs="+", default=list(HARDWARE), metavar="PRESET")
    add_options(parser)
    options = parser.parse_args()
    layers = distinct_layers(options.networks)
    answers: dict[str, tuple[str, str]] = {}
    for preset in options.hardware:
        began, proved = time.process_time(), 0
        for objective in Objective:
            question = Question(
                hardware=read_hardware(preset),
                objective=objective,
                limits=Limits(),
                workers=1,
                baselines=False,
                pieces=1,
            )
            for nest, layer in layers.items():
                answer, _ = map_layer(layer, question)
                status, value = "infeasible", ""
                if isinstance(answer, Solution):
                    status = "proved" if answer.proved else f"gap {answer.gap:.2%}"
                    value = str(answer.objective_value)
                proved += status == "proved"
                name = f"{layer.name} {nest.sizes}{nest.stride}{nest.dilation}"
                answers[f"{name}, {preset}, {objective}"] = status, value
        keep(options, answers)
        spent = time.process_time() - began
        print(f"{preset}: {proved} of {len(layers) * len(Objective)} proved, {spent:.0f} s", flush=True)
    end(options, answers)


if __name__ == "__main__":
    main()
