"""What pages are made with: optional packages, asked for before an answer is searched."""

from __future__ import annotations

from solver.tables import require

PURPOSE = "a report page"


def require_report() -> None:
    """Check that what pages are made with is there.

    Raises
    ------
    MissingDependencyError
        If a package is missing; the message names the extra that installs it.
    """
    for module in ("jinja2", "bokeh"):
        require(module, "report", PURPOSE)
