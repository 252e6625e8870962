"""Ranges that make up a layer: one after the other along one loop, none left out."""

from __future__ import annotations

from collections.abc import Sequence

from solver.errors import InputError
from solver.forms.wish import form_named
from solver.layer import Primitive
from solver.pieces.piece import Range


def check_ranges(layer: Primitive, pieces: Sequence[Range]) -> None:
    """Raise `InputError` unless pieces follow one another over the whole layer, along one loop."""
    name = layer.title
    first = pieces[0]
    size = getattr(form_named(layer, first.base).nest, first.dim)
    at = 0
    for piece in pieces:
        if (piece.base, piece.dim) != (first.base, first.dim):
            found = f"{piece.dim} of the form {piece.base} beside {first.dim} of {first.base}"
            raise InputError(field=f"{name}, pieces", found=found, expected="pieces along one loop")
        if piece.begin != at:
            raise InputError(
                field=f"{name}, pieces", found=f"begin {piece.begin}", expected=f"{at}, where the last ends"
            )
        at += piece.count
    if at != size:
        expected = f"{size}, the whole layer"
        raise InputError(field=f"{name}, pieces", found=f"{at} along {first.dim}", expected=expected)
