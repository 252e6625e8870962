"""Packages that are also the function of the Python interface of the same name.

``solver.explore`` is a package, and in a notebook ``solver.explore("vgg_conv3")`` is what people write.
Python binds a package to its parent whenever anything imports it, so the name cannot be kept for the function
alone; instead the package can be called.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class CallableModule(ModuleType):
    """A module that, when called, calls the function of its name in `solver.api`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        name = self.__name__.rpartition(".")[2]
        return getattr(importlib.import_module("solver.api"), name)(*args, **kwargs)


def make_callable(name: str) -> None:
    """Make the module of this name callable."""
    sys.modules[name].__class__ = CallableModule
