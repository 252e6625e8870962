"""The matrix product that a layer is, once its windows are patches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from solver.arithmetic.arrays import IntArray
from solver.forms.step import Step
from solver.layer import INPUTS, WEIGHTS, LoopNest

Inner = Literal["S", "C"]
INNER: tuple[Inner, ...] = get_args(Inner)


@dataclass(frozen=True, slots=True)
class Product(Step):
    """Channels are the inner dimension; filters and the outputs of all images the two sides.

    Attributes
    ----------
    stationary
        The operand that stays in the multipliers, `WEIGHTS` or `INPUTS`.
    inner
        The loop of the inner dimension: S as products are written (rule T12), or C. They differ by little
        (words are counted along rows and by channels), but a 1x1 convolution has it in C, and the two are
        the same layer.
    """

    stationary: str
    inner: Inner = "S"
    family = "product"

    @property
    def name(self) -> str:
        """The family and the operand that stays."""
        over = " over channels" if self.inner == "C" else ""
        return f"{self.family}{over}, {self.stationary} stationary"

    def applies(self, nest: LoopNest) -> bool:
        """Windows of one word, one beside the other; the adders of a maximum compare inputs, not weights."""
        return is_unit(nest) and (nest.operation == "mac" or self.stationary == WEIGHTS)

    def nest(self, nest: LoopNest) -> LoopNest:
        """One column of outputs: those of all images (weights stationary), or the filters."""
        streamed, kept = nest.N * nest.X * nest.Y, nest.K
        if self.stationary == INPUTS:
            streamed, kept = kept, streamed
        found = LoopNest(C=nest.C, K=kept, X=streamed, G=nest.G, operation=nest.operation)
        return found if self.inner == "C" else replace(found, C=1, S=nest.C)

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Return the streamed side, (1, G, 1, X, S), and the one that stays, (G, K, 1, 1, S); or with C."""
        outputs = inputs.transpose(1, 0, 3, 4, 2).reshape(nest.G, -1, nest.C)  # (G, N X Y, C)
        filters = weights.reshape(nest.G, nest.K, nest.C)
        streamed, kept = (filters, outputs) if self.stationary == INPUTS else (outputs, filters)
        if self.inner == "C":
            return streamed.swapaxes(1, 2)[None, ..., None], kept[..., None, None]
        return streamed[None, :, None], kept[:, :, None, None]

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Return (1, G, K, X, 1) in the shape of the nest's output."""
        product = array[0, :, :, :, 0]  # (G, stationary side, streamed side)
        if self.stationary == INPUTS:
            product = product.swapaxes(1, 2)
        return product.reshape(nest.G, nest.K, nest.N, nest.X, nest.Y).transpose(2, 0, 1, 3, 4)


def is_unit(nest: LoopNest) -> bool:
    """Return whether a nest has windows of one word, one beside the other."""
    return nest.R == nest.S == 1 and nest.stride == (1, 1)
