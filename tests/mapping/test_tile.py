"""Tiles are read as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.layer import Conv
from solver.mapping.tile import Tile, folds, parse_tile, trips

TILES = st.builds(Tile, **dict.fromkeys("RSCKGNXY", st.integers(1, 999)))


@given(TILES)
def test_a_printed_tile_is_read_back(tile: Tile) -> None:
    assert parse_tile(str(tile)) == tile
    assert parse_tile("x".join(map(str, tile.sizes))) == tile
    assert parse_tile(", ".join(f"T_{dim} = {size}" for dim, size in tile.to_dict().items())) == tile


@pytest.mark.parametrize("text", ["T_X'=2", "T_X_=2", "t_x=2", "X2", "1x1x1x1x1x1x2x1"])
def test_the_spellings_of_other_tools_are_welcome(text: str) -> None:
    assert parse_tile(text) == Tile(X=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mapping: found nothing, expected tile sizes"),
        ("R", "mapping: found R, expected tile sizes"),
        ("T_Q=3", "mapping: found T_Q=3, expected tile sizes such as T_R=3 or R3, of R S C K G N X Y"),
        ("R3 R4", "mapping: found T_R twice, expected each size once"),
        ("R0", "T_R: found 0, expected an integer of at least 1"),
        ("R=-3", "T_R: found -3, expected an integer of at least 1"),
        ("R5.9", "T_R: found 5.9, expected an integer of at least 1"),
        ("R1e3", "T_R: found 1e3, expected an integer of at least 1"),
        ("R27px", "T_R: found 27px, expected an integer of at least 1"),
        ("3x3", "mapping: found 3x3, expected 8 sizes in the order R S C K G N X Y"),
        ("0x1x1x1x1x1x1x1", "T_R: found 0, expected an integer of at least 1"),
        pytest.param("R" + "9" * 9999, "T_R: found 999", id="long"),
    ],
)
def test_a_wrong_tile_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_tile(text)
    assert str(caught.value).startswith(message)


def test_trips_and_folds_round_up() -> None:
    nest = Conv(input=(5, 9, 9), filters=7, kernel=(3, 3)).nest()
    tile = Tile(R=2, S=3, C=2, K=4, X=7)
    assert trips(nest, tile) == {"R": 2, "S": 1, "C": 3, "K": 2, "G": 1, "N": 1, "X": 1, "Y": 7}
    assert folds(nest, tile) == 6
