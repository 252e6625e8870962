"""Pages in a real browser: they open without errors and requests, fit, draw, answer the pointer."""

from __future__ import annotations

import contextlib
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from solver.mapping.tile import Tile
from solver.views.drawing.palette import contrast
from tests.support.browser import Browser
from tests.support.report_pages import HOSTILE, Page

KINDS = (
    "map", "map-dram", "map-many", "map-rtl", "pareto", "explain", "explore", "explore-dram", "network",
    "sweep", "design",
)  # fmt: skip

VIEWS = """
const views = [];
for (const view of Bokeh.index.roots) {
  if (!view.model.renderers) continue;
  const name = view.model.name;
  for (const renderer of view.model.renderers) {
    const of = view.views.find_one(renderer);
    views.push({view, of, name, renderer});
  }
}
"""
"""A script that finds the renderers of every plot with their views."""

POINT = (
    VIEWS
    + """
const [title, index, column, wanted] = arguments;
const {view, of, renderer} = views.find((each) => each.name === title
  && each.renderer.data_source.data[column]?.[index] !== undefined
  && (wanted === null || [...each.renderer.data_source.data[column]].includes(wanted)));
const glyph = of.glyph, values = [...renderer.data_source.data[column]];
const place = wanted === null ? index : values.indexOf(wanted);
const x = glyph.sx ? glyph.sx[place] : (glyph.sleft[place] + glyph.sright[place]) / 2;
const y = glyph.sy ? glyph.sy[place] : (glyph.stop[place] + glyph.sbottom[place]) / 2;
const box = view.canvas_view.el.getBoundingClientRect();
const data = Object.fromEntries(Object.entries(renderer.data_source.data).map(([k, v]) => [k, v[place]]));
return [box.left + x, box.top + y, JSON.stringify(data)];
"""
)
"""Where a point of a plot is on the screen, and what its data say."""

TOOLTIP = """
const texts = [];
(function walk(node) {
  for (const child of node.children ?? []) {
    if (child.classList.contains("bk-Tooltip") && child.getBoundingClientRect().width > 0)
      texts.push(child.shadowRoot.querySelector(".bk-tooltip-content").innerText);
    if (child.shadowRoot) walk(child.shadowRoot);
    walk(child);
  }
})(document);
return texts.filter((text) => text.trim());
"""
"""What the tooltips say that are shown."""

OVERFLOWING = """
const width = document.documentElement.clientWidth;
const scrolls = (element) => element.closest(".scroll, pre, .drawing, .plot, .hidden");
return [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width && box.right > width + 1 && !scrolls(element);
}).map((element) => element.tagName + "." + element.className);
"""
"""Elements that reach beyond the screen, but for those inside a box of their own that scrolls."""
SMALL_TEXT = """
return [...document.querySelectorAll("body :not(script, style, svg, svg *)")].filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim())
  && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 12
).map((e) => e.textContent.trim().slice(0, 40));
"""
"""Text of less than 12 pixels; that of drawings is as large as their arrays leave room for."""


def plots_are_drawn(browser: Browser) -> None:
    """Check the plots of the open page: each where room was kept for it, the optimum in its colour."""
    plots = browser.run(
        """
        return [...document.querySelectorAll(".plot")].filter((e) => !e.closest("details")).map((place) => {
          const canvases = [];
          (function walk(node) {
            for (const child of node.children ?? []) {
              if (child.tagName === "CANVAS") canvases.push(child);
              if (child.shadowRoot) walk(child.shadowRoot);
              walk(child);
            }
          })(place);
          const colours = new Map();
          for (const canvas of canvases) {
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            for (let i = 0; i < pixels.length; i += 4) {
              if (pixels[i + 3] < 250) continue;
              const colour = `${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`;
              colours.set(colour, (colours.get(colour) ?? 0) + 1);
            }
          }
          const figure = place.firstElementChild.getBoundingClientRect();
          return [place.style.height, figure.height, figure.width, Object.fromEntries(colours)];
        });
        """
    )
    assert plots
    for height, drawn, width, colours in plots:
        assert f"{drawn:.0f}px" == height and width > 200
        filled = sorted(colours.values())
        assert len(filled) > 5 and sum(filled[:-1]) > 200  # more than an empty ground
    marked = sum("11,122,75" in colours or "139,148,166" in colours for *_, colours in plots)
    assert marked > len(plots) / 2  # the optimum's colour


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_draws_its_plots_and_fits_every_screen_without_errors_and_requests(
    browser: Browser, pages: dict[str, Page], kind: str
) -> None:
    for width, theme in ((1280, "light"), (390, "dark")):
        browser.open(pages[kind].path, width=width, theme=theme)
        browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
        browser.until(
            "return [...document.querySelectorAll('.plot, .drawing')]"
            ".every((e) => e.dataset.state === 'drawn')"
        )
        assert browser.run("return document.documentElement.scrollWidth") <= width, (width, theme)
        assert browser.run(OVERFLOWING) == [], (width, theme)
        assert browser.run(SMALL_TEXT) == [], (width, theme)
        assert browser.run("return document.documentElement.dataset.theme") == theme
        assert browser.errors() == [] and browser.requests() == []
        assert browser.run("return window.hacked") is None
        if theme == "light":
            plots_are_drawn(browser)
            sideways = (
                "[...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth)"
            )
            assert browser.run(f"return {sideways}.map((e) => e.getAttribute('aria-label'))") == []


