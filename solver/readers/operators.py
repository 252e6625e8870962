"""Layers from operators as frameworks have them: shapes of any rank, broadcasting, named padding.

Both front ends for models (ONNX, TensorFlow) describe their operators in these terms. Shapes are batch,
channels, then the spatial axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from solver.errors import InputError
from solver.layer import Add, Attention, BatchMatmul, FullyConnected, Gemm, HostOperation, Layer, Multiply

Shape = tuple[int, ...]
Pair = tuple[int, int]


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text; long lists of names are easier to read so."""
    return tuple(text.split())


def as_image(shape: Shape) -> tuple[int, tuple[int, int, int]]:
    """Return batch and (channels, rows, columns) of an input with one or two spatial axes; one is a row."""
    batch, channels, *space = shape
    rows, columns = space if len(space) == 2 else (1, *space)
    return batch, (channels, rows, columns)


def averaged_image(shape: Shape, axes: Iterable[int]) -> Shape | None:
    """Return the image N C H W over whose rows and columns a mean goes; None if it is another mean.

    The channels may be the second axis or the last.
    """
    over = sorted(int(axis) % 4 for axis in axes) if len(shape) == 4 else []
    last = (shape[0], shape[-1], *shape[1:-1])
    return shape if over == [2, 3] else last if over == [1, 2] else None


def as_pair(values: Sequence[int], *, missing: int = 1) -> Pair:
    """Return (rows, columns) of values along one or two spatial axes."""
    if len(values) not in (1, 2):
        raise InputError(
            "a window along other than one or two axes", found=f"{len(values)} sizes", expected="1 or 2"
        )
    rows, columns = values if len(values) == 2 else (missing, *values)
    return rows, columns


def matrix_product(name: str, left: Shape, right: Shape, *, weights: bool) -> Layer:
    """Return the layer of ``left @ right`` with numpy's meaning of the shapes.

    Parameters
    ----------
    name
        Of the layer.
    left, right
        Shapes of at least one axis; leading axes are broadcast.
    weights
        Whether the right operand is a weight matrix.

    Returns
    -------
    Layer
        A fully connected layer for a batch of vectors and a weight matrix; a product (`Gemm`) where the rows
        of the left operand share the right matrix, `BatchMatmul` where every matrix has its own.

    Raises
    ------
    InputError
        If the shapes do not go together.
    """
    *left_batch, m, k = left if len(left) > 1 else (1, *left)
    *right_batch, inner, n = right if len(right) > 1 else (*right, 1)
    if k != inner:
        raise InputError(
            "the inner sizes of a matrix product differ",
            field=name,
            found=f"{_written(left)} times {_written(right)}",
            expected=f"{k} rows on the right",
        )
    batch = math.prod(broadcast(name, tuple(left_batch), tuple(right_batch)))
    if math.prod(right_batch) == 1:
        rows = batch * m
        if weights and not left_batch:
            return FullyConnected(name=name, batch=rows, inputs=k, outputs=n)
        return Gemm(name=name, m=rows, n=n, k=k)
    if batch == 1:
        return Gemm(name=name, m=m, n=n, k=k)
    return BatchMatmul(name=name, batch=batch, m=m, n=n, k=k)


def attention_layers(name: str, heads: Pair, query: Pair, keys: int, value_size: int) -> list[Layer]:
    """Return scaled dot-product attention: one layer, or its two products if values have a size of their own.

    Parameters
    ----------
    name
        Of the layer.
    heads
        Batch, and heads of each sequence.
    query
        Tokens that attend, and words of a head's query (and key).
    keys
        Tokens that are attended to.
    value_size
        Words of a head's value.
    """
    (batch, count), (queries, size) = heads, query
    if size == value_size:
        other = keys if keys != queries else None
        return [Attention(name=name, batch=batch, heads=count, head_size=size, queries=queries, keys=other)]
    words = batch * count * queries
    scores = BatchMatmul(name=f"{name}/scores", batch=batch * count, m=queries, n=keys, k=size)
    softmax = HostOperation(name=f"{name}/softmax", operation="scale and softmax", elements=words * keys)
    context = BatchMatmul(name=f"{name}/context", batch=batch * count, m=queries, n=value_size, k=keys)
    return [scores, softmax, context]


