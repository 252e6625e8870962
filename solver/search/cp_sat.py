"""OR-Tools' CP-SAT, imported without pandas.

OR-Tools imports pandas for functions on series of variables, which are not used here; pandas takes longer to
import than a layer takes to solve. So it is stood in for while OR-Tools is imported, and imported itself as
soon as OR-Tools asks for anything of it later.
"""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


class _Named(ModuleType):
    """A module of classes that serve as annotations only."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return type(name, (), {})


def _import() -> Any:
    name = "ortools.sat.python.cp_model"
    # Another thread might import pandas meanwhile.
    if "pandas" in sys.modules or name in sys.modules or threading.active_count() > 1:
        return importlib.import_module(name)
    sys.modules["pandas"] = _Named("pandas")
    try:
        found: Any = importlib.import_module(name)
    finally:
        del sys.modules["pandas"]
    found.pd = _Later("pandas")
    return found


_import()

from ortools.sat.python import cp_model  # noqa: E402

__all__ = ["cp_model"]
