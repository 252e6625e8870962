"""The JSON form of answers: each class names its keys, and what they hold is said nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar


class Keyed:
    """What has the JSON form that `KEYS` names, as `keyed` reads it."""

    KEYS: ClassVar[str] = "*"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; decimals stay decimals."""
        return keyed(self, self.KEYS)


def keyed(owner: Any, keys: str) -> dict[str, Any]:
    """Return attributes of an object under their JSON keys.

    Parameters
    ----------
    owner
        Whose attributes.
    keys
        Words, in the order of the JSON. ``cycles`` is the attribute of that name, ``size=space.size`` has
        another name than its key and is None where a part of it is, a method without arguments is called;
        ``rates?`` is left out where it is None, and ``*`` stands for all fields of a dataclass.
    """
    found: dict[str, Any] = {}
    for word in keys.split():
        if word == "*":
            found |= {each.name: plain(getattr(owner, each.name)) for each in fields(owner)}
            continue
        key, _, path = word.partition("=")
        value = owner
        for name in (path or key.rstrip("?")).split("."):
            value = None if value is None else getattr(value, name)
        value = plain(value() if callable(value) else value)
        if value is not None or not key.endswith("?"):
            found[key.rstrip("?")] = value
    return found


def plain(value: Any) -> Any:
    """Return what JSON holds of a value: objects by their own form, collections item by item."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum | Path) else value
