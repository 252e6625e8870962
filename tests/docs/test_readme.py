import re
from pathlib import Path

from markdown_it import MarkdownIt

import solver
from benchmarks.pages.figures import ARRAYS
from solver.cli.main import COMMANDS, main
from solver.errors import ExitCode
from tests.support.browser import Browser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "reference" / "guide.md").read_text(encoding="utf-8")
ANSWERS = dict(re.findall(r"\| `(\w+)` \| ([^|]+) (?=\|)", README))
"""What is said of each command."""
TWO_SCREENS = 2 * 1080
"""Pixels."""
PLACE = "width: 856px; font: 16px/1.5 sans-serif"
CODE = "padding: 16px; font: 13.6px/1.45 monospace; overflow: auto"
PAGE = f"""
<style>
  article {{ {PLACE} }} pre {{ {CODE} }} pre code {{ font-size: inherit }} code {{ font-size: 85% }}
  h1, h2 {{ line-height: 1.25; padding-bottom: .3em; margin: 24px 0 16px }}
  p, ul, pre, table {{ margin: 0 0 16px }} td, th {{ padding: 6px 13px }} li + li {{ margin-top: 4px }}
</style>
<article>
"""
"""As a page of a repository sets it: sizes and spaces of GitHub's column."""
TWELVE = 12
"""Words."""
SECTIONS = (
    "Why?", "Install", "Thirty seconds", "What you can do", "Your model, your accelerator", "Python",
    "How far to trust it",
)  # fmt: skip


def test_the_guide_names_every_exit_code() -> None:
    for code in ExitCode:
        assert f"\n| {code:d} | " in GUIDE


def test_the_readme_has_a_line_for_every_command_and_the_guide_a_paragraph() -> None:
    for command in COMMANDS:
        assert command in ANSWERS
        assert f"* `{command} " in GUIDE


def test_the_readme_is_two_screens(browser: Browser, tmp_path: Path) -> None:
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table").render(README)
    page = tmp_path / "readme.html"
    text = markdown.replace('src="docs', f'src="{ROOT.as_uri()}/docs')
    page.write_text(f"<html data-drawn=yes>{PAGE}{text}", encoding="utf-8")
    browser.open(page, width=1400)
    assert browser.until("return document.images[0].complete && document.images[0].naturalWidth") > 470
    assert 1000 < browser.run("return document.querySelector('article').offsetHeight") <= TWO_SCREENS


def test_the_readme_says_what_it_is_shows_a_picture_and_goes_on_in_order() -> None:
    before, *_ = README.split("\n## ")
    assert re.findall(r'<img src="docs/figures/\S+"', before)
    assert tuple(re.findall(r"^(?:## |\*\*)(.+?)(?:\*\*)?$", README, flags=re.M)) == SECTIONS


def test_the_drawings_of_arrays_are_those_of_show(tmp_path: Path) -> None:
    for name, words in ARRAYS.items():
        assert main(["show", *words, "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text() == (ROOT / "docs" / "figures" / name).read_text(), name
    alt = re.findall(r'<img src="docs/figures/small-array.svg"[^>]+alt="(.+)"', README)
    assert alt == ["Five virtual neurons of a mapping on an array of 16 switches"]


def test_the_functions_that_the_readme_names_are_there() -> None:
    left = {"check", "cache"}
    assert set(solver.__all__) == {*COMMANDS} - left | {"pareto", "read", "report"}


def test_a_command_is_said_in_twelve_words() -> None:
    assert set(ANSWERS) == set(COMMANDS)
    assert {name: text for name, text in ANSWERS.items() if len(text.split()) > TWELVE} == {}
