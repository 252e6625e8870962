"""Pictures that commands write: by the ending of a file, or a folder of them in one format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from solver.cli.values import OutputFile

FORMATS = ("png", "svg", "pdf")
METAVAR = "FILE.png|.svg|.pdf"


class Picture(OutputFile):
    """A picture to write; the ending of its name gives the format."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or fail if its ending is none of the formats, or nothing can draw."""
        from solver.tables import require

        name = super().convert(value, param, ctx)
        if picture_format(name) not in FORMATS:
            endings = ", ".join(f".{format}" for format in FORMATS)
            self.fail(f"found {name!r}, expected a file that ends in one of {endings}", param, ctx)
        require("matplotlib", "plot", "--plot")
        return name


def write_picture(name: str, figure: Any, *, force: bool) -> None:
    """Write a matplotlib figure to a file in the format that its ending names."""
    from solver.files import write_bytes
    from solver.views.plots.style import image_bytes

    write_bytes(name, image_bytes(figure, picture_format(name)), force=force)


def picture_format(name: str) -> str:
    """Return the format that the ending of a name says, be it one of `FORMATS` or not."""
    return Path(name).suffix.lower().removeprefix(".")
