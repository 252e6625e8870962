"""Statements of a program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from solver.errors import InputError
from solver.parsing.python import Node, parse_expression
from solver.readers.tensorflow.assignments import Assignments
from solver.readers.tensorflow.budget import MAX_LOOP_STEPS
from solver.readers.tensorflow.calls import Frame, Return
from solver.readers.tensorflow.doubt import Doubt, assigned_names, join
from solver.readers.tensorflow.graph import Graph
from solver.readers.tensorflow.library import enter_context
from solver.readers.tensorflow.names import external
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Class,
    Data,
    External,
    Function,
    Native,
    Scope,
    Unknown,
    Value,
    type_name,
)

MAX_TURNS = 1024
"""Turns of a loop that are followed one by one; networks are unrolled over fewer."""

LEAVING = frozenset({"break_stmt", "return_stmt", "raise_stmt", "assert_stmt", "yield_expr", "call"})
"""What may end a loop whose condition always holds; a call may raise."""


class Break(Exception):
    """A break statement."""


class Continue(Exception):
    """A continue statement."""


class Raised(Exception):
    """A raise statement of the program."""

    def __init__(self, name: str, text: str, line: int) -> None:
        self.name, self.text, self.line = name, text, line


class Interpreter(Assignments):
    """Runs the statements of a program within the limits of `budget`; nothing else of the machine is used."""

    def __init__(self, file: str, graph: Graph) -> None:
        super().__init__(file, graph)
        self.endless = ""
        self._statements: dict[str, Callable[[Node], None]] = {
            name.removeprefix("_run_"): getattr(self, name) for name in dir(self) if name.startswith("_run_")
        }

    def run_program(self, tree: Node) -> None:
        """Run a whole program."""
        try:
            self.run_block(tree)
        except Return:
            raise self.error("return outside a function", self.line) from None
        except (Break, Continue):
            raise self.error("break or continue outside a loop", self.line) from None
        except Raised as raised:
            if raised.name not in ("SystemExit",):
                raise self.error(f"the program raises {raised.name}({raised.text})", raised.line) from None

    def run_block(self, suite: Node) -> None:
        """Run statements one after the other."""
        for node in suite.children:
            line = self.line = node.line or self.line
            self.budget.spend(line)
            self._statements[node.rule](node)

    def parse_text(self, text: str, line: int) -> Node:
        """Return the tree of an expression inside an f-string, all of it on the f-string's line."""
        try:
            tree = parse_expression(text)
        except InputError:
            raise self.error("not valid Python", line, found=f"{{{text}}} in an f-string") from None
        for part in tree.walk():
            part.line = line
        return tree

    def _run_expr_stmt(self, node: Node) -> None:
        self.evaluate(node.children[0])

    def _run_pass_stmt(self, node: Node) -> None:
        pass

    def _run_assert_stmt(self, node: Node) -> None:
        if self.truth(self.evaluate(node.children[0])) is False and not self.doubts:
            raise Raised("AssertionError", "", node.line)

    def _run_global_stmt(self, node: Node) -> None:
        self.scope.global_names.update(map(str, node.children))

    def _run_nonlocal_stmt(self, node: Node) -> None:
        self.scope.nonlocal_names.update(map(str, node.children))

    def _run_assign(self, node: Node) -> None:
        *targets, source = node.children
        value = self.evaluate(source)
        for target in targets:
            self.assign(target, value)
            if isinstance(value, (Tensor, LayerObject)) and not value.name and target.rule == "var":
                value.name = str(target.children[0])

    def _run_annotated(self, node: Node) -> None:
        target, _, source = node.children
        owner = self.frames[-1].owner
        if self.frames[-1].is_class and owner is not None and target.rule == "var":
            owner.annotated.append(str(target.children[0]))
        if source is not None:
            self.assign(target, self.evaluate(source))

    def _run_augmented(self, node: Node) -> None:
        target, symbol, source = node.children
        old, new = self.evaluate(target), self.evaluate(source)
        if str(symbol) == "+=" and isinstance(old, list) and old is not new:
            items = self.iterate(new, node.line)
            if not isinstance(items, Unknown):
                self.budget.check_items(len(old) + len(items), node.line)
                self.change(old, lambda: old.extend(items))
                return
        inplace = isinstance(old, Data)  # the shape of an array that is changed in place stays
        self.assign(target, old if inplace else self.binary(str(symbol)[:-1], old, new, node.line))

    def _run_return_stmt(self, node: Node) -> None:
        child = node.children[0]
        raise Return(None if child is None else self.evaluate(child))

    def _run_break_stmt(self, node: Node) -> None:
        raise Break

    def _run_continue_stmt(self, node: Node) -> None:
        raise Continue

    def _run_raise_stmt(self, node: Node) -> None:
        value = self.evaluate(node.children[0]) if node.children[0] is not None else None
        text = value.path if isinstance(value, External) else type_name(value)
        if isinstance(value, Unknown):
            text = value.reason
        elif isinstance(value, tuple) and len(value) == 2 and value[0] == "exception":
            text = value[1]
        name, _, argument = text.partition("(")
        raise Raised(name, argument.removesuffix(")"), node.line)

    def _run_import_name(self, node: Node) -> None:
        for module in node.children:
            dotted, alias = module.children
            path = ".".join(map(str, dotted.children))
            self.imports.setdefault(str(dotted.children[0]), node.line)
            if alias is not None:
                self._assign_name(str(alias), external(path))
            else:
                root = path.partition(".")[0]
                self._assign_name(root, external(root))

    def _run_import_from(self, node: Node) -> None:
        parts: list[Any] = list(node.children)
        dots = parts.pop(0) if parts[0].rule == "dots" else None
        dotted = parts.pop(0) if parts[0].rule == "dotted_name" else None
        path = "." * bool(dots) + (".".join(map(str, dotted.children)) if dotted is not None else "")
        self.imports.setdefault(path.partition(".")[0], node.line)
        for part in parts:
            if part.rule == "import_all":
                self.star_imports.append(path)
                continue
            name, alias = part.children
            self._assign_name(str(alias or name), external(f"{path}.{name}"))

    def _run_if_stmt(self, node: Node) -> None:
        *pairs, last = node.children
        self._choose(list(zip(pairs[::2], pairs[1::2], strict=True)), last)

    def _choose(self, pairs: list[tuple[Any, Any]], last: Any) -> None:
        if not pairs:
            if last is not None:
                self.run_block(last)
            return
        (condition, suite), *rest = pairs
        truth = self.truth(self.evaluate(condition))
        if truth is True:
            self.run_block(suite)
        elif truth is False:
            self._choose(rest, last)
        else:
            assert isinstance(truth, Unknown)
            trees = [suite, *(s for _, s in rest), *([last] if last is not None else [])]
            self._any_of([lambda: self.run_block(suite), lambda: self._choose(rest, last)], trees, truth)

    def _any_of(self, ways: list[Callable[[], None]], trees: list[Any], unknown: Unknown) -> None:
        """Run several ways, one of which is taken, and keep what is common to what they assign."""
        names = assigned_names(trees)
        scope = self.scope
        before = {name: scope.names[name] for name in names if name in scope.names}
        results: list[dict[str, Value]] = []
        for way in ways:
            for name in names:
                scope.names.pop(name, None)
            scope.names.update(before)
            if self._doubtful(way, unknown):
                results.append({name: scope.names[name] for name in names if name in scope.names})
        for name in names:
            scope.names.pop(name, None)
            found = [result[name] for result in results if name in result]
            if found:
                scope.names[name] = join(found, unknown)
        if not results:
            scope.names.update(before)

    def _doubtful(self, way: Callable[[], None], unknown: Unknown) -> bool:
        """Run code that may not run; return whether its end is reached (else what it assigned is void)."""
        frame = self.frames[-1]
        doubt = Doubt(unknown, object())
        self.doubts.append(doubt)
        try:
            way()
            return True
        except Return as returned:
            frame.maybe_returned.append(returned.value)
            self.doubts.append(Doubt(unknown, frame))
            return False
        except (Break, Continue):
            self.doubts.append(Doubt(unknown, frame.loops[-1] if frame.loops else frame))
            return True
        except Raised:
            return False
        finally:
            self.doubts.remove(doubt)

    def _run_while_stmt(self, node: Node) -> None:
        condition, suite, otherwise = node.children
        if condition.rule == "true" and not LEAVING & {inner.rule for inner in suite.walk()}:
            self.endless = f"line {node.line}: this loop never ends, so what follows it is never reached"
            self.graph.gathering.note(self.endless)
            raise Raised("SystemExit", "", node.line)
        self._loop_over(node, condition, None, suite, otherwise)

    def _run_for_stmt(self, node: Node) -> None:
        target, source, suite, otherwise = node.children
        items = self.iterate(self.evaluate(source), node.line)
        self._loop_over(node, None, (target, items), suite, otherwise)

    def _loop_over(self, node: Node, condition: Any, turns: Any, suite: Any, otherwise: Any) -> None:
        """Run a loop turn by turn, or without counting if it is endless, too long or not known."""
        loop = object()
        self.frames[-1].loops.append(loop)
        start, layers = self.budget.steps, len(self.graph.gathering.layers)
        count = 0
        try:
            while True:
                count += 1
                stop: Any = None
                if turns is None:
                    stop = self.truth(self.evaluate(condition))
                elif isinstance(turns[1], Unknown):
                    stop = turns[1]
                else:
                    stop = count <= len(turns[1])
                if stop is False:
                    break
                idle = len(self.graph.gathering.layers) == layers
                busy = self.budget.steps - start > MAX_LOOP_STEPS and idle
                if not isinstance(stop, Unknown) and (busy or (count == 1 and self._too_long(turns))):
                    stop = Unknown("the number of turns of a long loop", node.line)
                if isinstance(stop, Unknown):
                    self._run_uncounted(turns, suite, stop)
                    return
                if turns is not None:
                    self.assign(turns[0], turns[1][count - 1])
                try:
                    self.run_block(suite)
                except Continue:
                    continue
            if otherwise is not None:
                self.run_block(otherwise)
        except Break:
            return
        finally:
            self.frames[-1].loops.pop()
            self.doubts = [doubt for doubt in self.doubts if doubt.owner is not loop]

    @staticmethod
    def _too_long(turns: Any) -> bool:
        return turns is not None and len(turns[1]) > MAX_TURNS

    def _run_uncounted(self, turns: Any, suite: Any, unknown: Unknown) -> None:
        """Run the body of a loop of unknown length: once as it is, once with all that a turn may change."""

        def body() -> None:
            if turns is not None:
                self.assign(turns[0], unknown)
            self.run_block(suite)

        names = [suite] if turns is None else [suite, Node("assign", [turns[0], turns[0]], 0)]
        for _ in range(2):
            self._any_of([body, lambda: None], names, unknown)

    def _run_try_stmt(self, node: Node) -> None:
        body: Any = node.children[0]
        handlers: list[Any] = [c for c in node.children[1:] if c is not None and c.rule == "except_clause"]
        otherwise, finish = node.children[-2:] if len(node.children) > 2 else (None, None)
        try:
            self.run_block(body)
            if isinstance(otherwise, Node) and otherwise.rule == "suite":
                self.run_block(otherwise)
        except Raised as raised:
            handler = next((h for h in handlers if self._catches(h, raised.name)), None)
            if handler is None:
                raise
            if handler.children[1] is not None:
                self._assign_name(str(handler.children[1]), Unknown("an exception", raised.line))
            self.run_block(handler.children[2])
        finally:
            if isinstance(finish, Node):
                self.run_block(finish)

    def _catches(self, handler: Any, name: str) -> bool:
        if handler.children[0] is None:
            return True
        kinds = self.evaluate(handler.children[0])
        given = kinds if isinstance(kinds, tuple) else (kinds,)
        names = [kind.name if isinstance(kind, (Native, Class)) else type_name(kind) for kind in given]
        return any(found in (name, "Exception", "BaseException") for found in names)

    def _run_with_stmt(self, node: Node) -> None:
        *items, suite = node.children
        with ExitStack() as stack:
            for item in items:
                value = enter_context(self, self.evaluate(item.children[0]), stack)
                if item.children[1] is not None:
                    self.assign(item.children[1], value)
            self.run_block(suite)

    def _run_async_stmt(self, node: Node) -> None:
        self.run_block(Node("suite", node.children, node.line))

    def _run_funcdef(self, node: Node) -> None:
        self._assign_name(str(node.children[0]), self._function(node))

    def _function(self, node: Node) -> Function:
        name, parameters, _, suite = node.children
        return self.make_function(str(name), parameters, suite)

    def _run_classdef(self, node: Node) -> None:
        name, arguments, suite = node.children
        bases = self.arguments(arguments)[0]
        cls = Class(str(name), tuple(bases), {})
        outer, self.scope = self.scope, Scope(names=cls.names, outer=self.scope)
        self.frames.append(Frame(str(name), node.line, self.scope, owner=cls, is_class=True))
        try:
            self.run_block(suite)
        finally:
            self.frames.pop()
            self.scope = outer
        self._assign_name(str(name), cls)

    def _run_decorated(self, node: Node) -> None:
        from solver.readers.tensorflow.objects import decorate

        *decorators, definition = node.children
        self.run_block(Node("suite", [definition], definition.line))
        target = definition.children[0] if definition.rule == "async_stmt" else definition
        name = str(target.children[0])
        value = self.scope.names.get(name)
        for decorator in reversed(decorators):
            value = decorate(self, self.evaluate(decorator.children[0]), value, decorator.line)
        self.scope.names[name] = value