@pytest.mark.parametrize(
    ("kind", "column", "count"),
    [("map", "mapping", 3), ("map-dram", "mapping", 2), ("pareto", "mapping", 2), ("explain", "mapping", 2),
     ("explore", "mapping", 4), ("explore-dram", "mapping", 4), ("network", "mapping", 2),
     ("sweep", "name", 3), ("design", "name", 1)],
)  # fmt: skip
def test_the_pointer_shows_the_mapping_or_the_hardware(
    browser: Browser, pages: dict[str, Page], kind: str, column: str, count: int
) -> None:
    browser.open(pages[kind].path)
    titles = browser.run(VIEWS + "return [...new Set(views.filter((e) => e.renderer.data_source.data."
                         f"{column}).map((e) => e.name))]")  # fmt: skip
    assert titles
    for title in titles[:3]:
        browser.run(
            "const [title] = arguments; [...document.querySelectorAll('figcaption')]"
            ".find((e) => e.textContent === title).scrollIntoView({behavior: 'instant'})",
            title,
        )
        points = browser.run(
            VIEWS + "const [title, column] = arguments; return views.find((e) => e.name === title"
            " && e.renderer.data_source.data[column]).renderer.data_source.data[column].length",
            title,
            column,
        )  # fmt: skip
        exact = 0
        for index in range(min(count, points)):
            x, y, text = browser.run(POINT, title, index, column, None)
            browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
            browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
            wanted = " ".join(str(json.loads(text)[column]).split())
            exact += any(wanted in " ".join(shown.split()) for shown in browser.until(TOOLTIP))
        # Points may lie on each other, and then the upper one is shown; but not all of them do.
        assert exact > 0, title


def test_hover_of_the_scatter_gives_the_figures_of_its_mapping(
    browser: Browser, pages: dict[str, Page]
) -> None:
    page = pages["explore"]
    browser.open(page.path)
    optimum = json.loads(page.output("result.json"))["optimum"]
    title = browser.run("return document.querySelector('figcaption').textContent")
    browser.run("document.querySelector('figcaption').scrollIntoView({behavior: 'instant'})")
    x, y, _ = browser.run(POINT, title, 0, "name", optimum["name"])
    browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    shown = " ".join(" ".join(text.split()) for text in browser.until(TOOLTIP))
    assert str(Tile(**optimum["mapping"]["tile"])) in shown and f"{optimum['cycles']:,}" in shown


def test_every_mapping_of_the_space_is_a_point(browser: Browser, pages: dict[str, Page]) -> None:
    page = pages["explore"]
    browser.open(page.path)
    rows = page.output("space.csv").decode().splitlines()
    header = rows[0].split(",")
    cycles = sorted(int(row.split(",")[header.index("cycles")]) for row in rows[1:])
    drawn = browser.run(
        VIEWS + "const all = views.find((e) => e.renderer.data_source.data.switches_in_use);"
        "return [...all.renderer.data_source.data.cycles]"
    )
    assert sorted(drawn) == cycles


def test_hostile_names_stay_text_in_headings_and_tooltips(browser: Browser, pages: dict[str, Page]) -> None:
    browser.open(pages["map"].path)
    assert browser.run("return document.querySelector('h1').textContent") == HOSTILE
    browser.open(pages["network"].path)
    browser.run("document.querySelector('figcaption').scrollIntoView({behavior: 'instant'})")
    title = browser.run("return document.querySelector('figcaption').textContent")
    x, y, text = browser.run(POINT, title, 0, "name", HOSTILE)
    assert json.loads(text)["name"] == HOSTILE
    browser.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    assert any(HOSTILE in "".join(shown.split("\n")) for shown in browser.until(TOOLTIP))
    assert browser.run("return window.hacked") is None and browser.errors() == []


@pytest.mark.parametrize("kind", ["map", "explore", "network"])
def test_downloads_have_the_bytes_of_the_files(
    browser: Browser, pages: dict[str, Page], kind: str, tmp_path: Path
) -> None:
    page = pages[kind]
    browser.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.open(page.path)
    wanted = dict(page.files)
    assert len(wanted) == len(page.files) > 2
    for button in browser.driver.find_elements("css selector", "button.file"):
        browser.run("arguments[0].click()", button)

    def downloaded() -> dict[str, bytes]:
        """What lies there. Chromium renames finished downloads: a name listed may be gone when it is read."""
        found = {}
        for path in tmp_path.iterdir():
            with contextlib.suppress(FileNotFoundError):
                found[path.name] = path.read_bytes()
        return found

    end = time.monotonic() + 60
    while (found := downloaded()) != wanted:
        assert time.monotonic() < end, sorted(found)
        time.sleep(0.05)
    assert wanted["result.json"] == page.output("result.json")
    assert browser.errors() == [] and browser.requests() == []


