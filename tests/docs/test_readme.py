import re
from pathlib import Path

from solver.cli.main import COMMANDS
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


def test_a_command_is_said_in_twelve_words() -> None:
    answers = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", README, flags=re.M))
    assert set(answers) == set(COMMANDS)
    assert {name: text for name, text in answers.items() if len(text.split()) > TWELVE} == {}
