"""Certificates: what they weigh, whether the checker believes them, and whether it sees every change.

* Layers: shipped layers are mapped, certified and checked; a row per question with sizes and times (those of
  each layer on standard error).
  `maeri-256-dram:16` has a prefetch buffer of 16 KiB.
* Questions: certificates of random questions (groups, strides, batches, limits, forms, fronts, both arrays);
  a share of them, and of the changed ones, has a prefetch buffer.
* Changes: certificates with one thing changed, and certificates of a program with a bound that is too high or
  a rule that is too strict; every one must be refused.
* Designs: certificates of random designs (grids, products, limits on power), and some with one thing changed.
* Mappings: the checker's cycles and energy beside the program's, on random mappings and on the mappings of
  measured runs.

Run from the repository root: python -m benchmarks.proofs.certificates [--layers PRESET ...] [--networks NAME
...]
[--pieces N|all] [--questions N] [--changes N] [--designs N] [--behind SHARE] [--patched N] [--mappings N]
[--data FOLDER] [--seed S] [--size]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.lines import kinds_of
from benchmarks.proofs.pieces import hardware_named
from solver.answers.solution import Solution
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.certificates import check_certificate as checker
from solver.cost import timing
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.legal import tiles as rules
from solver.legal.tiles import candidate_tiles, legality
from solver.mapping.tile import Tile
from solver.questions.certify import certificate_of
from solver.readers.read import read_model
from tests.support.examples.certificate_cases import (
    CHANGES,
    answered,
    changed,
    checker_machine,
    checker_nest,
    has_certificate,
    question_of,
    random_papers,
    verdict,
)
from tests.support.examples.design_cases import changed_designs, random_design
from tests.support.examples.questions import random_hardware, random_question, random_real_hardware
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

NETWORKS = ("alexnet", "bert_base", "googlenet", "mobilenetv2", "resnet50", "squeezenet", "vgg16")
OBJECTIVES = (*(str(objective) for objective in Objective), "pareto")


def layers_of(networks: list[str]) -> Iterator[Any]:
    """Yield the shipped layers that differ in their loops."""
    seen = set()
    for name in networks:
        for layer in read_model(name).layers:
            for part in layer.parts():
                nest = getattr(part.layer, "nest", None)
                if nest is not None and nest() not in seen:
                    seen.add(nest())
                    yield part.layer


def shipped(preset: str, objective: str, networks: list[str], pieces: str) -> tuple[str, int]:
    """Certify and check every shipped layer; return a row of the table, and how many are not verified."""
    hardware = hardware_named(preset)
    front = objective == "pareto"
    asked = Objective.EDP if front else Objective(objective)
    sizes, proofs, writes, checks, refused = [], [], [], [], 0
    for layer in layers_of(networks):
        question = question_of(layer, hardware, asked, rules.Limits(), None, pieces)
        began = time.process_time()
        answer = answered(layer, question, front)
        proofs.append(time.process_time() - began)
        if isinstance(answer, Solution) and not has_certificate(answer, question):
            print(
                f"{preset} {objective} {layer.name}: no certificate, the answer is a {answer.form}",
                flush=True,
            )
            continue
        if answer is None:
            continue
        began = time.process_time()
        text = json.dumps(certificate_of(answer, question), separators=(",", ":"))
        writes.append(time.process_time() - began)
        began = time.process_time()
        found = verdict(json.loads(text))
        checks.append(time.process_time() - began)
        sizes.append(len(text))
        seconds = f"proof {proofs[-1]:.2f} s, check {checks[-1]:.2f} s"
        print(f"{preset} {objective} {layer.name}: {seconds}, {found:.80}", file=sys.stderr, flush=True)
        if found != "VERIFIED":
            refused += 1
            print(f"{preset} {objective} {layer.name}: {found}", flush=True)
    share = sum(writes) / sum(proofs)
    row = (
        f"| {preset} | {objective} | {len(sizes)} | {len(sizes) - refused} | {median(sizes):,.0f} / "
        f"{max(sizes):,} | {median(proofs):.2f} / {max(proofs):.2f} | {share:.0%} | "
        f"{median(checks):.2f} / {max(checks):.2f} |"
    )
    return row, refused


def show_layers(presets: list[str], objectives: list[str], networks: list[str], pieces: str) -> int:
    """Print the table of shipped layers; return how many are not verified."""
    print(
        "| hardware | objective | certificates | verified | bytes: median / most | proof, s: median / most |"
    )
    print("  writing, of the proof | checking, s: median / most |")
    wrong = 0
    for preset in presets:
        for objective in objectives:
            row, refused = shipped(preset, objective, networks, pieces)
            wrong += refused
            print(row, flush=True)
    return wrong


def show_questions(count: int, rng: Random, behind: float) -> int:
    """Check certificates of random questions; return how many are not verified."""
    papers, wrong = random_papers(rng, behind), 0
    longest = 0.0
    for _ in range(count):
        paper = next(papers)
        began = time.process_time()
        found = verdict(paper)
        longest = max(longest, time.process_time() - began)
        if found != "VERIFIED":
            wrong += 1
            print(f"{found}: {json.dumps(paper['question'])}")
    print(
        f"random questions: {count - wrong} of {count} certificates verified, the longest in {longest:.1f} s"
    )
    return wrong


def show_changes(count: int, rng: Random, behind: float) -> int:
    """Check changed certificates; return how many are believed."""
    refused: Counter[str] = Counter()
    by_digest: Counter[str] = Counter()
    papers, believed = random_papers(rng, behind), 0
    while sum(refused.values()) < count:
        paper = next(papers)
        for change in CHANGES:
            other = changed(paper, change, rng)
            if other is None:
                continue
            found = verdict(other)
            believed += found == "VERIFIED"
            refused[change.__name__] += found != "VERIFIED"
            by_digest[change.__name__] += "(digest)" in found
    print(f"changed certificates: {sum(refused.values())} refused, {believed} believed")
    for name, number in sorted(refused.items()):
        print(f"  {name}: {number}, {by_digest[name]} of them by the digest alone")
    return believed


def show_designs(count: int, rng: Random, behind: float) -> int:
    """Check certificates of random designs, and changed ones; return how many verdicts are wrong."""
    verified, refused, wrong = 0, 0, 0
    for _ in range(count):
        paper = random_design(rng, behind)
        found = verdict(paper)
        verified += found == "VERIFIED"
        if found != "VERIFIED":
            print(f"{found}: {json.dumps(paper['question'])}")
        for name, other in changed_designs(paper, rng):
            believed = verdict(other) == "VERIFIED"
            refused, wrong = refused + (not believed), wrong + believed
            if believed:
                print(f"believed, {name}: {json.dumps(other['question'])}")
    print(f"designs: {verified} of {count} verified; changed: {refused} refused, {wrong} believed")
    return wrong + count - verified


def too_high(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a lower bound that is 5 % too high."""
    return lambda *arguments, **named: function(*arguments, **named) * 21 // 20


