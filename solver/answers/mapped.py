"""What answers that hold one mapping of a layer have in common, and what a mapping in pieces is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solver.answers.figures import Figures
from solver.answers.setup import Setup, setup_of
from solver.cost.result import Cost
from solver.cost.two_level.result import LevelFigures
from solver.forms.form import DIRECT, Form, stationary_of
from solver.forms.wish import form_named, in_words
from solver.hardware import Hardware
from solver.keyed import keyed
from solver.layer import LoopNest, Primitive
from solver.mapping.levels import LevelMapping
from solver.mapping.loop_nest import Loop, loop_nest
from solver.mapping.tile import Tile
from solver.pieces.piece import Piece, Range

IN_PIECES = "in pieces"
"""Stands for the form of a layer that runs in pieces, each in a form of its own: no form has this name."""

MIXED = "mixed"
"""Stands for the operand that stays, where it is not the same in all pieces."""


def mapping_dict(
    layer: Primitive, tile: Tile, form: str, levels: LevelFigures | None = None
) -> dict[str, Any]:
    """Return a mapping in one piece under its JSON keys; `form` is the name of one of the layer's."""
    return {
        "tile": tile.to_dict(),
        "stationary": stationary_of(form),
        "form": form_named(layer, form).to_dict(),
        **(levels.mapping.to_dict() if levels else {}),
    }


@dataclass(frozen=True)
class PieceMapping(Range):
    """A range of a layer and how it runs; the ranges of a layer follow one another.

    Attributes
    ----------
    tile, form, cost, levels
        Its mapping: the form is one of the piece's own loops.
    """

    tile: Tile
    form: str
    cost: Cost
    levels: LevelFigures | None = None

    def layer(self, whole: Primitive, place: int) -> Piece:
        """Return the piece as a layer, the `place`-th one of a whole from 1."""
        return self.piece_in(whole, f"{whole.title}-piece{place}")

    @property
    def mapping(self) -> Tile | LevelMapping:
        """The mapping over both levels where there are two, else the tile."""
        return self.levels.mapping if self.levels else self.tile

    @property
    def text(self) -> str:
        """The range's length and the mapping, as tables print them."""
        return f"{self.dim}={self.count}: {self.mapping}"

    def to_dict(self, layer: Piece) -> dict[str, Any]:
        """Return the piece under its JSON keys; `layer` is what `PieceMapping.layer` returns."""
        mapping = mapping_dict(layer, self.tile, self.form, self.levels)
        return keyed(self, "base loop=dim begin count") | mapping | keyed(self, "cost levels")


def stays_in(pieces: Sequence[PieceMapping]) -> str:
    """Return the operand that stays in the multipliers in all pieces, `MIXED` if it is not the same."""
    found = {stationary_of(piece.form) for piece in pieces}
    return found.pop() if len(found) == 1 else MIXED


def pieces_dict(layer: Primitive, pieces: Sequence[PieceMapping]) -> dict[str, Any]:
    """Return a mapping of a layer in pieces under its JSON keys."""
    return {
        "stationary": stays_in(pieces),
        "form": {"name": IN_PIECES, "layout": "", "copies": 1.0},
        "pieces": [piece.to_dict(piece.layer(layer, place)) for place, piece in enumerate(pieces, start=1)],
    }


class Mapped:
    """A layer on an accelerator with its mapping: in one piece, or in several.

    Attributes
    ----------
    layer, hardware
        What runs where.
    tile, form, levels
        The mapping: the array tile, the form of the layer that it is of, and the rest of it where the
        hardware has a prefetch buffer. In pieces the tile is that of the first one, the form `IN_PIECES`, and
        each has levels of its own.
    pieces
        The pieces in the order in which they run; empty for a layer in one piece.
    cost
        What the mapping costs, by component; of pieces their sum.
    """

    layer: Primitive
    hardware: Hardware
    tile: Tile
    cost: Cost
    form: str
    levels: LevelFigures | None
    pieces: tuple[PieceMapping, ...]

    @property
    def figures(self) -> Figures:
        """Cycles, energy, their product and the work, as every answer has them."""
        return Figures.of(self.cost, self.layer.macs, 1, self.level_figures)

    @property
    def nest(self) -> LoopNest:
        """The loops that the tile is of; of a layer in pieces as it is written."""
        return self.layer.nest() if self.pieces else self.written.nest

    @property
    def written(self) -> Form:
        """The form of the layer that runs; each piece has its own."""
        return form_named(self.layer, self.form)

    @property
    def rewritten(self) -> bool:
        """Whether the layer, or a piece of it, runs in another form than it is written in."""
        forms = [piece.form for piece in self.pieces] or [self.form]
        return any(form != DIRECT for form in forms)

    @property
    def stationary(self) -> str:
        """The operand that stays in the multipliers."""
        return stays_in(self.pieces) if self.pieces else self.written.stationary

    @property
    def layers(self) -> tuple[Piece, ...]:
        """The pieces as layers."""
        return tuple(piece.layer(self.layer, place) for place, piece in enumerate(self.pieces, start=1))

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops of the mapping, outermost first; those of all pieces, one after the other."""
        if not self.pieces:
            return loop_nest(self.nest, self.hardware, self.levels.mapping if self.levels else self.tile)
        found: list[Loop] = []
        for piece, layer in zip(self.pieces, self.layers, strict=True):
            nest = form_named(layer, piece.form).nest
            found += loop_nest(nest, self.hardware, piece.mapping)
        return tuple(found)

    @property
    def setup(self) -> Setup:
        """What is set up for the layer; each piece sets the array anew."""
        if not self.pieces:
            levels = self.levels.mapping if self.levels else None
            return setup_of(self.nest, self.hardware, self.tile, levels)
        found = Setup()
        for piece, layer in zip(self.pieces, self.layers, strict=True):
            nest = form_named(layer, piece.form).nest
            levels = piece.levels.mapping if piece.levels else None
            found += setup_of(nest, self.hardware, piece.tile, levels)
        return found

    @property
    def mapping_words(self) -> str:
        """The mapping, with its form where there is something to tell."""
        form = in_words(self.layer, self.form)
        return f"{self.mapping_text}, {form}" if form else self.mapping_text

    @property
    def mapping_text(self) -> str:
        """The mapping as tables print it; pieces with what they are of."""
        if self.pieces:
            return " + ".join(piece.text for piece in self.pieces)
        return str(self.levels.mapping if self.levels else self.tile)

    @property
    def tile_text(self) -> str:
        """The array tile as tables print it; pieces with what they are of."""
        if self.pieces:
            return " + ".join(f"{piece.dim}={piece.count}: {piece.tile}" for piece in self.pieces)
        return str(self.tile)

    @property
    def level_figures(self) -> tuple[LevelFigures, ...]:
        """The figures by level of all that runs one after the other; none without a prefetch buffer."""
        found = [piece.levels for piece in self.pieces] if self.pieces else [self.levels]
        return tuple(levels for levels in found if levels is not None)

    @property
    def buffer_text(self) -> str:
        """The buffer tiles of all that runs one after the other, as tables print them."""
        return " + ".join(str(levels.mapping.buffer) for levels in self.level_figures)

    def mapping_dict(self) -> dict[str, Any]:
        """Return the mapping under its JSON keys."""
        if self.pieces:
            return pieces_dict(self.layer, self.pieces)
        return mapping_dict(self.layer, self.tile, self.form, self.levels)
