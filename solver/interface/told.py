"""Wrong calls of the Python functions, answered by the right one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ForwardRef, ParamSpec, TypeVar

from solver.errors import InputError, unknown
from solver.hardware.read import HardwareChanges
from solver.interface.inputs import SearchOptions

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def told(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Return a function that answers a parameter that it has not by what was meant, as an `InputError`.

    What describes the accelerator belongs into `hardware`; other names may be misspelt. Help and signature
    show options that come as `SearchOptions` one by one, as type checkers see them.
    """
    signature = inspect.signature(function)
    signature = signature.replace(
        parameters=[each for parameter in signature.parameters.values() for each in _one_by_one(parameter)]
    )
    known = list(signature.parameters)

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

    answered.__signature__ = signature  # type: ignore[attr-defined]
    return answered


def _one_by_one(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """Return the options that a parameter stands for; most stand for themselves."""
    if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
        return [parameter]
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_written(hint))
        for name, hint in SearchOptions.__annotations__.items()
    ]


def _written(hint: Any) -> str:
    """Return a type hint as it stands in the source."""
    return hint.__forward_arg__ if isinstance(hint, ForwardRef) else str(hint)
