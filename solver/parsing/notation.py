"""The one-line notation: what its words are, not yet what they mean together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from lark import Token, Transformer, v_args

from solver.parsing.parsing import parse_tree

Sizes = tuple[Token, ...]
"""Number words that were joined, such as the three of ``128x56x56``."""


@dataclass(frozen=True)
class Option:
    """An option of a layer.

    Attributes
    ----------
    word
        As written; its `type` is STRIDE, PAD, DILATION, GROUPS, BATCH, ...
    values
        One group of words, or for PAD one a direction: zeros, (before, after), or SAME or VALID. None for
        words that stand alone, such as GLOBAL.
    """

    word: Token
    values: tuple[Sizes, ...]


@dataclass(frozen=True)
class LineDescription:
    """One layer in the one-line notation, every word with its place in the text.

    Attributes
    ----------
    kind
        As written; its `type` is CONV, FC, LSTM, ...
    name
        The name before the colon, or empty; `name_word` is how it is written.
    operands
        The sizes around the arrow or the product sign.
    kernel
        The sizes of the kernel; empty for kinds without one.
    options
        In the order written.
    operation
        What the host does, for HOST.
    """

    kind: Token
    operands: tuple[Sizes, ...]
    kernel: Sizes = ()
    options: tuple[Option, ...] = ()
    name: str = ""
    name_word: Token | None = None
    operation: Token | None = None


def parse_lines(text: str) -> list[LineDescription]:
    """Parse layers in the one-line notation.

    Parameters
    ----------
    text
        One layer a line; blank lines and ``#`` comments are skipped.

    Returns
    -------
    list of LineDescription
        In the order written.

    Raises
    ------
    InputError
        With line, column, the unexpected word and what could stand there.
    """
    layers: list[LineDescription] = _Describe().transform(parse_tree("notation", text))
    return layers


@dataclass(frozen=True)
class _Kernel:
    sizes: Sizes


@v_args(inline=True)
class _Describe(Transformer[Token, Any]):
    """Builds the descriptions from the syntax tree, rule by rule."""

    def start(self, *layers: LineDescription) -> list[LineDescription]:
        return list(layers)

    def layer(self, *parts: Any) -> LineDescription:
        if len(parts) == 1:
            return self._describe(*parts[0])
        word, tokens = parts
        name = json.loads(word) if word.type == "STRING" else str(word)
        return self._describe(*tokens, name=name, name_word=word)

    def _describe(self, kind: Token, *parts: Any, **name: Any) -> LineDescription:
        return LineDescription(
            kind=kind,
            operands=tuple(part for part in parts if isinstance(part, tuple)),
            kernel=next((part.sizes for part in parts if isinstance(part, _Kernel)), ()),
            options=tuple(part for part in parts if isinstance(part, Option)),
            operation=next((part for part in parts if isinstance(part, Token)), None),
            **name,
        )

    def label(self, word: Token) -> Token:
        return word

    def conv(self, *parts: Any) -> tuple[Any, ...]:
        return parts

    dwconv = convtranspose = pool = fc = product = recurrent = attention = elementwise = host = conv

    def kernel(self, sizes: Sizes) -> _Kernel:
        return _Kernel(sizes)

    def option(self, word: Token, *values: Any) -> Option:
        return Option(word, tuple((value,) if isinstance(value, Token) else value for value in values))

    pool_option = batch = outpad = steps = tokens = operands = factors = option
    whole = exclude = bidirectional = reset = projections = option

    def sizes(self, *numbers: Token) -> Sizes:
        return numbers

    side = sizes
