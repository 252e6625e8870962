"""Tensors of a program: their shapes, and what they were computed from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Open:
    """A size that the program leaves open and the user did not give; `name` is what ``--dim`` calls it."""

    name: str


Size = int | Open


@dataclass(eq=False)
class Tensor:
    """A tensor.

    Attributes
    ----------
    shape
        Its sizes; None if the rank is not known.
    fixed
        Whether it depends on weights and constants alone.
    weights
        Whether it depends on weights; a constant alone may also be an example input.
    name
        Of the variable or placeholder, or empty.
    value
        Its content if it is a known scalar or vector of integers, as ``tf.shape(x)``.
    """

    shape: tuple[Size, ...] | None
    fixed: bool = False
    weights: bool = False
    name: str = ""
    value: Any = None

    @property
    def elements(self) -> int:
        """Number of words; 0 if a size is not known."""
        if self.shape is None or any(isinstance(size, Open) for size in self.shape):
            return 0
        return math.prod(size for size in self.shape if isinstance(size, int))


def same_shape(left: Tensor, right: Tensor) -> bool:
    """Whether two tensors have the same known shape."""
    return left.shape is not None and left.shape == right.shape


def broadcast_shapes(shapes: Sequence[tuple[Size, ...] | None]) -> tuple[Size, ...] | None:
    """Return the shape of tensors broadcast against each other; None if it cannot be told."""
    if any(shape is None for shape in shapes):
        return None
    known = [shape for shape in shapes if shape is not None]
    rank = max(map(len, known), default=0)
    result: list[Size] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in known), strict=True):
        different = {size for size in sizes if size != 1}
        if len(different) > 1:
            return None
        result.append(different.pop() if different else 1)
    return tuple(result)
