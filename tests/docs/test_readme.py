import re
from pathlib import Path

import solver
from benchmarks.figures import ARRAYS
from solver.cli.main import COMMANDS, main
from solver.errors import ExitCode

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "reference" / "guide.md").read_text(encoding="utf-8")
TWO_SCREENS = 110
"""Lines."""
TWELVE = 12
"""Words."""
SECTIONS = (
    "Why", "Install", "Thirty seconds", "What you can do", "Your model, your accelerator", "Python",
    "How far to trust it",
)  # fmt: skip


def test_the_guide_names_every_exit_code() -> None:
    for code in ExitCode:
        assert f"\n| {code:d} | " in GUIDE


def test_the_readme_has_a_line_for_every_command_and_the_guide_a_paragraph() -> None:
    for command in COMMANDS:
        assert f"\n| `{command}` | " in README
        assert f"* `{command} " in GUIDE


def test_the_readme_is_two_screens() -> None:
    assert README.count("\n") <= TWO_SCREENS


def test_the_readme_says_what_it_is_shows_a_picture_and_goes_on_in_order() -> None:
    before, *_ = README.split("\n## ")
    assert re.findall(r"!\[[^]]+\]\((docs/figures/\S+)\)", before)
    assert tuple(re.findall(r"^## (.+)$", README, flags=re.M)) == SECTIONS


def test_the_drawings_of_arrays_are_those_of_show(tmp_path: Path) -> None:
    for name, words in ARRAYS.items():
        assert main(["show", *words, "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text() == (ROOT / "docs" / "figures" / name).read_text(), name
    alt = re.findall(r"^!\[(.+)\]\(docs/figures/small-array.svg\)", README, flags=re.M)
    assert alt == ["Five virtual neurons of a mapping on an array of 16 switches"]


def test_the_functions_that_the_readme_names_are_there() -> None:
    left = {"check", "cache"}
    assert set(solver.__all__) == {*COMMANDS} - left | {"pareto", "read", "report"}


def test_a_command_is_said_in_twelve_words() -> None:
    answers = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", README, flags=re.M))
    assert set(answers) == set(COMMANDS)
    assert {name: text for name, text in answers.items() if len(text.split()) > TWELVE} == {}
