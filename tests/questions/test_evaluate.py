from dataclasses import replace

import pytest

from solver.cost.result import Objective
from solver.errors import InputError
from solver.mapping.tile import Tile
from solver.questions.evaluate import evaluate_mapping, evaluate_saved
from solver.writers.mapping_file import SavedMapping
from tests.support.examples.report_examples import example_hardware, example_layer

TILE = Tile(R=3, S=3, C=4, K=7)


def saved_example(**changes) -> SavedMapping:
    evaluation = evaluate_mapping(example_layer(), example_hardware(), TILE)
    entry = SavedMapping(
        layer="vgg_conv3",
        nest=example_layer().nest(),
        hardware=example_hardware(),
        objective=str(Objective.ENERGY),
        tile=TILE,
        cycles=evaluation.cost.cycles,
        energy=format(evaluation.cost.energy, "f"),
    )
    return replace(entry, **changes)


def test_an_illegal_tile_is_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match=r"illegal mapping R3 S3 C4 K8 of vgg_conv3: .*256 multiplier"):
        evaluate_mapping(example_layer(), example_hardware(), replace(TILE, K=8))


def test_a_saved_mapping_gives_its_figures_and_says_so() -> None:
    evaluation = evaluate_saved(example_layer(), [saved_example()], None)
    assert evaluation.tile == TILE
    assert evaluation.notes == ("the figures are those saved with the mapping",)


def test_figures_that_differ_from_the_file_are_reported() -> None:
    (note,) = evaluate_saved(example_layer(), [saved_example(cycles=12_345)], None).notes
    assert "12,345 cycles" in note


def test_other_hardware_than_the_saved_one_is_used_but_reported() -> None:
    hardware = replace(example_hardware(), dn_bw=128)
    evaluation = evaluate_saved(example_layer(), [saved_example()], hardware)
    assert evaluation.hardware == hardware
    (note,) = evaluation.notes
    assert "dn_bw 128 instead of 64" in note


def test_the_same_hardware_under_another_name_needs_no_note() -> None:
    hardware = replace(example_hardware(), name="mine")
    assert evaluate_saved(example_layer(), [saved_example()], hardware).notes == ()


def test_another_layer_than_the_saved_one_is_refused_with_the_difference() -> None:
    other = replace(example_layer(), filters=512)
    with pytest.raises(InputError, match="found K=512, expected the loops of vgg_conv3: K=256"):
        evaluate_saved(other, [saved_example()], None)


def test_of_several_entries_the_one_with_the_layers_loops_and_name_is_taken() -> None:
    wanted = saved_example(tile=Tile(R=3, S=3, C=2))
    others = [saved_example(nest=replace(wanted.nest, K=1)), saved_example(layer="twin")]
    assert evaluate_saved(example_layer(), [*others, wanted], None).tile == wanted.tile
    twin = replace(example_layer(), name="twin")
    assert evaluate_saved(twin, [wanted, *others], None).tile == TILE
    assert evaluate_saved(replace(twin, name="new"), [wanted, *others], None).tile == wanted.tile
