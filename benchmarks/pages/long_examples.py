"""Examples of the documentation that take longer than the tests may, run from top to bottom like the others.

Usage: python -m benchmarks.pages.long_examples [PAGE...] (without pages: all that have such examples)
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from tests.support.doc_examples import PAGES, ROOT, reader, troubles
from tests.support.doc_files import GIVEN

LONG = re.compile(r"<!-- not run: (takes longer than the tests may|it is the output of that) -->\n")
"""Comments before a long example, and before what it prints."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    pages = [page.resolve() for page in parser.parse_args().pages]
    found = 0
    for page in pages or PAGES:
        text = page.read_text(encoding="utf-8")
        if not LONG.search(text):
            continue
        began = time.process_time()
        with tempfile.TemporaryDirectory() as folder, reader(Path(folder).resolve(), page, GIVEN) as session:
            for trouble in troubles(LONG.sub("", text), session):
                print(f"{page}:{trouble.block.line}: {trouble.reason}\n{trouble.output}")
                found += 1
        print(f"{page.relative_to(ROOT)}: run, {time.process_time() - began:.0f} s")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
