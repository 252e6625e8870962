"""Tables and plots that a command writes besides its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from solver.cli.command import Choice, option_group
from solver.cli.output import unfinished
from solver.cli.pictures import FORMATS, picture_format
from solver.cli.values import FOLDER, OutputFile
from solver.errors import InputError

if TYPE_CHECKING:
    from solver.tables import Columns


@dataclass(frozen=True)
class TableFlags:
    """Where the table goes."""

    csv: str | None
    parquet: str | None

    @property
    def targets(self) -> list[str | None]:
        """The files among them."""
        return [self.csv, self.parquet]

    def unfinished(self) -> Self:
        """Return where the table of a stopped run goes."""
        return replace(self, csv=unfinished(self.csv), parquet=unfinished(self.parquet))

    def check(self) -> None:
        """Refuse what could not be written, before anything is computed.

        Raises
        ------
        MissingDependencyError
            If what is asked for needs a package that is not installed.
        """
        from solver.tables import require

        if self.parquet is not None:
            require("pyarrow", "data", "--parquet")

    def write(self, parts: Callable[[], Iterable[Columns]], *, force: bool) -> None:
        """Write the files that were asked for.

        Parameters
        ----------
        parts
            Gives the table, whole or in parts (`solver.tables`), every time it is called, and only if
            something is written; without columns nothing is.
        """
        from solver.files import write_bytes, write_text
        from solver.tables import csv_text, parquet_bytes

        if self.targets == [None, None] or not any(parts()):
            return
        if self.csv is not None:
            write_text(self.csv, csv_text(parts()), force=force)
        if self.parquet is not None:
            write_bytes(self.parquet, parquet_bytes(parts), force=force)


@dataclass(frozen=True)
class PlotFlags:
    """Where several plots go."""

    plot: str | None
    plot_format: str

    def unfinished(self) -> PlotFlags:
        """Return where the plots of a stopped run go: none are made of it."""
        return replace(self, plot=None)

    def check(self, plots: tuple[str, ...], *, force: bool) -> None:
        """Refuse what could not be written, before anything is computed.

        Parameters
        ----------
        plots
            Names of the plots, without ending.

        Raises
        ------
        InputError
            If a plot exists already, or its folder is a file or has the name of a picture.
        MissingDependencyError
            If nothing can draw.
        """
        if self.plot is None:
            return
        from solver.files import check_folder
        from solver.tables import require

        require("matplotlib", "plot", "--plot")
        ending = picture_format(self.plot)
        if ending in FORMATS:
            expected = f"a folder, as there are several pictures: --plot plots --plot-format {ending}"
            raise InputError(field="--plot", found=self.plot, expected=expected)
        check_folder(self.plot, expected="a folder for the plots")
        for name in plots:
            file = self._picture(name)
            if file.exists() and not force:
                raise InputError("the file exists already; say --force to replace it", file=str(file))

    def write(self, plots: Callable[[], dict[str, Any]], *, force: bool) -> None:
        """Write the plots, if they were asked for; `plots` is called only then."""
        if self.plot is None:
            return
        from solver.files import write_all
        from solver.views.plots.style import image_bytes

        drawn = plots().items()
        pictures = {self._picture(name): image_bytes(figure, self.plot_format) for name, figure in drawn}
        write_all(pictures, within=self.plot, force=force)

    def _picture(self, name: str) -> Path:
        assert self.plot is not None
        return Path(self.plot) / f"{name}.{self.plot_format}"


def table_files(rows: str) -> list[Callable[[Any], Any]]:
    """Return the options of tables; their help begins with what a row is."""
    return [
        click.option("--csv", type=OutputFile("csv"), metavar="FILE", help=f"{rows}, as CSV."),
        click.option(
            "--parquet",
            type=OutputFile("parquet"),
            metavar="FILE",
            help=f"{rows}, as Parquet [needs pyarrow].",
        ),
    ]


def table_options(rows: str) -> Callable[[Any], Any]:
    """Return the group of options of a command with a table."""
    return option_group("Table", TableFlags, "table_flags", table_files(rows))


plot_options = option_group(
    "Plots",
    PlotFlags,
    "plot_flags",
    [
        click.option(
            "--plot", metavar="DIR", type=FOLDER, help="Write plots into this folder [needs matplotlib]."
        ),
        click.option(
            "--plot-format",
            type=Choice(FORMATS),
            default=FORMATS[0],
            show_default=True,
            help="Format of the plots; svg and pdf can be scaled.",
        ),
    ],
)
