"""Tensors of a layer in its own shapes, and as operands and outputs of its loop nest.

The shapes that users meet (``--input``, ``--weights``, ``--output``):

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

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic, nothing
from solver.forms.form import Form
from solver.layer import Add, BatchMatmul, Conv, FullyConnected, Gemm, Multiply, Primitive
from solver.layer import Loops as BareLoops
from solver.layer.pool import Pool
from solver.pieces.piece import Piece

Shape = tuple[int, ...]
Products = (FullyConnected, Gemm, BatchMatmul)
"""Kinds that are matrix products."""


@dataclass(frozen=True)
class Tensors:
    """Operands of a layer in its own shapes; layers without weights have ones of the nest's shape."""

    inputs: IntArray
    weights: IntArray


def input_shape(layer: Primitive) -> Shape:
    """Return the shape of a layer's input (see the module's table)."""
    if isinstance(layer, Conv | Pool):
        return (layer.batch, *layer.input)
    if isinstance(layer, FullyConnected):
        return (layer.batch, layer.inputs)
    if isinstance(layer, Gemm):
        return (layer.m, layer.k)
    if isinstance(layer, BatchMatmul):
        return (layer.batch, layer.m, layer.k)
    if isinstance(layer, Add):
        return (layer.operands, layer.elements)
    if isinstance(layer, Multiply):
        return (layer.elements, layer.broadcast, layer.terms)
    if isinstance(layer, BareLoops | Piece):
        nest = layer.nest()
        return (nest.N, nest.G, nest.C, nest.input_rows, nest.input_cols)
    raise _unknown(layer)


def weight_shape(layer: Primitive) -> Shape:
    """Return the shape of a layer's weights; that of the nest where they are ones."""
    nest = layer.nest()
    if isinstance(layer, Conv):
        return (layer.filters, nest.C, nest.R, nest.S)
    if isinstance(layer, FullyConnected):
        return (layer.outputs, layer.inputs)
    if isinstance(layer, Gemm):
        return (layer.k, layer.n)
    if isinstance(layer, BatchMatmul):
        return (layer.batch, layer.k, layer.n)
    if isinstance(layer, Multiply):
        return (layer.elements, layer.terms)
    return (nest.G, nest.K, nest.C, nest.R, nest.S)


def has_weights(layer: Primitive) -> bool:
    """Return whether the layer's weights are free; otherwise they are ones."""
    return not isinstance(layer, Pool | Add) and layer.nest().operation == "mac"


def output_shape(layer: Primitive) -> Shape:
    """Return the shape of a layer's output (see the module's table)."""
    nest = layer.nest()
    if isinstance(layer, Conv | Pool):
        return (layer.batch, *layer.output)
    if isinstance(layer, FullyConnected):
        return (layer.batch, layer.outputs)
    if isinstance(layer, Gemm):
        return (layer.m, layer.n)
    if isinstance(layer, BatchMatmul):
        return (layer.batch, layer.m, layer.n)
    if isinstance(layer, Add):
        return (layer.elements,)
    if isinstance(layer, Multiply):
        return (layer.elements, layer.broadcast)
    return (nest.N, nest.G, nest.K, nest.X, nest.Y)


def padded(layer: Conv | Pool, inputs: IntArray, arithmetic: Arithmetic) -> IntArray:
    """Return an input with its padding; what pads a maximum is in none."""
    fill = nothing(layer.nest().operation, arithmetic)
    return np.pad(inputs, ((0, 0), (0, 0), *layer.padding), constant_values=fill)


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
    return form.operands(*_as_written(layer, tensors, arithmetic))


def _as_written(layer: Primitive, tensors: Tensors, arithmetic: Arithmetic) -> tuple[IntArray, IntArray]:
    """Return the operands along the loops of the direct form."""
    inputs, weights, nest = tensors.inputs, tensors.weights, layer.nest()
    if isinstance(layer, Conv | Pool):
        inputs = padded(layer, inputs, arithmetic)
        inputs = inputs.reshape(nest.N, nest.G, nest.C, *inputs.shape[2:])
    elif isinstance(layer, Add):
        inputs = inputs[None, None, :, :, None]
    elif isinstance(layer, Multiply):
        inputs = inputs[None, :, None]
    elif isinstance(layer, Products):
        rows, columns = _product_operands(layer, tensors)
        return rows[None, :, None], columns[:, :, None, None, :]
    return inputs, weights.reshape(nest.G, nest.K, nest.C, nest.R, nest.S)


def layer_output(layer: Primitive, outputs: IntArray, form: Form) -> IntArray:
    """Return an output of shape (N, G, K, X, Y) of a form in the layer's own shape."""
    outputs = form.outputs(outputs)
    if isinstance(layer, Products):
        outputs = outputs[0, :, :, :, 0].transpose(0, 2, 1)
    return outputs.reshape(output_shape(layer))


def _product_operands(layer: Primitive, tensors: Tensors) -> tuple[IntArray, IntArray]:
    """Return the rows of the left matrix (batch, m, k) and the columns of the right one (batch, n, k)."""
    if isinstance(layer, FullyConnected):
        return tensors.inputs[None], tensors.weights[None]
    if isinstance(layer, Gemm):
        return tensors.inputs[None], tensors.weights.T[None]
    return tensors.inputs, tensors.weights.transpose(0, 2, 1)


def _unknown(layer: Primitive) -> InputError:
    return InputError(f"layers of kind {layer.kind or type(layer).__name__} cannot be executed yet")
