"""The mapper for the MAERI accelerator.

The functions below do what the commands of the same name do; `solver.interface.layers`, `networks` and
`files` document them.
Nothing is imported before one is used, so that ``import solver`` takes no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.version import VERSION

if TYPE_CHECKING:
    from solver.interface.files import configure, convert, profile, show, simulate
    from solver.interface.layers import evaluate, explain, explore, map, pareto, report
    from solver.interface.networks import design, network, read, sweep

__version__ = VERSION

_HOMES = {
    "files": ("configure", "convert", "profile", "show", "simulate"),
    "layers": ("evaluate", "explain", "explore", "map", "pareto", "report"),
    "networks": ("design", "network", "read", "sweep"),
}

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
    for home, functions in _HOMES.items():
        if name in functions:
            from importlib import import_module

            return getattr(import_module(f"solver.interface.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
