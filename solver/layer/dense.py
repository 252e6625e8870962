"""Matrix products: fully connected layers, GEMM, batched products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from solver.arithmetic.arrays import IntArray
from solver.layer.base import Primitive, Shape, Times, check_counts
from solver.layer.nest import LoopNest


@dataclass(frozen=True, kw_only=True)
class Product(Primitive):
    """What the matrix products have in common: rows times columns, which stay in the array."""

    def own_output(self, outputs: IntArray) -> IntArray:
        """Return the product: its rows are the loops' X, its columns K."""
        return outputs[0, :, :, :, 0].transpose(0, 2, 1).reshape(self.output_shape)


def added(terms: Iterable[IntArray]) -> IntArray:
    """Return the sum of arrays."""
    total, *others = terms
    for term in others:
        total = total + term
    return total


@dataclass(frozen=True, kw_only=True)
class FullyConnected(Product):
    """A fully connected layer: `outputs` neurons of `inputs` weights over `batch` vectors."""

    kind: ClassVar[str] = "fc"
    batch: int = 1
    inputs: int
    outputs: int

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "inputs", "outputs"))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the weights stationary: the inner dimension is S (rule T12), the batch is X."""
        return LoopNest(S=self.inputs, K=self.outputs, X=self.batch)

    @property
    def input_shape(self) -> Shape:
        """(N, inputs)."""
        return self.batch, self.inputs

    @property
    def weight_shape(self) -> Shape:
        """(outputs, inputs)."""
        return self.outputs, self.inputs

    @property
    def output_shape(self) -> Shape:
        """(N, outputs)."""
        return self.batch, self.outputs

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return each neuron's sum over its inputs."""
        return added(times(weights[:, i], inputs[:, i, None]) for i in range(self.inputs))


@dataclass(frozen=True, kw_only=True)
class Gemm(Product):
    """A matrix product (m x k) times (k x n)."""

    kind: ClassVar[str] = "gemm"
    m: int
    n: int
    k: int

    def __post_init__(self) -> None:
        check_counts(self, ("m", "n", "k"))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the k x n matrix stationary and the m rows streamed."""
        return LoopNest(S=self.k, K=self.n, X=self.m)

    @property
    def input_shape(self) -> Shape:
        """(m, k)."""
        return self.m, self.k

    @property
    def weight_shape(self) -> Shape:
        """(k, n)."""
        return self.k, self.n

    @property
    def output_shape(self) -> Shape:
        """(m, n)."""
        return self.m, self.n

    def loop_weights(self, weights: IntArray) -> IntArray:
        """Return the columns of the right matrix."""
        return super().loop_weights(weights.T)

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the sums of products of rows and columns."""
        return added(times(weights[i], inputs[:, i, None]) for i in range(self.k))


@dataclass(frozen=True, kw_only=True)
class BatchMatmul(Product):
    """`batch` independent matrix products (m x k) times (k x n).

    They are the groups of a convolution: no operand is shared between them, and several may be on the array
    at once.
    """

    kind: ClassVar[str] = "matmul"
    trained: ClassVar[bool] = False
    batch: int
    m: int
    n: int
    k: int

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "m", "n", "k"))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the k x n matrices stationary, one a group."""
        return LoopNest(S=self.k, K=self.n, X=self.m, G=self.batch)

    @property
    def input_shape(self) -> Shape:
        """(N, m, k)."""
        return self.batch, self.m, self.k

    @property
    def weight_shape(self) -> Shape:
        """(N, k, n)."""
        return self.batch, self.k, self.n

    @property
    def output_shape(self) -> Shape:
        """(N, m, n)."""
        return self.batch, self.m, self.n

    def loop_weights(self, weights: IntArray) -> IntArray:
        """Return the columns of the right matrices."""
        return super().loop_weights(weights.transpose(0, 2, 1))

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the sums of products of rows and columns."""
        return added(times(weights[:, None, i], inputs[:, :, i, None]) for i in range(self.k))
