"""Tensors of a layer in its own shapes, and as operands and outputs of its loop nest.

The shapes that users meet (``--inputs``, ``--weights``, ``--output``):

===================  ============================  ==================================  =====================
kind                 input                         weights                             output
===================  ============================  ==================================  =====================
convolution          (N, channels, rows, columns)  (filters, channels / groups, R, S)  (N, filters, X, Y)
fully connected      (N, inputs)                   (outputs, inputs)                   (N, outputs)
GEMM                 (m, k)                        (k, n)                              (m, n)
batched product      (N, m, k)                     (N, k, n)                           (N, m, n)
pooling              (N, channels, rows, columns)  none                                (N, channels, X, Y)
elementwise sum      (operands, elements)          none                                (elements,)
elementwise product  (elements, broadcast, terms)  (elements, terms)                   (elements, broadcast)
bare loops, pieces   (N, G, C, rows, columns)      (G, K, C, R, S)                     (N, G, K, X, Y)
===================  ============================  ==================================  =====================

N is the batch. Inputs are unpadded. Average pooling gives the sums; the host divides them.
"""

from __future__ import annotations

from dataclasses import dataclass

from solver.arithmetic.arrays import IntArray
from solver.execution.arithmetic import Arithmetic, nothing
from solver.forms.form import Form
from solver.layer import Primitive


@dataclass(frozen=True)
class Tensors:
    """Operands of a layer in its own shapes; layers without weights have ones of the nest's shape."""

    inputs: IntArray
    weights: IntArray


def has_weights(layer: Primitive) -> bool:
    """Return whether the layer's weights are free; otherwise they are ones."""
    return not layer.ones and layer.nest().operation == "mac"


def nest_operands(
    layer: Primitive, tensors: Tensors, form: Form, arithmetic: Arithmetic
) -> tuple[IntArray, IntArray]:
    """Return the operands along the loops of a form.

    Parameters
    ----------
    layer, tensors
        The layer and its operands.
    form
        How the layer is written.
    arithmetic
        Says what stands for nothing in a maximum.

    Returns
    -------
    tuple of ndarray
        Inputs of shape (N, G, C, padded rows, padded columns) and weights of shape (G, K, C, R, S).
    """
    fill = nothing(layer.nest().operation, arithmetic)
    return form.operands(layer.loop_inputs(tensors.inputs, fill), layer.loop_weights(tensors.weights))


def layer_output(layer: Primitive, outputs: IntArray, form: Form) -> IntArray:
    """Return an output of shape (N, G, K, X, Y) of a form in the layer's own shape."""
    return layer.own_output(form.outputs(outputs))
