"""What one given mapping costs: the answer to `evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.figures import Rates, rates_of
from solver.answers.mapped import Mapped, PieceMapping
from solver.answers.solution import Solution
from solver.cost.result import Cost
from solver.cost.two_level.result import LevelFigures
from solver.forms.form import DIRECT
from solver.hardware import Hardware
from solver.keyed import Keyed, keyed
from solver.layer import Primitive
from solver.mapping.tile import Tile


@dataclass(frozen=True, repr=False)
class Evaluation(Mapped, Tabular, Keyed):
    """A mapping chosen by the user, with its cost.

    Attributes
    ----------
    layer, hardware
        What was asked.
    tile, cost
        The mapping on the array, and what it costs.
    notes
        Sentences the reader should see.
    form
        Name of the form of the layer that the tile is of.
    levels
        Buffer tile, loop orders and the figures by level where the hardware has a prefetch buffer, else None.
    pieces
        The pieces of a layer that runs in several, whose sum the cost is, see `Mapped`.
    """

    KEYS = "layer hardware notes mapping=mapping_dict cost rates? levels setup loop_nest=loops"

    layer: Primitive
    hardware: Hardware
    tile: Tile
    cost: Cost
    notes: tuple[str, ...] = ()
    form: str = DIRECT
    levels: LevelFigures | None = None
    pieces: tuple[PieceMapping, ...] = ()

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        name = self.layer.title
        found = f"{self.cost.cycles:,} cycles, energy {self.cost.energy:,}"
        return f"{name} on {self.hardware.name}: {self.tile_text}, {found}"

    @property
    def rates(self) -> Rates | None:
        """The figures in time, if the hardware has a clock."""
        return rates_of(self.figures, self.hardware)

    def records(self) -> list[dict[str, Any]]:
        """Return the mapping as the row of a table."""
        row = keyed(self, "mapping=mapping_text stationary form")
        return [row | keyed(self.cost, "cycles energy edp utilization bottleneck")]


def evaluation_of(solution: Solution, notes: tuple[str, ...] = ()) -> Evaluation:
    """Return the mapping of an answer, with its notes and some more."""
    return Evaluation(
        solution.layer,
        solution.hardware,
        solution.tile,
        solution.cost,
        (*solution.notes, *notes),
        solution.form,
        solution.levels,
        solution.pieces,
    )


def parts_of(answer: Mapped, cost: Cost) -> tuple[Evaluation, ...]:
    """Return the mappings that run one after the other: those of the pieces, or the one of the layer.

    Parameters
    ----------
    cost
        What the whole mapping costs.
    """
    if not answer.pieces:
        return (
            Evaluation(
                answer.layer, answer.hardware, answer.tile, cost, form=answer.form, levels=answer.levels
            ),
        )
    return tuple(
        Evaluation(layer, answer.hardware, piece.tile, piece.cost, form=piece.form, levels=piece.levels)
        for piece, layer in zip(answer.pieces, answer.layers, strict=True)
    )
