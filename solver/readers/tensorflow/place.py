"""Where the reading of a program is: its line, the work done so far, and the doubt under which it goes on.

What is done under a condition, or for a number of turns, that reading cannot find out is read without
deciding: both branches of a condition, the body of a loop twice. Such code may not build layers (that is an
error), and what it assigns is known afterwards only where every way leads to the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from solver.errors import InputError
from solver.readers.tensorflow.values import Tensor, Unknown, Value

MAX_STEPS = 2_000_000
"""Statements and expressions evaluated; a ResNet-152 takes some ten thousand."""

MAX_ITEMS = 100_000
"""Items of a list or range, characters of a text."""

MAX_BITS = 4096
"""Bits of an integer."""

PLAIN = (bool, int, float, str, tuple, type(None))


@dataclass(frozen=True)
class Doubt:
    """Why it is not known whether some code runs; `owner` is the frame or loop that ends the doubt."""

    unknown: Unknown
    owner: Any


@dataclass
class Place:
    """The place in a program that is read, known to all that reads it."""

    file: str
    line: int = 1
    steps: int = 0
    doubts: list[Doubt] = field(default_factory=list)

    @property
    def doubt(self) -> Unknown | None:
        """What is unknown about whether this place is reached, if anything."""
        return self.doubts[-1].unknown if self.doubts else None

    def error(self, what: str, line: int, **more: Any) -> InputError:
        """Return an error at a line of the program."""
        return InputError(what, file=self.file, line=line, **more)

    def spend(self, line: int) -> None:
        """Count a step, and refuse a program that takes too many."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise InputError(
                "the program runs too long to be followed",
                line=line,
                found=f"more than {MAX_STEPS:,} steps",
                expected="a program that builds a network",
            )

    def settled(self, value: Value) -> Value:
        """Return what a value that is stored outside the running function is: unknown under doubt."""
        return self.doubt or value

    def either(self, ways: Iterable[Callable[[], Value]], unknown: Unknown) -> Value:
        """Return what is common to the results of several ways, one of which is taken."""
        results: list[Value] = []
        for way in ways:
            self.doubts.append(doubt := Doubt(unknown, object()))
            try:
                results.append(way())
            finally:
                self.doubts.remove(doubt)
        return join(results, unknown)

    def placed(self, action: Callable[[], Value], line: int) -> Value:
        """Run an action of the reader's own, its errors placed at the line of the call.

        Arguments that the meaning of a function is not prepared for are told, too.
        """
        try:
            return action()
        except InputError as error:
            raise error.at(file=self.file, line=line) from None
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise self.error("this call cannot be followed", line, found=str(error)) from None


def join(values: list[Value], unknown: Unknown) -> Value:
    """Return what a name stands for that has one of some values, nobody knows which."""
    first = values[0]
    for other in values[1:]:
        if other is first:
            continue
        if isinstance(first, Tensor) and isinstance(other, Tensor):
            if first.shape is None or first.shape != other.shape:
                return unknown
        elif not (isinstance(first, PLAIN) and type(first) is type(other) and first == other):
            return unknown
    return first


def check_items(count: int, line: int) -> None:
    """Refuse a list, range or text that is too long."""
    if count > MAX_ITEMS:
        found = f"{count:,} items" if count < 10**18 else "a number of items of more than 18 digits"
        raise _too_large(line, found, f"at most {MAX_ITEMS:,}")


def check_bits(bits: int, line: int) -> None:
    """Refuse an integer that is too large."""
    if bits > MAX_BITS:
        found = f"an integer of {bits:,} bits" if bits < 10**18 else "an integer of endless digits"
        raise _too_large(line, found, f"at most {MAX_BITS} bits")


def _too_large(line: int, found: str, expected: str | None = None) -> InputError:
    return InputError("too large to be followed", line=line, found=found, expected=expected)
