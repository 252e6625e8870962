"""What answers can do in a notebook: show their report, become a page, and become a pandas DataFrame.

Answers are data and know none of their views. Whoever hands answers to people (`solver.interface`) says once
how they are shown.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, Protocol

from solver.tables import columns_of, data_frame


class Presenter(Protocol):
    """How answers are shown, whatever their type."""

    def html(self, answer: Shown) -> str:
        """Return the report of an answer as a piece of HTML that needs nothing else."""

    def write_page(self, answer: Displayed, path: str | Path, *, force: bool) -> None:
        """Write an answer as a page."""


_presenters: list[Presenter] = []


def present_with(presenter: Presenter) -> None:
    """Show all answers of this process with a presenter from now on."""
    _presenters[:] = [presenter]


class Shown:
    """Base of what a function of the package returns and a person looks at."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """The answer in a few words: what was asked, what came out, how far it is proved."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.summary}>"

    def _repr_html_(self) -> str | None:
        """Return the report of the command line for a notebook; None (its `repr`) without a presenter."""
        return _presenters[0].html(self) if _presenters else None


class Displayed(Shown):
    """Base of answers that become a page as well."""

    def report(self, path: str | Path, *, force: bool = False) -> None:
        """Write the answer as a page, as ``--report`` does; see `solver.interface.layers.report`.

        Raises
        ------
        RuntimeError
            If nothing was said of how answers are shown: the functions of `solver` do.
        """
        if not _presenters:
            raise RuntimeError("no presenter: use the functions of the package `solver`")
        _presenters[0].write_page(self, path, force=force)


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
        return data_frame(columns_of(self.records()))