def mistaken(paper: dict[str, Any], right: dict[str, Any]) -> bool:
    """Return whether a certificate says something else than the right one, ties of answers aside."""
    if paper["answer"]["value"] != right["answer"]["value"]:
        return True
    pairs = list(zip(paper["forms"], right["forms"], strict=True))
    return any(
        form["mappings"] != other["mappings"] or any(row not in form["timed"] for row in other["timed"])
        for form, other in pairs
    )


def show_patched(count: int, rng: Random) -> int:
    """Certify with a program whose bound is too high, or rules too strict; return the believed ones.

    A mistake that changes nothing in an answer's certificate is no mistake of that certificate, and not
    counted.
    """
    right_bound = timing._TIMINGS["simulator"]
    wrong_bound = replace(right_bound, lower_bound=too_high(right_bound.lower_bound))
    capacity = next(rule for rule in rules.RULES if rule.name == "switch capacity")

    def no_pairs(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
        return capacity.keeps(nest, hardware, tiles) & (tiles[:, 3] != 2)

    strict = tuple(replace(rule, keeps=no_pairs) if rule is capacity else rule for rule in rules.RULES)
    patches: dict[str, Callable[[], Any]] = {
        "a bound 5 % too high": lambda: patch.dict(timing._TIMINGS, {"simulator": wrong_bound}),
        "no tiles of 2 filters": lambda: patch.object(rules, "RULES", strict),
    }
    believed = 0
    for name, wrong in patches.items():
        refused = 0
        while refused < count:
            asked = random_question(rng, (16, 32), random_hardware)
            if not asked.hardware.accumulation_buffer:
                continue
            question = question_of(asked.layer, asked.hardware, Objective.LATENCY, asked.limits, None)
            right = answered(asked.layer, question, False)
            if right is None:
                continue
            try:
                with wrong():
                    answer = answered(asked.layer, question, False)
                    paper = certificate_of(answer, question) if answer else None
            except Exception:  # the program sees it by itself
                continue
            if paper is None or not mistaken(paper, certificate_of(right, question)):
                continue
            found = verdict(json.loads(json.dumps(paper)))
            refused += found != "VERIFIED"
            believed += found == "VERIFIED"
        print(f"program with {name}: {refused} certificates refused, {believed} believed")
    return believed


def same_cost(nest: LoopNest, hardware: Hardware, tile: Tile) -> str:
    """Return what the checker finds of a legal mapping beside the program: same, long, or what differs."""
    machine, loops = checker_machine(hardware), checker_nest(nest)
    sizes = np.array(tile.sizes)
    try:
        found = checker.cost_of(loops, machine, sizes)
    except checker.TooLong:
        return "too long to be timed"
    cost = evaluate(nest, hardware, tile)
    if (found is None) or (found.cycles, Decimal(found.energy) / machine.unit) != (cost.cycles, cost.energy):
        return f"different: {nest} {hardware.to_dict()} {tile}: {found} beside {cost.cycles} {cost.energy}"
    return "same"


def measured(folder: Path) -> Iterator[tuple[LoopNest, Hardware, Tile]]:
    """Yield the mappings of measured runs."""
    for name in ("stonne_sims.csv", "stonne_sims_2.csv"):
        if (folder / name).exists():
            for row in rows(name, folder):
                yield nest_of(row), hardware_of(row), tile_of(row)


def drawn(count: int, rng: Random) -> Iterator[tuple[LoopNest, Hardware, Tile]]:
    """Yield random mappings, several of each question."""
    while count > 0:
        real = rng.random() < 0.3
        asked = random_question(rng, (8, 16, 32, 64), random_real_hardware if real else random_hardware)
        tiles = candidate_tiles(asked.nest, asked.hardware, asked.limits)
        for at in rng.sample(range(len(tiles)), min(len(tiles), 10)):
            yield asked.nest, asked.hardware, Tile.of(tiles[at])
            count -= 1


def show_mappings(count: int, folder: Path | None, rng: Random) -> int:
    """Print how many mappings cost the same; return how many differ."""
    found: Counter[str] = Counter()
    sources = {"random": drawn(count, rng)} | ({"measured": measured(folder)} if folder else {})
    for name, cases in sources.items():
        for nest, hardware, tile in cases:
            lawful = legality(nest, hardware, tile) is None
            outcome = same_cost(nest, hardware, tile) if lawful else "not legal"
            if outcome.startswith("different"):
                print(outcome)
            found[f"{name}: {outcome.partition(':')[0]}"] += 1
    for outcome, number in sorted(found.items()):
        print(f"mappings, {outcome}: {number}")
    return sum(number for outcome, number in found.items() if "different" in outcome)


def show_size() -> None:
    """Print the checker's lines of code by part: what is no comment, docstring or blank line."""
    text = Path(checker.__file__).read_text(encoding="utf-8")
    kinds, lines = kinds_of(text), text.splitlines()
    print("| part of the checker | lines of code |\n|---|---|")
    parts: Counter[str] = Counter()
    part = "imports"
    for number, line in enumerate(lines):
        if line.startswith("# ") and set(lines[number - 1][2:]) == {"-"}:
            part = line[2:]
        parts[part] += kinds[number] in ("code", "imports")
    for name, count in parts.items():
        print(f"| {name} | {count} |")
    documentation = kinds.count("docstrings")
    print(f"{sum(parts.values()):,} lines of code, {documentation} of docstrings, {len(lines):,} in all")


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", nargs="*", default=[], metavar="PRESET")
    parser.add_argument("--objectives", nargs="*", default=["latency", "energy", "edp"], choices=OBJECTIVES)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--pieces", default="1", metavar="N|all")
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--changes", type=int, default=0)
    parser.add_argument("--designs", type=int, default=0)
    parser.add_argument("--behind", type=float, default=0.2, metavar="SHARE")
    parser.add_argument("--patched", type=int, default=0)
    parser.add_argument("--mappings", type=int, default=0)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", action="store_true")
    asked = parser.parse_args()
    rng, wrong = Random(asked.seed), 0
    if asked.size:
        show_size()
    if asked.layers:
        wrong += show_layers(asked.layers, asked.objectives, asked.networks, asked.pieces)
    if asked.questions:
        wrong += show_questions(asked.questions, rng, asked.behind)
    if asked.changes:
        wrong += show_changes(asked.changes, rng, asked.behind)
    if asked.designs:
        wrong += show_designs(asked.designs, rng, asked.behind)
    if asked.patched:
        wrong += show_patched(asked.patched, rng)
    if asked.mappings or asked.data:
        wrong += show_mappings(asked.mappings, asked.data, rng)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
