"""Every file, module and name that documents, docstrings and messages mention exists."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.doc_examples import PAGES, ROOT
from tests.test_house import DOORS, ROOMS

PATHS = re.compile(r"(?<![\w/.~-])((?:solver|tests|benchmarks|docs|grammar|layers)/[\w./-]*\w)")
NAMES = re.compile(
    r"``?~?((?:solver|tests|benchmarks)(?:\.[A-Za-z_]\w*)+)[`(]|-m ((?:tests|benchmarks|solver)\.[\w.]+\w)"
)
TEXTS = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
MADE = {"docs/_build", "docs/_build/html", "layers/vgg_16.yaml"}
"""What is made while building, or is a mistake that a test makes."""


def sources() -> list[Path]:
    found = [path for folder in ("solver", "tests", "benchmarks") for path in ROOT.glob(f"{folder}/**/*.py")]
    return [path for path in found if path.relative_to(ROOT).parts[:2] != ("tests", "data")]


@cache
def exists(name: str) -> bool:
    """Return whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:count])
        if base.is_dir() or base.with_suffix(".py").is_file():
            return not parts[count:] or has(".".join(parts[:count]), parts[count:])
    return False


def has(module: str, names: list[str]) -> bool:
    value: object = import_module(module)
    for name in names:
        fields = getattr(value, "__dataclass_fields__", {})
        if name in fields:
            return True
        if not hasattr(value, name):
            return False
        value = getattr(value, name)
    return True


def lost(path: Path) -> list[str]:
    """Return what a text mentions and is not there, with its line."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        paths = [name for name in PATHS.findall(line) if not (ROOT / name).exists() and name not in MADE]
        names = [name for match in NAMES.findall(line) for name in match if name and not exists(name)]
        found += [f"{path.relative_to(ROOT)}:{number}: {name}" for name in (*paths, *names)]
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_mentions_exists(path: Path) -> None:
    assert lost(path) == []


def test_what_the_source_mentions_exists() -> None:
    assert [each for path in sources() if path != Path(__file__) for each in lost(path)] == []


def test_names_that_are_lost_are_found(tmp_path: Path) -> None:
    assert exists("solver.legal.tiles.Limits.lower") and exists("tests.support.doc_examples")
    assert not exists("solver.export.switch_document") and not exists("solver.legal.tiles.Nothing")
    assert NAMES.findall("`python -m tests.nowhere x`") == [("", "tests.nowhere")]
    assert PATHS.findall("see `solver/cost/nowhere.py`.") == ["solver/cost/nowhere.py"]


def test_the_map_names_every_room() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|", (ROOT / "docs" / "develop" / "map.md").read_text(encoding="utf-8"), re.M
    )
    assert tuple(rows) == ROOMS and not set(DOORS) & set(rows)


def test_the_citation_is_of_this_version() -> None:
    from solver.version import VERSION

    assert f"\nversion: {VERSION}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
