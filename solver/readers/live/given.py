"""What the libraries of models in memory are called with, and what they say when they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def arguments_of(given: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call by position and by keyword: a sequence or mapping of them, or one."""
    if isinstance(given, Mapping):
        return (), dict(given)
    if isinstance(given, Sequence) and not isinstance(given, str):
        return tuple(given), {}
    return (given,), {}


def reason_of(error: Exception) -> str:
    """Return the first line of what an error says, or its kind."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
