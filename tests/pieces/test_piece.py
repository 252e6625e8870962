import pytest

from solver.errors import InputError
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.layer import Add, Conv, FullyConnected
from solver.pieces.cuts import cuts_of, families_along
from solver.pieces.piece import Cut, Piece, piece_of

LAYER = Conv(name="one", input=(8, 5, 5), filters=6, kernel=(1, 1))
HARDWARE = read_hardware()
GROUPED = Conv(input=(4, 5, 5), filters=4, kernel=(3, 3), groups=4)


def test_a_piece_is_a_layer_with_a_shorter_loop() -> None:
    piece = piece_of(LAYER, Cut("direct", "K", 6), 2, 3)
    assert piece.nest().K == 3 and piece.macs * 2 == LAYER.macs
    assert piece.span == "filters 2 to 4"
    assert piece_of(LAYER, Cut("direct", "K", 6), 5, 1).span == "filter 5"


def test_a_piece_lies_within_its_layer() -> None:
    with pytest.raises(InputError, match="range within 0 to 5"):
        piece_of(LAYER, Cut("direct", "K", 6), 4, 3)
    with pytest.raises(InputError, match="form"):
        Piece(whole=LAYER, base="upside down", dim="K", begin=0, count=1)


def test_layers_are_cut_along_filters_groups_and_outputs_of_products() -> None:
    def dims(layer: Conv | FullyConnected | Add) -> list[str]:
        return [cut.dim for cut in cuts_of(layer, Wish(), HARDWARE)]

    assert dims(LAYER) == ["K", "X"]
    assert dims(GROUPED) == ["G"]
    assert dims(FullyConnected(inputs=4, outputs=3, batch=2)) == ["K", "X"]
    assert dims(FullyConnected(inputs=4, outputs=3)) == ["K"]
    assert dims(Add(elements=8, operands=2)) == []


def test_a_form_of_a_piece_knows_which_of_its_loops_is_shorter() -> None:
    cut = Cut("direct", "K", 6)
    found = {family.name: family.dim for family in families_along(LAYER, cut, Wish(), HARDWARE)}
    assert found["direct"] == "K" and found["product, inputs stationary"] == "X"
    for family in families_along(LAYER, cut, Wish(), HARDWARE):
        assert family.whole or family.nest_of(2).macs * 3 == family.nest.macs
