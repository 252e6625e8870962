"""Which values of a graph are functions of one tensor's words: activation functions written as arithmetic.

Exporters write GELU as x (1 + erf(x / sqrt 2)) / 2 and SiLU as x sigmoid(x). Such a product is none
of two activations: the host applies the function, as it does where the model names it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from solver.readers.operators import words

if TYPE_CHECKING:
    from onnx import NodeProto

STRAIGHT = frozenset({"Identity", "Cast", "Neg", "Dropout", "QuantizeLinear", "DequantizeLinear"})
"""Operators of one tensor that bend nothing."""

CURVED = frozenset(
    words(
        "Sigmoid HardSigmoid Tanh Erf Softplus Softsign Exp Log Sqrt Reciprocal Abs Sign Relu LeakyRelu Elu "
        "Selu Celu ThresholdedRelu HardSwish Gelu Mish Clip Pow Sin Cos QLinearSigmoid QLinearLeakyRelu Not"
    )
)
"""Operators that apply a function to every word of their first input; the other inputs are its parameters."""

COMBINING = frozenset(
    words("Add Sub Mul Div Min Max Pow Where Greater Less GreaterOrEqual LessOrEqual QLinearMul QLinearAdd")
)
"""Operators that combine tensors word by word."""


class Pointwise:
    """The tensor that each value is a function of, word by word, while the nodes are visited in order.

    Parameters
    ----------
    count
        Returns the words of a value, or None if that is not known.
    """

    def __init__(self, count: Callable[[str], int | None]) -> None:
        self._count = count
        self._roots: dict[str, tuple[str, bool]] = {}

    def visit(self, node: NodeProto, fixed: Collection[str]) -> None:
        """Note what the output of a node is a function of."""
        inputs = [name for name in node.input if name]
        if not inputs or not node.output:
            return
        if node.op_type in STRAIGHT or node.op_type in CURVED:
            moving = inputs[:1]
        elif node.op_type in COMBINING:
            moving = [name for name in inputs if not (name in fixed and self._count(name) == 1)]
        else:
            return
        roots = [self._root(name) for name in moving]
        if not roots or len({root for root, _ in roots}) > 1 or any(name in fixed for name in moving):
            return
        root = roots[0][0]
        if self._count(node.output[0]) == self._count(root):
            bent = any(curved for _, curved in roots) or node.op_type in CURVED
            self._roots[node.output[0]] = root, bent

    def alias(self, inner: str, outer: str) -> None:
        """Let a value have a second name."""
        if inner in self._roots:
            self._roots[outer] = self._roots[inner]

    def same(self, left: str, right: str) -> bool:
        """Whether both values are functions of one tensor's words, and one of them a curved one."""
        (first, bent), (second, curved) = self._root(left), self._root(right)
        return first == second and (bent or curved)

    def _root(self, name: str) -> tuple[str, bool]:
        return self._roots.get(name, (name, False))
