"""Pages as they are printed: charts, heads of tables and drawings on sheets of A4."""

from __future__ import annotations

import pytest

from tests.support.browser import Browser
from tests.support.report_pages import Page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["map", "map-many", "explore"])
def test_on_paper_every_plot_is_drawn_anew_as_wide_as_the_sheet_in_light_colours(
    browser: Browser, pages: dict[str, Page], kind: str, theme: str
) -> None:
    browser.open(pages[kind].path, theme=theme)
    browser.until("return document.documentElement.dataset.whole")
    plots = browser.run("return document.querySelectorAll('.plot').length")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    sheets = browser.run(
        """
        return [...document.querySelectorAll(".sheet")].map((sheet) => {
          const svg = sheet.firstElementChild.shadowRoot.querySelector("svg");
          const drawn = [...svg.querySelectorAll("*")].flatMap(
            (e) => ["fill", "stroke"].map((name) => e.getAttribute(name)));
          return [svg.width.baseVal.value, svg.querySelectorAll("text").length, drawn,
            Boolean(sheet.closest(".tiles"))];
        });
        """
    )
    # Those of closed sections too.
    assert len(sheets) == plots > 0
    dark = {"rgb(65,201,141)", "#41c98d", "rgb(23,27,32)", "#171b20"}
    for width, words, colours, in_a_row in sheets:
        assert width == (336 if in_a_row else 700) and words > 3
        assert not dark & {str(each).replace(" ", "") for each in colours}
    assert browser.run("return [...document.querySelectorAll('.plot')].every((e) => !e.clientHeight)")
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run("return document.querySelectorAll('.sheet, .left-out').length") == 0
    assert browser.run("return document.documentElement.dataset.theme") == theme
    assert browser.errors() == []


def test_on_paper_a_head_can_be_repeated_and_the_drawing_fits_the_sheet(
    browser: Browser, pages: dict[str, Page]
) -> None:
    browser.open(pages["map"].path, width=718)
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    try:
        # What is positioned, or a box of its own in a line, is missing in heads after the first.
        shown = browser.run(
            "return [...document.querySelectorAll('thead th, thead button')].map("
            "(e) => [getComputedStyle(e).position, getComputedStyle(e).display])"
        )
        assert {position for position, _ in shown} == {"static"}
        assert {display for _, display in shown} <= {"table-cell", "contents"}
        heights = browser.run(
            "return [...document.querySelectorAll('.drawing')].map("
            "(e) => e.shadowRoot.querySelector('svg').getBoundingClientRect().height)"
        )
        assert 0 < max(heights) < 215 / 25.4 * 96 + 1
    finally:
        browser.cdp("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("kind", ["network", "map-many"])
def test_on_paper_no_table_is_wider_than_the_sheet_which_would_shrink_the_page(
    browser: Browser, pages: dict[str, Page], kind: str
) -> None:
    sheet = 718  # of A4, within the margins of the print dialogue
    browser.open(pages[kind].path, width=sheet)
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    try:
        ends = "return [...document.querySelectorAll('table')].map((e) => e.getBoundingClientRect().right)"
        assert max(browser.run(ends)) <= sheet
    finally:
        browser.cdp("Emulation.setEmulatedMedia", media="")
