"""Modules that are also the function of the Python interface of the same name.

``solver.explore`` is a package, and in a notebook ``solver.explore("vgg_conv3")`` is what people write.
Python binds a module to its package whenever anything imports it, so the name cannot be kept for the function
alone; instead the module can be called.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection
from types import ModuleType
from typing import Any

API = "solver.interface.functions"


class CallableModule(ModuleType):
    """A module that, when called, calls the function of its name in `API`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return getattr(importlib.import_module(API), self.__name__.rpartition(".")[2])(*args, **kwargs)


def make_modules_callable(package: str, names: Collection[str]) -> None:
    """Let modules of these names be called from the moment on that they are bound to their package."""

    class Package(ModuleType):
        """The package: makes modules callable as the import machinery binds them."""

        def __setattr__(self, name: str, value: Any) -> None:
            if name in names and type(value) is ModuleType:
                value.__class__ = CallableModule
            super().__setattr__(name, value)

    sys.modules[package].__class__ = Package
