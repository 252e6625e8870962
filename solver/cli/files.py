"""Tables and plots that a command writes besides its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from solver.cli.options import option_group
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

    @property
    def targets(self) -> list[str | None]:
        """The files among them."""
        return [self.csv, self.parquet]

    def check(self, plots: tuple[str, ...], *, force: bool) -> None:
        """Refuse what could not be written, before anything is computed.

        Parameters
        ----------
        plots
            Names of the plots, without ending.

        Raises
        ------
        InputError
            If a plot exists already, or its folder is a file.
        MissingDependencyError
            If what is asked for needs a package that is not installed.
        """
        from solver.tables import require

        if self.parquet is not None:
            require("pyarrow", "data", "--parquet")
        if self.plot is None:
            return
        require("matplotlib", "plot", "--plot")
        folder = Path(self.plot)
        if folder.exists() and not folder.is_dir():
            raise InputError(file=self.plot, found="a file", expected="a folder for the plots")
        if not folder.parent.is_dir():
            raise InputError("the folder around this one does not exist", file=self.plot)
        for name in plots:
            if (folder / f"{name}.png").exists() and not force:
                raise InputError(
                    "the file exists already; say --force to replace it", file=str(folder / f"{name}.png")
                )

    def write(
        self, columns: Callable[[], Columns], plots: Callable[[], dict[str, Any]], *, force: bool
    ) -> None:
        """Write the files that were asked for.

        Parameters
        ----------
        columns, plots
            Called only if something is written of them.
        """
        from solver.files import write_bytes, write_text
        from solver.tables import csv_text, parquet_bytes

        if self.csv is not None:
            write_text(self.csv, csv_text(columns()), force=force)
        if self.parquet is not None:
            write_bytes(self.parquet, parquet_bytes(columns()), force=force)
        if self.plot is not None:
            from solver.views.plots.style import image_bytes

            folder = Path(self.plot)
            folder.mkdir(exist_ok=True)
            for name, figure in plots().items():
                write_bytes(folder / f"{name}.png", image_bytes(figure), force=force)


table_options = option_group(
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
        click.option("--plot", metavar="DIR", help="Write plots as PNG into this folder [needs matplotlib]."),
    ],
)
