from pathlib import Path

from report_examples import example_solution

from solver.cli.main import COMMANDS
from solver.errors import ExitCode

README = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_json_key_and_exit_code() -> None:
    result = example_solution().to_dict()
    for key in (*result, *result["cost"]):
        assert f"`{key}`" in README or f"`{key}." in README, key
    for code in ExitCode:
        assert f"\n| {code:d} | " in README


def test_the_readme_shows_every_command() -> None:
    for command in COMMANDS:
        assert f"* `{command} " in README
