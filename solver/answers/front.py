"""The answer to a question for the whole latency-energy front, with its certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.evidence import Evidence
from solver.answers.solution import Solution, Status
from solver.cost.bounds import least_value
from solver.errors import ExitCode
from solver.forms.wish import Wish
from solver.keyed import keyed


@dataclass(frozen=True, repr=False)
class ParetoFront(Tabular):
    """The latency-energy front of a layer.

    Attributes
    ----------
    points
        Solutions, fastest first; each costs less energy than the ones before it. The status of a point is
        optimal if no mapping is as fast and needs less energy, or needs as little and is faster.
    energy_bounds
        For each point: no mapping that takes at most its cycles needs less energy.
    proved
        Whether no mapping of the space is better than the front anywhere.
    wall_seconds
        Time of the whole search.
    interrupted
        Whether the user ended the search.
    evidence
        What the search settled, for a certificate.
    corners
        Whether the points are the corners of the front's lower convex hull only, each the best under some
        weights of cycles and energy: no mapping lies below the lines between them, but some may lie above
        and yet be on the front.
    unsearched
        What the search left open: no mapping of such a part takes fewer cycles than its first figure, or less
        energy than its second.
    """

    points: tuple[Solution, ...]
    energy_bounds: tuple[Decimal, ...]
    proved: bool
    wall_seconds: float
    interrupted: bool = False
    evidence: Evidence | None = field(default=None, compare=False)
    corners: bool = False
    unsearched: tuple[tuple[float, float], ...] = field(default=(), compare=False)

    @property
    def claim(self) -> str:
        """What is proved, in a few words."""
        if not self.proved:
            known = sum(point.proved for point in self.points)
            return f"not proved complete, {known} of {len(self.points)} points proved"
        if self.corners:
            return "corners of its lower hull, every one proved"
        return "complete, every point proved"

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        first, last = self.points[0], self.points[-1]
        proved = "proved" if self.proved else "not proved"
        proved = f"corners, {proved}" if self.corners else proved
        name = first.layer.title
        ends = f"{first.cost.cycles:,} to {last.cost.cycles:,} cycles"
        return f"{name} on {first.hardware.name}: {len(self.points)} points, {ends}, {proved}"

    def gap(self, index: int) -> float:
        """Return how far a point may lie above the front: (energy - bound) / energy."""
        energy = self.points[index].cost.energy
        return float((energy - self.energy_bounds[index]) / energy) if energy else 0.0

    @property
    def exit_code(self) -> ExitCode:
        """The exit code this answer deserves."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.PROVED if self.proved else ExitCode.NOT_PROVED

    def records(self) -> list[dict[str, Any]]:
        """Return the points as rows of a table, fastest first."""
        kept = ("mapping", "stationary", "form", "cycles", "energy", "edp", "utilization")
        return [{name: point.records()[0][name] for name in kept} for point in self.points]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form (docs/reference/json.md)."""
        first = self.points[0]
        status = Status.INTERRUPTED if self.interrupted else Status.FEASIBLE
        return {
            **keyed(first, "layer hardware"),
            "objective": "pareto",
            "status": str(Status.OPTIMAL if self.proved else status),
            **keyed(self, "proved corners wall_seconds"),
            **keyed(first, "space"),
            "points": [
                {
                    "proved": point.proved,
                    "energy_bound": self.energy_bounds[index],
                    "gap": self.gap(index),
                    **keyed(point, "mapping=mapping_dict cost levels loop_nest=loops"),
                }
                for index, point in enumerate(self.points)
            ],
        }


def pareto_front(
    points: Sequence[Solution],
    unsearched: Iterable[tuple[float, float]],
    wall_seconds: float,
    *,
    interrupted: bool = False,
) -> ParetoFront:
    """Return the front of some points with what is proved of each.

    Parameters
    ----------
    points
        Solutions of which none dominates another, fastest first.
    unsearched, wall_seconds, interrupted
        See `ParetoFront`.
    """
    corners = tuple(unsearched)
    bounds, judged = [], []
    for point in points:
        # Only what may be as fast as the point can need less energy at its speed.
        least = min((energy for cycles, energy in corners if cycles <= point.cost.cycles), default=None)
        bound = point.cost.energy if least is None else min(point.cost.energy, Decimal(least))
        proved = least is None or Decimal(least) > point.cost.energy
        judged.append(point if proved else unproved(point))
        bounds.append(bound)
    proved = not corners
    return ParetoFront(tuple(judged), tuple(bounds), proved, wall_seconds, interrupted, unsearched=corners)


def unproved(point: Solution) -> Solution:
    """Return a point of which only physics says what no mapping of the layer stays below."""
    nests = (form.nest for form in Wish(copying=True).forms(point.layer, point.hardware))
    bound = min(least_value(nests, point.hardware, point.objective), point.objective_value)
    return replace(point, status=Status.FEASIBLE, bound=bound)
