"""The library functions that programs may call, by name, and the contexts they enter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solver.readers.tensorflow.signature import Arguments, Signature, signature
from solver.readers.tensorflow.values import Value

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

Run = Callable[["Calls", Arguments], Value]


@dataclass(frozen=True)
class Op:
    """A library function: its name for messages, its parameters and what it does."""

    name: str
    parameters: Signature
    run: Run

    def call(self, reader: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Bind the arguments and run."""
        return self.run(reader, Arguments(self.name, self.parameters, args, keywords))


OPS: dict[str, Op] = {}
"""Every library function by its one spelling (`names.normal_name`)."""


def op(names: str, parameters: str) -> Callable[[Run], Run]:
    """Return a decorator that adds a library function under some names, with a `signature`."""

    def decorate(run: Run) -> Run:
        for name in names.split():
            OPS[name] = Op(name, signature(parameters), run)
        return run

    return decorate
