"""Pages of the built documentation on a phone: none is wider than the screen, in light and in dark; and the
search, which must work from files.

Usage, after `make docs`: python -m benchmarks.pages.site_pages [SITE] (needs chromium and chromium-driver)
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.browser import Browser, chromium

WIDTH, HEIGHT = 390, 844
WIDER = """
const screen = document.documentElement.clientWidth;
const hidden = (e) => {
  for (let p = e.parentElement; p; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== "visible") return true;
  return getComputedStyle(e).position === "fixed" || e.closest(".sidebar-drawer, .toc-drawer");
};
return [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > screen + 1 && !hidden(e))
  .slice(0, 3).map((e) => `${e.tagName} ${(e.textContent || "").trim().slice(0, 50)}`);
"""
"""What sticks out of the page, and no box of its own scrolls."""


def wider(browser: Browser, page: Path, theme: str) -> list[str]:
    """Return what a page shows beyond the screen."""
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    browser.driver.get(page.as_uri())
    outside: list[str] = browser.run(WIDER)
    width = browser.run("return document.documentElement.scrollWidth")
    return outside or ([f"{width} pixels wide"] if width > WIDTH else [])


def found(browser: Browser, site: Path, word: str) -> int:
    """Return how many results the search shows for a word, without a server."""
    browser.driver.get(f"{(site / 'search.html').as_uri()}?q={word}")
    return int(browser.until("return document.querySelectorAll('#search-results li').length"))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", nargs="?", type=Path, default=Path("site"), help="folder [default: site]")
    site = parser.parse_args().site.resolve()
    pages = sorted(site.rglob("*.html"))
    wrong = 0
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser:
        browser.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=True,
        )  # fmt: skip
        for page in pages:
            for theme in ("light", "dark"):
                if words := wider(browser, page, theme):
                    print(f"{page.relative_to(site)} ({theme}): {'; '.join(words)}")
                    wrong += 1
        print(f"search from files: {found(browser, site, 'buffer')} results for 'buffer'")
    print(f"{len(pages)} pages at {WIDTH} x {HEIGHT}, light and dark: {wrong} wider than the screen")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
