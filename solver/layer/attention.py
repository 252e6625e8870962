"""Multi-head attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from solver.layer.base import Decomposition, HostOperation, Layer, Part, check_counts
from solver.layer.dense import BatchMatmul, Gemm


@dataclass(frozen=True, kw_only=True)
class Attention(Layer):
    """Scaled dot-product attention: softmax(Q K^T / sqrt(d)) V for every head.

    Parameters
    ----------
    heads
        Heads, each with its own products.
    head_size
        Words of a head's query, key and value vectors (d).
    queries
        Tokens that attend.
    keys
        Tokens that are attended to; None is `queries` (self-attention).
    batch
        Independent sequences.
    projections
        Whether the projections to Q, K, V and of the output belong to the layer, each a product with a square
        matrix of heads x head_size.
    """

    kind: ClassVar[str] = "attention"
    batch: int = 1
    heads: int
    head_size: int
    queries: int
    keys: int | None = None
    projections: bool = False

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "heads", "head_size", "queries", "attended"))
        self.decompositions()

    @property
    def attended(self) -> int:
        """Tokens that are attended to."""
        return self.queries if self.keys is None else self.keys

    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return scores, softmax (host) and context, between the projections if there are any."""
        pairs, size = self.batch * self.heads, self.head_size
        words = pairs * self.queries * self.attended
        core = (
            Part("scores", BatchMatmul(batch=pairs, m=self.queries, n=self.attended, k=size)),
            Part("softmax", HostOperation(operation="scale and softmax", elements=words)),
            Part("context", BatchMatmul(batch=pairs, m=self.queries, n=size, k=self.attended)),
        )
        if not self.projections:
            return (Decomposition("", core),)
        width = self.heads * size

        def projection(name: str, tokens: int) -> Part:
            return Part(name, Gemm(m=self.batch * tokens, n=width, k=width))

        before = (
            projection("query", self.queries),
            projection("key", self.attended),
            projection("value", self.attended),
        )
        return (Decomposition("", (*before, *core, projection("output", self.queries))),)
