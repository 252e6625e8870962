"""The library functions that programs may call, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from solver.readers.tensorflow.library.call import Call, Parameters, signature
from solver.readers.tensorflow.reader import Reader
from solver.readers.tensorflow.values import Size, Tensor, Unknown, Value

Meaning = Callable[[Call], Value]

ShapeOf = Callable[[Call, Tensor], tuple[Size, ...] | None]
"""The shape of the result of an operation on a tensor; None if it cannot be told."""


@dataclass(frozen=True)
class Op:
    """A library function: its name for messages, its parameters and what it does."""

    name: str
    parameters: Parameters
    meaning: Meaning

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Bind the arguments and run."""
        return self.meaning(Call(reader, self.name, self.parameters, args, keywords))


OPS: dict[str, Op] = {}
"""Every library function by its one spelling (`names.normal_name`)."""


def op(names: str, parameters: str) -> Callable[[Meaning], Meaning]:
    """Return a decorator that adds a library function under some names, with a `signature`."""

    def decorate(meaning: Meaning) -> Meaning:
        for name in names.split():
            OPS[name] = Op(name, signature(parameters), meaning)
        return meaning

    return decorate


def add_rows(rows: dict[str, tuple[str, Meaning]]) -> None:
    """Add library functions: their names, each with its parameters and what it does."""
    for names, (parameters, meaning) in rows.items():
        op(names, parameters)(meaning)


def host_op(
    names: str, parameters: str, operation: str = "", *, passes: bool = False
) -> Callable[[ShapeOf], ShapeOf]:
    """Return a decorator that adds an operation of the host on the first parameter.

    Parameters
    ----------
    operation
        What it is listed as; the last part of its own name if empty.
    passes
        Whether it makes something unknown of something unknown, rather than to refuse it.
    """
    first = parameters.split()[0].partition("=")[0]

    def decorate(shape_of: ShapeOf) -> ShapeOf:
        @op(names, parameters)
        def run(a: Call) -> Value:
            if passes and isinstance(a.get(first), Unknown):
                return a.get(first)
            x = a.tensor(first)
            return a.host(operation or a.short, [x], shape_of(a, x))

        return shape_of

    return decorate


def same_shape(rows: Iterable[tuple[str, str, str]]) -> None:
    """Add host operations whose results have the shape of their input: names, parameters, operation."""
    for names, parameters, operation in rows:
        host_op(names, parameters, operation, passes=True)(lambda a, x: x.shape)
