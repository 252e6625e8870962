"""What answers can do in a notebook: show their report, and become a pandas DataFrame."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any


class Displayed:
    """Base of answers that a person looks at."""

    def _repr_html_(self) -> str:
        """Return the report of the command line for a notebook."""
        from solver.views.notebook import notebook_html

        return notebook_html(self)

    def report(self, path: str | Path, *, force: bool = False) -> None:
        """Write the answer as a page, as ``--report`` does; see `solver.interface.functions.report`."""
        from solver.interface.functions import report

        report(self, path, force=force)


class Tabular(Displayed):
    """Base of answers that are a table as well."""

    @abstractmethod
    def records(self) -> list[dict[str, Any]]:
        """Return the answer as rows of a table; a row may lack what it does not know."""

    def to_frame(self) -> Any:
        """Return the answer as a pandas DataFrame, a row per record.

        Exact decimals become double-precision numbers.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        from solver.tables import columns_of, data_frame

        return data_frame(columns_of(self.records()))
