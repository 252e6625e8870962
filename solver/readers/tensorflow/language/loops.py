"""Loops, and ways of a program of which one is taken: what leaves them, what is known behind them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from solver.readers.tensorflow.examples import Examples
from solver.readers.tensorflow.language.assignments import assigned_names
from solver.readers.tensorflow.language.machine import Machine, Return
from solver.readers.tensorflow.language.scan import trains
from solver.readers.tensorflow.place import Doubt, join
from solver.readers.tensorflow.python.operators import iterate, truth
from solver.readers.tensorflow.values import Unknown, Value

LEAVING = (ast.Break, ast.Return, ast.Raise, ast.Assert, ast.Yield, ast.YieldFrom, ast.Call)
"""What may end a loop whose condition always holds; a call may raise."""

MAX_TURNS = 1024
"""Turns of a loop that are followed one by one; networks are unrolled over fewer."""

MAX_LOOP_STEPS = 100_000
"""Steps after which a loop that has built nothing is taken for one that trains."""


class Break(Exception):
    """A break statement."""


class Continue(Exception):
    """A continue statement."""


class Raised(Exception):
    """A raise statement of the program."""

    def __init__(self, name: str, text: str, line: int) -> None:
        self.name, self.text, self.line = name, text, line


def any_of(
    m: Machine, ways: list[Callable[[], None]], trees: Sequence[Sequence[ast.AST]], unknown: Unknown
) -> None:
    """Run several ways, one of which is taken, and keep what is common to what they assign."""
    names = assigned_names(node for tree in trees for node in tree)
    scope = m.scope
    before = {name: scope.names[name] for name in names if name in scope.names}
    results: list[dict[str, Value]] = []
    for way in ways:
        for name in names:
            scope.names.pop(name, None)
        scope.names.update(before)
        if _doubtful(m, way, unknown):
            results.append({name: scope.names[name] for name in names if name in scope.names})
    for name in names:
        scope.names.pop(name, None)
        found = [result[name] for result in results if name in result]
        if found:
            scope.names[name] = join(found, unknown)
    if not results:
        scope.names.update(before)


def _doubtful(m: Machine, way: Callable[[], None], unknown: Unknown) -> bool:
    """Run code that may not run; return whether its end is reached (else what it assigned is void)."""
    frame, doubt = m.frames[-1], Doubt(unknown, object())
    m.place.doubts.append(doubt)
    try:
        way()
        return True
    except Return as returned:
        frame.maybe_returned.append(returned.value)
        m.place.doubts.append(Doubt(unknown, frame))
        return False
    except (Break, Continue):
        m.place.doubts.append(Doubt(unknown, frame.loops[-1] if frame.loops else frame))
        return True
    except Raised:
        return False
    finally:
        m.place.doubts.remove(doubt)


def run_loop(m: Machine, node: ast.While | ast.For | ast.AsyncFor) -> None:
    """Run a loop turn by turn, or without counting if it is endless, too long or not known."""
    if isinstance(node, ast.While) and _never_ends(node):
        m.endless = f"line {node.lineno}: this loop never ends, so what follows it is never reached"
        m.graph.gathering.note(m.endless)
        raise Raised("SystemExit", "", node.lineno)
    items = None if isinstance(node, ast.While) else iterate(m.graph, m.evaluate(node.iter), node.lineno)
    examples = items if isinstance(items, Examples) else None
    items = items if examples is None else [examples.element]
    training = examples is not None or trains(m, node.body)
    frame, loop = m.frames[-1], object()
    frame.loops.append(loop)
    start, layers, count = m.place.steps, len(m.graph.gathering.layers), 0
    try:
        while True:
            more: Value = items
            if isinstance(node, ast.While):
                more = truth(m.evaluate(node.test), m.place.line)
            elif items is not None and not isinstance(items, Unknown):
                more = count < len(items) or examples is not None
            if more is False:
                break
            idle = len(m.graph.gathering.layers) == layers
            busy = m.place.steps - start > MAX_LOOP_STEPS and idle
            long = isinstance(items, (list, range)) and len(items) > MAX_TURNS
            long = long and not training
            if not isinstance(more, Unknown) and (busy or (count == 0 and long)):
                more = Unknown("the number of turns of a long loop", node.lineno)
            if count == 1 and training:
                why = f"line {node.lineno}: this loop trains; what its turns build is counted once"
                with m.graph.again(why):
                    turn = Unknown("the turn of a loop that trains", node.lineno)
                    _run_uncounted(m, node, turn, turn if examples is None else examples.later(turn))
                return
            if isinstance(more, Unknown):
                _run_uncounted(m, node, more, more)
                return
            if not isinstance(node, ast.While) and isinstance(items, (list, range)):
                m.assign(node.target, items[count])
            count += 1
            try:
                with m.graph.training_if(training):
                    m.run_block(node.body)
            except Continue:
                continue
        m.run_block(node.orelse)
    except Break:
        return
    finally:
        frame.loops.pop()
        m.place.doubts = [doubt for doubt in m.place.doubts if doubt.owner is not loop]


def _never_ends(node: ast.While) -> bool:
    """Return whether the condition always holds and nothing in the body can leave the loop."""
    always = isinstance(node.test, ast.Constant) and node.test.value is True
    inner = [each for statement in node.body for each in ast.walk(statement)]
    return always and not any(isinstance(each, LEAVING) for each in inner)


def _run_uncounted(
    m: Machine, node: ast.While | ast.For | ast.AsyncFor, unknown: Unknown, item: Value
) -> None:
    """Run the body of a loop of unknown length: once as it is, once with all that a turn may change."""
    target = None if isinstance(node, ast.While) else node.target

    def body() -> None:
        if target is not None:
            m.assign(target, item)
        m.run_block(node.body)

    for _ in range(2):
        any_of(m, [body, lambda: None], (node.body, [] if target is None else [target]), unknown)
