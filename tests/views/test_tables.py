import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from solver.answers.evaluation import Evaluation
from solver.answers.infeasible import Infeasible
from solver.answers.solution import BaselineResult, Status
from solver.cost.result import Counts, Objective
from solver.mapping.tile import Tile
from solver.views.breakdown import COUNT_UNITS
from solver.views.certificate import certificate
from solver.views.console import make_console
from solver.views.text.profile import show_profile
from solver.views.text.result import show_solution
from solver.views.text.summary import show_summary
from tests.support.examples.report_examples import (
    example_cost,
    example_hardware,
    example_layer,
    example_solution,
)


def report(what, *args, width: int | None = None, **kwargs) -> str:
    stream = io.StringIO()
    what(make_console(stream, width), *args, **kwargs)
    return stream.getvalue()


def test_the_certificate_is_the_first_line_and_holds_every_part_of_the_claim() -> None:
    first = report(show_solution, example_solution()).splitlines()[0]
    for part in (
        "OPTIMAL, proved",
        "energy 61,234,568 energy units",
        "bound 61,234,568",
        "gap 0 %",
        "0.84 s",
        "31,842 mappings (all legal array tiles)",
    ):
        assert part in first


@pytest.mark.parametrize("status", [Status.FEASIBLE, Status.INTERRUPTED])
def test_nothing_is_called_optimal_that_is_not_proved(status: Status) -> None:
    text = report(show_solution, example_solution(status))
    assert "not proved optimal" in text.splitlines()[0]
    assert "optimum" not in text
    assert "OPTIMAL" not in text
    assert "gap 10.00 %" in text


@pytest.mark.parametrize(
    ("objective", "part"),
    [
        (Objective.LATENCY, "latency 3,650,123 cycles"),
        (Objective.ENERGY, "energy 61,234,568 energy units"),
        (Objective.EDP, "EDP 2.235e14 energy units × cycles"),
    ],
)
def test_every_objective_is_written_with_its_unit(objective: Objective, part: str) -> None:
    assert part in certificate(example_solution(objective=objective)).plain


def test_a_bound_between_two_cycle_counts_is_the_next_one() -> None:
    solution = replace(example_solution(Status.FEASIBLE, Objective.LATENCY), bound=Decimal("1000.25"))
    assert "bound 1,001 " in certificate(solution).plain


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_figure_is_cut_at_any_width(width: int) -> None:
    text = report(show_solution, example_solution(), width=width)
    assert "…" not in text
    for figure in ("3,650,123", "61,234,568", "2.235e14", "98.7 %", "1.508", "16,049,371", "50.0 %"):
        assert figure in text


def test_the_tables_of_a_usual_layer_fit_eighty_columns() -> None:
    text = report(show_solution, example_solution(), width=80)
    tables = [line for line in text.splitlines() if "·" not in line]
    assert max(map(len, tables)) <= 80


def test_baselines_are_ranked_and_those_without_a_mapping_come_last() -> None:
    text = report(show_solution, example_solution())
    rows = [text.index(f"\n{name}  ") for name in ("optimum", "exhaustive", "mrna", "hill-climb")]
    assert rows == sorted(rows)
    assert "filter-per-vn  none legal" in text
    assert "filter-per-vn: a filter needs 1,152 switches" in text


def test_every_count_has_a_name_and_a_unit() -> None:
    assert list(COUNT_UNITS) == list(Counts.__dataclass_fields__)


def test_a_pipe_gets_neither_colour_codes_nor_padding() -> None:
    text = report(show_solution, example_solution())
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_markup_in_names_and_notes_is_printed_as_it_stands() -> None:
    solution = example_solution()
    odd = replace(
        solution,
        layer=replace(example_layer(), name="[red]x[/red]"),
        notes=("[bold]note[/bold]",),
        baselines=(BaselineResult("[b]", Tile(), example_cost(), "[/x]"),),
    )
    text = report(show_solution, odd)
    for part in ("[red]x[/red]: OPTIMAL", "[bold]note[/bold]", "[b]: [/x]"):
        assert part in text


def test_costs_beyond_the_usual_are_still_written_whole() -> None:
    cost = replace(
        example_cost(4_398_046_511_104, "123456789012345678.5"), energy_by_component={"static": Decimal(0)}
    )
    text = report(show_solution, replace(example_solution(), cost=cost, baselines=()), width=80)
    assert "4,398,046,511,104" in text
    assert "1.23457e17" in text


def test_the_summary_adds_up_cycles_energy_and_their_product() -> None:
    answers = [example_solution(), example_solution(Status.FEASIBLE)]
    text = report(show_summary, answers, asked=2)
    assert text.startswith("2 layers: 1 proved optimal, 1 not proved\n")
    assert re.search(r"total +7,300,246   122,469,136  8\.941e14 ", text)


def test_the_summary_lists_layers_without_a_mapping() -> None:
    lost = Infeasible(example_layer(), example_hardware(), Objective.ENERGY, "switch capacity")
    text = report(show_summary, [example_solution(), lost], asked=3)
    assert "2 without a mapping" in text.splitlines()[0]
    assert "infeasible" in text


def test_a_profile_shows_how_the_switches_are_used() -> None:
    evaluation = Evaluation(
        example_layer(), example_hardware(), Tile(R=3, S=3, C=4, K=7), example_cost(), ("a note",)
    )
    text = report(show_profile, evaluation, width=200)
    assert text.startswith("vgg_conv3: EVALUATED")
    assert "7 virtual neurons of 36 multipliers, 252 of 256 switches multiply, 32 folds per output" in text
    assert "bound by distribution" in text
    assert "note: a note" in text
