"""Mutants of the rooms that decide answers, and which of them the tests notice.

    python -m benchmarks.mutation [--count 150] [--seed 11] [--slice 0:50,72] [--near] [--reach FILE] [--list]

A mutant is the program with one expression changed: `<` for `<=`, `+` for `-`, `min` for `max`, `and` for
`or`, a number one larger. They are drawn from all expressions in functions of `ROOMS` but for texts and
messages, the same ones for the same seed. The tests are collected once; every mutant is a fork of that
process in which the code of one function is exchanged. It runs the tests of the file that mirrors the
mutated one, then those of its room, then (but with `--near`) those of the rooms in which its mistakes would
show (`SHOWS_IN`), until one fails. Prints a line for every mutant, and the survivors at the end: each is a
missing test, or changes nothing that can be seen.

With `--reach FILE` only tests that run the mutated line are run, the fast ones first. Which do is found by
running all of them once under `coverage` (`pip install coverage`) and kept in the file; what is not in it yet
is run then. A survivor may then still be noticed by a test that reads what another one left
in a cache: without `--reach` all tests run. Do not change the tree while it runs: work in a copy.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from itertools import groupby
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
    lines
        The lines of the statement around it.
    """

    path: str
    function: str
    number: int
    line: int
    lines: range
    before: str
    after: str

    @property
    def module(self) -> str:
        """The module's name."""
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def apply(self) -> None:
        """Exchange the code of the function in this process."""
        tree = ast.parse((ROOT / self.path).read_text(encoding="utf-8"))
        for number, (_, _, node, change) in enumerate(_places(tree)):
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


Place = tuple[str, range, ast.AST, Callable[[Any], None]]


def _places(tree: ast.Module) -> Iterator[Place]:
    """Yield what can be changed in the functions of a module: function, lines, expression, change."""
    for outer in tree.body:
        methods = outer.body if isinstance(outer, ast.ClassDef) else [outer]
        prefix = f"{outer.name}." if isinstance(outer, ast.ClassDef) else ""
        for function in methods:
            if isinstance(function, ast.FunctionDef):
                for statement in function.body:
                    for node, change in _changes(statement):
                        yield prefix + function.name, _lines(statement, node), node, change


def _lines(statement: ast.AST, node: ast.AST) -> range:
    """Return the lines of the innermost statement around a node of a statement."""
    around = [s for s in ast.walk(statement) if isinstance(s, ast.stmt) and node in ast.walk(s)]
    least = min(around, key=lambda s: (s.end_lineno or 0) - s.lineno)
    return range(least.lineno, (least.end_lineno or 0) + 1)


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
            for number, place in enumerate(_places(ast.parse(path.read_text("utf-8")))):
                found.append((name, number, *place))
    drawn = []
    for name, number, function, lines, node, change in Random(seed).sample(found, count):
        changed = deepcopy(node)
        change(changed)
        before, after = ast.unparse(node), ast.unparse(changed)
        drawn.append(Mutant(name, function, number, getattr(node, "lineno", 0), lines, before, after))
    return drawn


