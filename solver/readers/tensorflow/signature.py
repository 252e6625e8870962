"""Signatures of library functions, and the arguments of a call bound to them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from solver.errors import InputError, unknown
from solver.readers.tensorflow.tensor import Open, Tensor
from solver.readers.tensorflow.values import External, Shape, Unknown, Value, is_sequence, items_of, type_name

REQUIRED = object()

IGNORED = re.compile(
    r"\w*(_initializer|_regularizer|_constraint|_params|_collections)|"
    "initializer|regularizer|name|scope|dtype|trainable|reuse|collections|seed|use_cudnn_on_gpu|swap_memory|"
    "parallel_iterations|variables_collections|partitioner|caching_device|validate_shape|use_resource|"
    "bias_initializer|weights_regularizer|biases_regularizer|outputs_collections|dynamic|autocast|"
    "implementation|unroll|sparse|ragged|synchronization|aggregation|renorm\\w*|fused|momentum"
)
"""Keywords that change neither shapes nor work, wherever they may stand."""


@dataclass(frozen=True)
class Signature:
    """Names of the parameters of a library function, each with its default."""

    parameters: tuple[tuple[str, Any], ...]


@cache
def signature(text: str) -> Signature:
    """Return the signature written as ``x filters kernel_size strides=1``; defaults are Python literals."""
    parameters = []
    for word in re.findall(r"(\w+)(?:=(\([^)]*\)|\S+))?", text):
        parameters.append((word[0], ast.literal_eval(word[1]) if word[1] else REQUIRED))
    return Signature(tuple(parameters))


class Arguments:
    """The arguments of a call of a library function, read as what the function wants them to be.

    Raises
    ------
    InputError
        From every method: if an argument is missing, unknown or of another kind.
    """

    def __init__(
        self, function: str, shape: Signature, args: list[Value], keywords: dict[str, Value]
    ) -> None:
        self.function = function
        self._values: dict[str, Value] = {}
        names = [name for name, _ in shape.parameters]
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
        self._defaults = dict(shape.parameters)
        self.extra = keywords

    def given(self, name: str) -> bool:
        """Whether an argument was given, and is not None."""
        return self._values.get(name) is not None

    def get(self, name: str) -> Value:
        """Return an argument as it is, or its default."""
        value = self._values.get(name, self._defaults.get(name))
        if value is REQUIRED:
            raise InputError(f"{self.function} is called without {name}", field=name)
        return value

    def known(self, name: str, expected: str) -> Value:
        """Return an argument that must not be unknown."""
        value = self.get(name)
        _check_known(self.function, name, value, expected)
        return value

    def tensor(self, name: str) -> Tensor:
        """Return a tensor; numbers and lists of numbers are constants."""
        value = self.get(name)
        found = as_tensor(value)
        if found is None:
            _check_known(self.function, name, value, "a tensor")
            raise InputError(
                f"{self.function} is called with something else than a tensor",
                field=name,
                found=type_name(value),
                expected="a tensor",
            )
        return found

    def tensors(self, name: str) -> list[Tensor]:
        """Return a list of tensors."""
        value = self.known(name, "a list of tensors")
        found = [as_tensor(item) for item in items_of(value)] if is_sequence(value) else [as_tensor(value)]
        if not found or any(item is None for item in found):
            for item in items_of(value) if is_sequence(value) else []:
                _check_known(self.function, name, item, "a tensor")
            raise InputError(
                f"{self.function} is called with something else than tensors",
                field=name,
                found=type_name(value),
            )
        return [item for item in found if item is not None]

    def integer(self, name: str, least: int = 1) -> int:
        """Return an integer of at least `least`."""
        expected = f"an integer of at least {least}"
        return as_integer(self.function, name, self.known(name, expected), least)

    def integers(self, name: str, least: int = 1) -> list[int]:
        """Return a list of integers; a single one is a list of it."""
        expected = f"integers of at least {least}"
        value = self.known(name, expected)
        items = items_of(value) if is_sequence(value) else [value]
        if isinstance(value, Tensor) and isinstance(value.value, (list, tuple)):
            items = list(value.value)
        return [as_integer(self.function, name, item, least) for item in items]

    def pair(self, name: str, least: int = 1) -> tuple[int, int]:
        """Return (rows, columns); a single integer stands for both."""
        values = self.integers(name, least)
        if len(values) not in (1, 2):
            raise InputError(
                f"{self.function} wants one or two numbers", field=name, found=f"{len(values)} numbers"
            )
        return values[0], values[-1]

    def flag(self, name: str) -> bool:
        """Return a truth value; an unknown one counts as the default."""
        value = self.get(name)
        if isinstance(value, (Unknown, Tensor)):
            value = self._defaults.get(name)
        return bool(value) and value is not REQUIRED

    def text(self, name: str) -> str:
        """Return a text, in lower case."""
        value = self.known(name, "a text")
        if not isinstance(value, str):
            raise InputError(
                f"{self.function} wants a text", field=name, found=type_name(value), expected="a text"
            )
        return value.lower()


def as_tensor(value: Value) -> Tensor | None:
    """Return a value as a tensor, or None if it is nothing like one."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (bool, int, float, str)):
        return Tensor((), fixed=True, value=value if isinstance(value, int) else None)
    if isinstance(value, Shape):
        value = list(value.sizes)
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, int) for item in value):
            return Tensor((len(value),), fixed=True, value=list(value))
        items = [as_tensor(item) for item in value]
        if items and all(item is not None and item.shape == items[0].shape for item in items if items[0]):
            first = items[0]
            if first is not None and first.shape is not None:
                fixed = all(item is not None and item.fixed for item in items)
                return Tensor((len(items), *first.shape), fixed=fixed)
    return None


def as_integer(function: str, name: str, value: Value, least: int = 1) -> int:
    """Return a value as an integer of at least `least`, or raise an `InputError`."""
    if isinstance(value, Tensor) and isinstance(value.value, int):
        value = value.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, Open):
        raise InputError(
            "a size that the program leaves open", found=value.name, expected=f"--dim {value.name}=SIZE"
        )
    _check_known(function, name, value, f"an integer of at least {least}")
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(
            f"{function}: a wrong size",
            field=name,
            found=type_name(value),
            expected=f"an integer of at least {least}",
        )
    return value


def _check_known(function: str, name: str, value: Value, expected: str) -> None:
    if isinstance(value, Unknown) or (
        isinstance(value, Tensor) and value.value is None and "tensor" not in expected
    ):
        where = (
            f"{value.reason}, from line {value.line}"
            if isinstance(value, Unknown)
            else "the content of a tensor"
        )
        raise InputError(
            f"{function} depends on something that cannot be followed",
            field=name,
            found=where,
            expected=f"{expected} that the program itself states",
        )
    if isinstance(value, External) and "tensor" not in expected:
        raise InputError(
            f"{function} depends on something that cannot be followed",
            field=name,
            found=value.path,
            expected=expected,
        )
