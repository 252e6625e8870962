"""Elementwise sums and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.layer.base import Primitive, Shape, Times, check_counts
from solver.layer.nest import LoopNest


@dataclass(frozen=True, kw_only=True)
class Add(Primitive):
    """The elementwise sum of `operands` tensors of `elements` words each.

    The operands are the channels of a 1x1 convolution with unit weights, and the elements its outputs. The
    weights are loaded once; as groups of two-word dot products every element would load its ones and drain
    the array.
    """

    kind: ClassVar[str] = "add"
    trained: ClassVar[bool] = False
    ones: ClassVar[bool] = True
    elements: int
    operands: int = 2

    def __post_init__(self) -> None:
        check_counts(self, ("elements", "operands"))
        if self.operands < 2:
            raise InputError(field="operands", found=self.operands, expected="an integer of at least 2")
        self.nest()

    def nest(self) -> LoopNest:
        """Lower to one filter of ones over the operands."""
        return LoopNest(C=self.operands, X=self.elements)

    @property
    def input_shape(self) -> Shape:
        """(operands, elements)."""
        return self.operands, self.elements

    @property
    def output_shape(self) -> Shape:
        """(elements,)."""
        return (self.elements,)

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the sum of the operands."""
        total: IntArray = inputs.sum(axis=0)
        return total


@dataclass(frozen=True, kw_only=True)
class Multiply(Primitive):
    """The elementwise product of two tensors, or a sum of such products.

    Parameters
    ----------
    elements
        Words of the stationary tensor (and of the result, if nothing is broadcast).
    terms
        Products that are added up for each word of the result: 2 for ``a*b + c*d``.
    broadcast
        Words of the streamed tensor that each stationary word multiplies, such as the pixels of a channel.
    """

    kind: ClassVar[str] = "multiply"
    trained: ClassVar[bool] = False
    elements: int
    terms: int = 1
    broadcast: int = 1

    def __post_init__(self) -> None:
        check_counts(self, ("elements", "terms", "broadcast"))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower to one group a word: nothing is shared between them."""
        return LoopNest(G=self.elements, S=self.terms, X=self.broadcast)

    @property
    def input_shape(self) -> Shape:
        """(elements, broadcast, terms)."""
        return self.elements, self.broadcast, self.terms

    @property
    def weight_shape(self) -> Shape:
        """(elements, terms)."""
        return self.elements, self.terms

    @property
    def output_shape(self) -> Shape:
        """(elements, broadcast)."""
        return self.elements, self.broadcast

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the sums of the terms' products."""
        total: IntArray = times(weights[:, None, :], inputs).sum(axis=2)
        return total
