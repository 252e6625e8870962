"""Wrong calls of the Python functions, answered by the right one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, wraps
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Any,
    ForwardRef,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from solver.errors import InputError, unknown
from solver.hardware.read import HardwareChanges
from solver.interface.inputs import SearchOptions
from solver.interface.keywords import python_words

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

PLAIN: dict[type, tuple[tuple[type, ...], str]] = {
    int: ((Integral,), "an integer"),
    bool: ((Integral,), "True or False"),
    str: ((str,), "a text"),
    Path: ((PathLike,), "a path"),
    Mapping: ((Mapping,), "a mapping"),
    Iterable[str]: ((Collection,), "a list of texts"),
    NoneType: ((NoneType,), "None"),
}
"""Types of parameters that mean the same everywhere: what may be given for them, and what they are called.

What a layer, a mapping, an objective, a limit or a time may be is said by those who read it.
"""


def told(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Return a function that answers a parameter that it has not by what was meant, as an `InputError`.

    So is a value of a plain parameter, such as a number or a path, that is of another type. What describes
    the accelerator belongs into `hardware`; other names may be misspelt. Help and signature show options
    that come as `SearchOptions` one by one, as type checkers see them.
    """
    signature = inspect.signature(function)
    signature = signature.replace(
        parameters=[
            each for parameter in signature.parameters.values() for each in _one_by_one(function, parameter)
        ]
    )
    known = list(signature.parameters)

    @wraps(function)
    @python_words()
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
        for name, value in (*zip(known, args, strict=False), *kwargs.items()):
            _check_type(name, value, hints_of(function).get(name))
        return function(*args, **kwargs)

    answered.__signature__ = signature  # type: ignore[attr-defined]
    return answered


@cache
def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's parameters, search options one by one."""
    return get_type_hints(SearchOptions) | get_type_hints(function)


def _check_type(name: str, value: Any, hint: Any) -> None:
    """Refuse a value of a plain parameter (`PLAIN`) that is of another type."""
    union = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    members = [Mapping if get_origin(each) is Mapping or is_typeddict(each) else each for each in union]
    names = members in ([str], [str, Iterable[str]])  # what they may be, who takes them says
    if names or not all(member in PLAIN for member in members):
        return
    if isinstance(value, tuple(kind for member in members for kind in PLAIN[member][0])):
        return
    shown = value if isinstance(value, str | Real | NoneType) else f"the type {type(value).__name__}"
    expected = " or ".join(dict.fromkeys(PLAIN[member][1] for member in members))
    raise InputError(field=name, found=shown, expected=expected)


def _one_by_one(function: Callable[..., Any], parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """Return the options that a parameter stands for; most stand for themselves."""
    if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
        return [parameter]
    (options,) = get_args(get_type_hints(function)[parameter.name])
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_written(hint))
        for name, hint in get_type_hints(options).items()
    ]


def _written(hint: Any) -> str:
    """Return a type hint as it stands in the source."""
    return hint.__forward_arg__ if isinstance(hint, ForwardRef) else str(hint)
