"""Tables and plots that a command writes besides its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solver.cli.command import Choice
from solver.cli.options import option_group
from solver.cli.output import unfinished
from solver.cli.pictures import FORMATS, picture_format
from solver.cli.values import OutputFile
from solver.errors import InputError

if TYPE_CHECKING:
    from solver.tables import Columns


@dataclass(frozen=True)
class TableFlags:
    """Where the table and the plots go."""

    csv: str | None
    parquet: str | None
    plot: str | None
    plot_format: str

    @property
    def targets(self) -> list[str | None]:
        """The files among them."""
        return [self.csv, self.parquet]

    def unfinished(self) -> TableFlags:
        """Return where the table of a stopped run goes; plots are not made of it."""
        return replace(self, csv=unfinished(self.csv), parquet=unfinished(self.parquet), plot=None)

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
            If what is asked for needs a package that is not installed.
        """
        from solver.tables import require

        if self.parquet is not None:
            require("pyarrow", "data", "--parquet")
        if self.plot is None:
            return
        require("matplotlib", "plot", "--plot")
        from solver.files import check_folder

        ending = picture_format(self.plot)
        if ending in FORMATS:
            expected = f"a folder, as there are several pictures: --plot plots --plot-format {ending}"
            raise InputError(field="--plot", found=self.plot, expected=expected)
        check_folder(self.plot, expected="a folder for the plots")
        for name in plots:
            file = self._picture(name)
            if file.exists() and not force:
                raise InputError("the file exists already; say --force to replace it", file=str(file))

    def write(
        self, parts: Callable[[], Iterable[Columns]], plots: Callable[[], dict[str, Any]], *, force: bool
    ) -> None:
        """Write the files that were asked for.

        Parameters
        ----------
        parts
            Gives the table, whole or in parts (`solver.tables`), every time it is called.
        plots
            Called only if they are drawn.
        """
        from solver.files import write_all, write_bytes, write_text
        from solver.tables import csv_text, parquet_bytes

        if self.csv is not None:
            write_text(self.csv, csv_text(parts()), force=force)
        if self.parquet is not None:
            write_bytes(self.parquet, parquet_bytes(parts), force=force)
        if self.plot is not None:
            from solver.views.plots.style import image_bytes

            drawn = plots().items()
            pictures = {self._picture(name): image_bytes(figure, self.plot_format) for name, figure in drawn}
            write_all(pictures, within=self.plot, force=force)

    def _picture(self, name: str) -> Path:
        assert self.plot is not None
        return Path(self.plot) / f"{name}.{self.plot_format}"


table_options = option_group(
    "Tables and plots",
    TableFlags,
    "table_flags",
    [
        click.option("--csv", type=OutputFile(), metavar="FILE", help="Write the table as CSV."),
        click.option(
            "--parquet",
            type=OutputFile(),
            metavar="FILE",
            help="Write the table as Parquet [needs pyarrow].",
        ),
        click.option("--plot", metavar="DIR", help="Write plots into this folder [needs matplotlib]."),
        click.option(
            "--plot-format",
            type=Choice(FORMATS),
            default=FORMATS[0],
            show_default=True,
            help="Format of the plots; svg and pdf can be scaled.",
        ),
    ],
)
