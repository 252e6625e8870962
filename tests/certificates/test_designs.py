"""Certificates of designs: on every accelerator what the layers cost at least, and their sums."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from solver.certificates.check_certificate import VALUES, Disbelief, check, demand_sums, main
from solver.certificates.check_certificate import area_of as checker_area
from solver.cli.commands.design import command
from solver.cost.result import Objective
from solver.hardware.area import area_of
from solver.layer import Conv, FullyConnected
from solver.legal.tiles import Limits
from solver.questions.certified import machine_of
from solver.questions.certify import design_certificate, digest
from solver.questions.design.search import run_design
from solver.questions.sweep.grid import Grid
from solver.questions.sweep.values import ShareOfSwitches
from tests.support.examples.certificate_cases import question_of, verdict
from tests.support.examples.design_cases import changed_designs, random_design

LAYERS = [
    Conv(name="one", input=(2, 6, 6), filters=3, kernel=(3, 3)),
    FullyConnected(name="two", inputs=12, outputs=5),
]
GRID = Grid(None, {"num_ms": [8], "bandwidth": [2, 8]})
BEHIND = Grid("maeri-64-dram", {"num_ms": [8], "bandwidth": [2, 8], "buffer": [1024]})
LIMITED = "0.75"
"""A power that rules out the fastest mappings on one accelerator, and all on none."""


def _certificate(
    objective: Objective,
    pieces: str | int = 1,
    power: str | None = None,
    grid: Grid = GRID,
    area: Decimal | None = None,
) -> Any:
    points, _ = grid.points()
    question = question_of(None, points[0], objective, Limits(), None, pieces)
    limit = None if power is None else Decimal(power)
    answer = run_design("net", LAYERS, points, question, grid=grid, max_area=area, max_power=limit)
    assert answer.proved
    return json.loads(json.dumps(design_certificate(answer, question)))


@pytest.mark.parametrize("grid", [GRID, BEHIND])
@pytest.mark.parametrize(("pieces", "power"), [(1, None), ("all", None), (1, LIMITED)])
@pytest.mark.parametrize("objective", list(Objective))
def test_a_design_is_verified_on_every_accelerator(
    objective: Objective, pieces: str | int, power: str | None, grid: Grid
) -> None:
    said: list[str] = []
    verdict = check(
        _certificate(objective, pieces, power and (LIMITED if grid is GRID else "40"), grid),
        said.append,
    )
    where = "on any of the 2 accelerators of the grid, layers in "
    assert where + ("one piece" if pieces == 1 else "any number of pieces") in verdict
    assert ("within a power of" in verdict) == (power is not None)
    assert [line.partition(":")[0] for line in said] == ["accelerator 0", "accelerator 1"]


def _reason(right: Any, change: Any) -> str:
    """Return why a changed certificate, its digest made anew, is not believed."""
    paper = json.loads(json.dumps(right))
    change(paper)
    paper["digest"] = digest({key: paper[key] for key in ("question", "answer", "least")})
    with pytest.raises(Disbelief) as found:
        check(paper)
    return str(found.value)


def _best(paper: Any) -> Any:
    return paper["least"][paper["answer"]["accelerator"]]


def test_a_changed_design_is_refused_with_the_reason() -> None:
    right = _certificate(Objective.LATENCY)

    def bound(layer: int, add: int) -> Any:
        return lambda paper: _best(paper)[layer][0].update(cycles=_best(paper)[layer][0]["cycles"] + add)

    def claimed(paper: Any) -> None:
        paper["answer"]["bound"] = paper["answer"]["value"] = str(int(paper["answer"]["value"]) - 1)

    assert "is better than the front" in _reason(right, bound(0, 1))
    assert "of energy in all cost less than" in _reason(right, bound(1, -1))
    assert "a mapping where there should be none" in _reason(
        right, lambda p: p["least"][0].__setitem__(0, None)
    )
    assert "the accelerators and layers" in _reason(right, lambda p: p["least"].pop())
    assert "the accelerators and layers" in _reason(right, lambda p: p["least"][0].pop())
    assert "ValueError" in _reason(right, lambda p: p["question"]["network"].pop())
    assert "on the chosen accelerator" in _reason(right, claimed)
    assert "exceeds the answer" in _reason(
        right, lambda p: p["answer"].update(bound=p["answer"]["value"] + "0")
    )
    assert "not taken apart" in _reason(right, lambda p: p["answer"]["mappings"][0][0].__setitem__(1, 2))
    assert "does not run" in _reason(right, lambda p: p["question"]["network"][0][0][0].__setitem__(1, -1))
    limit = json.loads(json.dumps(right))
    limit["question"]["limits"]["upper"]["N"] = 1
    with pytest.raises(Disbelief, match="digest"):
        check(limit)


WIDE = Grid(
    "maeri-64-dram",
    {
        "num_ms": [8, 16, 4],
        "dn_bw": [ShareOfSwitches(2), 4, ShareOfSwitches(16)],
        "buffer": [1024, 2048],
        "dram_bandwidth": [4],
        "accumulation_buffer": [True, False],
    },
)
"""Of 36 combinations 18 have no accumulation buffer and 4 half a word or less; two pairs are the same."""


def test_the_accelerators_are_those_that_the_grid_makes() -> None:
    points, skipped = WIDE.points()
    assert (len(points), skipped) == (12, 22)
    right = _certificate(Objective.LATENCY, grid=WIDE)
    assert "on any of the 12 accelerators of the grid" in check(right)

    def dropped(place: int) -> Any:
        def change(paper: Any) -> None:
            paper["question"]["accelerators"].pop(place)
            paper["least"].pop(place)
            paper["answer"]["accelerator"] -= place < paper["answer"]["accelerator"]

        return change

    for place in range(12):
        assert "the 11 accelerators are not the 12 that" in _reason(right, dropped(place))

    def values(name: str, *more: Any) -> Any:
        return lambda paper: paper["question"]["grid"]["values"].update({name: list(more)})

    def facts(name: str, value: Any) -> Any:
        return lambda paper: paper["question"]["accelerators"][3]["hardware"].update({name: value})

    assert "not the 18 that" in _reason(right, values("num_ms", 8, 16, 4, 32))
    assert "not the 6 that" in _reason(right, values("buffer", 2048))
    assert "not the 12 that" in _reason(right, values("dram_bandwidth", 2))
    assert "no such grid" in _reason(right, values("clock", 2))
    assert "no such grid" in _reason(right, values("dn_bw"))
    assert "a bandwidth given twice" in _reason(right, values("bandwidth", 2))
    assert "differ in more" in _reason(right, facts("forwarding", "none"))
    assert "not the 12 that" in _reason(right, facts("num_ms", 32))

    def cheaper(paper: Any) -> None:
        paper["question"]["accelerators"][3]["energy_table"]["multiplication"] = "0"

    assert "different energies" in _reason(right, cheaper)

    def listed(paper: Any) -> None:
        paper["question"]["grid"] = None
        dropped((paper["answer"]["accelerator"] + 1) % 12)(paper)
        paper["digest"] = digest({key: paper[key] for key in ("question", "answer", "least")})

    one = json.loads(json.dumps(right))
    listed(one)
    assert "on any of the 11 accelerators that are listed" in check(one)


def test_accelerators_within_an_area_are_those_that_keep_it() -> None:
    points, _ = WIDE.points()
    limit = sorted(area_of(point) for point in points)[5]
    right = _certificate(Objective.LATENCY, grid=WIDE, area=limit)
    inside = sum(area_of(point) <= limit for point in points)
    assert f"the {inside} of 12 accelerators of the grid, those within an area of {limit}" in check(right)
    assert len(right["question"]["accelerators"]) == len(points)
    larger = str(max(area_of(point) for point in points))
    assert "not those of the bounds" in _reason(right, lambda p: p["question"].update(max_area=larger))


def test_a_layer_too_large_for_pieces_is_said_to_be_in_one() -> None:
    huge = FullyConnected(name="huge", inputs=2**30, outputs=2**21)
    points, _ = GRID.points()
    question = question_of(None, points[0], Objective.LATENCY, Limits(), None, "all")
    answer = run_design("net", [LAYERS[1], huge], points, question, grid=GRID)
    right = json.loads(json.dumps(design_certificate(answer, question)))
    assert right["question"]["pieces"] == "all" and right["question"]["searched"] == ["all", 1]
    assert "layers in any number of pieces (but 1 of 2 in one piece only)" in check(right)

    def searched(*pieces: Any) -> Any:
        return lambda paper: paper["question"].update(searched=list(pieces))

    assert "pieces of so large a layer are not checked" in _reason(right, searched("all", "all"))
    assert "in other pieces than those asked for" in _reason(right, searched(2, 1))
    assert "accelerators and layers" in _reason(right, searched("all"))


def test_the_area_is_the_programs() -> None:
    plain = {"num_ms": [4, 16, 128], "bandwidth": [1, 2, 4, 16, 128], "accumulation_buffer": [True, False]}
    for grid in (WIDE, Grid(None, plain), Grid("maeri-64-rtl", {"num_ms": [16, 64], "rn_bw": [4, 8]})):
        for point in grid.points()[0]:
            for port in (None, Decimal(0), Decimal(10**6)):
                hardware = replace(point, energy_table=replace(point.energy_table, port_area=port))
                assert checker_area(*machine_of(hardware, areas=True).values()) == Fraction(area_of(hardware))


@pytest.mark.parametrize("power", [None, LIMITED])
@pytest.mark.parametrize("objective", list(Objective))
def test_an_accelerator_that_is_not_the_best_is_refused(objective: Objective, power: str | None) -> None:
    right = _certificate(objective, power=power, grid=Grid(None, {"num_ms": [4, 8], "bandwidth": [2]}))
    other = 1 - right["answer"]["accelerator"]
    alone = Grid(None, {"num_ms": [(4, 8)[other]], "bandwidth": [2]})
    alone = _certificate(objective, power=power, grid=alone)
    assert alone["answer"]["value"] != right["answer"]["value"]

    def chosen(paper: Any) -> None:
        paper["answer"] = alone["answer"] | {"accelerator": other}

    assert "of energy in all cost less than" in _reason(right, chosen)


@pytest.mark.parametrize("power", [None, LIMITED])
def test_a_point_of_a_front_cannot_be_left_out(power: str | None) -> None:
    right = _certificate(Objective.EDP, power=power)
    fronts = [
        (place, at)
        for place, rows in enumerate(right["least"])
        for at, row in enumerate(rows)
        if len(row) > 1
    ]
    assert fronts
    for place, at in fronts:
        for point in range(len(right["least"][place][at])):

            def dropped(paper: Any, place: int = place, at: int = at, point: int = point) -> None:
                paper["least"][place][at].pop(point)

            assert "is better than the front" in _reason(right, dropped)


def test_what_exceeds_a_power_is_a_mapping() -> None:
    right = _certificate(Objective.LATENCY, power=LIMITED)
    energy = _best(right)[0][0]["energy"]
    assert "the certificate: takes" in _reason(right, lambda p: _best(p)[0][0].update(energy=energy + "1"))

    def bare(paper: Any) -> None:
        for row in _best(paper)[0]:
            del row["tile"]

    assert "cost less than" in _reason(right, bare)
    assert "the answer exceeds the power" in _reason(right, lambda p: p["question"].update(max_power="0.5"))
    assert "in all cost less than" in _reason(right, lambda p: p["question"].update(max_power="2"))
    assert "a limit on the power of pieces" in _reason(right, lambda p: p["question"].update(pieces="all"))


@pytest.mark.parametrize("seed", range(4))
def test_random_designs_are_verified_and_their_changes_refused(seed: int) -> None:
    rng = Random(seed)
    paper = random_design(rng, 0.3)
    assert verdict(paper) == "VERIFIED"
    assert [name for name, other in changed_designs(paper, rng) if verdict(other) == "VERIFIED"] == []


@pytest.mark.parametrize("objective", list(VALUES))
def test_sums_are_bounded_as_if_all_were_tried(objective: str) -> None:
    """The least of all sums of a point of each layer that keep a power, however few are looked at."""
    rng, value, limited = Random(9), VALUES[objective], 0
    for _ in range(60):
        layers = []
        power = rng.choice([None, Fraction(rng.randint(1, 40), 70)])
        unasked = power is None and rng.random() < 0.3  # as of the least energy
        for _ in range(rng.randint(1, 4)):
            cycles, energies = (rng.sample(range(1, 60), rng.randint(1, 6)) for _ in "ce")
            few = min(len(cycles), len(energies))
            energy = sorted(energies[:few], reverse=True)
            points = [(c, Fraction(e, 7)) for c, e in zip(sorted(cycles[:few]), energy, strict=True)]
            layers.append([(0, points[-1][1])] if unasked else points)
        sums = [tuple(map(sum, zip(*chosen, strict=True))) for chosen in product(*layers)]
        kept = [(c, e) for c, e in sums if power is None or e <= power * c]
        limited += len(kept) < len(sums)
        if not kept:
            demand_sums(layers, value, Fraction(10**9), power)
            continue
        least = min(Fraction(value(c, e)) for c, e in kept)
        demand_sums(layers, value, least, power)
        with pytest.raises(Disbelief, match="in all cost less than"):
            demand_sums(layers, value, least + Fraction(1, 1000), power)
    assert limited > 10


@pytest.mark.parametrize("flags", [["--objective", "edp"], ["--max-power", "12"]])
def test_the_command_writes_what_is_checked(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "certificate.json"
    grid = ["--num-ms", "16", "--dn-bw", "4..8", "--rn-bw", "8"]
    command.main(["fc 12 -> 5", *grid, *flags, "--certificate", str(target)], standalone_mode=False)
    assert main([str(target)]) == 0
    assert "VERIFIED: the network costs no less than" in capsys.readouterr().out
