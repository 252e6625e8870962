"""The answer to one mapping question, with its certificate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.evidence import Evidence, WeightedBound
from solver.answers.figures import Rates, rates_of
from solver.answers.mapped import Mapped, PieceMapping, mapping_dict, pieces_dict
from solver.arithmetic.exact import whole_bound
from solver.cost.result import Cost, Objective
from solver.cost.two_level.result import LevelFigures
from solver.errors import ExitCode
from solver.forms.form import DIRECT, stationary_of
from solver.hardware import Hardware
from solver.keyed import Keyed, keyed
from solver.layer import Primitive
from solver.mapping.tile import Tile


class Status(StrEnum):
    """How far the search got."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class BaselineResult:
    """What a heuristic (or the exhaustive oracle) chose, under the same cost as everything else.

    Attributes
    ----------
    name
        The method.
    tile, cost
        What it chose and what that costs; None when it finds no legal mapping.
    note
        Why there is no mapping, or what was adapted.
    form
        Name of the form of the layer that the tile is of.
    levels
        The rest of the mapping where there is a prefetch buffer, else None.
    outside
        Whether the mapping is outside of the user's limits on tiles: it answers another question, and may
        cost less than the optimum.
    pieces
        The pieces if it runs in several; then the tile is that of the first one.
    """

    name: str
    tile: Tile | None
    cost: Cost | None
    note: str = ""
    form: str = DIRECT
    levels: LevelFigures | None = None
    outside: bool = False
    pieces: tuple[PieceMapping, ...] = ()

    @property
    def tile_text(self) -> str:
        """The array tile as tables print it; pieces with what they are of."""
        return " + ".join(piece.text for piece in self.pieces) or str(self.tile)

    @property
    def mapping_text(self) -> str:
        """The mapping as tables print it."""
        return str(self.levels.mapping) if self.levels else self.tile_text

    @property
    def label(self) -> str:
        """The name as tables and plots show it."""
        return f"{self.name} (outside)" if self.outside else self.name

    @property
    def stationary(self) -> str:
        """The operand that stays in the multipliers."""
        return stationary_of(self.form)

    def to_dict(self, layer: Primitive) -> dict[str, Any]:
        """Return the JSON form of a choice for `layer`: name, mapping, note and the cost keys."""
        mapping: dict[str, Any] | None = None
        if self.pieces:
            mapping = pieces_dict(layer, self.pieces)
        elif self.tile:
            mapping = mapping_dict(layer, self.tile, self.form, self.levels)
        head = {"name": self.name, "mapping": mapping}
        return head | keyed(self, "note outside") | (self.cost.to_dict() if self.cost else {})


@dataclass(frozen=True)
class Space(Keyed):
    """Which mappings an answer speaks for.

    Attributes
    ----------
    size
        Legal mappings in the space.
    description
        The space in words, with the user's own constraints.
    forms
        How many forms of the layer they are of.
    """

    size: int
    description: str
    forms: int = 1


@dataclass(frozen=True)
class OnePiece:
    """The best mapping of a layer in one piece, beside one in several.

    Attributes
    ----------
    tile, form, cost, levels
        The mapping and what it costs.
    proved
        Whether it is proved optimal in one piece.
    """

    tile: Tile
    form: str
    cost: Cost
    proved: bool
    levels: LevelFigures | None = None

    def to_dict(self, layer: Primitive) -> dict[str, Any]:
        """Return the JSON form of a mapping of `layer`."""
        mapping = mapping_dict(layer, self.tile, self.form, self.levels)
        return {"mapping": mapping, **keyed(self, "proved cost")}


@dataclass(frozen=True)
class Counterpart:
    """The same question on the reference simulator's array, beside an answer for the real hardware.

    The array has the same switches, ports and bus lines, the simulator's forgiving adder tree and sliding
    inputs.

    Attributes
    ----------
    accumulation_buffer
        Whether partial sums are added in an accumulation buffer, or travel through memory without one.
    tile, form, cost
        The mapping there and what it costs.
    proved
        Whether it is proved optimal there.
    pieces
        The pieces if it runs in several there; then the tile is that of the first one.
    """

    accumulation_buffer: bool
    tile: Tile
    form: str
    cost: Cost
    proved: bool
    pieces: tuple[PieceMapping, ...] = ()

    @property
    def text(self) -> str:
        """The mapping as people read it."""
        return " + ".join(piece.text for piece in self.pieces) or str(self.tile)

    def to_dict(self, layer: Primitive) -> dict[str, Any]:
        """Return the JSON form of a mapping of `layer`."""
        pieces = self.pieces
        mapping = pieces_dict(layer, pieces) if pieces else mapping_dict(layer, self.tile, self.form)
        return keyed(self, "accumulation_buffer") | {"mapping": mapping} | keyed(self, "proved cost")


