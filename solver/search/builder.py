"""The algebra of formulas over the variables of a CP-SAT model.

Every operation knows how large its operands can get, so what is settled by that becomes no constraint: a
comparison may come out true, a product of known numbers a number. CP-SAT multiplies and divides terms of one
variable only (a product of a sum is an invalid model in older versions, and a wrongly solved one in 9.15), so
a sum gets a variable of its own first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from math import prod

from solver.arithmetic.algebra import Truth, Value
from solver.arithmetic.arrays import IntArray
from solver.search.cp_sat import cp_model

LIMIT = 2**61
"""Room that CP-SAT's 64-bit sums and products are kept in."""


class Builder:
    """A model that is being built; an `Algebra` over its variables.

    Parameters
    ----------
    most
        No product, choice or term of the formulas exceeds this in a mapping that the model allows.
    """

    def __init__(self, most: int) -> None:
        self.model = cp_model.CpModel()
        self.most = min(most, LIMIT)
        self._range: dict[int, tuple[int, int]] = {}

    def up_to(self, most: int) -> Builder:
        """Return the algebra over the same model for formulas whose figures do not exceed another number."""
        other = copy(self)
        other.most = min(most, LIMIT)
        return other

    def var(self, low: int, high: int, name: str = "") -> cp_model.IntVar:
        """Return a new variable."""
        variable = self.model.new_int_var(low, high, name)
        self._range[variable.index] = low, high
        return variable

    def truth(self, name: str = "") -> cp_model.IntVar:
        """Return a new literal."""
        literal = self.model.new_bool_var(name)
        self._range[literal.index] = 0, 1
        return literal

    def table(
        self, columns: Mapping[str, IntArray], variables: Mapping[str, cp_model.IntVar] | None = None
    ) -> dict[str, Value]:
        """Return values that together are a row of a table; columns of one number are that number.

        Parameters
        ----------
        variables
            Variables that there are of some columns.
        """
        joined = dict(variables or {})
        found: dict[str, Value] = {}
        for name, column in columns.items():
            low, high = int(column.min()), int(column.max())
            if name in joined:
                found[name] = joined[name]
            elif low == high:
                found[name] = low
            else:
                found[name] = joined[name] = self.var(low, high, name)
        rows = zip(*(columns[name].tolist() for name in joined), strict=True)
        if joined:
            self.model.add_allowed_assignments(list(joined.values()), list(dict.fromkeys(rows)))
        return found

    def bounds(self, value: Value) -> tuple[int, int]:
        """Return the least and the largest that a value can be."""
        if isinstance(value, (int, bool)):
            return int(value), int(value)
        flat = cp_model.FlatIntExpr(value)
        low = high = int(flat.offset)
        for variable, factor in zip(flat.vars, flat.coeffs, strict=True):
            ends = [int(factor) * end for end in self._range[variable.index]]
            low, high = low + min(ends), high + max(ends)
        return low, high

    def _new(self, low: int, high: int, name: str, most: int | None = None) -> cp_model.IntVar:
        most = self.most if most is None else most
        return self.var(min(low, most), min(high, most), name)

    def _term(self, value: Value, name: str, most: int | None = None) -> Value:
        """Return a value as one that CP-SAT multiplies."""
        if isinstance(value, int) or len(cp_model.FlatIntExpr(value).vars) <= 1:
            return value
        term = self._new(*self.bounds(value), f"{name}_term", most)
        self.model.add(term == value)
        return term

    def product(self, *factors: Value, name: str = "product", most: int | None = None) -> Value:
        """See `Algebra`.

        Parameters
        ----------
        most
            A bound of the product other than the model's own.
        """
        known = prod(factor for factor in factors if isinstance(factor, int))
        terms = [factor for factor in factors if not isinstance(factor, int)]
        if known == 0 or not terms:
            return known
        if len(terms) == 1:
            return known * terms[0]
        ranges = [self.bounds(term) for term in terms]
        most = (self.most if most is None else most) // known
        result = self._new(
            prod(max(0, low) for low, _ in ranges), prod(high for _, high in ranges), name, most
        )
        self.model.add_multiplication_equality(result, [self._term(term, name) for term in terms])
        return known * result

    def larger(self, *values: Value, name: str = "larger") -> Value:
        """See `Algebra`."""
        ranges = {place: self.bounds(value) for place, value in enumerate(values)}
        least = max(low for low, _ in ranges.values())
        # Of what never exceeds another nothing is left.
        left = [value for place, value in enumerate(values) if ranges[place][1] > least]
        if not left:
            return next(value for place, value in enumerate(values) if ranges[place][0] == least)
        if len(left) == 1 and self.bounds(left[0])[0] == least:
            return left[0]
        if all(self.bounds(value)[0] < least for value in left):
            left.append(least)
        result = self._new(least, max(high for _, high in ranges.values()), name)
        self.model.add_max_equality(result, [self._term(value, name) for value in left])
        return result

    def quotient(self, value: Value, divisor: Value, name: str = "quotient") -> Value:
        """See `Algebra`."""
        if isinstance(value, int) and isinstance(divisor, int):
            return value // divisor
        if isinstance(divisor, int) and divisor == 1:
            return value
        (low, high), (least, most) = self.bounds(value), self.bounds(divisor)
        low, high = (low // most if low >= 0 else -(-low // least)), max(0, high) // least
        if low == high:
            return low
        result = self.var(low, min(high, LIMIT), name)
        self.model.add_division_equality(result, self._term(value, name, LIMIT), self._term(divisor, name))
        return result

    def at_most(self, value: Value, bound: Value, name: str = "at_most") -> Truth:
        """See `Algebra`."""
        low, high = self.bounds(value - bound)
        if high <= 0 or low > 0:
            return high <= 0
        holds = self.truth(name)
        self.model.add(value <= bound).only_enforce_if(holds)
        self.model.add(value >= bound + 1).only_enforce_if(~holds)
        return holds

    def both(self, *truths: Truth, name: str = "both") -> Truth:
        """See `Algebra`."""
        open_ones = _unsettled(truths)
        impossible = any(truth is False for truth in truths)
        if impossible or not open_ones:
            return not impossible
        if len(open_ones) == 1:
            return open_ones[0]
        result = self.truth(name)
        self.model.add_bool_and(open_ones).only_enforce_if(result)
        self.model.add_bool_or([result, *(~truth for truth in open_ones)])
        return result

    def either(self, *truths: Truth, name: str = "either") -> Truth:
        """See `Algebra`."""
        return self.opposite(self.both(*(self.opposite(truth) for truth in truths), name=name))

    def opposite(self, truth: Truth) -> Truth:
        """See `Algebra`."""
        return not truth if isinstance(truth, bool) else ~truth

    def choose(self, truth: Truth, then: Value, otherwise: Value, name: str = "choice") -> Value:
        """See `Algebra`."""
        if isinstance(truth, bool):
            return then if truth else otherwise
        if isinstance(then, int) and isinstance(otherwise, int):
            return otherwise + (then - otherwise) * truth
        lows, highs = zip(self.bounds(then), self.bounds(otherwise), strict=True)
        result = self._new(min(lows), max(highs), name)
        self.model.add(result == then).only_enforce_if(truth)
        self.model.add(result == otherwise).only_enforce_if(~truth)
        return result

    def look_up(self, table: Sequence[int], place: Value, name: str = "entry") -> Value:
        """See `Algebra`."""
        if isinstance(place, int):
            return table[place] if place < len(table) else 0
        low, high = self.bounds(place)
        entries = [(at, table[at] if at < len(table) else 0) for at in range(low, high + 1)]
        entry = self.var(min(e for _, e in entries), max(e for _, e in entries), name)
        self.model.add_allowed_assignments([self._term(place, name), entry], entries)
        return entry

    def within(self, value: Value, most: int, name: str) -> Value:
        """Allow only what keeps a value at or below a number; return it with that bound known."""
        if isinstance(value, int):
            self.demand(value <= most)
            return value
        low, high = self.bounds(value)
        result = self.var(min(low, most), min(high, most), name)
        self.model.add(result == value)
        return result

    def demand(self, truth: Truth) -> None:
        """Allow only what makes a truth hold."""
        if isinstance(truth, bool):
            if not truth:
                self.model.add_bool_or([])
        else:
            self.model.add_bool_and([truth])


def _unsettled(truths: Iterable[Truth]) -> list[Truth]:
    return [truth for truth in truths if not isinstance(truth, bool)]
