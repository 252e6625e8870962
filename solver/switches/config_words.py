"""Adder-tree settings as the 32-bit words of the hardware's configuration memory, and back.

Source: rule S8. A double switch is a byte ``LL RR l r 00``
(left mode, right mode, genOutputL, genOutputR), four to a word, byte 0 lowest; a single switch is a nibble
``mm g 0``, eight to a word, nibble 0 lowest, starting in a new word after the double switches.
"""

from __future__ import annotations

from collections.abc import Sequence

from solver.array.adder_tree_config import (
    DOUBLE_BITS,
    DOUBLES_PER_WORD,
    SINGLE_BITS,
    SINGLES_PER_WORD,
    WORD_BITS,
    AdderTreeConfig,
    DoubleSetting,
    SingleSetting,
    word_counts,
)
from solver.array.modes import DoubleMode, SingleMode
from solver.array.topology import adder_tree
from solver.errors import InputError


def encode_words(config: AdderTreeConfig) -> tuple[int, ...]:
    """Return the configuration memory's words, those of the double switches first."""
    doubles = [_encode_double(setting) for setting in config.doubles]
    singles = [_encode_single(setting) for setting in config.singles]
    return (*_pack(doubles, DOUBLE_BITS), *_pack(singles, SINGLE_BITS))


def decode_words(num_ms: int, words: Sequence[int], lines: Sequence[int] | None = None) -> AdderTreeConfig:
    """Return the settings that configuration words hold.

    Parameters
    ----------
    num_ms
        Multiplier switches of the array.
    words
        The words, each from 0 to 2**32 - 1.
    lines
        Line of each word in its file, for messages.

    Returns
    -------
    AdderTreeConfig
        The settings; `encode_words` gives the same words back.

    Raises
    ------
    InputError
        If there are too few or too many words, or a bit that must be zero is set.
    """
    double_words, single_words = word_counts(num_ms)
    where = lines if lines is not None else [None] * len(words)
    if len(words) != double_words + single_words:
        raise InputError(
            line=where[min(len(words), double_words + single_words + 1) - 1] if words else None,
            field="words",
            found=len(words),
            expected=f"{double_words} for the double and {single_words} for the single switches of {num_ms}",
        )
    tree = adder_tree(num_ms)
    doubles = [
        _decode_double(field, f"D{i}", where[i // DOUBLES_PER_WORD])
        for i, field in enumerate(_unpack(words[:double_words], DOUBLE_BITS))
    ]
    singles = [
        _decode_single(field, f"S{i}", where[double_words + i // SINGLES_PER_WORD])
        for i, field in enumerate(_unpack(words[double_words:], SINGLE_BITS))
    ]
    for name, settings, count, idle, per_word, first in (
        ("D", doubles, len(tree.doubles), DoubleSetting(), DOUBLES_PER_WORD, 0),
        ("S", singles, len(tree.singles), SingleSetting(), SINGLES_PER_WORD, double_words),
    ):
        for i, setting in enumerate(settings[count:], count):
            if setting != idle:
                raise InputError(
                    line=where[first + i // per_word],
                    field=f"unused field {name}{i}",
                    found=str(setting),
                    expected=f"zero: {num_ms} multiplier switches have {name}0..{name}{count - 1} only",
                )
    return AdderTreeConfig(num_ms, tuple(doubles[: len(tree.doubles)]), tuple(singles[: len(tree.singles)]))


def _encode_double(setting: DoubleSetting) -> int:
    return setting.left << 6 | setting.right << 4 | setting.emit_left << 3 | setting.emit_right << 2


def _encode_single(setting: SingleSetting) -> int:
    return setting.mode << 2 | setting.emit << 1


def _decode_double(byte: int, name: str, line: int | None) -> DoubleSetting:
    if byte & 3:
        raise InputError(line=line, field=name, found=f"byte {byte:02X}", expected="bits 1:0 zero")
    return DoubleSetting(DoubleMode(byte >> 6), DoubleMode(byte >> 4 & 3), bool(byte & 8), bool(byte & 4))


def _decode_single(nibble: int, name: str, line: int | None) -> SingleSetting:
    if nibble & 1:
        raise InputError(line=line, field=name, found=f"nibble {nibble:X}", expected="bit 0 zero")
    return SingleSetting(SingleMode(nibble >> 2), bool(nibble & 2))


def _pack(fields: Sequence[int], bits: int) -> list[int]:
    per_word = WORD_BITS // bits
    return [
        sum(field << bits * i for i, field in enumerate(fields[first : first + per_word]))
        for first in range(0, len(fields), per_word)
    ]


def _unpack(words: Sequence[int], bits: int) -> list[int]:
    return [word >> shift & (1 << bits) - 1 for word in words for shift in range(0, WORD_BITS, bits)]
