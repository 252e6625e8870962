"""The rooms of the program: each reads only from rooms below it, and no import goes in a circle."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    "version",
    "keyed",
    "certificates",
    "errors",
    "stopping",
    "arithmetic",
    "files",
    "yamlfile",
    "tables",
    "parsing",
    "layer",
    "hardware",
    "mapping",
    "forms",
    "pieces",
    "array",
    "cost",
    "legal",
    "landscape",
    "answers",
    "search",
    "baselines",
    "switches",
    "schedule",
    "execution",
    "jobs",
    "readers",
    "writers",
    "questions",
    "views",
    "cli",
    "interface",
)
"""From the ground up: rooms, and the files that stand beside them at the root of solver/."""
DOORS = ("__init__", "__main__")
MOST_LOOSE, MOST_FILES, MOST_LINES = 8, 20, 400
LONGER = {"solver/certificates/check_certificate.py"}
"""The checker of certificates must run by itself, as one file on any Python with numpy."""


OUTSIDE = ("docs/**/*.md", "README.md", "solver/**/*.html", "solver/**/*.js")
"""Where users and pages name what they use."""


@cache
def imports() -> dict[str, set[str]]:
    """Return which modules each module of solver/ imports; inside functions and for type checking too."""
    files = {_name(path): path for path in ROOT.glob("solver/**/*.py")}
    return {name: _imported(path, frozenset(files)) - {name} for name, path in files.items()}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, modules: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            base = node.module or ""
            found.update(name if (name := f"{base}.{a.name}") in modules else base for a in node.names)
    return found & modules


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def test_every_room_has_its_place() -> None:
    assert {_room(module) for module in imports()} == {*ROOMS, *DOORS}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_reads_only_from_rooms_below_it(room: str) -> None:
    below = {*ROOMS[: ROOMS.index(room) + 1]}
    upwards = [
        f"{module} imports {other}"
        for module, others in sorted(imports().items())
        if _room(module) == room
        for other in sorted(others)
        if _room(other) not in below
    ]
    assert not upwards


def test_the_program_imports_nothing_that_is_not_installed_with_it() -> None:
    strangers = [
        f"{path.relative_to(ROOT)}, line {node.lineno}"
        for path in ROOT.glob("solver/**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _names(node)
        if name.partition(".")[0] in ("tests", "benchmarks", "docs")
    ]
    assert not strangers


def test_no_import_goes_in_a_circle() -> None:
    graph, done = imports(), set[str]()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in sorted(graph[module]):
                walk(other, (*path, module))
            done.add(module)

    for module in sorted(graph):
        walk(module, ())


def test_the_root_holds_few_files_and_no_folder_is_crowded() -> None:
    files = [path for folder in ("solver", "tests", "benchmarks") for path in ROOT.glob(f"{folder}/**/*.py")]
    counts = Counter(path.parent for path in files if "data" not in path.parts)
    assert counts.pop(ROOT / "solver") <= MOST_LOOSE
    assert {str(folder): count for folder, count in counts.items() if count > MOST_FILES} == {}


def test_no_file_is_two() -> None:
    lines = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for folder in ("solver", "tests", "benchmarks")
        for path in ROOT.glob(f"{folder}/**/*.py")
        if "data" not in path.parts
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES and name not in LONGER} == {}


def _read_names(tree: ast.AST) -> Counter[str]:
    """Return how often each name is read: as a name, an attribute, a keyword, or a text that is one word."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                found[name] += 1
            case ast.ImportFrom(names=names):
                found.update(alias.name for alias in names)
            case ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                found.update(re.findall(r"\w+", name))
    return found


def _definitions(tree: ast.Module, own: set[str]) -> Iterator[tuple[str, int, ast.stmt]]:
    """Yield functions, classes and constants of a module, and methods of `own` classes.

    Decorators and libraries call the others.
    """
    for node in tree.body:
        match node:
            case ast.FunctionDef(decorator_list=[]):
                yield node.name, node.lineno, node
            case ast.ClassDef():
                yield node.name, node.lineno, node
                if node.name in own:
                    yield from ((f.name, f.lineno, f) for f in node.body if isinstance(f, ast.FunctionDef))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, node.lineno, node


def test_nothing_is_defined_that_nothing_uses() -> None:
    """What only tests need is theirs; a name that a definition reads in itself does not count."""
    trees = {p: ast.parse(p.read_text(encoding="utf-8")) for p in ROOT.glob("solver/**/*.py")}
    read: Counter[str] = Counter()
    for tree in trees.values():
        read += _read_names(tree)
    for pattern in OUTSIDE:
        for path in ROOT.glob(pattern):
            read.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    classes = [node for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)]
    bases: dict[str, set[str]] = {node.name: set() for node in classes}
    for node in classes:  # two may have one name
        bases[node.name] |= {ast.unparse(base) for base in node.bases}
    own = {*bases}
    while foreign := {name for name in own if not bases[name] <= own}:
        own -= foreign
    unused = [
        f"{path.relative_to(ROOT)}, line {line}: {name}"
        for path, tree in trees.items()
        for name, line, node in _definitions(tree, own)
        if not re.fullmatch(r"__\w+__|_repr_\w+_", name) and read[name] <= _read_names(node)[name]
    ]
    assert unused == []


def test_the_checker_of_certificates_imports_nothing_but_numpy() -> None:
    tree = ast.parse((ROOT / "solver/certificates/check_certificate.py").read_text(encoding="utf-8"))
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    roots = {name.partition(".")[0] for node in imported for name in _names(node)} - {"numpy"}
    assert roots <= sys.stdlib_module_names


def test_every_script_reads_its_words_before_it_works() -> None:
    """What ignores ``--help`` works, and writes, instead of telling what it does."""
    deaf = [
        path.name
        for path in ROOT.glob("benchmarks/**/*.py")
        if {"__main__"} & _read_names(tree := ast.parse(path.read_text(encoding="utf-8"))).keys()
        and not {"parse_args", "data_folder"} & _read_names(tree).keys()
    ]
    assert deaf == []
