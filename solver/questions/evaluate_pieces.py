"""What a given mapping in pieces costs: the sum of its pieces, each a legal mapping of its range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from solver.answers.evaluation import Evaluation
from solver.answers.mapped import IN_PIECES, PieceMapping
from solver.answers.total import total_cost
from solver.cost.evaluate import evaluate
from solver.errors import InputError
from solver.forms.wish import form_named
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from solver.pieces.piece import Piece
from solver.pieces.ranges import Range, check_ranges


class GivenPiece(Range, Protocol):
    """A range of a layer with a form and a tile, see `solver.answers.mapped.PieceMapping`."""

    @property
    def form(self) -> str:
        """Name of the form of the piece."""

    @property
    def tile(self) -> Tile:
        """The array tile."""


def evaluate_pieces(layer: Primitive, hardware: Hardware, pieces: Sequence[GivenPiece]) -> Evaluation:
    """Return what a layer costs in given pieces.

    Raises
    ------
    InputError
        If the pieces do not follow one another over the whole layer, one is illegal, or the hardware has a
        prefetch buffer.
    """
    name = layer.name or layer.kind
    if hardware.memory is not None:
        expected = "a mapping in one piece, as the hardware has a prefetch buffer"
        raise InputError(field=name, found="a mapping in pieces", expected=expected)
    check_ranges(layer, pieces)
    found = []
    for piece in pieces:
        part = Piece(whole=layer, base=piece.base, dim=piece.dim, begin=piece.begin, count=piece.count)
        nest = form_named(part, piece.form).nest
        reason = legality(nest, hardware, piece.tile)
        if reason is not None:
            raise InputError(f"illegal mapping {piece.tile} of {name}, {part.span}: {reason}")
        cost = evaluate(nest, hardware, piece.tile)
        found.append(
            PieceMapping(piece.base, piece.dim, piece.begin, piece.count, piece.tile, piece.form, cost)
        )
    cost = total_cost([piece.cost for piece in found], layer.macs, hardware)
    return Evaluation(layer, hardware, found[0].tile, cost, form=IN_PIECES, pieces=tuple(found))
