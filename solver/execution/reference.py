"""What a layer's output should be, from its definition and nothing else."""

from __future__ import annotations

from functools import partial

from solver.arithmetic.arrays import IntArray
from solver.execution.arithmetic import Arithmetic, multiply, nothing, wrap
from solver.execution.lowering import Tensors
from solver.layer import Primitive


def reference(layer: Primitive, tensors: Tensors, arithmetic: Arithmetic = Arithmetic.EXACT) -> IntArray:
    """Return the output of a layer.

    Parameters
    ----------
    layer
        Any kind that the array runs (`solver.execution.lowering` has the shapes).
    tensors
        Its operands.
    arithmetic
        How products and sums are formed.
    """
    times, fill = partial(multiply, arithmetic=arithmetic), nothing(layer.nest().operation, arithmetic)
    return wrap(layer.definition(tensors.inputs, tensors.weights, times, fill), arithmetic)
