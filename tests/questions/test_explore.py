"""The explored space against one that is evaluated tile by tile."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from solver.answers.exploration import Exploration
from solver.cost.evaluate import evaluate
from solver.cost.result import Cost, Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import ExitCode, InfeasibleError, MissingDependencyError
from solver.forms.form import Form
from solver.forms.wish import AS_WRITTEN
from solver.hardware import read_hardware
from solver.landscape.distribution import Distribution
from solver.landscape.landscape import array_landscape
from solver.layer import Conv, FullyConnected, Primitive
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.explore.pareto import array_front, front, undominated
from solver.questions.explore.ranking import best, least_property
from solver.questions.explore.run import explore
from solver.questions.explore.sample import level_sample
from solver.questions.map_layer import Question
from solver.search.two_level.solve import pareto_levels
from solver.tables import require
from solver.views.text.explore import remarks
from tests.support.cli_runs import run
from tests.support.examples.questions import random_question

CONV = Conv(name="conv", input=(3, 6, 6), filters=4, kernel=(3, 3))


def small(hardware: object = None, **changes: object) -> Question:
    hardware = hardware or read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
    return Question(**{"hardware": hardware, "objective": Objective.LATENCY, "limits": Limits(), **changes})  # type: ignore[arg-type]


def two_level(**changes: object) -> Question:
    return small(read_hardware("maeri-64-dram", num_ms=16, dn_bw=4, rn_bw=4), baselines=False, **changes)


def every_cost(seed: int) -> tuple[Primitive, Question, dict[Tile, Cost]]:
    """Return a random question that has an answer, and the cost of each legal tile."""
    rng = Random(seed)
    while True:
        asked = random_question(rng, (8, 16))
        tiles = legal_tiles(asked.nest, asked.hardware, asked.limits)
        if 1 < len(tiles) < 400:
            costs = {Tile.of(t): evaluate(asked.nest, asked.hardware, Tile.of(t)) for t in tiles}
            question = Question(
                hardware=asked.hardware, objective=asked.objective, limits=asked.limits, forms="direct"
            )
            return asked.layer, question, costs


@pytest.mark.parametrize("seed", range(8))
def test_front_and_ranking_are_those_of_all_mappings_evaluated_one_by_one(seed: int) -> None:
    layer, question, costs = every_cost(seed)
    pairs = {(cost.cycles, cost.energy) for cost in costs.values()}
    expected = sorted(p for p in pairs if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in pairs))

    def figures(landscape: object, indices: list[int]) -> list[tuple[int, Decimal]]:
        return [(c.cycles, c.energy) for c in map(landscape.settle, indices)]  # type: ignore[attr-defined]

    lowering = Form(layer.nest())
    tiles = legal_tiles(layer.nest(), question.hardware, question.limits)
    whole = array_landscape([lowering], question.hardware, [tiles])
    assert figures(whole, front(whole)) == expected
    pruned = array_front(layer, question.hardware, question.limits, AS_WRITTEN)
    assert figures(pruned, front(pruned)) == expected
    for objective in Objective:
        fresh = array_landscape([lowering], question.hardware, [tiles])
        values = sorted(cost.value(objective) for cost in costs.values())
        assert [fresh.settle(i).value(objective) for i in best(fresh, objective, 20)] == values[:20]


@pytest.mark.parametrize("seed", (0, 2, 3))
def test_no_nearly_optimal_mapping_has_less_than_the_alternative(seed: int) -> None:
    layer, question, costs = every_cost(seed + 100)
    exploration = explore(layer, question, tolerance=0.3)
    most = min(cost.value(question.objective) for cost in costs.values()) * Decimal("1.3")
    near = [tile for tile, cost in costs.items() if cost.value(question.objective) <= most]
    switches = {a.least: a.value for a in exploration.alternatives}["switches"]
    assert switches == min(tile.vn_size * tile.num_vns for tile in near)


def test_the_undominated_are_kept_once() -> None:
    points = [(2, Decimal(3), "a"), (1, Decimal(5), "b"), (2, Decimal(3), "c"), (3, Decimal(4), "d")]
    assert undominated(points) == [points[1], points[0]]


def test_an_exploration_knows_space_landmarks_and_table() -> None:
    exploration = explore(CONV, small())
    landscape = exploration.landscape
    assert exploration.space.size == len(legal_tiles(CONV.nest(), exploration.hardware))
    assert exploration.solution.proved and exploration.front_proved
    assert (
        exploration.optimum.cycles == landscape.settle(exploration.best[0]).cycles == landscape.cycles.min()
    )
    assert exploration.front[0].cycles == exploration.optimum.cycles
    assert exploration.optimum.better == 0
    assert sum(exploration.distributions["energy"].counts) == len(landscape)
    for row in exploration.sensitivity:
        with_value = landscape.tiles[:, "RSCKGNXY".index(row.loop)] == row.size
        assert row.count == with_value.sum()
        assert row.best == landscape.cycles[with_value].min()
    for trait in exploration.traits:
        assert trait.lift > 1
    frame = exploration.to_frame()
    assert len(frame) == len(landscape) and frame.cycles.min() == exploration.optimum.cycles


def test_both_stationary_operands_are_explored() -> None:
    layer = FullyConnected(inputs=12, outputs=6, batch=3)
    exploration = explore(layer, small())
    assert set(exploration.landscape.columns()["form"]) >= {"direct", "product, inputs stationary"}


def test_nothing_legal_is_told_with_its_reason() -> None:
    with pytest.raises(InfeasibleError, match="T_R"):
        explore(CONV, small(limits=Limits(lower={"R": 4})))


def test_a_sample_is_legal_repeatable_and_costs_what_its_mappings_cost() -> None:
    question = two_level()
    lowerings = AS_WRITTEN.forms(CONV, question.hardware)
    sample = level_sample(lowerings, question.hardware, Limits(), 200, seed=3)
    again = level_sample(lowerings, question.hardware, Limits(), 200, seed=3)
    assert (
        len(sample) == 200 and (sample.tiles == again.tiles).all() and (sample.cycles == again.cycles).all()
    )
    assert (level_sample(lowerings, question.hardware, Limits(), 200, seed=4).tiles != sample.tiles).any()
    for index in range(0, 200, 7):
        mapping = sample.mapping(index)
        assert isinstance(mapping, LevelMapping)
        assert (level_legality(CONV.nest(), question.hardware, mapping) is None) == sample.right(index)
        cost, levels = evaluate_levels(CONV.nest(), question.hardware, mapping)
        assert sample.least_cycles[index] <= cost.cycles
        assert sample.cycles[index] == pytest.approx(cost.cycles, rel=0.15)
        assert sample.settle(index) == cost and sample.cycles[index] == cost.cycles
        assert sample.energy[index] == pytest.approx(float(cost.energy))
        assert sample.properties["buffer_words"][index] == sum(levels.tile_words.values())
        assert sample.properties["dram_words"][index] == sum(levels.words["DRAM"].values())
        assert sample.properties["buffer_accesses"][index] == sum(levels.words["buffer"].values())


def test_the_sampled_space_keeps_the_proved_optimum_and_front() -> None:
    exploration = explore(CONV, two_level(), samples=500)
    assert exploration.sampled and "seed 0" in exploration.space.description
    assert exploration.optimum.cycles <= exploration.landscape.cycles.min()
    assert exploration.front[0].cycles == exploration.optimum.cycles
    least = {a.least: a for a in exploration.alternatives}
    assert least["buffer_words"].value <= least["buffer_words"].optimum


def stop(*args: Any, **rest: Any) -> Any:
    raise KeyboardInterrupt


def test_ctrl_c_leaves_the_space_and_the_best_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = explore(CONV, two_level(), samples=50)
    assert not whole.interrupted and whole.exit_code is ExitCode.PROVED
    found = pareto_levels(CONV, two_level().hardware)
    monkeypatch.setattr(
        "solver.questions.explore.run.pareto_levels", lambda *_, **__: replace(found, interrupted=True)
    )
    at_front = explore(CONV, two_level(), samples=50)
    assert at_front.interrupted and at_front.exit_code is ExitCode.INTERRUPTED and at_front.solution.proved
    monkeypatch.setattr("solver.questions.map_layer._level_baselines", stop)
    at_baselines = explore(CONV, replace(two_level(), baselines=True), samples=50)
    assert at_baselines.interrupted and not at_baselines.front_proved
    assert at_baselines.distributions == whole.distributions
    assert any("interrupted" in remark for remark in remarks(at_baselines))


def test_no_alternative_needs_more_than_the_optimum_where_the_sample_lacks_it() -> None:
    exploration = explore(CONV, two_level(), samples=3, tolerance=3.0)
    assert len(exploration.alternatives) == 4
    assert all(each.value <= each.optimum for each in exploration.alternatives)
    kept = [each.landmark for each in exploration.alternatives if each.value == each.optimum]
    assert kept and all(landmark.mapping == exploration.optimum.mapping for landmark in kept)


def test_a_figure_that_is_the_same_everywhere_has_a_bar_and_plots_that_draw_it() -> None:
    flat = Distribution.of(np.array([7.0, 7.0, 7.0 + 1e-12]))
    assert flat.counts == (3,) and flat.edges[0] < 7 < flat.edges[1]
    spread = Distribution.of(np.array([1.0, 2.0, 100.0]))
    assert sum(spread.counts) == 3 and (spread.edges[0], spread.edges[-1]) == (1.0, 100.0)


def test_the_least_of_a_property_within_no_reach_is_none() -> None:
    exploration: Exploration = explore(CONV, small(baselines=False))
    column = np.arange(len(exploration.landscape))
    assert least_property(exploration.landscape, Objective.LATENCY, column, Decimal(1)) is None


def test_the_command_writes_the_same_facts_everywhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("s.csv", "s.parquet", "plots")]
    args = ["explore", "conv 3x6x6 -> 4, 3x3", "--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4]
    outputs = ["--csv", files[0], "--parquet", files[1], "--plot", files[2], "--json", "-"]
    found = run(capsys, *args, *outputs)
    assert found.code == 0, found.err
    import pandas

    from_csv, from_parquet = pandas.read_csv(files[0]), pandas.read_parquet(files[1])
    assert len(from_csv) == len(from_parquet) == found.json["space"]["size"]
    assert from_csv.cycles.min() == from_parquet.cycles.min() == found.json["optimum"]["cycles"]
    assert {path.name for path in files[2].iterdir()} == {
        "scatter.png", "histograms.png", "sensitivity.png",
    }  # fmt: skip
    again = run(capsys, *args, "--plot", files[2])
    assert again.code == 2 and "--force" in again.err
    shown = run(capsys, *args)
    assert f"{found.json['space']['size']:,} mappings" in shown.out
    assert json.dumps(found.json)  # no NaN


def test_a_missing_package_is_named_with_its_extra() -> None:
    with pytest.raises(MissingDependencyError, match=r"no_such_package.*maeri-solver\[plot\]"):
        require("no_such_package.inner", "plot", "a plot")
