"""Lists of words written as text."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text; long lists of names are easier to read so."""
    return tuple(text.split())
