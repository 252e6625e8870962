"""One line of the one-line notation: its words as sizes, and where to point when one is wrong."""

from __future__ import annotations

import json

from lark import Token

from solver.arithmetic.numbers import parse_integer
from solver.errors import InputError
from solver.parsing.notation import LineDescription, Option, Sizes
from solver.parsing.parsing import token_error
from solver.readers.padding import Padding

OPTIONS = {
    "STRIDE": "stride",
    "PAD": "padding",
    "DILATION": "dilation",
    "GROUPS": "groups",
    "BATCH": "batch",
    "OUTPAD": "output_padding",
    "GLOBAL": "kernel",
    "EXCLUDE": "count_padding",
    "STEPS": "steps",
    "BIDIRECTIONAL": "directions",
    "RESET": "reset_after",
    "QUERIES": "queries",
    "KEYS": "keys",
    "PROJECTIONS": "projections",
    "OPERANDS": "operands",
    "TERMS": "terms",
    "BROADCAST": "broadcast",
}
"""The field that each option word sets."""


class Line:
    """One description, and where to point when it is wrong."""

    def __init__(self, text: str, description: LineDescription) -> None:
        self.text = text
        self.line = description
        self.kind = description.kind.type
        self.name = description.name
        self.operands = description.operands
        self.options = self._options()
        if not self.name.isprintable():
            assert description.name_word is not None
            raise self.wrong(description.name_word, "name", "printable characters")

    def wrong(self, word: Token, field: str, expected: str, found: str | None = None) -> InputError:
        """Return the error for a word, with a caret below it."""
        return token_error(self.text, word, field=field, expected=expected, found=found)

    def placed(self, error: InputError) -> InputError:
        """Point at the words of the field that a layer complains about, or at the layer's kind."""
        words = {"kernel": self.line.kernel[0]} if self.line.kernel else {}
        words |= {OPTIONS[key]: option.word for key, option in self.options.items()}
        word = words.get(error.field or "", self.line.kind)
        place = self.wrong(word, "", "")
        error.excerpt = error.excerpt or place.excerpt
        return error.at(line=place.line, column=place.column)

    def _options(self) -> dict[str, Option]:
        options: dict[str, Option] = {}
        for option in self.line.options:
            key = option.word.type
            if key in options:
                found = f"{option.word} a second time"
                raise self.wrong(option.word, OPTIONS[key], "it once", found)
            options[key] = option
        return options

    def count_option(self, key: str) -> int:
        """Return the number of an option, 1 if it is not there."""
        if key not in self.options:
            return 1
        return self.counts(self.options[key].values[0], OPTIONS[key], "an integer of at least 1", 1)[0]

    def pair_option(self, key: str) -> tuple[int, int]:
        """Return the (rows, columns) of an option, ones if it is not there."""
        if key not in self.options:
            return (1, 1)
        return self.pair(self.options[key].values[0], OPTIONS[key])

    def padding(self) -> Padding:
        """Return the padding; without the option there is none."""
        if "PAD" not in self.options:
            return "valid"
        values = self.options["PAD"].values
        if values[0][0].type != "NUMBER":
            return "same" if values[0][0].type == "SAME" else "valid"
        rows, columns = (self._side(values[0]), self._side(values[-1]))
        return (rows, columns)

    def output_padding(self) -> tuple[int, int]:
        """Return the rows and columns that are added to an output."""
        if "OUTPAD" not in self.options:
            return (0, 0)
        values = self.options["OUTPAD"].values
        for words in values:
            if len(words) > 1:
                raise self.wrong(words[1], OPTIONS["OUTPAD"], "rows x columns, added at the end only")
        rows, columns = (
            self._number(words[0], OPTIONS["OUTPAD"], least=0) for words in (values[0], values[-1])
        )
        return (rows, columns)

    def _side(self, words: Sizes) -> tuple[int, int]:
        zeros = [self._number(word, "padding", least=0) for word in words]
        return (zeros[0], zeros[-1])

    def kernel(self) -> tuple[int, int]:
        """Return the kernel's rows and columns."""
        return self.pair(self.line.kernel, "kernel")

    def pair(self, sizes: Sizes, field: str) -> tuple[int, int]:
        """Return one number twice, or rows and columns."""
        if len(sizes) == 1:
            sizes = (sizes[0], sizes[0])
        rows, columns = self.counts(sizes, field, "a number, or rows x columns", 2)
        return (rows, columns)

    def count(self, sizes: Sizes, field: str) -> int:
        """Return a single number."""
        return self.counts(sizes, field, f"a number of {field}", 1)[0]

    def image(self) -> tuple[int, int, int]:
        """Return the first operand as channels, rows and columns."""
        channels, rows, columns = self.counts(self.operands[0], "input", "channels x rows x columns", 3)
        return channels, rows, columns

    def counts(self, sizes: Sizes, field: str, expected: str, length: int | None) -> list[int]:
        """Return the numbers of a group of words, `length` many unless that is None."""
        if length is not None and len(sizes) != length:
            raise self.wrong(sizes[0], field, expected, "x".join(sizes))
        return [self._number(word, field) for word in sizes]

    def operation(self) -> str:
        """Return what the host does."""
        word = self.line.operation
        assert word is not None
        text = str(json.loads(word)) if word.type == "STRING" else str(word)
        if not text.strip() or not text.isprintable():
            raise self.wrong(word, "operation", "a name of printable characters")
        return text

    def _number(self, word: Token, field: str, least: int = 1) -> int:
        number = parse_integer(word)
        if number is None or number < least:
            raise self.wrong(word, field, f"an integer of at least {least}")
        return number
