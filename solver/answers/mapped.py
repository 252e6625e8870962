"""What answers that hold one mapping of a layer have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solver.cost.two_level.result import LevelFigures
from solver.forms.form import Form
from solver.forms.wish import form_named
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.mapping.loop_nest import Loop, loop_nest
from solver.mapping.tile import Tile
from solver.pieces.piece import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_PIECES = "in pieces"
"""Stands for the form of a layer that runs in pieces, each in a form of its own: no form has this name."""

MIXED = "mixed"
"""Stands for the operand that stays, where it is not the same in all pieces."""


class Mapped:
    """A layer on an accelerator with its mapping: in one piece, or in several.

    Attributes
    ----------
    layer, hardware
        What runs where.
    tile, form, levels
        The mapping: the array tile, the form of the layer that it is of, and the rest of it where the
        hardware has a prefetch buffer. In pieces the tile is that of the first one, and the form `IN_PIECES`.
    pieces
        The pieces in the order in which they run, each a mapping of its own layer
        (`solver.pieces.piece.Piece`); empty for a layer in one piece.
    """

    layer: Primitive
    hardware: Hardware
    tile: Tile
    form: str
    levels: LevelFigures | None

    @property
    def parts(self) -> Sequence[Mapped]:
        """The mappings that run one after the other: the pieces, or this one."""
        pieces: Sequence[Mapped] = getattr(self, "pieces", ())
        return pieces or (self,)

    @property
    def nest(self) -> LoopNest:
        """The loops that the tile is of; of a layer in pieces as it is written."""
        return self.layer.nest() if self.form == IN_PIECES else self.written.nest

    @property
    def written(self) -> Form:
        """The form of the layer that runs; each piece has its own."""
        return form_named(self.layer, self.form)

    @property
    def stationary(self) -> str:
        """The operand that stays in the multipliers."""
        if self.form != IN_PIECES:
            return self.written.stationary
        found = {part.stationary for part in self.parts}
        return found.pop() if len(found) == 1 else MIXED

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops of the mapping, outermost first; those of all pieces, one after the other."""
        if self.form == IN_PIECES:
            return tuple(loop for part in self.parts for loop in part.loops)
        return loop_nest(self.nest, self.hardware, self.levels.mapping if self.levels else self.tile)

    @property
    def mapping_text(self) -> str:
        """The mapping as tables print it, pieces with what they are of."""
        if self.form == IN_PIECES:
            return " + ".join(_piece_text(part) for part in self.parts)
        return str(self.levels.mapping if self.levels else self.tile)

    @property
    def tile_text(self) -> str:
        """The array tile as tables print it, or those of the pieces."""
        if self.form == IN_PIECES:
            return " + ".join(_piece_text(part) for part in self.parts)
        return str(self.tile)

    def mapping_dict(self) -> dict[str, Any]:
        """Return the mapping under its JSON keys."""
        if self.form == IN_PIECES:
            return {
                "stationary": self.stationary,
                "form": {"name": IN_PIECES, "layout": "", "copies": 1.0},
                "pieces": [_piece_dict(part) for part in self.parts],
            }
        return {
            "tile": self.tile.to_dict(),
            "stationary": self.stationary,
            "form": self.written.to_dict(),
            **(self.levels.mapping.to_dict() if self.levels else {}),
        }


def _piece_text(part: Mapped) -> str:
    assert isinstance(part.layer, Piece)
    return f"{part.layer.dim}={part.layer.count}: {part.mapping_text}"


def _piece_dict(part: Mapped) -> dict[str, Any]:
    piece = part.layer
    assert isinstance(piece, Piece)
    return {
        "base": piece.base,
        "loop": piece.dim,
        "begin": piece.begin,
        "count": piece.count,
        **part.mapping_dict(),
    }
