from dataclasses import replace
from decimal import Decimal

import pytest

from solver.answers.solution import BaselineResult, Status
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.mapping.tile import Tile
from tests.support.examples.report_examples import example_cost, example_solution


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.OPTIMAL, ExitCode.PROVED),
        (Status.FEASIBLE, ExitCode.NOT_PROVED),
        (Status.INTERRUPTED, ExitCode.INTERRUPTED),
    ],
)
def test_the_status_decides_the_exit_code_and_what_counts_as_proved(status: Status, code: ExitCode) -> None:
    solution = example_solution(status)
    assert solution.exit_code is code
    assert solution.proved == (status is Status.OPTIMAL)


def test_the_gap_is_relative_to_the_objective() -> None:
    cost = example_cost(cycles=200)
    solution = replace(example_solution(), objective=Objective.LATENCY, cost=cost, bound=Decimal(150))
    assert solution.objective_value == 200
    assert solution.gap == 0.25


def test_a_mapping_that_costs_nothing_has_no_gap() -> None:
    solution = replace(example_solution(), cost=example_cost(energy="0"), bound=Decimal(0))
    assert replace(solution, objective=Objective.ENERGY).gap == 0


def test_the_json_form_repeats_the_certificate() -> None:
    solution = example_solution()
    form = solution.to_dict()
    assert form["objective_value"] == solution.cost.value(solution.objective)
    assert form["bound"] == solution.bound
    assert form["proved"] is solution.proved
    assert form["space"]["size"] == solution.space.size
    assert list(form["mapping"]["tile"]) == list("RSCKGNXY")


def test_a_baseline_without_a_mapping_has_no_cost_keys() -> None:
    empty = BaselineResult("mrna", None, None, "no mapping").to_dict(example_solution().layer)
    assert (empty["mapping"], empty["note"]) == (None, "no mapping")
    assert "cycles" not in empty
    found = BaselineResult("mrna", Tile(C=2), example_cost()).to_dict(example_solution().layer)
    assert found["mapping"]["tile"]["C"] == 2 and found["cycles"] == example_cost().cycles
