"""The mapper for the MAERI accelerator.

The functions below do what the commands of the same name do; `solver.interface.functions` and
`solver.interface.files` document them.
Nothing is imported before one is used, so that ``import solver`` takes no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.version import VERSION

if TYPE_CHECKING:
    from solver.interface.files import configure, convert, profile, show, simulate
    from solver.interface.functions import (
        design,
        evaluate,
        explain,
        explore,
        map,
        network,
        pareto,
        read,
        report,
        sweep,
    )

__version__ = VERSION

_FILES = ("configure", "convert", "profile", "show", "simulate")

__all__ = [
    "configure",
    "convert",
    "design",
    "evaluate",
    "explain",
    "explore",
    "map",
    "network",
    "pareto",
    "profile",
    "read",
    "report",
    "show",
    "simulate",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = "solver.interface.files" if name in _FILES else "solver.interface.functions"
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
