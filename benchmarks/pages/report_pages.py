"""Report pages: how large they are, and how long a browser without GPU takes to open them.

``python -m benchmarks.pages.report_pages`` makes a page of every command and opens each several times in
headless
Chromium (Debian's chromium and chromium-driver; selenium is in the extra `test`), in a window of 1280 x 900.
Told are the median times from the start of the navigation until the load event, until the plots that are seen
first are drawn, and until every plot and picture of the page is.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from solver.cli.main import main as solver_main
from tests.support.browser import Browser, chromium

PAGES = {
    "map, 256 switches": ("map", "vgg_conv3", "--objective", "energy"),
    "map, prefetch buffer and DRAM": ("map", "vgg_conv3", "--hardware", "maeri-256-dram"),
    "map, 53 layers": ("map", "resnet50", "--hardware", "maeri-64"),
    "pareto": ("map", "vgg_conv3", "--hardware", "maeri-256-dram", "--objective", "pareto"),
    "explain, 2 objectives": ("explain", "vgg_conv3", "--hardware", "maeri-256-dram"),
    "explore, 27,433 mappings": ("explore", "vgg_conv3"),
    "explore, 30,000 mappings, prefetch buffer": (
        "explore", "vgg_conv3", "--hardware", "maeri-256-dram", "--samples=30000",
    ),
    "explore, 60,000 mappings": ("explore", "vgg_conv3", "--hardware", "maeri-256-dram", "--samples=60000"),
    "network, 54 layers": ("network", "resnet50"),
    "sweep, 18 accelerators": ("sweep", "alexnet", "--num-ms=64..256", "--dn-bw=/8,/4,/2", "--rn-bw=/4,/2"),
    "design": ("design", "alexnet", "--max-area", "400000"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5, help="How often each page is opened [default: 5].")
    parser.add_argument("--keep", type=Path, help="Folder to keep the pages in.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        paths = {name: _make(name, command, folder) for name, command in PAGES.items()}
        print("| page | size, MB | to write, s | load, s | first plots, s | all plots, s |")
        print("|---|---|---|---|---|---|")
        with chromium(Path(scratch) / "profile") as browser:
            browser.open(next(iter(paths.values()))[0])  # the browser's own start is no page's
            for name, (path, seconds) in paths.items():
                opened = [_open(browser, path) for _ in range(arguments.times)]
                medians = [statistics.median(column) / 1000 for column in zip(*opened, strict=True)]
                cells = " | ".join(f"{value:.2f}" for value in (path.stat().st_size / 1e6, seconds, *medians))
                print(f"| {name} | {cells} |", flush=True)


def _make(name: str, command: tuple[str, ...], folder: Path) -> tuple[Path, float]:
    """Make a page; return it and the seconds that writing it took, the search not counted."""
    from solver.views.html import write

    path = folder / f"{''.join(c if c.isalnum() else '-' for c in name)}.html"
    spent: list[float] = []
    original = write.report_text

    def timed(*args: object, **kwargs: object) -> str:
        start = time.perf_counter()
        text = original(*args, **kwargs)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - start)
        return text

    write.report_text = timed
    try:
        with open(folder / "log.txt", "a", encoding="utf-8") as log:
            stdout, sys.stdout = sys.stdout, log
            try:
                code = solver_main([*command, "--report", str(path), "--force"])
            finally:
                sys.stdout = stdout
    finally:
        write.report_text = original
    if code:
        raise SystemExit(f"{name}: exit code {code}")
    return path, spent[0]


def _open(browser: Browser, path: Path) -> tuple[float, float, float]:
    """Return milliseconds until the load event, the first plots and all plots."""
    browser.open(path)
    load, first, every = browser.run(
        "const [page] = performance.getEntriesByType('navigation');"
        "const data = document.documentElement.dataset; return [page.loadEventEnd, data.ready, data.drawn]"
    )
    return float(load), float(first), float(every)


if __name__ == "__main__":
    main()
