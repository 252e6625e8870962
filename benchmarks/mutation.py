"""Mutants of the rooms that decide answers, and which of them the tests notice.

    python -m benchmarks.mutation [--count 150] [--seed 11] [--slice 0:50] [--list]

A mutant is the program with one expression changed: `<` for `<=`, `+` for `-`, `min` for `max`, `and` for
`or`, a number one larger. They are drawn from all expressions in functions of `ROOMS` but for texts and
messages, the same ones for the same seed. The tests are collected once; every mutant is a fork of that
process in which the code of one function is exchanged. It runs the tests of the file that mirrors the
mutated one, then those of its room, then those of the rooms in which its mistakes would show (`SHOWS_IN`),
until one fails. Prints a line for every mutant, and the survivors at the end: each is a missing test, or
changes nothing that can be seen.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from random import Random
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("cost", "legal", "search", "switches")
SHOWS_IN = {
    "cost": ("legal", "search", "certificates", "execution", "baselines", "questions"),
    "legal": ("cost", "search", "certificates", "questions"),
    "search": ("certificates", "questions"),
    "switches": ("array", "execution", "writers", "schedule"),
}
"""Rooms of the tests besides its own in which a mistake of a room would show, those that are fast first."""
FAILED = "not by a test"
TEST_SECONDS, MUTANT_SECONDS = 30, 900
"""Processor time after which a test, or a mutant, counts as noticed: it does not end."""

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any",
    "ceil": "floor", "floor": "ceil",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One changed expression.

    Attributes
    ----------
    path
        The file, from the root of the repository.
    function
        The outermost function around it, with its class.
    number
        Which of the file's expressions it is.
    """

    path: str
    function: str
    number: int
    line: int
    before: str
    after: str

    @property
    def module(self) -> str:
        """The module's name."""
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def apply(self) -> None:
        """Exchange the code of the function in this process."""
        tree = ast.parse((ROOT / self.path).read_text(encoding="utf-8"))
        for number, (_, node, change) in enumerate(_places(tree)):
            if number == self.number:
                change(node)
        _function(self.module, self.function).__code__ = _code(
            compile(tree, self.path, "exec"), self.function
        )


def _function(module: str, name: str) -> FunctionType:
    """Return a function of a module, or of a class in it, without what decorates it."""
    found: Any = import_module(module)
    for part in name.split("."):
        found = vars(found)[part]
    while not isinstance(found, FunctionType):
        if isinstance(found, property):
            found = found.fget
        elif isinstance(found, cached_property):
            found = found.func
        else:
            found = found.__wrapped__ if hasattr(found, "__wrapped__") else found.__func__
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found


def _code(module: CodeType, name: str) -> CodeType:
    """Return the code of a function in that of its module."""
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code(constant, name)
    raise LookupError(name)


Place = tuple[str, ast.AST, Callable[[Any], None]]


def _places(tree: ast.Module) -> Iterator[Place]:
    """Yield what can be changed in the functions of a module: the function, the expression, the change."""
    for outer in tree.body:
        methods = outer.body if isinstance(outer, ast.ClassDef) else [outer]
        prefix = f"{outer.name}." if isinstance(outer, ast.ClassDef) else ""
        for function in methods:
            if isinstance(function, ast.FunctionDef):
                for statement in function.body:
                    for node, change in _changes(statement):
                        yield prefix + function.name, node, change


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, Callable[[Any], None]]]:
    """Yield the changes below a node; texts, messages and types are left alone."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield node, lambda it: it.ops.__setitem__(0, COMPARISONS[type(it.ops[0])]())
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OPERATORS:
        yield node, lambda it: setattr(it, "op", OPERATORS[type(it.op)]())
    elif isinstance(node, ast.BoolOp):
        yield node, lambda it: setattr(it, "op", ast.Or() if isinstance(it.op, ast.And) else ast.And())
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield node, lambda it: setattr(it, "value", it.value + 1)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        yield node, lambda it: setattr(it, "id", NAMES[it.id])
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield node, lambda it: setattr(it, "attr", NAMES[it.attr])
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "args" if isinstance(node, ast.FunctionDef) else ""):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _changes(child)


def mutants(count: int, seed: int) -> list[Mutant]:
    """Draw mutants from all expressions, every expression as likely as any other."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / "solver" / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for number, (function, node, change) in enumerate(_places(ast.parse(path.read_text("utf-8")))):
                changed = deepcopy(node)
                change(changed)
                before, after = ast.unparse(node), ast.unparse(changed)
                found.append(Mutant(name, function, number, getattr(node, "lineno", 0), before, after))
    return Random(seed).sample(found, count)


