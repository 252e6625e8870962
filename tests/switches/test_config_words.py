"""Words and settings are two forms of the same thing."""

from random import Random

import pytest

from solver.array.adder_tree_config import AdderTreeConfig, DoubleSetting, SingleSetting
from solver.array.configure_tree import configure_tree
from solver.array.modes import DoubleMode, SingleMode
from solver.array.topology import adder_tree
from solver.array.virtual_neuron import Placement
from solver.errors import InputError
from solver.switches.config_words import decode_words, encode_words, word_counts


def test_worked_example():
    config = configure_tree(Placement.of(16, [(i * 3, 3) for i in range(5)]))
    assert encode_words(config) == (0xA0D87424, 0x08466000)


@pytest.mark.parametrize("num_ms", [8, 16, 64, 256])
def test_any_setting_comes_back(num_ms):
    rng, tree = Random(num_ms), adder_tree(num_ms)
    flag = (False, True)
    config = AdderTreeConfig(
        num_ms,
        tuple(
            DoubleSetting(
                rng.choice(list(DoubleMode)), rng.choice(list(DoubleMode)), rng.choice(flag), rng.choice(flag)
            )
            for _ in tree.doubles
        ),
        tuple(SingleSetting(rng.choice(list(SingleMode)), rng.choice(flag)) for _ in tree.singles),
    )
    assert decode_words(num_ms, encode_words(config)) == config


def test_word_counts_of_the_table():
    assert [word_counts(n) for n in (16, 32, 64, 128, 256)] == [(1, 1), (3, 2), (7, 2), (15, 2), (30, 2)]


@pytest.mark.parametrize(
    ("num_ms", "words", "wrong", "message"),
    [
        (16, [0], 0, "found 1, expected 1 for the double and 1"),
        (16, [0, 0, 0], 2, "found 3"),
        (16, [0, 0, 0, 0], 2, "found 4"),
        (16, [], None, "found 0"),
        (16, [0x01000000, 0], 0, "D3: found byte 01"),
        (16, [0, 0x00000100], 1, "S2: found nibble 1"),
        (16, [0, 0x40000000], 1, "unused field S7"),
        (32, [0, 0, 0x40000000, 0, 0], 2, "unused field D11"),
        (32, [0, 0, 0, 0, 0x40000000], 4, "unused field S15"),
    ],
)
def test_malformed_words_are_refused_with_their_line(num_ms, words, wrong, message):
    lines = tuple(range(7, 7 + len(words)))
    with pytest.raises(InputError, match=message) as caught:
        decode_words(num_ms, words, lines)
    assert caught.value.line == (None if wrong is None else lines[wrong])


def test_settings_for_another_tree_are_refused():
    with pytest.raises(InputError, match="settings for 1 double"):
        AdderTreeConfig(16, (DoubleSetting(),), ())
