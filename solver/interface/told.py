"""Wrong calls of the Python functions, answered by the right one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from solver.errors import InputError, unknown
from solver.hardware.read import HardwareChanges

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def told(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Return a function that answers a parameter that it has not by what was meant, as an `InputError`.

    What describes the accelerator belongs into `hardware`; other names may be misspelt.
    """
    known = list(inspect.signature(function).parameters)

    @wraps(function)
    def answered(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        for name, value in kwargs.items():
            if name in known:
                continue
            if name in HardwareChanges.model_fields and "hardware" in known:
                raise InputError(
                    "it describes the accelerator",
                    field=name,
                    expected=f"it in hardware: solver.{function.__name__}(..., {{{name!r}: {value!r}}})",
                )
            raise unknown("option", name, sorted(known))
        return function(*args, **kwargs)

    return answered
