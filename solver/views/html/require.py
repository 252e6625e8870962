"""What pages are made with: optional packages, asked for before an answer is searched."""

from __future__ import annotations

from typing import Any

from solver.tables import require


def needed(module: str) -> Any:
    """Return a module that pages are made with.

    Raises
    ------
    MissingDependencyError
        If it is missing; the message names the extra that installs it.
    """
    return require(module, "report", "a report page")


def require_report() -> None:
    """Check that what pages are made with is there.

    Raises
    ------
    MissingDependencyError
        If a package is missing; the message names the extra that installs it.
    """
    for module in ("jinja2", "bokeh"):
        needed(module)
