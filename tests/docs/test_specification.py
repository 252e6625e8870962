"""Every rule that a comment cites stands in docs/specification."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.doc_examples import ROOT

RULE = re.compile(r"^\*\*([TSM]\d+b?)\. ", re.MULTILINE)
CITED = re.compile(r"\b[Rr]ules?((?:,? (?:to |and )?[TSM]?\d+b?)+)")
ELSEWHERE = re.compile(r"(timing|switch) specification|maeri-\w+\.md|\bmrna\.md")


def rules() -> list[str]:
    pages = sorted((ROOT / "docs" / "specification").glob("*.md"))
    return [rule for page in pages for rule in RULE.findall(page.read_text(encoding="utf-8"))]


def cited() -> dict[str, str]:
    """Return every cited rule and a file that cites it."""
    found: dict[str, str] = {}
    for folder in ("solver", "tests", "benchmarks"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            for numbers in CITED.findall(path.read_text(encoding="utf-8")):
                found |= dict.fromkeys(re.findall(r"[TSM]?\d+b?", numbers), str(path))
    return found


def test_rules_are_numbered_in_order_and_once() -> None:
    numbers = rules()
    assert len(set(numbers)) == len(numbers) > 40
    for letter in "TSM":
        mine = [int(re.sub(r"\D", "", rule)) for rule in numbers if rule[0] == letter]
        assert mine == sorted(mine) and mine[0] == 1


def test_every_citation_resolves() -> None:
    citations = cited()
    assert len(citations) > 20
    assert {rule: path for rule, path in citations.items() if rule not in rules()} == {}


def test_nothing_cites_a_page_that_readers_do_not_have() -> None:
    paths = [path for folder in ("solver", "tests", "benchmarks") for path in ROOT.glob(f"{folder}/**/*.py")]
    assert [path for path in paths if path != Path(__file__) and ELSEWHERE.search(path.read_text())] == []