class Reach:
    """Which lines of `ROOMS` every test runs, and how long it takes; kept in a file.

    Attributes
    ----------
    seconds
        Processor time of each test, by its name.
    lines
        For each test and each file the lines that it runs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {"seconds": {}, "lines": {}}
        self.seconds: dict[str, float] = kept["seconds"]
        self.lines: dict[str, dict[str, list[int]]] = kept["lines"]

    def record(self, session: pytest.Session) -> str:
        """Run those tests that are not known; return those that fail, which are left out.

        What is known is written after every file of tests: a stopped run goes on.
        """
        from coverage import Coverage

        failing: list[str] = []
        new = [item for item in session.items if item.nodeid not in self.seconds]
        for _, group in groupby(new, key=lambda item: item.path):
            items = [*group]
            watched = Coverage(
                data_file=None, config_file=False, include=[f"*/solver/{at}/*" for at in ROOMS]
            )
            for item, following in zip(items, [*items, None][1:], strict=True):
                began = time.process_time()
                watched.start()
                watched.switch_context(item.nodeid)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                watched.stop()
                self.seconds[item.nodeid] = round(time.process_time() - began, 3)
                if session.testsfailed > len(failing):
                    failing.append(item.nodeid)
            data = watched.get_data()
            for name in data.measured_files():
                path = Path(name).relative_to(ROOT).as_posix()
                for line, tests in data.contexts_by_lineno(name).items():
                    for test in {*tests} - {"", *failing}:
                        self.lines.setdefault(test, {}).setdefault(path, []).append(line)
            text = json.dumps({"seconds": self.seconds, "lines": self.lines}, separators=(",", ":"))
            written = self.path.with_suffix(".new")
            written.write_text(text, "utf-8")
            written.replace(self.path)
        return "\n".join(failing)

    def tests(self, mutant: Mutant) -> set[str]:
        """Return the tests that run the statement of a mutant."""
        at = set(mutant.lines)
        return {test for test, lines in self.lines.items() if not at.isdisjoint(lines.get(mutant.path, ()))}


class Run:
    """Runs the tests of every mutant: a plugin of pytest that takes the place of its loop over the tests."""

    def __init__(self, asked: list[tuple[int, Mutant]], near: bool, reach: Reach | None) -> None:
        self.asked, self.near, self.reach = asked, near, reach
        self.survivors: list[tuple[int, Mutant]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for every mutant."""
        began = time.monotonic()
        print(f"{len(session.items)} tests, {len(self.asked)} mutants", flush=True)
        if self.reach:
            if failing := _forked(partial(self.reach.record, session)):
                print(f"left out, for they fail on the program as it is:\n{failing}", flush=True)
            self.reach = Reach(self.reach.path)
        for number, mutant in self.asked:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            verdict = _forked(partial(_noticed, session, mutant, self._ordered(session, mutant)))
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

    def _ordered(self, session: pytest.Session, mutant: Mutant) -> list[pytest.Item]:
        """Return the tests to run, those nearest to the mutant first, and of these the fast ones."""
        _, room, *rest = Path(mutant.path).parts
        mirrored = Path("tests", room, *rest[:-1], f"test_{rest[-1]}").as_posix()
        rooms = _rooms(room, self.near)
        reached = self.reach.tests(mutant) if self.reach else {item.nodeid for item in session.items}
        seconds = self.reach.seconds if self.reach else {}

        def distance(item: pytest.Item) -> int | None:
            file = item.nodeid.split("::")[0]
            at = Path(file).parts[1]
            if at not in rooms or item.nodeid not in reached:
                return None
            if file == mirrored:
                return -2
            return -1 if Path(file).parent == Path(mirrored).parent else rooms.index(at)

        placed = [(at, item) for item in session.items if (at := distance(item)) is not None]
        cost = {item: seconds.get(item.nodeid, 0) * (at + 3) for at, item in placed}
        return [item for _, item in sorted(placed, key=lambda it: (cost[it[1]], it[0]))]


def _line(number: int, mutant: Mutant) -> str:
    change = f"{mutant.before}  ->  {mutant.after}"
    return f"{number:3} {mutant.path}:{mutant.line} {mutant.function}: {change}"


def _forked(work: Callable[[], str]) -> str:
    """Return what a fork of this process gives; what it prints is not seen."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            told = work()
        except BaseException:
            told = f"{FAILED}\n{traceback.format_exc()}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if told.startswith(FAILED):
        raise RuntimeError(told)
    return told or ("" if status == 0 else "the process ends")


def _noticed(session: pytest.Session, mutant: Mutant, items: list[pytest.Item]) -> str:
    """Run the tests of a mutant in this process until one fails; return its name."""
    resource.setrlimit(resource.RLIMIT_CPU, (MUTANT_SECONDS, MUTANT_SECONDS + 5))
    signal.signal(signal.SIGPROF, _too_long)
    mutant.apply()
    for item, following in zip(items, [*items, None][1:], strict=True):
        signal.setitimer(signal.ITIMER_PROF, TEST_SECONDS)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return item.nodeid
    return ""


def _rooms(room: str, near: bool) -> tuple[str, ...]:
    return (room,) if near else (room, *SHOWS_IN[room])


def _too_long(*_: object) -> None:
    raise AssertionError(f"the test takes more than {TEST_SECONDS} s")


def _part(drawn: list[tuple[int, Mutant]], part: str) -> list[tuple[int, Mutant]]:
    """Return one mutant, ``72``, or those of a range, ``0:50``."""
    begin, colon, end = part.partition(":")
    if not colon:
        return [drawn[int(begin)]]
    return drawn[int(begin or 0) : int(end) if end else None]


def main() -> int:
    """Draw the mutants, and run those that were asked for."""
    parser = argparse.ArgumentParser(description="mutants, and which of them the tests notice")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--slice", default=":", help="which of them, such as 0:50 or 3,72,90:95")
    parser.add_argument("--near", action="store_true", help="with the tests of its own room only")
    parser.add_argument("--reach", type=Path, metavar="FILE", help="run only tests that run the mutated line")
    parser.add_argument("--list", action="store_true", help="only print them")
    arguments = parser.parse_args()
    drawn = list(enumerate(mutants(arguments.count, arguments.seed)))
    asked = [each for part in arguments.slice.split(",") for each in _part(drawn, part)]
    if arguments.list:
        print("\n".join(_line(number, mutant) for number, mutant in asked))
        return 0
    rooms = sorted({at for _, m in asked for at in _rooms(m.path.split("/")[1], arguments.near)})
    options = ["-q", "-s", "-n", "0", "-p", "no:cacheprovider"]
    run = Run(asked, arguments.near, Reach(arguments.reach) if arguments.reach else None)
    code = pytest.main([*options, *(str(ROOT / "tests" / room) for room in rooms)], plugins=[run])
    return 1 if run.survivors else int(code)


if __name__ == "__main__":
    sys.exit(main())
