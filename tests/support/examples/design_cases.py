"""Certificates of random designs, and such with one thing changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from solver.certificates.check_certificate import accelerators_of
from solver.cost.result import Objective
from solver.hardware.area import area_of
from solver.layer import Conv, FullyConnected, Gemm
from solver.legal.tiles import Limits
from solver.questions.certify import design_certificate, digest
from solver.questions.design.search import run_design
from solver.questions.sweep.grid import Grid
from solver.questions.sweep.values import ShareOfSwitches
from tests.support.examples.certificate_cases import Paper, question_of


def random_design(rng: Random, behind: float) -> Paper:
    """Return the certificate of a random design; `behind`: the share with a prefetch buffer."""
    while True:
        layers: list[Any] = [_layer(rng) for _ in range(rng.randint(1, 3))]
        grid = _grid(rng, rng.random() < behind)
        points, _ = grid.points()
        areas = [*sorted(area_of(point) for point in points)[len(points) // 2 :], None]
        area = rng.choice(areas)
        objective, pieces = rng.choice(list(Objective)), rng.choice((1, "all"))
        question = question_of(None, points[0], objective, Limits(), None, pieces)
        answer = run_design("net", layers, points, question, grid=grid, max_area=area)
        if rng.random() < 0.5 and answer.power:
            power = Decimal(str(round(float(answer.power) * rng.uniform(0.5, 1), 3)))
            question = replace(question, pieces=1)
            answer = run_design("net", layers, points, question, grid=grid, max_area=area, max_power=power)
        if answer.hardware is not None:
            return json.loads(json.dumps(design_certificate(answer, question)))  # type: ignore[no-any-return]


def _grid(rng: Random, buffered: bool) -> Grid:
    """Return a grid of one to six accelerators, of which some combinations may be none."""
    axes: dict[str, Any] = {"num_ms": rng.sample((4, 8, 16), rng.randint(1, 2))}
    shares = [2, 4, ShareOfSwitches(2)]
    if rng.random() < 0.5:
        axes["bandwidth"] = rng.sample(shares, rng.randint(1, 3))
    else:
        axes |= {"dn_bw": rng.sample(shares, rng.randint(1, 2)), "rn_bw": [2]}
    if buffered:
        axes["buffer"] = rng.choice(([1024], [1024, 2048]))
    elif rng.random() < 0.3:
        axes["accumulation_buffer"] = [True, False]
    return Grid("maeri-64-dram" if buffered else "maeri-64", axes)


def _layer(rng: Random) -> Any:
    kind = rng.choice((Conv, FullyConnected, Gemm))
    if kind is Conv:
        kernel = rng.choice((1, 3)), 3
        return Conv(input=(rng.randint(1, 4), 6, 5), filters=rng.randint(2, 4), kernel=kernel)
    if kind is FullyConnected:
        return FullyConnected(inputs=rng.randint(3, 16), outputs=rng.randint(2, 9))
    return Gemm(m=rng.randint(2, 6), k=rng.randint(2, 8), n=rng.randint(2, 6))


def changed_designs(paper: Paper, rng: Random) -> Iterator[tuple[str, Paper]]:
    """Yield certificates of a design that are false, by the name of what was changed; digests made anew."""
    place, at = rng.choice(
        [(place, at) for place, rows in enumerate(paper["least"]) for at, row in enumerate(rows) if row]
    )
    i, j = rng.choice(
        [(i, j) for i, some in enumerate(paper["answer"]["mappings"]) for j in range(len(some))]
    )

    def bounds_dropped(other: Paper) -> None:
        other["least"].pop()

    def accelerator_dropped(other: Paper) -> None:
        machines, (inside, _) = other["question"]["accelerators"], accelerators_of(paper["question"])
        gone = rng.randrange(len(machines))
        if machines[gone] in inside:
            at = inside.index(machines[gone])
            other["least"].pop(at)
            other["answer"]["accelerator"] -= at < other["answer"]["accelerator"]
        machines.pop(gone)

    def layer_without_mapping(other: Paper) -> None:
        other["least"][place][at] = None

    def answer_better(other: Paper) -> None:
        row = other["answer"]["mappings"][i][j][2]
        row.get("pieces", [row])[0]["cycles"] -= 1

    def value_lower(other: Paper) -> None:
        for key in ("value", "bound"):
            other["answer"][key] = str(Decimal(other["answer"][key]) * Decimal("0.99"))

    def bound_raised(other: Paper) -> None:
        other["answer"]["bound"] = str(Decimal(other["answer"]["value"]) + 1)

    def part_dropped(other: Paper) -> None:
        other["answer"]["mappings"][i].pop(j)

    for change in (
        *(bounds_dropped, accelerator_dropped, layer_without_mapping, answer_better),
        *(value_lower, bound_raised, part_dropped),
    ):
        other = deepcopy(paper)
        change(other)
        other["digest"] = digest({key: other[key] for key in ("question", "answer", "least")})
        yield change.__name__, other
