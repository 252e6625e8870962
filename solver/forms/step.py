"""What a step from one loop nest to another is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from solver.arithmetic.arrays import IntArray
from solver.layer import LoopNest

ROWS, COLUMNS = 0, 1
"""The axes of an image; also the places of their stride and dilation in a nest."""

AXES = ("rows", "columns")
OUTPUTS, TAPS = ("X", "Y"), ("R", "S")
"""The loops along each axis: positions of the window, and positions inside of it."""


class Step(Protocol):
    """A way to write a loop nest as another one that computes the same.

    Operands have the shapes (N, G, C, rows, columns) of the padded input, (G, K, C, R, S) of the weights and
    (N, G, K, X, Y) of the output. `nest` is always the one before the step; a step is only asked of nests
    that `applies` takes.
    """

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def family(self) -> str:
        """The name under which a user allows or forbids it, one of `solver.forms.form.FAMILIES`."""

    def applies(self, nest: LoopNest) -> bool:
        """Return whether the step leads to another nest."""

    def nest(self, nest: LoopNest) -> LoopNest:
        """Return the nest after the step."""

    def copies(self, nest: LoopNest) -> Fraction:
        """Return how many times each input word that is needed is held afterwards; 1 if words only move."""
        return Fraction(1)

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Return input and weights after the step."""

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Return the output before the step from that after it; the same if outputs stay where they are."""
        return array


def along(nest: LoopNest, axis: int) -> tuple[int, int, int, int]:
    """Return outputs, taps, stride and dilation of a nest along an axis."""
    return getattr(nest, OUTPUTS[axis]), getattr(nest, TAPS[axis]), nest.stride[axis], nest.dilation[axis]


def with_axis(nest: LoopNest, axis: int, *, outputs: int, taps: int, **loops: int) -> LoopNest:
    """Return a nest with other figures and steps of 1 along an axis, and other loops beside."""

    def pair(old: tuple[int, int]) -> tuple[int, int]:
        return (1, old[COLUMNS]) if axis == ROWS else (old[ROWS], 1)

    changed = {OUTPUTS[axis]: outputs, TAPS[axis]: taps, **loops}
    return replace(
        nest,
        stride=pair(nest.stride),
        dilation=pair(nest.dilation),
        **changed,  # type: ignore[arg-type]
    )
