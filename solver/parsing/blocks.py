"""mRNA's block format: what a layer file or an energy factor file says, not yet what it means."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lark import Token, Tree

from solver.arithmetic.numbers import DECIMAL, parse_decimal, parse_integer
from solver.errors import InputError, unknown
from solver.parsing.parsing import parse_tree, token_error

ENTRIES = ("Model_Name", "Layer_Type", "Layer_Number")
BLOCKS: dict[str, tuple[str, ...]] = {
    "Input_parameter": ("input_batch", "input_x", "input_y", "input_channel"),
    "Output_parameter": ("output_batch", "output_x", "output_y", "output_channel"),
    "Weight_parameter": (
        "weight_x",
        "weight_y",
        "weight_channel",
        "weight_number",
        "weight_stride",
        "stride_x",
        "stride_y",
    ),
    "Hidden_parameter": ("hidden_x", "hidden_y", "hidden_channel"),
}
"""The blocks of a layer file and their keys."""

DEFAULTS: dict[str, int] = {
    "input_batch": 1,
    "output_batch": 1,
    "hidden_x": 0,
    "hidden_y": 0,
    "hidden_channel": 0,
}
"""What keys mean that a file leaves out. Only recurrent layers have hidden sizes, others may write 0."""

FACTORS = (
    "dram_eng",
    "spm_eng",
    "reg_eng",
    "dsaccess_eng",
    "rsaccess_eng",
    "msaccess_eng",
    "multiply_eng",
    "reduce_eng",
)
"""The keys of an ``Energy_factors`` block."""


@dataclass(frozen=True)
class BlockDescription:
    """What a layer file in the block format says.

    Attributes
    ----------
    model_name, layer_type, layer_number
        The entries outside the blocks, as written.
    sizes
        The integers of the blocks by key, all there: `DEFAULTS` are filled in, and `stride_x`, `stride_y`
        stand for `weight_stride` too.
    lines
        The line of each key that is written.
    """

    model_name: str
    layer_type: str
    layer_number: str
    sizes: dict[str, int]
    lines: dict[str, int]


def parse_block(text: str) -> BlockDescription:
    """Parse a layer file in the block format.

    Parameters
    ----------
    text
        The whole file.

    Returns
    -------
    BlockDescription
        What it says.

    Raises
    ------
    InputError
        If the text is not in the format, a key or block is unknown, missing or there twice, or a size is not
        an integer of at least 1 (hidden ones 0).
    """
    top = _by_key(parse_tree("blocks", text).children, (*ENTRIES, *BLOCKS), text)
    _require(ENTRIES, top, line=1)
    _require([name for name in BLOCKS if name != "Hidden_parameter"], top, line=text.count("\n") + 1)
    words = {key: _value(top[key], text) for key in ENTRIES}
    lines = {key: _line(token) for key, token in words.items()}
    sizes: dict[str, int] = {}
    for name in (name for name in BLOCKS if name in top):
        block = _block(top[name], BLOCKS[name], text)
        sizes |= {key: _size(key, token, text) for key, token in block.items()}
        lines |= {name: _line(top[name].children[0])} | {key: _line(token) for key, token in block.items()}
    _unify_strides(sizes, lines)
    sizes = DEFAULTS | sizes
    for name, keys in BLOCKS.items():
        _require([key for key in keys if key != "weight_stride"], sizes, line=lines.get(name, 1))
    model, kind, number = (str(words[key]) for key in ENTRIES)
    return BlockDescription(model, kind, number, sizes, lines)


def parse_energy_factors(text: str) -> dict[str, Decimal]:
    """Parse mRNA's energy factor file.

    Parameters
    ----------
    text
        The whole file: ``Energy_factors { key = value ... }``.

    Returns
    -------
    dict of str to Decimal
        The factor of each of `FACTORS`, relative to one MAC.

    Raises
    ------
    InputError
        If the text is not in the format, a key is unknown, missing or there twice, or a value is no number.
    """
    top = _by_key(parse_tree("blocks", text).children, ("Energy_factors",), text)
    _require(("Energy_factors",), top, line=1)
    block = _block(top["Energy_factors"], FACTORS, text)
    _require(FACTORS, block, line=_line(top["Energy_factors"].children[0]))
    factors = {}
    for key, token in block.items():
        number = parse_decimal(token)
        if number is None:
            raise token_error(text, token, field=key, expected=DECIMAL)
        factors[key] = number
    return factors


def _by_key(
    trees: Sequence[Token | Tree[Token]], known: Collection[str], text: str
) -> dict[str, Tree[Token]]:
    result: dict[str, Tree[Token]] = {}
    for tree in trees:
        assert isinstance(tree, Tree)
        key = tree.children[0]
        assert isinstance(key, Token)
        if key not in known:
            raise unknown("key", key, known, line=key.line).at(column=key.column, field=key)
        if key in result:
            first = f"it once (first on line {_line(result[key].children[0])})"
            raise token_error(text, key, "the key is there twice", field=key, expected=first)
        result[str(key)] = tree
    return result


def _require(keys: Collection[str], found: Collection[str], *, line: int) -> None:
    for key in keys:
        if key not in found:
            form = f"{key} {{ ... }}" if key in BLOCKS or key == "Energy_factors" else f"{key} = ..."
            what = "the block is missing" if "{" in form else "the key is missing"
            raise InputError(what, line=line, field=key, found="nothing", expected=form)


def _value(tree: Tree[Token], text: str) -> Token:
    key, value = tree.children[0], tree.children[-1]
    assert isinstance(key, Token)
    if tree.data != "entry" or not isinstance(value, Token):
        raise token_error(text, key, field=key, found="a block", expected=f"{key} = ...")
    if not value.isprintable():
        raise token_error(text, value, field=key, found=ascii(str(value)), expected="printable characters")
    return value


def _block(tree: Tree[Token], known: Collection[str], text: str) -> dict[str, Token]:
    key = tree.children[0]
    assert isinstance(key, Token)
    if tree.data != "block":
        raise token_error(text, key, field=key, found="an entry", expected=f"{key} {{ ... }}")
    entries = _by_key(tree.children[1:], known, text)
    return {name: _value(entry, text) for name, entry in entries.items()}


def _size(key: str, token: Token, text: str) -> int:
    least = DEFAULTS.get(key, 1)
    number = parse_integer(token)
    if number is None or number < least:
        raise token_error(text, token, field=key, expected=f"an integer of at least {least}")
    return number


def _unify_strides(sizes: dict[str, int], lines: dict[str, int]) -> None:
    both = sizes.pop("weight_stride", None)
    for key in ("stride_x", "stride_y"):
        if both is None and key not in sizes:
            raise InputError(
                "the stride is missing",
                line=lines["Weight_parameter"],
                field="weight_stride",
                found="nothing",
                expected="weight_stride, or stride_x and stride_y",
            )
        if both is not None and key in sizes:
            raise InputError(
                "the stride is there twice",
                line=lines[key],
                field=key,
                found=f"{key} beside weight_stride",
                expected="weight_stride, or stride_x and stride_y",
            )
        if both is not None:
            sizes[key] = both
            lines[key] = lines["weight_stride"]


def _line(token: object) -> int:
    assert isinstance(token, Token) and token.line is not None
    return token.line
