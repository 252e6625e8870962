"""What a formula is written over: operations that arrays and constraint variables both have.

A formula of the cost model or a rule of legality is one function over an `Algebra`. Over `ARRAYS` it counts
many mappings at once; over the variables of a CP-SAT model (`solver.search.builder`) the same text states
constraints. Sums, differences and multiples by a known number are written with the usual operators, which
both have; everything else is asked of the algebra. Plain integers and truth values may stand for any operand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np

Value = Any
"""Integers: one, an array of them, or an expression over variables."""
Truth = Any
"""Truth values: one, an array of them, or a literal."""


class Algebra(Protocol):
    """The operations."""

    def product(self, *factors: Value) -> Value:
        """Multiply values of at least 0."""

    def larger(self, *values: Value) -> Value:
        """Return the largest."""

    def quotient(self, value: Value, divisor: Value) -> Value:
        """Divide by at least 1 and round down; of a negative value some value of at most 0."""

    def at_most(self, value: Value, bound: Value) -> Truth:
        """Compare: value <= bound."""

    def both(self, *truths: Truth) -> Truth:
        """Return whether all hold."""

    def either(self, *truths: Truth) -> Truth:
        """Return whether at least one holds."""

    def opposite(self, truth: Truth) -> Truth:
        """Return whether it does not hold."""

    def choose(self, truth: Truth, then: Value, otherwise: Value) -> Value:
        """Return one of two values."""

    def look_up(self, table: Sequence[int], place: Value) -> Value:
        """Return what a table holds at a place from 0; beyond its end 0."""


def rounded_up(a: Algebra, value: Value, divisor: int) -> Value:
    """Divide a value of at least 0 and round up."""
    return a.quotient(value + (divisor - 1), divisor)


class Arrays:
    """The operations on numpy arrays, element by element."""

    def product(self, *factors: Value) -> Value:
        """See `Algebra`."""
        return reduce(np.multiply, factors)

    def larger(self, *values: Value) -> Value:
        """See `Algebra`."""
        return reduce(np.maximum, values)

    def quotient(self, value: Value, divisor: Value) -> Value:
        """See `Algebra`."""
        return value // divisor

    def at_most(self, value: Value, bound: Value) -> Truth:
        """See `Algebra`."""
        return value <= bound

    def both(self, *truths: Truth) -> Truth:
        """See `Algebra`."""
        return reduce(np.logical_and, truths)

    def either(self, *truths: Truth) -> Truth:
        """See `Algebra`."""
        return reduce(np.logical_or, truths)

    def opposite(self, truth: Truth) -> Truth:
        """See `Algebra`."""
        return np.logical_not(truth)

    def choose(self, truth: Truth, then: Value, otherwise: Value) -> Value:
        """See `Algebra`."""
        return np.where(truth, then, otherwise)

    def look_up(self, table: Sequence[int], place: Value) -> Value:
        """See `Algebra`."""
        entries = np.asarray(table, dtype=np.int64)
        inside = place < len(entries)
        return np.where(inside, entries[np.where(inside, place, 0)], 0)


ARRAYS = Arrays()
