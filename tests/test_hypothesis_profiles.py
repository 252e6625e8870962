"""Examples are the same on every machine and worker, unless one asks for new ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TEST = """\
import importlib, sys
from hypothesis import given, settings, strategies as st

importlib.import_module(MODULE)
seen = []

@settings(max_examples=200)
@given(st.lists(st.integers(), max_size=4), st.text(max_size=4))
def test_draws(numbers, text):
    seen.append((numbers, text))

def test_shows():
    print("SEEN", hash(repr(seen)), len(seen))
"""


def draws(folder: Path, module: str, *options: str) -> str:
    """Return a digest of what Hypothesis draws after a module is imported."""
    folder.mkdir()
    (folder / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (folder / "local_module.py").write_text("NUMBERS = " + repr(list(range(10**6, 10**6 + 50))))
    (folder / "test_one.py").write_text(TEST.replace("MODULE", repr(module)))
    paths = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider",
         "-p", "_hypothesis_pytestplugin", *options, "test_one.py"],
        cwd=folder,
        env={"PYTHONHASHSEED": "0", "PYTHONPATH": paths, "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (line,) = [line for line in done.stdout.splitlines() if "SEEN" in line]
    return line[line.index("SEEN") :]


def test_examples_are_the_same_whatever_was_imported_unless_one_asks_for_new_ones(tmp_path: Path) -> None:
    first, second = (draws(tmp_path / name, name) for name in ("json", "local_module"))
    assert first == second
    assert draws(tmp_path / "explore", "json", "--hypothesis-profile", "explore") != first
