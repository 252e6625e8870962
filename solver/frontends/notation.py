"""Layers in the one-line notation, read and printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from lark import Token

from grammar import LineDescription, Option, Sizes, parse_lines
from grammar.parsing import token_error
from solver.errors import InputError
from solver.frontends.padding import Padding, padded_sides
from solver.layer import Conv, FullyConnected, Gemm, Layer
from solver.numbers import parse_integer

OPTIONS = {"STRIDE": "stride", "PAD": "padding", "DILATION": "dilation", "GROUPS": "groups", "BATCH": "batch"}
"""The field that each option word sets."""


def read_notation(text: str) -> list[Layer]:
    """Return the layers of a text in the one-line notation.

    Parameters
    ----------
    text
        One layer a line, such as ``conv1: conv 3x224x224 -> 64, 7x7, s2, p3``.

    Returns
    -------
    list of Layer
        In the order written; names that are not given are empty.

    Raises
    ------
    InputError
        With line, column, and a caret below the wrong word.
    """
    return [_Line(text, description).layer() for description in parse_lines(text)]


def format_layer(layer: Layer) -> str:
    """Return a layer in the one-line notation, so that `read_notation` gives it back.

    Parameters
    ----------
    layer
        A convolution, fully connected layer or matrix product.

    Returns
    -------
    str
        One line; what is as usual (stride 1, no padding, ...) is left out.
    """
    label = (
        layer.name if re.fullmatch(r"\w[\w./+-]*", layer.name) else json.dumps(layer.name, ensure_ascii=False)
    )
    return (f"{label}: " if layer.name else "") + _FORMATS[type(layer)](layer)


class _Line:
    """One description, and where to point when it is wrong."""

    def __init__(self, text: str, description: LineDescription) -> None:
        self.text = text
        self.line = description
        self.options = self._options()

    def layer(self) -> Layer:
        if not self.line.name.isprintable():
            assert self.line.name_word is not None
            raise token_error(self.text, self.line.name_word, field="name", expected="printable characters")
        if self.line.kind.type == "FC":
            return self._fully_connected()
        if self.line.kind.type == "GEMM":
            return self._gemm()
        return self._conv()

    def _conv(self) -> Conv:
        depthwise = self.line.kind.type == "DWCONV"
        sizes, *output = self.line.operands
        channels, rows, columns = self._counts(sizes, "input", "channels x rows x columns", 3)
        filters = self._counts(output[0], "filters", "a number of filters", 1)[0] if output else channels
        kernel = self._pair(self.line.kernel, "kernel")
        stride = self._pair_option("STRIDE")
        dilation = self._pair_option("DILATION")
        if depthwise and "GROUPS" in self.options:
            word = self.options["GROUPS"].word
            raise token_error(self.text, word, field="groups", expected="no groups: dwconv has one a channel")
        sides = padded_sides(
            self._padding(), size=(rows, columns), kernel=kernel, stride=stride, dilation=dilation
        )
        try:
            return Conv(
                name=self.line.name,
                batch=self._count_option("BATCH"),
                input=(channels, rows, columns),
                filters=filters,
                kernel=kernel,
                stride=stride,
                padding=sides,
                dilation=dilation,
                groups=channels if depthwise else self._count_option("GROUPS"),
            )
        except InputError as error:
            raise self._placed(error) from None

    def _fully_connected(self) -> FullyConnected:
        inputs, outputs = self.line.operands
        try:
            return FullyConnected(
                name=self.line.name,
                batch=self._count_option("BATCH"),
                inputs=self._counts(inputs, "inputs", "a number of inputs", 1)[0],
                outputs=self._counts(outputs, "outputs", "a number of outputs", 1)[0],
            )
        except InputError as error:
            raise self._placed(error) from None

    def _gemm(self) -> Gemm:
        left, right = self.line.operands
        m, k = self._counts(left, "left matrix", "rows x columns", 2)
        inner, n = self._counts(right, "right matrix", "rows x columns", 2)
        if inner != k:
            expected = f"{k} rows, as many as the left matrix has columns"
            raise token_error(self.text, right[0], field="k", expected=expected)
        try:
            return Gemm(name=self.line.name, m=m, n=n, k=k)
        except InputError as error:
            raise self._placed(error) from None

    def _placed(self, error: InputError) -> InputError:
        """Point at the words of the field that a layer complains about, or at the layer's kind."""
        words = {"kernel": self.line.kernel[0]} if self.line.kernel else {}
        words |= {OPTIONS[key]: option.word for key, option in self.options.items()}
        word = words.get(error.field or "", self.line.kind)
        place = token_error(self.text, word, field="", expected="")
        error.excerpt = error.excerpt or place.excerpt
        return error.at(line=place.line, column=place.column)

    def _options(self) -> dict[str, Option]:
        options: dict[str, Option] = {}
        for option in self.line.options:
            key = option.word.type
            if key in options:
                found = f"{option.word} a second time"
                raise token_error(self.text, option.word, field=OPTIONS[key], found=found, expected="it once")
            options[key] = option
        return options

    def _count_option(self, key: str) -> int:
        if key not in self.options:
            return 1
        return self._counts(self.options[key].values[0], OPTIONS[key], "an integer of at least 1", 1)[0]

    def _pair_option(self, key: str) -> tuple[int, int]:
        if key not in self.options:
            return (1, 1)
        return self._pair(self.options[key].values[0], OPTIONS[key])

    def _padding(self) -> Padding:
        if "PAD" not in self.options:
            return "valid"
        values = self.options["PAD"].values
        if values[0][0].type != "NUMBER":
            return "same" if values[0][0].type == "SAME" else "valid"
        rows, columns = (self._side(values[0]), self._side(values[-1]))
        return (rows, columns)

    def _side(self, words: Sizes) -> tuple[int, int]:
        zeros = [self._number(word, "padding", least=0) for word in words]
        return (zeros[0], zeros[-1])

    def _pair(self, sizes: Sizes, field: str) -> tuple[int, int]:
        if len(sizes) == 1:
            sizes = (sizes[0], sizes[0])
        rows, columns = self._counts(sizes, field, "a number, or rows x columns", 2)
        return (rows, columns)

    def _counts(self, sizes: Sizes, field: str, expected: str, length: int) -> list[int]:
        if len(sizes) != length:
            found = "x".join(sizes)
            raise token_error(self.text, sizes[0], field=field, found=found, expected=expected)
        return [self._number(word, field) for word in sizes]

    def _number(self, word: Token, field: str, least: int = 1) -> int:
        number = parse_integer(word)
        if number is None or number < least:
            raise token_error(self.text, word, field=field, expected=f"an integer of at least {least}")
        return number


