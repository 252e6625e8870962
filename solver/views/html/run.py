"""How an answer came about, for people who want it again: command, versions, seed, date."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from solver.version import VERSION

PACKAGES = ("ortools", "numpy")
"""Packages on whose version an answer may depend."""


@dataclass(frozen=True)
class Run:
    """Where an answer comes from.

    Attributes
    ----------
    command
        The command line as a shell takes it, or empty if it was asked from Python.
    versions
        Of this package, Python and `PACKAGES`, by name.
    seed
        Of the search, None if it is not known.
    date
        In UTC, to the second.
    """

    command: str
    versions: tuple[tuple[str, str], ...]
    seed: int | None
    date: str

    @classmethod
    def now(cls, arguments: Sequence[str] | None = None, seed: int | None = None) -> Run:
        """Return the facts of this process.

        Parameters
        ----------
        arguments
            Of the command line, None if there is none.
        """
        command = "" if arguments is None else shlex.join(["python", "-m", "solver", *arguments])
        found = [("maeri-solver", VERSION), ("Python", platform.python_version())]
        for package in PACKAGES:
            try:
                found.append((package, version(package)))
            except PackageNotFoundError:
                found.append((package, "unknown"))
        date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return cls(command, tuple(found), seed, date)
