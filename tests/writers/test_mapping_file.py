from dataclasses import replace
from decimal import Decimal

import pytest

from solver.answers.solution import Solution
from solver.errors import InputError
from solver.hardware import EnergyTable
from solver.writers.mapping_file import is_mapping_file, mapping_text, saved_mappings
from solver.yamlfile import parse
from tests.support.examples.report_examples import example_cost, example_solution


def saved(text: str):
    return saved_mappings(parse(text, file="m.yaml"), file="m.yaml")


def own_table(solution: Solution) -> EnergyTable:
    return replace(
        solution.hardware.energy_table, name="own", dn_wire=Decimal("1E-7"), buffer_read=Decimal(8)
    )


def test_everything_that_the_figures_depend_on_survives_the_file() -> None:
    solution = example_solution()
    (entry,) = saved(mapping_text([solution]))
    assert entry.layer == "vgg_conv3"
    assert entry.nest == solution.layer.nest()
    assert entry.hardware == solution.hardware
    assert entry.tile == solution.tile
    assert entry.reproduced_by(solution.cost)
    assert not entry.reproduced_by(example_cost(cycles=1))
    assert not entry.reproduced_by(example_cost(energy="61234567.891839832"))


def test_an_energy_table_that_is_not_shipped_is_written_out() -> None:
    solution = example_solution()
    hardware = replace(solution.hardware, energy_table=own_table(solution))
    (entry,) = saved(mapping_text([replace(solution, hardware=hardware)]))
    assert entry.hardware == hardware


def test_a_table_that_only_has_the_name_of_a_shipped_one_is_written_out_too() -> None:
    solution = example_solution()
    table = replace(own_table(solution), name="synthesis")
    hardware = replace(solution.hardware, energy_table=table)
    (entry,) = saved(mapping_text([replace(solution, hardware=hardware)]))
    assert entry.hardware.energy_table == table


def test_energies_of_any_length_stay_exact() -> None:
    solution = replace(
        example_solution(), cost=example_cost(energy="12345678901234567890123456789.000000001")
    )
    (entry,) = saved(mapping_text([solution]))
    assert entry.reproduced_by(solution.cost)


def test_several_layers_share_a_file() -> None:
    text = mapping_text([example_solution(), example_solution()])
    assert len(saved(text)) == 2


def test_a_file_with_a_mere_tile_is_told_apart() -> None:
    assert is_mapping_file(parse(mapping_text([example_solution()])))
    assert not is_mapping_file(parse("tile: {R: 3}"))
    assert not is_mapping_file(parse("- mappings"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("num_ms: 256", "num_ms: 250", "expected a power of two"),
        ("num_ms: 256", "numms: 256", "unknown key"),
        ("stride: [1, 1]", "stride: [1]", "two integers"),
        ("stride: [1, 1]", "stride: 1", "two integers"),
        ("{R: 3", "{R: 0", "integer of at least 1"),
        ("synthesis", "synthesys", "synthesis"),
        ("  cycles: 3650123", "  cycles: many", "integer of at least 1"),
        ("  energy: 61234567.891839831\n", "", "the key is missing"),
    ],
)
def test_a_damaged_file_is_refused_with_file_and_line(old: str, new: str, message: str) -> None:
    text = mapping_text([example_solution()])
    assert old in text
    with pytest.raises(InputError, match=message) as caught:
        saved(text.replace(old, new, 1))
    assert str(caught.value).startswith("m.yaml:")


@pytest.mark.parametrize(
    "text", ["mappings: []", "mappings: 3", "mappings: [3]", "mappings: [{}]", "mappings:"]
)
def test_a_file_without_entries_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"m\.yaml"):
        saved(text)


def test_the_file_says_how_to_replay_it() -> None:
    assert "solver evaluate LAYER --mapping" in mapping_text([example_solution()])
