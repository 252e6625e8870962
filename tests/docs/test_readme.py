from pathlib import Path

from solver.cli.main import COMMANDS
from solver.errors import ExitCode

README = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_exit_code() -> None:
    for code in ExitCode:
        assert f"\n| {code:d} | " in README


def test_the_readme_shows_every_command() -> None:
    for command in COMMANDS:
        assert f"* `{command} " in README
