"""Names and helpers while a CP-SAT model is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solver.search.cp_sat import cp_model

Variables = Mapping[str, cp_model.IntVar]
Condition = cp_model.BoundedLinearExpression | bool


class Builder:
    """Names and helpers while the model is built."""

    def __init__(self, most: int) -> None:
        self.model = cp_model.CpModel()
        self.most = most

    def var(self, low: int, high: int, name: str) -> cp_model.IntVar:
        """Return a new variable."""
        return self.model.new_int_var(low, high, name)

    def product(self, name: str, high: int, *factors: cp_model.LinearExprT) -> cp_model.IntVar:
        """Return a variable that is the product of some expressions.

        CP-SAT multiplies terms of one variable only, so a sum gets a variable of its own; beside it all other
        factors must be at least 1, so that it does not exceed `high` either.
        """
        result = self.var(0, high, name)
        terms = [self._term(f"{name}_factor_{place}", high, factor) for place, factor in enumerate(factors)]
        self.model.add_multiplication_equality(result, terms)
        return result

    def _term(self, name: str, high: int, factor: cp_model.LinearExprT) -> cp_model.LinearExprT:
        if not isinstance(factor, cp_model.LinearExpr) or len(cp_model.FlatIntExpr(factor).vars) == 1:
            return factor
        term = self.var(0, high, name)
        self.model.add(term == factor)
        return term

    def flag(self, name: str, true_if: Condition, otherwise: Condition) -> cp_model.IntVar:
        """A literal that holds if and only if `true_if` does; `otherwise` must be its negation."""
        literal = self.model.new_bool_var(name)
        self.model.add(true_if).only_enforce_if(literal)
        self.model.add(otherwise).only_enforce_if(~literal)
        return literal

    def both(self, name: str, *literals: cp_model.LiteralT) -> cp_model.IntVar:
        """Return a literal that holds if and only if all of some literals do."""
        result = self.model.new_bool_var(name)
        self.model.add_bool_and(literals).only_enforce_if(result)
        self.model.add_bool_or([result, *(~lit for lit in literals)])
        return result

    def larger(self, first: cp_model.IntVar, second: cp_model.IntVar) -> cp_model.IntVar:
        """Return the larger of two counts of cycles."""
        result = self.var(0, self.most, f"larger_of_{first.name}_{second.name}")
        self.model.add_max_equality(result, [first, second])
        return result


@dataclass(frozen=True)
class LoopVariables:
    """What a mapping is in the model, before its figures.

    Attributes
    ----------
    tile, trip, divides
        By loop: tile size, trip count, and whether the tile divides the loop.
    folds, iterations
        Folds, and filter iterations of all images.
    forwarding
        Literal that the real hardware hands inputs on between neighbours; None if it never does.
    """

    tile: Variables
    trip: Variables
    divides: Variables
    folds: cp_model.IntVar
    iterations: cp_model.IntVar
    forwarding: cp_model.IntVar | None
