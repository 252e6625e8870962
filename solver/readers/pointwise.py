"""Which values of a graph are functions of one tensor's words: activation functions written as arithmetic.

Models and exporters write GELU as x (1 + erf(x / sqrt 2)) / 2 and SiLU as x sigmoid(x). Such a product
is none of two activations: the host applies the function, as it does where the model names it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Generic, TypeVar

from solver.readers.operators import words

V = TypeVar("V", bound=Hashable)

STRAIGHT = frozenset(
    words("identity cast to neg dropout quantizelinear dequantizelinear clone contiguous detach alias")
)
"""Operators of one tensor that bend nothing."""

CURVED = frozenset(
    words(
        "sigmoid hardsigmoid tanh erf softplus softsign exp log sqrt rsqrt reciprocal abs sign relu "
        "relu6 leakyrelu elu selu celu thresholdedrelu hardtanh hardswish gelu silu swish mish "
        "clip clamp pow square sin cos not qlinearsigmoid qlinearleakyrelu"
    )
)
"""Operators that apply a function to every word of their first input; the other inputs are its parameters."""

COMBINING = frozenset(
    words("add sub mul div multiply subtract divide rsub min max minimum maximum where qlinearmul qlinearadd")
)
"""Operators that combine tensors word by word."""


class Pointwise(Generic[V]):
    """The tensor that each value is a function of, word by word, while the nodes are visited in order.

    Parameters
    ----------
    count
        Returns the words of a value, or None if that is not known.
    """

    def __init__(self, count: Callable[[V], int | None]) -> None:
        self._count = count
        self._roots: dict[V, tuple[V, bool]] = {}

    def combine(self, operator: str, inputs: Sequence[V], output: V, fixed: Collection[V]) -> None:
        """Note what the output of an operator is a function of.

        Parameters
        ----------
        operator
            Its name, as ONNX, torch or TensorFlow writes it.
        inputs
            Its tensors.
        output
            Its result.
        fixed
            What depends on weights alone.
        """
        operator = operator.replace("_", "").lower()
        if operator in STRAIGHT or operator in CURVED:
            moving = inputs[:1]
        elif operator in COMBINING:
            moving = [value for value in inputs if not (value in fixed and self._count(value) == 1)]
        else:
            return
        roots = [self._root(value) for value in moving]
        if not roots or len({root for root, _ in roots}) > 1 or any(value in fixed for value in moving):
            return
        root = roots[0][0]
        if self._count(output) == self._count(root):
            bent = any(curved for _, curved in roots) or operator in CURVED
            self._roots[output] = root, bent

    def alias(self, inner: V, outer: V) -> None:
        """Let a value have a second name."""
        if inner in self._roots:
            self._roots[outer] = self._roots[inner]

    def same(self, left: V, right: V) -> bool:
        """Whether both values are functions of one tensor's words, and one of them a curved one."""
        (first, bent), (second, curved) = self._root(left), self._root(right)
        return first == second and (bent or curved)

    def _root(self, name: V) -> tuple[V, bool]:
        return self._roots.get(name, (name, False))
