"""Layer information is checked and goes through its words unchanged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.switches.layer_info import Extent, LayerInfo, decode_layer_info, encode_layer_info

EARLY = LayerInfo(
    K=Extent(3, 3),
    C=Extent(3),
    R=Extent(3, 3),
    S=Extent(3, 3),
    Y=Extent(10, 3),
    X=Extent(10),
    num_ms=32,
    mapped_vns=3,
    vn_size=9,
)


def test_words_of_an_example():
    words = encode_layer_info(EARLY)
    assert len(words) == 14
    assert words[0] == 0x00030003
    assert words[8:10] == (0x000A0003, 0x00020002)  # 8 output rows: two tiles of 3, 2 left
    assert words[12:] == (0x00200003, 9)


def test_a_filter_may_be_as_large_as_its_input_and_no_larger():
    whole = replace(EARLY, Y=Extent(3, 3))
    assert (whole.out_rows, decode_layer_info(encode_layer_info(whole))) == (1, whole)
    with pytest.raises(InputError, match="R: found 3, expected at most the input size Y = 2"):
        replace(EARLY, Y=Extent(2, 3))


@given(st.lists(st.integers(1, 300), min_size=12, max_size=12))
def test_any_layer_comes_back(numbers):
    K, C, R, S, rows, cols, *tiles = numbers
    sizes = (K, C, R, S, R + rows, S + cols)
    extents = dict(zip("KCRSYX", map(Extent, sizes, tiles), strict=True))
    info = LayerInfo(**extents, num_ms=64, mapped_vns=3, vn_size=R * S % 65536 or 1)
    assert decode_layer_info(encode_layer_info(info)) == info


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"K": Extent(0)}, "K: found 0"),
        ({"K": Extent(70000)}, "16 bits"),
        ({"C": Extent(3, 0)}, "C tile: found 0"),
        ({"R": Extent(11)}, "R: found 11, expected at most the input size Y = 10"),
        ({"vn_size": 0}, "vn_size: found 0"),
    ],
)
def test_impossible_layers_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(EARLY, **change)


@pytest.mark.parametrize(
    ("word", "value", "line", "message"),
    [
        (0, 0, 2, "K: found 0"),
        (1, 0x00010001, 3, "K edge and iterations"),
        (4, 0x000B0003, 6, "R: found 11"),
        (12, 0x00200000, 14, "mapped_vns: found 0"),
        (13, 0x00010009, 15, "vn_size"),
        (13, 0, 15, "vn_size"),
    ],
)
def test_contradicting_words_are_refused_with_their_line(word, value, line, message):
    words = list(encode_layer_info(EARLY))
    words[word] = value
    with pytest.raises(InputError, match=message) as caught:
        decode_layer_info(tuple(words), tuple(range(2, 16)))
    assert caught.value.line == line


@pytest.mark.parametrize(("count", "line"), [(1, 2), (13, 14), (15, 16), (17, 16)])
def test_a_wrong_number_of_words_is_refused_at_the_last_or_the_first_too_many(count, line):
    words = (*encode_layer_info(EARLY), 0, 0, 0)[:count]
    with pytest.raises(InputError, match="14 words") as caught:
        decode_layer_info(words, tuple(range(2, 2 + count)))
    assert caught.value.line == line
