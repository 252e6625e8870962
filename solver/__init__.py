"""The mapper for the MAERI accelerator.

The functions below do what the commands of the same name do; `solver.interface.functions` documents them. Nothing is imported
before one is used, so that ``import solver`` takes no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.callable_module import API, make_modules_callable

if TYPE_CHECKING:
    from solver.interface.functions import (
        design,
        evaluate,
        explain,
        explore,
        map,
        network,
        pareto,
        report,
        sweep,
    )

__version__ = "0.1.0"

__all__ = ["design", "evaluate", "explain", "explore", "map", "network", "pareto", "report", "sweep"]

make_modules_callable(__name__, __all__)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(API), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
