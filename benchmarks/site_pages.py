"""Pages of the built documentation on a phone: none is wider than the screen, in light and in dark.

Usage, after `make docs`: python -m benchmarks.site_pages [SITE] (needs chromium and chromium-driver)
"""

from __future__ import annotations

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
    found: list[str] = browser.run(WIDER)
    width = browser.run("return document.documentElement.scrollWidth")
    return found or ([f"{width} pixels wide"] if width > WIDTH else [])


def main(site: Path) -> int:
    """Look at every page; return how many are too wide."""
    pages = sorted(site.rglob("*.html"))
    wrong = 0
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser:
        browser.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=True,
        )  # fmt: skip
        for page in pages:
            for theme in ("light", "dark"):
                if found := wider(browser, page, theme):
                    print(f"{page.relative_to(site)} ({theme}): {'; '.join(found)}")
                    wrong += 1
    print(f"{len(pages)} pages at {WIDTH} x {HEIGHT}, light and dark: {wrong} wider than the screen")
    return wrong


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve()) > 0)
