"""A call of a library function: its arguments bound to a signature, read as what the function wants."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

from solver.errors import InputError, unknown
from solver.readers.padding import Padding
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.graph.sizes import as_integer, as_tensor, check_known, normal_axis, sizes_of
from solver.readers.tensorflow.graph.windows import Pair
from solver.readers.tensorflow.reader import Reader
from solver.readers.tensorflow.values import (
    External,
    Size,
    Tensor,
    Unknown,
    Value,
    is_sequence,
    items_of,
    listed,
    type_name,
)

REQUIRED = object()

IGNORED = re.compile(
    r"\w*(_initializer|_regularizer|_constraint|_params|_collections)|"
    "initializer|regularizer|name|scope|dtype|trainable|reuse|collections|seed|use_cudnn_on_gpu|swap_memory|"
    "parallel_iterations|variables_collections|partitioner|caching_device|validate_shape|use_resource|"
    "bias_initializer|weights_regularizer|biases_regularizer|outputs_collections|dynamic|autocast|"
    "implementation|unroll|sparse|ragged|synchronization|aggregation|renorm\\w*|fused|momentum"
)
"""Keywords that change neither shapes nor work, wherever they may stand."""

LINEAR = ("linear", "tf.identity", "tf.keras.activations.linear")

Parameters = dict[str, Any]
"""Names of the parameters of a library function, each with its default or `REQUIRED`."""


@cache
def signature(text: str) -> Parameters:
    """Return the parameters written as ``x filters kernel_size strides=1``; defaults are Python literals."""
    found = re.findall(r"(\w+)(?:=(\([^)]*\)|\S+))?", text)
    return {name: ast.literal_eval(default) if default else REQUIRED for name, default in found}


class Call:
    """A call of a library function.

    Raises
    ------
    InputError
        From every method that reads an argument: if it is missing, unknown or of another kind.
    """

    def __init__(
        self,
        reader: Reader,
        function: str,
        parameters: Parameters,
        args: list[Value],
        keywords: dict[str, Value],
    ) -> None:
        self.reader, self.function, self.parameters = reader, function, parameters
        names = list(parameters)
        if len(args) > len(names):
            raise InputError(
                f"{function} gets too many arguments", found=f"{len(args)}", expected=f"{len(names)}"
            )
        self._values = dict(zip(names, args, strict=False))
        for key, value in keywords.items():
            if key in self._values:
                raise InputError(f"{function} gets {key} twice", field=key)
            if key in names:
                self._values[key] = value
            elif not IGNORED.fullmatch(key):
                raise unknown(f"argument of {function}", key, names).at(field=key)

    @property
    def graph(self) -> Graph:
        """What the program has built."""
        return self.reader.graph

    @property
    def line(self) -> int:
        """The line of the program that is read."""
        return self.reader.place.line

    @property
    def short(self) -> str:
        """The last part of the function's name."""
        return self.function.rpartition(".")[2]

    def unknown(self, reason: str) -> Unknown:
        """Return something unknown that comes from here."""
        return Unknown(reason, self.line)

    def error(self, what: str, **more: Any) -> InputError:
        """Return an error whose sentence starts with the function's name."""
        return InputError(f"{self.function}{what}", **more)

    def given(self, *names: str) -> bool:
        """Whether an argument was given, under any of some names, and is not None."""
        return any(self._values.get(name) is not None for name in names)

    def get(self, *names: str) -> Value:
        """Return an argument as it is, or its default; it is under the first of the names that is given."""
        name = self._key(names)
        value = self._values.get(name, self.parameters.get(name))
        if value is REQUIRED:
            raise self.error(f" is called without {name}", field=name)
        return value

    def _key(self, names: tuple[str, ...]) -> str:
        known = [name for name in names if name in self.parameters] or names
        return next((name for name in names if self.given(name)), known[-1])

    def known(self, name: str, expected: str) -> Value:
        """Return an argument that must not be unknown."""
        value = self.get(name)
        check_known(self.function, name, value, expected)
        return value

    def tensor(self, *names: str) -> Tensor:
        """Return a tensor; numbers and lists of numbers are constants."""
        name = self._key(names)
        value = self.get(name)
        found = as_tensor(value)
        if found is None:
            check_known(self.function, name, value, "a tensor")
            raise self.error(
                " is called with something else than a tensor",
                field=name,
                found=type_name(value),
                expected="a tensor",
            )
        return found

    def tensors(self, name: str) -> list[Tensor]:
        """Return a list of tensors."""
        value = self.known(name, "a list of tensors")
        found = [as_tensor(item) for item in listed(value)]
        if not found or None in found:
            for item in items_of(value) if is_sequence(value) else []:
                check_known(self.function, name, item, "a tensor")
            raise self.error(
                " is called with something else than tensors", field=name, found=type_name(value)
            )
        return [item for item in found if item is not None]

    def integer(self, *names: str, least: int = 1) -> int:
        """Return an integer of at least `least`."""
        name = self._key(names)
        return as_integer(self.function, name, self.known(name, f"an integer of at least {least}"), least)

    def integers(self, *names: str, least: int = 1) -> list[int]:
        """Return a list of integers; a single one is a list of it."""
        name = self._key(names)
        value = self.known(name, f"integers of at least {least}")
        content = value.value if isinstance(value, Tensor) else None
        items = list(content) if isinstance(content, (list, tuple)) else listed(value)
        return [as_integer(self.function, name, item, least) for item in items]

    def pair(self, *names: str, least: int = 1) -> Pair:
        """Return (rows, columns); a single integer stands for both."""
        values, name = self.integers(*names, least=least), self._key(names)
        if len(values) not in (1, 2):
            raise self.error(" wants one or two numbers", field=name, found=f"{len(values)} numbers")
        return values[0], values[-1]

    def axis(self, *names: str, rank: int) -> int:
        """Return an axis of a tensor, counted from the front."""
        return normal_axis(self.integers(*names, least=-9)[0], rank, self.function)

    def flag(self, *names: str) -> bool:
        """Return whether one of some truth values is true; an unknown one counts as the default."""
        values = [(self.get(name), self.parameters.get(name)) for name in names]
        known = [default if isinstance(value, (Unknown, Tensor)) else value for value, default in values]
        return any(bool(value) and value is not REQUIRED for value in known)

    def text(self, name: str) -> str:
        """Return a text, in lower case."""
        value = self.known(name, "a text")
        if not isinstance(value, str):
            raise self.error(" wants a text", field=name, found=type_name(value), expected="a text")
        return value.lower()

    def channels_last(self) -> bool:
        """Return whether the call says that channels are the last axis; Keras' layers ask its settings."""
        if self.get("data_format") is None:
            return "." in self.function or not self.graph.objects.get("channels first")
        if isinstance(self.get("data_format"), Unknown):
            self.known("data_format", "NHWC or NCHW")
        return not self.text("data_format").startswith(("nc", "channels_first"))

    def padding(self, *, last: bool) -> Padding:
        """Return the padding that the call asks for: SAME, VALID or explicit zeros."""
        value = self.known("padding", "SAME, VALID or a list of pairs")
        if value is None:
            return "valid"
        if isinstance(value, str) and value.lower() in ("same", "valid"):
            return "same" if value.lower() == "same" else "valid"
        if is_sequence(value) and len(items_of(value)) in (2, 4):
            pairs = [_zeros(item) for item in items_of(value)]
            if len(pairs) == 4:
                pairs = pairs[1:3] if last else pairs[2:]
            return (pairs[0], pairs[1])
        raise InputError(field="padding", found=type_name(value), expected="SAME, VALID or a list of pairs")

    def sizes(self, name: str, *ranks: int) -> tuple[int, ...]:
        """Return the shape of a tensor, every size known."""
        return sizes_of(self.tensor(name), self.function, *ranks)

    def name(self, fallback: str, key: str = "name") -> str:
        """Return the name of the layer that the call records."""
        return self.graph.name(self.get(key), fallback)

    def host(self, operation: str, inputs: list[Tensor], shape: tuple[Size, ...] | None) -> Tensor:
        """Return the result of an operation that the host runs under the name that the call gives it."""
        return self.graph.host(operation, inputs, shape, self.get("name"))

    def activated(self, x: Tensor, name: str = "") -> Tensor:
        """Return a tensor behind the activation function of a layer of some name; the host applies it."""
        activation = self.get("activation", "activation_fn")
        if activation is None or activation in LINEAR:
            return x
        if isinstance(activation, External):
            if activation.path in LINEAR:
                return x
            activation = activation.name
        if isinstance(activation, str):
            return self.graph.host(activation, [x], x.shape, f"{name}/" if name else None)
        result = self.reader.call(activation, [x], {}, self.line)
        if isinstance(result, Tensor):
            return result
        found = result.reason if isinstance(result, Unknown) else "something else"
        raise InputError("an activation function that is not followed", field=name or None, found=found)


def shape_argument(value: Value, function: str) -> list[Value] | None:
    """Return the sizes that an argument states; None where it is unknown altogether."""
    if isinstance(value, Tensor) and isinstance(value.value, (list, tuple)):
        return list(value.value)
    if isinstance(value, Tensor) and isinstance(value.value, int):
        return [value.value]
    if isinstance(value, (Unknown, Tensor)):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not is_sequence(value):
        raise InputError(f"{function}: not a shape", found=type_name(value), expected="a list of integers")
    return [_whole(item) for item in items_of(value)]


def _whole(item: Value) -> Value:
    """Return a size as an integer where it is one in other clothes."""
    if isinstance(item, Tensor) and item.value is not None:
        return item.value
    return int(item) if isinstance(item, float) and item.is_integer() else item


def _zeros(value: Value) -> Pair:
    items = items_of(value) if is_sequence(value) else [value, value]
    before, after = (as_integer("padding", "padding", item, 0) for item in (items[0], items[-1]))
    return before, after
