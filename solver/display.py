"""What every answer can do in a notebook: become a pandas DataFrame, and show its report."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any


class Displayed:
    """Base of answers that a person looks at."""

    @abstractmethod
    def records(self) -> list[dict[str, Any]]:
        """Return the answer as rows of a table."""

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

    def _repr_html_(self) -> str:
        """Return the report of the command line for a notebook."""
        from solver.report.notebook import notebook_html

        return notebook_html(self)
