"""Comprehensions, each in a scope of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from solver.parsing.python import Node
from solver.readers.tensorflow.expressions import Expressions
from solver.readers.tensorflow.values import Dict, List, Scope, Set, Unknown, Value


class Comprehensions(Expressions):
    """Adds comprehensions to expressions; generator expressions are lists here."""

    def _eval_list_comprehension(self, node: Node) -> Value:
        return self._comprehend(node, List)

    def _eval_generator(self, node: Node) -> Value:
        return self._comprehend(node, List)

    def _eval_set_comprehension(self, node: Node) -> Value:
        return self._comprehend(node, Set)

    def _eval_dict_comprehension(self, node: Node) -> Value:
        return self._comprehend(node, Dict)

    def _comprehend(self, node: Node, kind: Callable[[Any], Value]) -> Value:
        result: list[Value] = []
        outer, self.scope = self.scope, Scope(outer=self.scope)
        try:
            for unknown in self._turns(list(node.children[1].children)):
                if unknown is not None:
                    return unknown
                item = node.children[0]
                if item.rule == "entry":
                    result.append(tuple(self.evaluate(child) for child in item.children))
                else:
                    result.append(self.evaluate(item))
                self.budget.check_items(len(result), node.line)
        finally:
            self.scope = outer
        return self._hashed(lambda: kind(result), node.line)

    def _turns(self, clauses: list[Any]) -> Iterator[Unknown | None]:
        """Yield once for every turn of the loops of a comprehension, or what is unknown about them."""
        if not clauses:
            yield None
            return
        clause, *rest = clauses
        if clause.rule == "comp_if":
            truth = self.truth(self.evaluate(clause.children[0]))
            if isinstance(truth, Unknown):
                yield truth
            elif truth:
                yield from self._turns(rest)
            return
        items = self.iterate(self.evaluate(clause.children[1]), clause.line)
        if isinstance(items, Unknown):
            yield items
            return
        for item in items:
            self.budget.spend(clause.line)
            self.assign(clause.children[0], item)
            yield from self._turns(rest)