def _format_conv(layer: Layer) -> str:
    assert isinstance(layer, Conv)
    channels = layer.input[0]
    depthwise = layer.groups == channels > 1
    parts = [("dwconv " if depthwise else "conv ") + "x".join(map(str, layer.input))]
    if not depthwise or layer.filters != channels:
        parts[0] += f" -> {layer.filters}"
    parts.append("x".join(map(str, layer.kernel)))
    if layer.stride != (1, 1):
        parts.append("stride " + _joined(layer.stride))
    if layer.padding != ((0, 0), (0, 0)):
        sides = tuple(str(a) if a == b else f"{a}+{b}" for a, b in layer.padding)
        parts.append("pad " + _joined(sides))
    if layer.dilation != (1, 1):
        parts.append("dilation " + _joined(layer.dilation))
    if layer.groups != 1 and not depthwise:
        parts.append(f"groups {layer.groups}")
    if layer.batch != 1:
        parts.append(f"batch {layer.batch}")
    return ", ".join(parts)


def _format_fully_connected(layer: Layer) -> str:
    assert isinstance(layer, FullyConnected)
    batch = f", batch {layer.batch}" if layer.batch != 1 else ""
    return f"fc {layer.inputs} -> {layer.outputs}{batch}"


def _format_gemm(layer: Layer) -> str:
    assert isinstance(layer, Gemm)
    return f"gemm {layer.m}x{layer.k} * {layer.k}x{layer.n}"


_FORMATS: dict[type[Layer], Callable[[Layer], str]] = {
    Conv: _format_conv,
    FullyConnected: _format_fully_connected,
    Gemm: _format_gemm,
}


def _joined(pair: tuple[object, ...]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else "x".join(map(str, pair))
