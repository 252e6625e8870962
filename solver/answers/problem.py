"""What is missing in an answer, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from solver.keyed import Keyed

NOT_READ, NOT_COUNTED, FAILED = "not read", "not counted", "failed"


@dataclass(frozen=True)
class Problem(Keyed):
    """What is missing in the answers of a network.

    Attributes
    ----------
    where
        The file.
    message
        What is wrong, or missing.
    kind
        ``not read``, ``failed``, or ``not counted``: work for the array that is in none of the layers.
    """

    where: str
    message: str
    kind: str = NOT_READ


def failed(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the JSON form of what failed: every line begins with where."""
    parts = (line.partition(": ") for line in lines)
    return [Problem(where, message or where, FAILED).to_dict() for where, _, message in parts]
