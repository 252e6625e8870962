"""Matrix products: fully connected layers, GEMM, batched products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solver.layer.base import INPUTS, WEIGHTS, Lowering, Primitive, check_counts
from solver.layer.nest import LoopNest


def product_lowerings(m: int, n: int, k: int, batch: int = 1) -> tuple[Lowering, ...]:
    """Return both ways to run (m x k) times (k x n), `batch` times over.

    The inner dimension is S (rule T12). `WEIGHTS`: the right matrix stays and the
    rows of the left one are streamed along X; `INPUTS`: the other way round, which is the transposed product.
    """
    return (
        Lowering(WEIGHTS, LoopNest(S=k, K=n, X=m, G=batch)),
        Lowering(INPUTS, LoopNest(S=k, K=m, X=n, G=batch)),
    )


@dataclass(frozen=True, kw_only=True)
class FullyConnected(Primitive):
    """A fully connected layer: `outputs` neurons of `inputs` weights over `batch` vectors."""

    kind: ClassVar[str] = "fc"
    batch: int = 1
    inputs: int
    outputs: int

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "inputs", "outputs"))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the weights stationary: the inner dimension is S, the batch is streamed along X."""
        return self.lowerings()[0].nest

    def lowerings(self) -> tuple[Lowering, ...]:
        """Return the layer with its weights stationary, and with its inputs."""
        return product_lowerings(self.batch, self.outputs, self.inputs)


@dataclass(frozen=True, kw_only=True)
class Gemm(Primitive):
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
        return self.lowerings()[0].nest

    def lowerings(self) -> tuple[Lowering, ...]:
        """Return the product with the right matrix stationary (weights), and with the left one (inputs)."""
        return product_lowerings(self.m, self.n, self.k)


@dataclass(frozen=True, kw_only=True)
class BatchMatmul(Primitive):
    """`batch` independent matrix products (m x k) times (k x n).

    They are the groups of a convolution: no operand is shared between them, and several may be on the array
    at once.
    """

    kind: ClassVar[str] = "matmul"
    batch: int
    m: int
    n: int
    k: int

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "m", "n", "k"))
        self.nest()

    def nest(self) -> LoopNest:
        """Lower with the k x n matrices stationary, one a group."""
        return self.lowerings()[0].nest

    def lowerings(self) -> tuple[Lowering, ...]:
        """Return the products with the right matrices stationary (weights), and the left ones (inputs)."""
        return product_lowerings(self.m, self.n, self.k, self.batch)
