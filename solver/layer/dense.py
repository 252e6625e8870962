"""Matrix products: fully connected layers, GEMM, batched products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solver.layer.base import Primitive, check_counts
from solver.layer.nest import LoopNest


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
        """Lower with the weights stationary: the inner dimension is S (rule T12), the batch is X."""
        return LoopNest(S=self.inputs, K=self.outputs, X=self.batch)


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
        return LoopNest(S=self.k, K=self.n, X=self.m)


@dataclass(frozen=True, kw_only=True)
class BatchMatmul(Primitive):
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
