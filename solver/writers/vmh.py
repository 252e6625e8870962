"""The memory images that the real hardware loads: RN_Config.vmh and Layer_Info.vmh, written and read.

Source: rules S8 and S9. Text: an address line (``@000``, ``@00``),
then one 32-bit word per line in 8 hexadecimal digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from solver.array.adder_tree_config import AdderTreeConfig
from solver.errors import InputError, placed
from solver.files import read_text
from solver.switches.config_words import decode_words, encode_words
from solver.switches.layer_info import LayerInfo, decode_layer_info, encode_layer_info

RN_CONFIG_ADDRESS = "@000"
LAYER_INFO_ADDRESS = "@00"
MEMORY_WORDS = 1024
"""Size of the adder tree's configuration memory."""

_Decoded = TypeVar("_Decoded")


def rn_config_text(config: AdderTreeConfig) -> str:
    """Return the content of RN_Config.vmh.

    Parameters
    ----------
    config
        The setting of every adder switch.

    Returns
    -------
    str
        The file, bit by bit as the hardware's own compiler writes it.
    """
    return _image(RN_CONFIG_ADDRESS, encode_words(config))


def layer_info_text(info: LayerInfo) -> str:
    """Return the content of Layer_Info.vmh."""
    return _image(LAYER_INFO_ADDRESS, encode_layer_info(info))


def read_rn_config(path: str | Path, num_ms: int) -> AdderTreeConfig:
    """Read RN_Config.vmh.

    Parameters
    ----------
    path
        The file.
    num_ms
        Multiplier switches of the array; the file does not say.

    Returns
    -------
    AdderTreeConfig
        The setting of every adder switch; `solver.execution.adder_tree` says whether it is a right one.

    Raises
    ------
    InputError
        If the file cannot be read or is not the memory image of such an array, with the line.
    """
    return _read(path, RN_CONFIG_ADDRESS, lambda words, lines: decode_words(num_ms, words, lines))


def read_layer_info(path: str | Path) -> LayerInfo:
    """Read Layer_Info.vmh.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    LayerInfo
        Layer and array.

    Raises
    ------
    InputError
        If the file cannot be read or is not such a memory image, with the line.
    """
    return _read(path, LAYER_INFO_ADDRESS, decode_layer_info)


def _image(address: str, words: Sequence[int]) -> str:
    return "\n".join([address, *(f"{word:08X}" for word in words)]) + "\n"


def _read(
    path: str | Path, address: str, decode: Callable[[tuple[int, ...], tuple[int, ...]], _Decoded]
) -> _Decoded:
    rows = read_text(path).rstrip().split("\n")
    file = str(path)
    if rows[0].strip() != address:
        raise InputError(
            file=file, line=1, field="address", found=rows[0] or "a blank line", expected=address
        )
    words = []
    for line, row in enumerate(rows[1:], 2):
        if re.fullmatch(r"[0-9A-Fa-f]{8}", row.strip()) is None:
            raise InputError(
                file=file,
                line=line,
                field=f"word {line - 2}",
                found=row.strip() or "a blank line",
                expected="8 hexadecimal digits",
            )
        words.append(int(row, 16))
    if len(words) > MEMORY_WORDS:
        raise InputError(
            file=file,
            line=MEMORY_WORDS + 2,
            field="words",
            found=len(words),
            expected=f"at most {MEMORY_WORDS}, the size of the memory",
        )
    with placed(file=file):
        return decode(tuple(words), tuple(range(2, len(words) + 2)))