@dataclass(frozen=True, repr=False)
class Solution(Mapped, Tabular):
    """A mapping with its cost and the proof (or the gap) that goes with it.

    Attributes
    ----------
    layer, hardware, objective
        What was asked.
    status
        Optimal, feasible (not proved), or interrupted.
    tile, cost
        The mapping on the array, and what it costs.
    bound
        No mapping of the space costs less than this; equals the objective value when proved. In cycles (a
        whole number, rounded up), energy units, or their product.
    wall_seconds
        Time of the search.
    space
        The mappings that the proof speaks of.
    replayed
        Mappings replayed cycle by cycle because the closed form left them in the running.
    notes
        Sentences the reader should see (for instance that the closed form's favourite lost in the replay).
    form
        Name of the form of the layer that was chosen.
    baselines
        What the heuristics and the exhaustive search choose.
    simulator
        For real hardware: what the simulator's array would cost, with and without accumulation buffer.
    levels
        With a prefetch buffer and DRAM: buffer tile, loop orders and the figures by level.
    pieces
        The pieces of a layer that runs in several, whose sum the cost is, see `Mapped`.
    one_piece
        The best mapping in one piece, where the layer runs in several.
    prover
        What the proof rests on, see `solver.search.provers`.
    evidence
        What the search settled, for a certificate; None in answers from the cache.
    sums
        The same of a product in pieces, or of a network: bounds of weighted sums.
    """

    layer: Primitive
    hardware: Hardware
    objective: Objective
    status: Status
    tile: Tile
    cost: Cost
    bound: Decimal
    wall_seconds: float
    space: Space
    replayed: int = 0
    notes: tuple[str, ...] = ()
    baselines: tuple[BaselineResult, ...] = field(default=())
    form: str = DIRECT
    simulator: tuple[Counterpart, ...] = ()
    levels: LevelFigures | None = None
    pieces: tuple[PieceMapping, ...] = ()
    one_piece: OnePiece | None = None
    prover: str = "bounds"
    evidence: Evidence | None = field(default=None, compare=False)
    sums: tuple[WeightedBound, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.objective is Objective.LATENCY:
            object.__setattr__(self, "bound", whole_bound(self.bound))
            exact = self.cost.method != "closed form"
            if self.status is Status.FEASIBLE and exact and self.bound >= self.objective_value:
                object.__setattr__(self, "status", Status.OPTIMAL)

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        proved = "optimal, proved" if self.proved else f"bound {self.bound:,}"
        found = f"{self.objective} {self.objective_value:,}, {proved}"
        return f"{self.layer.title} on {self.hardware.name}: {self.tile_text}, {found}"

    @property
    def rates(self) -> Rates | None:
        """The figures in time, if the hardware has a clock."""
        return rates_of(self.figures, self.hardware)

    @property
    def objective_value(self) -> Decimal:
        """The cost under the objective."""
        return self.cost.value(self.objective)

    @property
    def gap(self) -> float:
        """Relative distance of the bound: (objective - bound) / objective."""
        value = self.objective_value
        return float((value - self.bound) / value) if value else 0.0

    @property
    def proved(self) -> bool:
        """Whether the mapping is proved optimal over `space`."""
        return self.status is Status.OPTIMAL

    @property
    def exit_code(self) -> ExitCode:
        """The exit code this answer deserves."""
        if self.status is Status.INTERRUPTED:
            return ExitCode.INTERRUPTED
        return ExitCode.PROVED if self.proved else ExitCode.NOT_PROVED

    def in_one_piece(self) -> Solution:
        """Return the best mapping in one piece that is known, beside baselines in one piece."""
        one = self.one_piece
        if one is None:
            return self
        value = one.cost.value(self.objective)
        return replace(
            self,
            status=Status.OPTIMAL if one.proved else Status.FEASIBLE,
            bound=value if one.proved else self.bound,
            tile=one.tile,
            form=one.form,
            cost=one.cost,
            levels=one.levels,
            pieces=(),
            one_piece=None,
            baselines=tuple(baseline for baseline in self.baselines if not baseline.pieces),
        )

    def records(self) -> list[dict[str, Any]]:
        """Return the mapping and the baselines as rows of a table."""
        rows = [("optimum" if self.proved else "best", self.mapping_text, self.form, self.cost, False)]
        rows += [(b.name, b.tile_text, b.form, b.cost, b.outside) for b in self.baselines if b.cost]
        best = self.objective_value
        return [
            {
                "name": name,
                "mapping": text,
                "stationary": stationary_of(form),
                "form": form,
                **keyed(cost, "cycles energy edp utilization"),
                "ratio": float(cost.value(self.objective) / best) if best else 1.0,
                "outside": outside,
            }
            for name, text, form, cost, outside in rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form documented in the README."""
        return {
            **keyed(self, "layer hardware objective status objective_value bound gap proved prover"),
            **keyed(self, "wall_seconds space replayed notes mapping=mapping_dict cost"),
            **({"one_piece": self.one_piece.to_dict(self.layer)} if self.one_piece else {}),
            **keyed(self, "rates? levels setup loop_nest=loops"),
            "baselines": [b.to_dict(self.layer) for b in self.baselines],
            "simulator": [
                {"ratio": float(self.objective_value / other) if other else 1.0, **s.to_dict(self.layer)}
                for s in self.simulator
                for other in [s.cost.value(self.objective)]
            ],
        }
