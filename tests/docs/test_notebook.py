"""The notebook of the tutorial: every cell runs, and what it ends with can be shown."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "tutorial" / "tour.ipynb"


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does, and return the value of its last line."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, str(TOUR), "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), str(TOUR), "exec"), names)
    return eval(compile(ast.Expression(last.value), str(TOUR), "eval"), names)


def test_the_tour_runs_and_its_answers_have_a_display(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    cells = json.loads(TOUR.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") for cell in cells)
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = [run_cell("".join(c["source"]), names) for c in cells if c["cell_type"] == "code"]
    answers = [each for each in shown if hasattr(each, "_repr_html_") and hasattr(each, "to_dict")]
    assert len(answers) >= 7
    pages = [answer._repr_html_() for answer in answers]
    assert all(page.startswith("<pre") for page in pages)
    assert sum("data:image/svg" in page for page in pages) >= 5


def test_the_tour_uses_every_function() -> None:
    import solver

    text = TOUR.read_text(encoding="utf-8")
    left = [name for name in solver.__all__ if f"solver.{name}(" not in text]
    # Reading is a part of converting, and a page is a method of the answer.
    assert left == ["read", "report"]
