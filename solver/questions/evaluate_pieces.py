"""What a mapping in pieces costs, one of the user's own or a saved one: each piece on its range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from solver.answers.evaluation import Evaluation
from solver.answers.mapped import IN_PIECES, PieceMapping
from solver.answers.total import total_cost
from solver.cost.result import Objective
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.pieces.ranges import check_ranges
from solver.questions.evaluate_mapping import evaluate_mapping
from solver.writers.mapping_file import SavedPiece


def evaluate_pieces(
    layer: Primitive,
    hardware: Hardware,
    pieces: Sequence[PieceMapping | SavedPiece],
    objective: Objective = Objective.LATENCY,
) -> Evaluation:
    """Return what a layer costs in given pieces.

    Parameters
    ----------
    objective
        As of `evaluate_mapping`, which finds buffer tiles that are not given.

    Raises
    ------
    InputError
        If the pieces do not follow one another over the whole layer, or one is illegal.
    """
    name = layer.title
    check_ranges(layer, pieces)
    found = []
    notes: dict[str, None] = {}
    for piece in pieces:
        part = piece.piece_in(layer)
        part = replace(part, name=f"{name}, {part.span}")
        mapping = piece.mapping if hardware.memory is not None else piece.tile
        done = evaluate_mapping(part, hardware, mapping, Wish(only=piece.form), objective)
        notes |= dict.fromkeys(done.notes)
        found.append(
            PieceMapping(
                *(piece.base, piece.dim, piece.begin, piece.count),
                *(done.tile, piece.form, done.cost, done.levels),
            )
        )
    cost = total_cost([piece.cost for piece in found], layer.macs, hardware)
    return Evaluation(layer, hardware, found[0].tile, cost, tuple(notes), form=IN_PIECES, pieces=tuple(found))
