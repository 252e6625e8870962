"""The streamed side of a product as an image of rows and columns, as a 1x1 convolution is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from solver.arithmetic.arrays import IntArray
from solver.forms.product import is_unit
from solver.forms.step import Step
from solver.layer import LoopNest


@dataclass(frozen=True, slots=True)
class StreamedImage(Step):
    """Every so many streamed vectors are a row. Only buffer tiles can tell: they cut rows and columns apart.

    A tile along one loop leaves one rest; cut both ways, the tiles may be more alike, and tiles that are
    alike hide what they wait for better than large ones and a small rest.

    Attributes
    ----------
    columns
        Vectors to a row.
    """

    columns: int
    family = "product"

    @property
    def name(self) -> str:
        """What it looks like."""
        return f"image of {self.columns} columns"

    def applies(self, nest: LoopNest) -> bool:
        """Whole rows, of a product with its inner dimension in C."""
        return is_unit(nest) and nest.N == nest.Y == 1 and nest.X % self.columns == 0

    def nest(self, nest: LoopNest) -> LoopNest:
        """Divide the rows, which are single words, into rows of several."""
        return replace(nest, X=nest.X // self.columns, Y=self.columns)

    def operands(self, nest: LoopNest, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Read the streamed vectors as rows."""
        return inputs.reshape(*inputs.shape[:3], -1, self.columns), weights

    def outputs(self, nest: LoopNest, array: IntArray) -> IntArray:
        """Put the rows one behind the other."""
        return array.reshape(*array.shape[:3], -1, 1)