class Run:
    """Runs the tests of every mutant: a plugin of pytest that takes the place of its loop over the tests."""

    def __init__(self, asked: list[tuple[int, Mutant]]) -> None:
        self.asked = asked
        self.survivors: list[tuple[int, Mutant]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for every mutant."""
        began = time.monotonic()
        print(f"{len(session.items)} tests, {len(self.asked)} mutants")
        for number, mutant in self.asked:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            verdict = _in_a_fork(session, mutant)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if not verdict:
                self.survivors.append((number, mutant))
            print(f"{_line(number, mutant)}  {verdict or 'SURVIVES'}  {seconds:.1f} s", flush=True)
        killed = len(self.asked) - len(self.survivors)
        print(f"\n{killed} of {len(self.asked)} noticed ({killed / max(1, len(self.asked)):.1%})", end=", ")
        print(f"{time.monotonic() - began:.0f} s; survivors:")
        for number, mutant in self.survivors:
            print(_line(number, mutant))
        return True


def _line(number: int, mutant: Mutant) -> str:
    change = f"{mutant.before}  ->  {mutant.after}"
    return f"{number:3} {mutant.path}:{mutant.line} {mutant.function}: {change}"


def _in_a_fork(session: pytest.Session, mutant: Mutant) -> str:
    """Return which test notices a mutant, an empty text if none does."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            told = _noticed(session, mutant)
        except BaseException:
            told = f"{FAILED}\n{traceback.format_exc()}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if told.startswith(FAILED):
        raise RuntimeError(f"{_line(0, mutant)}: {told}")
    return told or ("" if status == 0 else "the process ends")


def _noticed(session: pytest.Session, mutant: Mutant) -> str:
    """Run the tests of a mutant in this process until one fails; return its name."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (MUTANT_SECONDS, MUTANT_SECONDS + 5))
    signal.signal(signal.SIGPROF, _too_long)
    mutant.apply()
    items = _ordered(session, mutant)
    for item, following in zip(items, [*items[1:], None], strict=True):
        signal.setitimer(signal.ITIMER_PROF, TEST_SECONDS)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return item.nodeid
    return ""


def _too_long(*_: object) -> None:
    raise AssertionError(f"the test takes more than {TEST_SECONDS} s")


def _ordered(session: pytest.Session, mutant: Mutant) -> list[pytest.Item]:
    """Return the tests to run, those nearest to the mutant first."""
    _, room, *rest = Path(mutant.path).parts
    mirrored = Path("tests", room, *rest[:-1], f"test_{rest[-1]}").as_posix()
    rooms = (room, *SHOWS_IN[room])

    def distance(item: pytest.Item) -> int | None:
        file = item.nodeid.split("::")[0]
        if file == mirrored:
            return -2
        if Path(file).parent == Path(mirrored).parent:
            return -1
        at = Path(file).parts[1]
        return rooms.index(at) if at in rooms else None

    near = [(found, item) for item in session.items if (found := distance(item)) is not None]
    return [item for _, item in sorted(near, key=lambda pair: pair[0])]


def main() -> int:
    """Draw the mutants, and run those that were asked for."""
    parser = argparse.ArgumentParser(description="mutants, and which of them the tests notice")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--slice", default=":", help="which of them, such as 0:50")
    parser.add_argument("--list", action="store_true", help="only print them")
    arguments = parser.parse_args()
    drawn = list(enumerate(mutants(arguments.count, arguments.seed)))
    begin, _, end = arguments.slice.partition(":")
    asked = drawn[int(begin or 0) : int(end) if end else None]
    if arguments.list:
        print("\n".join(_line(number, mutant) for number, mutant in asked))
        return 0
    rooms = sorted({room for _, m in asked for at in [m.path.split("/")[1]] for room in (at, *SHOWS_IN[at])})
    options = ["-q", "-s", "-n", "0", "-p", "no:cacheprovider"]
    run = Run(asked)
    code = pytest.main([*options, *(str(ROOT / "tests" / room) for room in rooms)], plugins=[run])
    return 1 if run.survivors else int(code)


if __name__ == "__main__":
    sys.exit(main())
