"""What one given mapping costs: the answer to `evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.figures import Rates, mapping_rates
from solver.cost.result import Cost
from solver.cost.two_level.result import LevelFigures
from solver.forms.form import DIRECT, Form
from solver.forms.wish import form_named
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.mapping.loop_nest import Loop, loop_nest
from solver.mapping.tile import Tile


@dataclass(frozen=True, repr=False)
class Evaluation(Tabular):
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
    """

    layer: Primitive
    hardware: Hardware
    tile: Tile
    cost: Cost
    notes: tuple[str, ...] = ()
    form: str = DIRECT
    levels: LevelFigures | None = None

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        name = self.layer.name or self.layer.kind
        found = f"{self.cost.cycles:,} cycles, energy {self.cost.energy:,}"
        return f"{name} on {self.hardware.name}: {self.tile}, {found}"

    @property
    def rates(self) -> Rates | None:
        """The figures in time, if the hardware has a clock."""
        return mapping_rates(self.layer, self.hardware, self.cost, self.levels)

    @property
    def nest(self) -> LoopNest:
        """The loops that the tile is of."""
        return self.written.nest

    @property
    def written(self) -> Form:
        """The form of the layer that runs."""
        return form_named(self.layer, self.form)

    @property
    def stationary(self) -> str:
        """The operand that stays in the multipliers."""
        return self.written.stationary

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops of the mapping, outermost first."""
        return loop_nest(self.nest, self.hardware, self.levels.mapping if self.levels else self.tile)

    def records(self) -> list[dict[str, Any]]:
        """Return the mapping as the row of a table."""
        cost = self.cost
        return [
            {
                "mapping": str(self.levels.mapping if self.levels else self.tile),
                "stationary": self.stationary,
                "form": self.form,
                "cycles": cost.cycles,
                "energy": cost.energy,
                "edp": cost.edp,
                "utilization": cost.utilization,
                "bottleneck": cost.bottleneck,
            }
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the keys of a solution that need no search."""
        return {
            "layer": self.layer.to_dict(),
            "hardware": self.hardware.to_dict(),
            "notes": list(self.notes),
            "mapping": {
                "tile": self.tile.to_dict(),
                "stationary": self.stationary,
                "form": self.written.to_dict(),
                **(self.levels.mapping.to_dict() if self.levels else {}),
            },
            "cost": self.cost.to_dict(),
            **({"rates": rates.to_dict()} if (rates := self.rates) else {}),
            "levels": self.levels.to_dict() if self.levels else None,
            "loop_nest": [loop.to_dict() for loop in self.loops],
        }
