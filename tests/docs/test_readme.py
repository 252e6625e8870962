from pathlib import Path

from solver.cli.main import COMMANDS
from solver.errors import ExitCode

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "reference" / "guide.md").read_text(encoding="utf-8")
TWO_SCREENS = 110
"""Lines."""


def test_the_guide_names_every_exit_code() -> None:
    for code in ExitCode:
        assert f"\n| {code:d} | " in GUIDE


def test_the_readme_has_a_line_for_every_command_and_the_guide_a_paragraph() -> None:
    for command in COMMANDS:
        assert f"\n| `{command}` | " in README
        assert f"* `{command} " in GUIDE


def test_the_readme_is_two_screens() -> None:
    assert README.count("\n") <= TWO_SCREENS
