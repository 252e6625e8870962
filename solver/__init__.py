"""The mapper for the MAERI accelerator.

The functions below do what the commands of the same name do; `solver.interface.functions` documents them.
Nothing is imported before one is used, so that ``import solver`` takes no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.version import VERSION

if TYPE_CHECKING:
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

__all__ = [
    "design",
    "evaluate",
    "explain",
    "explore",
    "map",
    "network",
    "pareto",
    "read",
    "report",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module("solver.interface.functions"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
