"""Assignments to names, attributes, items and several of these at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from solver.parsing.python import Node
from solver.readers.tensorflow.calls import Calls
from solver.readers.tensorflow.objects import set_attribute
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import Container, External, List, Unknown, Value, type_name


class Assignments(Calls):
    """Adds assignments to calls."""

    def assign(self, target: Node, value: Value) -> None:
        """Assign to a name, attribute, item or sequence of these."""
        if target.rule == "var":
            self._assign_name(str(target.children[0]), value)
        elif target.rule == "attribute":
            owner = self.evaluate(target.children[0])
            set_attribute(self, owner, str(target.children[1]), value)
        elif target.rule == "getitem":
            self._assign_item(target, value)
        elif target.rule in ("tuple", "list"):
            self._unpack(target, value)
        else:
            raise self.error("an assignment that is not followed", target.line, found=target.rule)

    def _assign_name(self, name: str, value: Value) -> None:
        scope = self.scope
        if name in scope.global_names:
            scope = scope.top
        elif name in scope.nonlocal_names:
            while scope.outer is not None and (scope is self.scope or name not in scope.names):
                scope = scope.outer
        if scope is not self.scope and self.doubts:
            value = self.doubts[-1].unknown
        scope.names[name] = value

    def _assign_item(self, target: Node, value: Value) -> None:
        owner, index = (self.evaluate(child) for child in target.children)
        if isinstance(index, Unknown) and isinstance(owner, Container):
            owner.unknown = index
        elif isinstance(owner, (list, dict)):
            try:
                self.change(owner, lambda: owner.__setitem__(index, value))
            except (TypeError, IndexError, ValueError) as error:
                raise self.error(f"the program fails: {error}", target.line) from None
        elif not isinstance(owner, (Unknown, External, Tensor, Container)):
            raise self.error(f"the program fails: {type_name(owner)} has no items to set", target.line)

    def change(self, owner: Value, action: Callable[[], Any]) -> None:
        """Change a container; under doubt, its content is unknown from then on."""
        if self.doubts and isinstance(owner, Container):
            owner.unknown = self.doubts[-1].unknown
        else:
            action()

    def _unpack(self, target: Node, value: Value) -> None:
        items = self.iterate(value, target.line)
        targets: list[Any] = list(target.children)
        if isinstance(items, Unknown):
            for part in targets:
                self.assign(part.children[0] if part.rule == "starred" else part, items)
            return
        stars = [position for position, part in enumerate(targets) if part.rule == "starred"]
        if stars:
            before, after = stars[0], len(targets) - stars[0] - 1
            if len(items) >= before + after:
                middle = List(items[before : len(items) - after])
                items = [*items[:before], middle, *items[len(items) - after :]]
                targets[before] = targets[before].children[0]
        if len(items) != len(targets):
            found = f"{len(items)} values for {len(targets)} names"
            raise self.error("the program fails", target.line, found=found)
        for part, item in zip(targets, items, strict=True):
            self.assign(part, item)

    def _run_del_stmt(self, node: Node) -> None:
        targets: list[Any] = [node.children[0]]
        while targets:
            target = targets.pop()
            if target.rule == "tuple":
                targets += target.children
            elif target.rule == "var":
                self.scope.names.pop(str(target.children[0]), None)
            elif target.rule == "getitem":
                owner, index = (self.evaluate(child) for child in target.children)
                if isinstance(owner, (list, dict)):
                    try:
                        self.change(owner, partial(owner.__delitem__, index))
                    except (TypeError, IndexError, KeyError) as error:
                        raise self.error(f"the program fails: {error!r}", node.line) from None