def test_the_theme_is_the_systems_until_the_reader_chooses(browser: Browser, pages: dict[str, Page]) -> None:
    def theme() -> list[Any]:
        return browser.run(
            "const fig = Bokeh.documents[0].roots()[0];"
            "return [document.documentElement.dataset.theme, fig.background_fill_color,"
            "getComputedStyle(document.body).backgroundColor,"
            "document.querySelector('.drawing').shadowRoot.querySelector('style').textContent"
            ".includes('@media all')]"
        )

    browser.open(pages["map"].path, theme="dark")
    dark = theme()
    assert dark == ["dark", "#171b20", "rgb(23, 27, 32)", True]
    browser.driver.find_element("id", "theme").click()
    light = theme()
    assert light == ["light", "#fffffe", "rgb(255, 255, 254)", False]
    browser.driver.find_element("id", "theme").click()
    assert theme() == dark
    browser.open(pages["map"].path, theme="light")
    assert theme() == light


def test_tables_are_sorted_and_searched(browser: Browser, pages: dict[str, Page]) -> None:
    browser.open(pages["sweep"].path)
    column = (
        "const t = [...document.querySelectorAll('table')].find((e) => e.querySelector('th button'));"
        "const i = [...t.tHead.rows[0].cells].findIndex((e) => e.textContent.startsWith('cycles'));"
    )
    values = (
        column + "return [...t.tBodies[0].rows].filter((r) => !r.hidden).map((r) => r.cells[i].textContent)"
    )

    def cycles() -> list[int]:
        return [int(text.replace(",", "")) for text in browser.run(values)]

    start = cycles()
    wanted = sorted(row["cycles"] for row in json.loads(pages["sweep"].output("result.json"))["rows"])
    assert sorted(start) == wanted
    browser.run(column + "t.tHead.rows[0].cells[i].querySelector('button').click()")
    assert cycles() == wanted
    browser.run(column + "t.tHead.rows[0].cells[i].querySelector('button').click()")
    assert cycles() == wanted[::-1]
    box = browser.driver.find_element("css selector", "input[type=search]")
    box.send_keys("energy 32")
    shown = len(cycles())
    assert 0 < shown < len(wanted)
    assert f"{shown} rows" in browser.run("return document.body.innerText")


def test_sections_open_by_their_link_and_the_keyboard_reaches_everything(
    browser: Browser, pages: dict[str, Page]
) -> None:
    browser.open(pages["network"].path)
    link = browser.driver.find_element("css selector", "tbody th a")
    target = link.get_attribute("href").split("#")[1]
    link.click()
    assert browser.run("return document.getElementById(arguments[0]).open", target)
    unreachable = browser.run(
        "return [...document.querySelectorAll('button, a[href], input, summary, .scroll')]"
        ".filter((e) => e.tabIndex < 0).map((e) => e.outerHTML)"
    )
    assert unreachable == []
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3, h4')].map((e) => +e.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_command_can_be_copied(browser: Browser, pages: dict[str, Page]) -> None:
    browser.open(pages["map"].path)
    button = browser.driver.find_element("css selector", ".copyable button")
    browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    button.click()
    wanted = browser.run("return document.querySelector('.copyable pre').textContent")
    assert browser.until("return window.copied") == wanted
    assert button.text == "Copied"


def test_text_borders_and_arrows_have_contrast_in_both_themes(
    browser: Browser, pages: dict[str, Page]
) -> None:
    grounds = ("ground", "card", "sunken")
    pairs = [(ink, ground) for ink in ("text", "label", "accent") for ground in grounds]
    pairs += [(ink, f"{ink}-soft") for ink in ("accent", "warn", "bad")]
    pairs += [(level, "card") for level in ("dram", "buffer", "inside")]
    for theme in ("light", "dark"):
        browser.open(pages["map"].path, theme=theme)
        style = "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0]).trim()"
        for ink, ground in pairs:
            one, other = (_hex(browser.run(style, f"--{name}")) for name in (ink, ground))
            assert contrast(one, other) >= 4.5, (theme, ink, ground)
        # Borders of tables, fields, buttons and drawings, and the arrow of a column that is not sorted.
        for ground in grounds:
            assert contrast(_hex(browser.run(style, "--edge")), _hex(browser.run(style, f"--{ground}"))) >= 3
        edge = _rgb(browser.run(style, "--edge"))
        drawn = browser.run(
            "return [getComputedStyle(document.querySelector('.scroll')).borderTopColor,"
            " getComputedStyle(document.querySelector('thead th')).borderBottomColor,"
            " getComputedStyle(document.querySelector('th:not([aria-sort]) button'), '::after').color]"
        )
        assert set(drawn) == {edge}


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def _hex(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
