"""What a design gives: an accelerator, a mapping for every layer, and the proof that no pair is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.figures import Figures, Rates, rates_of, varied_dict
from solver.answers.problem import failed
from solver.answers.solution import Solution
from solver.arithmetic.exact import whole_bound
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.hardware import Hardware
from solver.keyed import keyed
from solver.layer import Primitive


@dataclass(frozen=True)
class ChosenLayer:
    """A layer with its mappings.

    Attributes
    ----------
    name
        Of the layer.
    parts
        For each part how often it runs, and its mapping.
    """

    name: str
    parts: tuple[tuple[int, Solution], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        parts = [{"repeats": repeats, "mapping": solution.mapping_dict()} for repeats, solution in self.parts]
        return keyed(self, "name cycles=figures.cycles energy=figures.energy") | {"parts": parts}

    @property
    def figures(self) -> Figures:
        """What the layer costs."""
        return Figures.total(
            Figures.of(solution.cost, solution.layer.macs, repeats, solution.level_figures)
            for repeats, solution in self.parts
        )


@dataclass(frozen=True)
class DesignEvidence:
    """What a design settled, for a certificate.

    Attributes
    ----------
    different
        Layers with different loops.
    layers
        For every layer of the network the ways to take it apart, each a list of (index of the different
        layer, repeats).
    least
        For every accelerator within the area and each different layer what no mapping falls below, as points
        of cycles, energy and the mapping that costs just that (None of a bound): every mapping has a point
        as good in both, or in pieces lies above the hull of the points. A figure that the objective does not
        ask for is 0. None where a layer has no mapping.
    chosen
        For every layer of the network its parts on the best accelerator: place of the different layer,
        repeats, mapping.
    accelerators
        All that there are, those that exceed the area included.
    grid
        The values that they are the combinations of, as `Grid.to_dict` of `solver.questions.sweep.grid`; None
        if they were listed.
    """

    different: tuple[Primitive, ...]
    layers: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
    least: tuple[tuple[tuple[tuple[int, Decimal, Solution | None], ...] | None, ...], ...]
    chosen: tuple[tuple[tuple[int, int, Solution], ...], ...]
    accelerators: tuple[Hardware, ...]
    grid: Mapping[str, Any] | None


@dataclass(frozen=True)
class PointState:
    """What became of an accelerator.

    Attributes
    ----------
    hardware, area
        The accelerator, and its area in the table's area unit (None if the table has no areas).
    objective_value
        Objective value of the network on it, if all its layers were solved and its limits are kept.
    bound
        The network costs at least this on it; infinite if it cannot run within the limits.
    solved
        Different layers that were solved for it.
    reason
        Which layer has no mapping on it, and why; empty if all have.
    """

    hardware: Hardware
    area: Decimal | None
    objective_value: Decimal | None
    bound: Decimal
    solved: int
    reason: str = ""


@dataclass(frozen=True, repr=False)
class DesignAnswer(Tabular):
    """The best accelerator for a network.

    Attributes
    ----------
    network, objective
        What was asked.
    max_area, max_power
        The limits in the table's area unit, and in energy units per cycle; None if not limited.
    hardware, area, layers
        The best that was found and the mappings on it; None and empty if there is none.
    bound
        The network costs at least this on every accelerator of the grid that keeps the limits; infinite if
        none does.
    points
        What became of every accelerator within the area.
    over_area, least_area, skipped
        Accelerators that are too large, the area of the smallest of them, and combinations of sizes that are
        none.
    solves, questions
        Pairs of a layer and an accelerator that were solved, and how many there are: an exhaustive sweep of
        the points within the area solves all of them.
    cached
        How many of the solves were answered by an earlier run.
    failures
        What went wrong, a sentence each.
    interrupted
        Whether the user stopped it.
    wall_seconds
        Time of everything.
    evidence
        What the search settled, if it found an accelerator.
    """

    network: str
    objective: Objective
    max_area: Decimal | None
    max_power: Decimal | None
    hardware: Hardware | None
    area: Decimal | None
    layers: tuple[ChosenLayer, ...]
    bound: Decimal
    points: tuple[PointState, ...] = field(repr=False)
    over_area: int = 0
    least_area: Decimal | None = None
    skipped: int = 0
    solves: int = 0
    questions: int = 0
    cached: int = 0
    failures: tuple[str, ...] = ()
    interrupted: bool = False
    wall_seconds: float = 0.0
    evidence: DesignEvidence | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.objective is Objective.LATENCY:
            points = tuple(replace(point, bound=whole_bound(point.bound)) for point in self.points)
            object.__setattr__(self, "bound", whole_bound(self.bound))
            object.__setattr__(self, "points", points)

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        if self.hardware is None:
            return f"{self.network}: no accelerator"
        proved = "proved" if self.objective_value == self.bound else f"bound {self.bound:,}"
        return f"{self.network}: {self.hardware.name}, {self.objective} {self.objective_value:,}, {proved}"

    @property
    def figures(self) -> Figures | None:
        """What the network costs on it; None if there is none."""
        return None if self.hardware is None else Figures.total(layer.figures for layer in self.layers)

    @property
    def objective_value(self) -> Decimal | None:
        """The objective value of the network on the best accelerator."""
        return self.figures.value(self.objective) if self.figures else None

    @property
    def gap(self) -> float | None:
        """Relative distance of the bound: (value - bound) / value."""
        if self.objective_value is None:
            return None
        return (
            float((self.objective_value - self.bound) / self.objective_value) if self.objective_value else 0.0
        )

    @property
    def proved(self) -> bool:
        """Whether no accelerator with any mappings is better."""
        return self.objective_value is not None and self.bound >= self.objective_value

    @property
    def power(self) -> Decimal | None:
        """Average power: energy / latency, in energy units per cycle."""
        if self.figures is None or not self.figures.cycles:
            return None
        return self.figures.energy / self.figures.cycles

    @property
    def rates(self) -> Rates | None:
        """Figures in time of the best, or None without a clock."""
        if self.figures is None or self.hardware is None:
            return None
        return rates_of(self.figures, self.hardware)

    @property
    def infeasible(self) -> bool:
        """Whether it is certain that the network runs on no accelerator within the limits."""
        return self.objective_value is None and not any(point.bound.is_finite() for point in self.points)

    @property
    def claim(self) -> str:
        """What is claimed, in words."""
        if self.objective_value is not None:
            return "Optimal, proved" if self.proved else "Feasible, not proved optimal"
        if self.interrupted:
            return "Interrupted before an accelerator was found"
        if self.infeasible:
            return "None of the accelerators keeps the limits"
        return "None found, layers failed" if self.failures else "None found in time"

    @property
    def exit_code(self) -> ExitCode:
        """130 if interrupted, 4 if nothing keeps the limits, 1 if layers failed, 3 if not proved, else 0."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.infeasible:
            return ExitCode.INFEASIBLE
        if self.objective_value is None and self.failures:
            return ExitCode.PARTIAL
        return ExitCode.PROVED if self.proved else ExitCode.NOT_PROVED

    def records(self) -> list[dict[str, Any]]:
        """Return the accelerators as rows of a table: sizes, area, value or bound."""
        return [
            {
                **varied_dict(point.hardware),
                "area": point.area,
                "objective_value": point.objective_value,
                "bound": point.bound if point.bound.is_finite() else None,
                "layers_solved": point.solved,
                "reason": point.reason,
            }
            for point in self.points
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **keyed(self, "network objective max_area max_power hardware area"),
            **keyed(self, "cycles=figures.cycles energy=figures.energy edp=figures.edp"),
            **keyed(self, "power rates? objective_value"),
            "bound": self.bound if self.bound.is_finite() else None,
            **keyed(self, "gap proved over_area skipped solves questions cached interrupted"),
            "problems": failed(self.failures),
            **keyed(self, "wall_seconds layers accelerators=records"),
        }
