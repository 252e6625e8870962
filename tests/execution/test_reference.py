from itertools import product

import numpy as np
import pytest

from solver.execution.arithmetic import Arithmetic
from solver.execution.lowering import Tensors
from solver.execution.reference import reference
from solver.execution.tensors import make_tensors
from solver.layer import Add, AveragePool, BatchMatmul, Conv, FullyConnected, Gemm, MaxPool, Multiply

EXACT = Arithmetic.EXACT


@pytest.mark.parametrize(
    "layer",
    [
        Conv(input=(2, 5, 4), filters=3, kernel=(3, 2), padding=((1, 0), (2, 1))),
        Conv(batch=2, input=(4, 6, 7), filters=2, kernel=(2, 3), stride=(2, 3), groups=2),
        Conv(input=(3, 6, 6), filters=6, kernel=(2, 2), dilation=(2, 3), groups=3),
    ],
)
def test_a_convolution_is_its_textbook_sum(layer: Conv) -> None:
    tensors = make_tensors(layer, EXACT, seed=2)
    top, left = layer.padding[0][0], layer.padding[1][0]
    per_group = layer.input[0] // layer.groups
    filters_per_group = layer.filters // layer.groups
    found = reference(layer, tensors)
    assert found.shape == (layer.batch, *layer.output)
    for n, k, x, y in product(*map(range, found.shape)):
        total = 0
        for c, r, s in product(range(per_group), range(layer.kernel[0]), range(layer.kernel[1])):
            row = x * layer.stride[0] + r * layer.dilation[0] - top
            col = y * layer.stride[1] + s * layer.dilation[1] - left
            if 0 <= row < layer.input[1] and 0 <= col < layer.input[2]:
                channel = k // filters_per_group * per_group + c
                total += int(tensors.inputs[n, channel, row, col] * tensors.weights[k, c, r, s])
        assert found[n, k, x, y] == total


def test_matrix_products_are_numpys() -> None:
    dense = FullyConnected(batch=3, inputs=7, outputs=4)
    for layer in (dense, Gemm(m=3, n=5, k=6), BatchMatmul(batch=2, m=3, n=4, k=5)):
        t = make_tensors(layer, EXACT, seed=3)
        weights = t.weights.T if isinstance(layer, FullyConnected) else t.weights
        assert np.array_equal(reference(layer, t), t.inputs @ weights)


def test_elementwise_layers_are_numpys() -> None:
    add, multiply = Add(elements=5, operands=3), Multiply(elements=4, terms=2, broadcast=3)
    t = make_tensors(add, EXACT)
    assert np.array_equal(reference(add, t), t.inputs[0] + t.inputs[1] + t.inputs[2])
    t = make_tensors(multiply, EXACT)
    assert np.array_equal(reference(multiply, t), np.einsum("et,ebt->eb", t.weights, t.inputs))


def test_padding_is_in_no_maximum_and_counts_as_zero_in_a_sum() -> None:
    image = np.full((1, 1, 2, 2), -5)
    for kind, corner in ((MaxPool, -5), (AveragePool, -5)):
        layer = kind(input=(1, 2, 2), kernel=(2, 2), stride=(1, 1), padding=((1, 0), (1, 0)))
        ones = make_tensors(layer, EXACT).weights
        assert reference(layer, Tensors(image, ones))[0, 0, 0, 0] == corner
    assert reference(layer, Tensors(image, ones))[0, 0, 1, 1] == -20


def test_sixteen_bits_wrap_around() -> None:
    layer = Gemm(m=1, n=1, k=2)
    tensors = Tensors(np.array([[300, 300]]), np.array([[100], [100]]))
    assert reference(layer, tensors, Arithmetic.INT16)[0, 0] == 60000 - 2**16
