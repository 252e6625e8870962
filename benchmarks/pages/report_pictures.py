"""The pictures of report pages in docs/how-to/report.md: screenshots of real pages in headless Chromium.

Run from the repository root: python -m benchmarks.pages.report_pictures (needs what
benchmarks.pages.report_pages needs).
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from benchmarks.pages.figures import FOLDER
from solver.cli.main import main as maeri
from solver.files import write_bytes
from tests.support.browser import Browser, chromium

WIDTH = 1160
"""Of the window, in pixels; the site's column is 800 wide, so that text stays legible."""
COLOURS = 256
"""Of the palette; pages are mostly white, so that this makes a quarter of the size and is not seen."""
LARGEST = 150_000
"""Bytes; a larger picture is an error."""
PICTURES = {
    # The layer is that of docs/how-to/report.md.
    "report-map.png": (
        ("map", "vgg_conv3", "--hardware", "maeri-256-dram", "--buffer", "16 KiB", "--objective", "energy"),
        "Where the energy goes",
    ),
    "report-explore.png": (("explore", "vgg_conv3"), "Distribution"),
}
"""The command of each picture, and the heading that is the first below it."""


def picture(browser: Browser, page: Path, heading: str) -> bytes:
    """Return the page from its top to above a heading, as a PNG with a palette."""
    browser.open(page, width=WIDTH, theme="light")
    height = browser.run(
        "const found = [...document.querySelectorAll('h2')].find(each => each.innerText === arguments[0]);"
        "return Math.round(found.getBoundingClientRect().top + scrollY - 24)",
        heading,
    )
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
    shot = browser.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    image = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    packed = io.BytesIO()
    # An octree keeps the colours of the few points that are markers.
    few = image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with TemporaryDirectory() as scratch, chromium(Path(scratch) / "profile") as browser:
        for name, (command, heading) in PICTURES.items():
            page = Path(scratch) / "page.html"
            with redirect_stdout(io.StringIO()):
                code = maeri([*command, "--report", str(page), "--force"])
            if code:
                raise SystemExit(f"{name}: exit code {code}")
            found = picture(browser, page, heading)
            if len(found) > LARGEST:
                raise SystemExit(f"{name}: {len(found)} bytes, more than {LARGEST}")
            write_bytes(FOLDER / name, found, force=True)
            print(f"{name}: {len(found)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
