"""Designs against every accelerator with every choice of mappings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
import simplejson

from solver.answers.design import DesignAnswer
from solver.answers.solution import Status
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective, value_of
from solver.errors import ExitCode, InputError
from solver.forms.enumerate import forms_of
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.hardware.area import area_of
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.jobs.base import Outcome, Serial, TaskFailure
from solver.layer import LSTM, Conv, ConvTranspose, FullyConnected, Layer, LoopNest, Loops
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of
from solver.questions.cache.store import Cache
from solver.questions.design.bounds import bounded, physical_bound, space_bound
from solver.questions.design.choose import choose
from solver.questions.design.search import run_design
from solver.questions.design.work import Choice, Work
from solver.questions.map_layer import Question
from solver.questions.network.run import run_network
from solver.questions.sweep.grid import Grid
from solver.views.figures import amount
from solver.views.json_text import to_json
from solver.views.text.design import design_headline, design_notes
from tests.oracles.pieces import level_fronts, piece_fronts, splits
from tests.support.cli_runs import run
from tests.support.examples.network_examples import small_network, small_question
from tests.support.examples.questions import random_nest


@cache
def accelerators(seed: int) -> tuple[Hardware, ...]:
    rng = Random(seed)
    axes = {
        "num_ms": (8, 16),
        "dn_bw": rng.sample((2, 4, 8), 2),
        "rn_bw": rng.sample((2, 8), 1),
        "accumulation_buffer": rng.choice(((True,), (False,))),
    }
    return Grid("maeri-64", axes).points()[0]


@cache
def network(seed: int) -> list[Layer]:
    rng = Random(seed)
    found: list[Layer] = []
    while len(found) < 2:
        try:
            nest = random_nest(rng)
        except InputError:
            continue
        layer = Loops(name=f"layer {len(found)}", loops=nest)
        if nest.macs > 400 or len(legal_tiles(nest, accelerators(seed)[-1])) > 45:
            continue
        # Every tile of every form is replayed on every accelerator.
        if 10 < sum(len(legal_tiles(form, accelerators(seed)[-1])) for form in nests(layer)) < 90:
            found.append(layer)
    return [*found, found[0]]


@cache
def front_of(nests: tuple[LoopNest, ...], point: Hardware) -> tuple[tuple[int, Decimal], ...]:
    """Return what no other tile of some nests beats in both figures, every tile evaluated by itself."""
    costs = [evaluate(nest, point, Tile.of(t)) for nest in nests for t in legal_tiles(nest, point)]
    pairs = {(cost.cycles, cost.energy) for cost in costs}
    return tuple(p for p in pairs if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in pairs))


def nests(layer: Layer) -> tuple[LoopNest, ...]:
    """Return the loop nests of all forms that only change the order of addresses."""
    return tuple(form.nest for form in forms_of(layer.parts()[0].layer.nest()))  # type: ignore[attr-defined]


def cheapest(
    layers: Sequence[Layer], points: Sequence[Hardware], objective: Objective, power: Decimal | None
) -> Fraction | None:
    """Return the least value over accelerators and all combinations of tiles."""
    values = []
    for point in points:
        fronts = [front_of(nests(layer), point) for layer in layers]
        for combination in product(*fronts):
            cycles, energy = sum(c for c, _ in combination), sum(Fraction(e) for _, e in combination)
            if power is None or energy <= Fraction(power) * cycles:
                value = {"latency": Fraction(cycles), "energy": energy, "edp": energy * cycles}[
                    str(objective)
                ]
                values.append(Fraction(value))
    return min(values) if values else None


def design(
    layers: Sequence[Layer], points: Sequence[Hardware], objective: Objective, **rest: Any
) -> DesignAnswer:
    return run_design("net", layers, points, small_question(objective), **rest)


@pytest.mark.parametrize("seed", range(2))  # `python -m benchmarks.scale.exploration` takes more
def test_a_design_is_the_best_of_all_accelerators_and_mappings(seed: int) -> None:
    layers, points = network(seed), accelerators(seed)
    area = sorted(area_of(point) for point in points)[len(points) // 2]
    small = [point for point in points if area_of(point) <= area]
    for objective in Objective:
        answer = design(layers, points, objective, max_area=area)
        assert answer.proved and answer.objective_value is not None
        assert Fraction(answer.objective_value) == cheapest(layers, small, objective, None)
        assert answer.solves <= answer.questions and answer.over_area == len(points) - len(small)
        assert answer.area is not None and answer.area <= area


@pytest.mark.parametrize("seed", range(2))  # `python -m benchmarks.scale.exploration` takes more
def test_a_limit_on_power_is_kept_and_costs_as_little_as_it_can(seed: int) -> None:
    layers, points = network(seed), accelerators(seed)
    free = design(layers, points, Objective.LATENCY)
    assert free.power is not None
    power = free.power * Decimal("0.8")
    for objective in Objective:
        answer = design(layers, points, objective, max_power=power)
        expected = cheapest(layers, points, objective, power)
        if expected is None:
            assert answer.exit_code is ExitCode.INFEASIBLE and answer.objective_value is None
            continue
        assert answer.objective_value is not None and answer.power is not None and answer.power <= power
        # The product is optimised in rounded figures.
        assert float(answer.objective_value) == pytest.approx(float(expected), rel=1e-7)
        assert answer.bound <= answer.objective_value and (answer.gap or 0) < 1e-6
        if objective is Objective.LATENCY:
            assert answer.proved and Fraction(answer.objective_value) == expected


def test_the_chosen_mappings_cost_what_is_said() -> None:
    answer = design(network(3), accelerators(3), Objective.EDP)
    assert answer.figures is not None and answer.hardware is not None
    solutions = [(repeats, s) for layer in answer.layers for repeats, s in layer.parts]
    cycles = sum(r * evaluate(s.nest, answer.hardware, s.tile).cycles for r, s in solutions)
    assert cycles == answer.figures.cycles
    assert sum(r * s.cost.energy for r, s in solutions) == answer.figures.energy


BEHIND = Memory(buffer=PrefetchBuffer(capacity=80, word_bytes=1), dram_bandwidth=2)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("memory", [None, BEHIND], ids=["array", "levels"])
def test_a_design_in_pieces_is_the_best_of_all_accelerators_and_splits(
    objective: Objective, memory: Memory | None
) -> None:
    layers = [
        Conv(name="a", input=(2, 4, 4), filters=3, kernel=(2, 2)),
        FullyConnected(name="b", inputs=5, outputs=3),
    ]
    points = [replace(point, accumulation_buffer=True, memory=memory) for point in accelerators(0)[:2]]
    wish = Wish.of("direct")
    template = small_question(objective, pieces="all", forms="direct")
    fronts_of = level_fronts if memory else piece_fronts
    answer = run_design("net", layers, points, template)
    values = []
    for point in points:
        fronts = [
            [
                figures
                for cut in cuts_of(layer, wish, point)
                for figures in splits(fronts_of(layer, cut, point, wish) or [], None)
            ]
            for layer in layers
        ]
        for way in product(*fronts):
            cycles, energy = sum(c for c, _ in way), sum((e for _, e in way), Decimal(0))
            values.append(value_of(objective, cycles, energy))
    assert answer.proved and answer.objective_value == min(values)


def test_layers_of_several_parts_are_chosen_in_the_way_that_costs_least() -> None:
    layers = [LSTM(name="lstm", inputs=3, hidden=4, steps=2), *small_network()]
    points = accelerators(0)
    for objective in (Objective.LATENCY, Objective.ENERGY):
        answer = design(layers, points, objective)
        alone = [run_network("net", layers, small_question(objective, hardware=point)) for point in points]
        assert answer.objective_value == min(each.figures.value(objective) for each in alone)


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("memory", [None, Memory(buffer=PrefetchBuffer(capacity=600), dram_bandwidth=2)])
def test_a_layer_without_mapping_in_one_way_runs_in_another(
    objective: Objective, memory: Memory | None
) -> None:
    # No phase has three rows of taps; the convolution with inserted zeros has.
    layers: list[Layer] = [
        ConvTranspose(name="up", input=(2, 3, 3), filters=2, kernel=(3, 3), stride=(2, 2)),
        Conv(name="dense", input=(2, 5, 5), filters=3, kernel=(3, 3)),
    ]
    points = [replace(read_hardware("maeri-64", num_ms=ms), memory=memory) for ms in (16, 32)]
    template = small_question(objective, limits=Limits.of({"R": 3}, {}, {}))
    answer = run_design("net", layers, points, template)
    networks = [run_network("net", layers, replace(template, hardware=point)) for point in points]
    assert answer.proved and all(network.proved and network.gap == 0 for network in networks)
    assert answer.objective_value == min(network.figures.value(objective) for network in networks)
    assert [len(layer.parts) for layer in answer.layers] == [1, 1]
    nowhere = run_design("net", layers, points, replace(template, limits=Limits.of({"R": 4}, {}, {})))
    assert nowhere.infeasible and all("up/phases/phase 0,0: " in point.reason for point in nowhere.points)


def test_bounds_hold_for_every_tile() -> None:
    for seed in range(5):
        layer, point = network(seed)[0], accelerators(seed)[0]
        front = front_of(nests(layer), point)
        physical = physical_bound(layer, point, Wish())  # type: ignore[arg-type]
        asked = Question(hardware=point, objective=Objective.EDP, limits=Limits())
        better = space_bound(layer, asked)  # type: ignore[arg-type]
        assert physical.cycles <= better.cycles <= min(cycles for cycles, _ in front)
        assert physical.energy <= better.energy <= min(energy for _, energy in front)


def test_the_networks_product_is_not_the_sum_of_the_layers_products() -> None:
    # Alone the first layer is best at (1, 10): 10 < 12; beside the second, (2, 6) saves more.
    def choices(*pairs: tuple[int, int]) -> list[Choice]:
        return [Choice(cycles, Decimal(energy), ((0, 1, None),)) for cycles, energy in pairs]

    layers = [choices((1, 10), (2, 6)), choices((9, 1))]
    found = choose(layers, Objective.EDP)
    assert found is not None and found.picks == (1, 0)
    assert choose(layers, Objective.LATENCY, Decimal("0.1")) is None


def test_work_names_every_different_layer_once() -> None:
    work = Work.of(small_network())
    assert len(work.different) == 2 and len(work.layers) == 4
    assert work.layers[2][1] == ((),)  # the host operation


class Failing(Serial):
    """Loses one task."""

    def run(self, function: Any, items: Any) -> Any:
        for outcome in super().run(function, items):
            yield Outcome(outcome.index, TaskFailure("WorkerDied", "lost"))


def test_a_lost_layer_leaves_a_doubt_and_no_false_proof() -> None:
    answer = design(network(1), accelerators(1), Objective.LATENCY, executor=Failing())
    assert answer.failures and not answer.proved and answer.exit_code is ExitCode.PARTIAL


def test_answers_of_earlier_runs_are_used(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "answers.sqlite")
    first = design(network(2), accelerators(2), Objective.LATENCY, cache=cache)
    again = design(network(2), accelerators(2), Objective.LATENCY, cache=cache)
    assert again.cached == again.solves == first.solves and again.objective_value == first.objective_value


def test_out_of_time_no_accelerator_is_said_to_be_impossible() -> None:
    answer = design(network(2), accelerators(2), Objective.LATENCY, time_limit=1e-9)
    assert answer.objective_value is None and 0 < answer.bound < Decimal("Infinity")
    assert not answer.infeasible and answer.exit_code is ExitCode.NOT_PROVED
    assert "NONE found in time" in str(design_headline(answer))


class Hasty(Serial):
    """Stops every search before its proof, as a time limit does."""

    def run(self, function: Any, items: Any) -> Any:
        if function is bounded:
            yield from super().run(function, items)
            return
        limited = [(layer, question) for layer, question in items if question.time_limit is not None]
        assert limited == list(items)
        for outcome in super().run(function, items):
            answer, stopped = outcome.value
            yield Outcome(
                outcome.index, (replace(answer, status=Status.FEASIBLE, bound=answer.bound / 2), stopped)
            )


def test_what_was_not_proved_in_time_is_no_proof_and_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "answers.sqlite")
    answer = design(
        network(2), accelerators(2), Objective.LATENCY, executor=Hasty(), time_limit=60, cache=cache
    )
    assert answer.solves and not answer.proved and not answer.infeasible
    assert design(network(2), accelerators(2), Objective.LATENCY, cache=cache).cached == 0


@pytest.mark.parametrize("limit", [{"max_area": Decimal(1)}, {"max_power": Decimal("0.001")}])
def test_limits_that_nothing_keeps_are_told_in_table_and_json(limit: dict[str, Decimal]) -> None:
    answer = design(network(2), accelerators(2), Objective.LATENCY, **limit)
    assert answer.infeasible and answer.exit_code is ExitCode.INFEASIBLE
    assert "NONE of the accelerators keeps the limits" in str(design_headline(answer))
    smallest = min(area_of(point) for point in accelerators(2))
    told = [note for note in design_notes(answer) if "smallest" in note]
    assert answer.least_area == (smallest if "max_area" in limit else None)
    assert len(told) == int("max_area" in limit) and all(amount(smallest) in note for note in told)
    assert simplejson.loads(to_json(answer.to_dict()))["bound"] is None


def test_the_command_tells_the_same_in_table_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    args = [
        "design",
        "fc 64 -> 16",
        "--hardware",
        "maeri-64",
        "--num-ms",
        "8..32",
        "--bandwidth",
        "/4,/2",
        "--no-cache",
    ]
    found = run(capsys, *args, "--max-area", "250000", "--json", "-")
    assert found.code == 0 and found.json["proved"] and Decimal(str(found.json["area"])) <= 250000
    shown = run(capsys, *args, "--max-area", "250000")
    assert "OPTIMAL, proved" in shown.out and f"{found.json['cycles']:,} cycles" in shown.out
    none = run(capsys, *args, "--max-area", "1000")
    assert none.code == 4
    assert run(capsys, *args, "--max-area", "-3").code == 2


def test_forms_restrict_what_a_design_searches(capsys: pytest.CaptureFixture[str]) -> None:
    args = [
        "design",
        "conv 8x9x7 -> 4, 3x1",
        "--num-ms",
        "16",
        "--bandwidth",
        "4",
        "--no-cache",
        "--json",
        "-",
    ]
    free, direct = (run(capsys, *args, *forms) for forms in ((), ("--forms", "direct")))
    assert free.code == direct.code == 0
    assert free.json["cycles"] < direct.json["cycles"]
    assert run(capsys, *args, "--forms", "slanted").code == 2


def test_a_clock_tells_times_those_of_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    args = ("--objective", "latency", "--clock", "600MHz", "--no-cache", "--json", "-")
    grid = (
        "--hardware",
        "maeri-64-dram",
        "--num-ms",
        "16",
        "--dn-bw",
        "4",
        "--rn-bw",
        "4",
        "--dram-bw",
        "2.4GB/s",
    )
    for source in ("fc 24 -> 10", "conv 2x6x6 -> 2, 3x3"):
        design = simplejson.loads(run(capsys, "design", source, *grid, *args).out)
        swept = simplejson.loads(run(capsys, "sweep", source, *grid, *args).out)
        network = simplejson.loads(
            run(capsys, "network", source, *grid, *args[:4], "--no-baselines", *args[4:]).out
        )
        assert design["hardware"]["dram_bandwidth"] == network["hardware"]["dram_bandwidth"] == 2
        assert design["rates"] == network["total"]["rates"]
        assert swept["rows"][0]["seconds"] == design["rates"]["seconds"] == design["cycles"] / 600e6
