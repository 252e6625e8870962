"""One page of every command, made together with the other outputs, and how to read one."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from solver.cli.main import main

HOSTILE = "<script>window.hacked=1</script>\"'</script><img src=x onerror=window.hacked=1>&amp;{{1+1}}"
"""A name that would run, or end the page, if it were not escaped."""
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")
DRAM = (*SMALL, "--buffer", "2KiB", "--dram-bw", "2")
LAYERS = f"""\
- {{kind: conv, name: {json.dumps(HOSTILE)}, input: [4, 8, 8], filters: 8, kernel: [3, 3]}}
- {{kind: host, name: softmax, operation: softmax, elements: 10}}
- {{kind: fc, name: last, inputs: 64, outputs: 10}}
"""


@dataclass(frozen=True)
class Page:
    """A page, the folder with the other outputs of its command, and the arguments of the command."""

    name: str
    path: Path
    folder: Path
    arguments: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def files(self) -> list[tuple[str, bytes]]:
        """The files to download, unpacked."""
        button = r'<button type="button" class="file" data-item="([^"]+)" data-name="([^"]*)">'
        found = []
        for item, name in re.findall(button, self.text):
            block = re.search(
                rf'<script type="application/octet-stream" id="{item}">([^<]*)</script>', self.text
            )
            assert block is not None, name
            found.append((html.unescape(name), gzip.decompress(base64.b64decode(block[1]))))
        return found

    def file(self, name: str) -> bytes:
        (content,) = [content for each, content in self.files if each == name]
        return content

    def output(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


def make_pages(folder: Path) -> dict[str, Page]:
    """Run every command that has pages."""
    layers = folder / "layers.yaml"
    layers.write_text(LAYERS)
    one = folder / "one.yaml"
    one.write_text("".join(LAYERS.splitlines(keepends=True)[:1]))
    grid = ("--num-ms", "16,32", "--bandwidth", "4,8")
    commands: dict[str, tuple[Sequence[object], Sequence[str]]] = {
        "map": (("map", one, *SMALL, "--objective", "energy"), ("--out=mapping.yaml",)),
        "map-dram": (("map", one, *DRAM), ("--out=mapping.yaml",)),
        "map-many": (("map", layers, "fc 6 -> 4", *SMALL), ("--out=mapping.yaml",)),
        "map-rtl": (
            ("map", "conv 3x6x6 -> 3, 3x3", "--hardware", "maeri-64-rtl", "--pieces", "1"),
            ("--out=mapping.yaml",),
        ),
        "evaluate": (("evaluate", one, *DRAM, "--mapping", "R3 S3"), ()),
        "profile": (("profile", one, *SMALL, "--no-cache"), ()),
        "pareto": (("map", one, *DRAM, "--objective", "pareto"), ("--csv=front.csv",)),
        "explain": (("explain", one, *DRAM), ()),
        "explore": (("explore", one, *SMALL), ("--csv=space.csv",)),
        "explore-dram": (("explore", one, *DRAM, "--samples", "500"), ("--csv=space.csv",)),
        "network": (("network", layers, *SMALL, "--no-cache"), ("--csv=network.csv",)),
        "sweep": (
            ("sweep", layers, one, *grid, "--objective", "energy", "--objective",
             "latency", "--no-cache"),
            ("--csv=sweep.csv",),
        ),
        "design": (
            ("design", layers, *grid, "--max-area", "250000", "--no-cache"),
            ("--csv=design.csv",),
        ),
    }  # fmt: skip
    pages = {}
    for name, (command, outputs) in commands.items():
        out = folder / name
        out.mkdir()
        path = out / "page.html"
        written = [f"{option}={out / file}" for option, file in (each.split("=") for each in outputs)]
        arguments = [*map(str, command), f"--json={out / 'result.json'}", *written, f"--report={path}"]
        code = main(arguments)
        assert code == 0, (name, code)
        pages[name] = Page(name, path, out, tuple(arguments))
    return pages