def einsum_product(name: str, equation: str, left: Shape, right: Shape) -> tuple[Layer, Shape] | None:
    """Return the matrix product that an Einstein summation over two operands is, and the result's shape.

    Parameters
    ----------
    name
        Of the layer.
    equation
        Such as ``bqhd,bkhd->bhqk``, ``...ij,jk`` or ``...d,dk->...k``.
    left, right
        Shapes of the operands.

    Returns
    -------
    tuple or None
        None if it is no product: an index stands twice in an operand, or is summed over one operand alone.
    """
    indices = _einsum_indices(equation, len(left), len(right))
    if indices is None:
        return None
    first, second, result = indices
    if any(len(set(word)) < len(word) for word in (first, second, result)):
        return None
    if len(first) != len(left) or len(second) != len(right):
        return None
    size = dict(zip(first, left, strict=True))
    for index, length in zip(second, right, strict=True):
        if size.setdefault(index, length) != length:
            if index.isdigit():  # an axis of the ellipsis is broadcast
                return None
            raise InputError(
                "the sizes of an einsum differ", field=name, found=f"{size[index]} and {length} for {index}"
            )
    shared = set(first) & set(second)
    if set(result) - set(size) or (set(first) ^ set(second)) - set(result):
        return None
    batch = math.prod(size[index] for index in shared if index in result)
    k = math.prod(size[index] for index in shared if index not in result)
    m = math.prod(size[index] for index in first if index not in shared)
    n = math.prod(size[index] for index in second if index not in shared)
    layer: Layer = (
        Gemm(name=name, m=m, n=n, k=k) if batch == 1 else BatchMatmul(name=name, batch=batch, m=m, n=n, k=k)
    )
    return layer, tuple(size[index] for index in result)


def _einsum_indices(equation: str, *ranks: int) -> tuple[str, str, str] | None:
    """Return the indices of two operands and of the result; an ellipsis becomes digits, the last axis 0."""
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    operands = inputs.split(",")
    if len(operands) != 2:
        return None
    spread = [rank - len(word.replace("...", "")) for word, rank in zip(operands, ranks, strict=True)]
    if not all(0 <= axes <= 9 for axes in spread):
        return None
    digits = "".join(map(str, reversed(range(max(spread)))))
    written = [
        word.replace("...", digits[len(digits) - axes :]) for word, axes in zip(operands, spread, strict=True)
    ]
    if not arrow:  # NumPy's rule: what stands once, in the order of the alphabet
        letters = "".join(operands).replace(".", "")
        result = "..." + "".join(sorted(letter for letter in letters if letters.count(letter) == 1))
    return written[0], written[1], result.replace("...", digits)


def elementwise_sum(name: str, shapes: Sequence[Shape]) -> Layer:
    """Return the sum of tensors, broadcast against each other."""
    return Add(name=name, elements=math.prod(broadcast(name, *shapes)), operands=len(shapes))


def elementwise_product(name: str, left: Shape, right: Shape) -> Layer:
    """Return the product of two tensors, broadcast against each other.

    A tensor that each of whose words multiplies many words of the other is the stationary one.
    """
    words = math.prod(broadcast(name, left, right))
    few, many = sorted((math.prod(left), math.prod(right)))
    if many == words and few:  # a tensor without elements is refused as a layer of none
        return Multiply(name=name, elements=few, broadcast=words // few)
    return Multiply(name=name, elements=words)


def broadcast(name: str, *shapes: Shape) -> Shape:
    """Return the common shape of tensors, as numpy broadcasts them."""
    rank = max(len(shape) for shape in shapes)
    result = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        different = set(sizes) - {1}
        if len(different) > 1:
            found = " and ".join(map(_written, shapes))
            raise InputError("shapes that do not go together", field=name, found=found)
        result.append(different.pop() if different else 1)
    return tuple(result)


@dataclass(frozen=True)
class Window:
    """A sliding window along the spatial axes as an operator states it.

    Parameters
    ----------
    size
        Rows and columns of the unpadded input.
    kernel, stride, dilation
        (rows, columns).
    """

    size: Pair
    kernel: Pair
    stride: Pair
    dilation: Pair = (1, 1)

    def sides_for(self, output: Pair, before: Pair, after: Pair) -> tuple[Pair, Pair]:
        """Return the padding with as many zeros at the end as the windows of `output` reach.

        Operators that round the output up let the last window hang over the padded input.
        """
        first, second = (
            (
                before[a],
                max(
                    after[a],
                    (output[a] - 1) * self.stride[a]
                    + (self.kernel[a] - 1) * self.dilation[a]
                    + 1
                    - self.size[a]
                    - before[a],
                ),
            )
            for a in (0, 1)
        )
        return first, second


def _written(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a scalar"
