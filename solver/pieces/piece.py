"""A piece of a layer: a range of its filters, groups or outputs, which is a layer with a smaller loop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from solver.errors import InputError
from solver.forms.form import Form
from solver.forms.wish import form_named
from solver.keyed import keyed
from solver.layer import LoopNest, Primitive
from solver.layer.base import AsLoops

CUT_LOOPS = {"K": "filters", "G": "groups", "X": "outputs"}
"""Loops along which a layer may be cut, and what they count."""


@dataclass(frozen=True)
class Cut:
    """Where a layer may be cut: along a loop of one of its forms.

    The filter iterations of a loop nest do not know of each other (rule T1), so a range of the loops K or G
    of any form, or of the streamed side X of a matrix product, is a layer of its own.

    Attributes
    ----------
    base
        Name of the form whose nest is cut.
    dim
        The loop that is cut: K, G, or X of a product.
    size
        Trips of that loop in the whole layer.
    """

    base: str
    dim: str
    size: int

    @property
    def unit(self) -> str:
        """What is counted along the loop, in the plural."""
        return CUT_LOOPS[self.dim]


@dataclass(frozen=True, kw_only=True)
class Piece(AsLoops):
    """A range of a layer, run as a layer of its own.

    Attributes
    ----------
    whole
        The layer that it is a piece of.
    base, dim
        As of `Cut`.
    begin, count
        The first index of the range along the loop, and how many.

    Raises
    ------
    InputError
        If the layer has no such form or the range does not lie within it.
    """

    kind: ClassVar[str] = "piece"
    whole: Primitive
    base: str
    dim: str
    begin: int
    count: int

    def __post_init__(self) -> None:
        size = getattr(self.form.nest, self.dim)
        if not 0 <= self.begin < self.begin + self.count <= size:
            raise InputError(field="piece", found=self.span, expected=f"a range within 0 to {size - 1}")

    @property
    def form(self) -> Form:
        """The form of the whole layer that is cut."""
        return form_named(self.whole, self.base)

    @property
    def span(self) -> str:
        """The range in words."""
        unit = Cut(self.base, self.dim, 0).unit
        if self.count == 1:
            return f"{unit.removesuffix('s')} {self.begin}"
        return f"{unit} {self.begin} to {self.begin + self.count - 1}"

    def nest(self) -> LoopNest:
        """Return the loops of the form that is cut, one of them shorter."""
        return replace(self.form.nest, **{self.dim: self.count})  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Any]:
        """Return the piece with the layer that it is of."""
        return keyed(self, "kind name base loop=dim begin count whole")


@dataclass(frozen=True)
class Range:
    """A range of a layer by itself: fields as of `Piece`."""

    base: str
    dim: str
    begin: int
    count: int

    def piece_in(self, whole: Primitive, name: str = "") -> Piece:
        """Return the range of a layer; errors are those of `Piece`."""
        return Piece(name=name, whole=whole, base=self.base, dim=self.dim, begin=self.begin, count=self.count)


def piece_of(whole: Primitive, cut: Cut, begin: int, count: int) -> Piece:
    """Return a range of a layer."""
    return Piece(whole=whole, base=cut.base, dim=cut.dim, begin=begin, count=count)
