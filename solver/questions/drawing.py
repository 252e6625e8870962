"""What a drawing of a mapping shows: an array, what its switches do, and in which buffer tile."""

from __future__ import annotations

from solver.answers.evaluation import Evaluation, parts_of
from solver.forms.form import DIRECT
from solver.hardware import Hardware
from solver.mapping.buffer_tile import parts_of as buffer_tiles
from solver.mapping.tile import Tile
from solver.schedule.build import check_array_order
from solver.switches.decode import decode
from solver.switches.switch_config import SwitchConfig

Drawn = tuple[Hardware, SwitchConfig | None, Tile | None]
"""An array, what its switches do, and in which buffer tile."""


def drawings_of(answer: Evaluation) -> list[Drawn]:
    """Return what is drawn of a mapping: one picture, or one for each piece.

    Of a two-level mapping it is the most frequent whole buffer tile: where sums come back, one in which they
    do.

    Raises
    ------
    InputError
        If the mapping's array order has no configuration.
    """
    return [_drawing_of(part) for part in parts_of(answer, answer.cost)]


def _drawing_of(answer: Evaluation) -> Drawn:
    name = _title(answer)
    if answer.levels is None:
        return answer.hardware, decode(answer.nest, answer.hardware, answer.tile, name=name), None
    check_array_order(answer.levels.mapping)
    buffer = answer.levels.mapping.buffer
    whole = [
        (count, part)
        for part, count in buffer_tiles(answer.nest, answer.hardware, buffer.sizes)
        if part.sizes == buffer.sizes
    ]
    part = max(whole, key=lambda found: found[0])[1]
    return answer.hardware, decode(part, answer.hardware, answer.tile, name=name), buffer


def _title(answer: Evaluation) -> str:
    """Return the name of a layer, with the form that runs if it is not the layer as it is written."""
    name = answer.layer.title
    return name if answer.form == DIRECT else f"{name}, {answer.form}"
