"""What the pictures of a design show, whoever draws them (`views.plots`, `views.html.pages`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solver.answers.design import DesignAnswer, PointState
from solver.views.certificate import NAMES, unit_of

CHOSEN, SOLVED, OPEN, EXCLUDED = "chosen", "solved", "open", "excluded by its bound"
WORDS = {
    EXCLUDED: "bound of an accelerator that it excludes",
    OPEN: "bound of an accelerator that may be better",
    SOLVED: "value of an accelerator that was solved",
    CHOSEN: "the best accelerator",
}
"""What became of accelerators that may keep the limits, and what is drawn of it; the last lies on top."""


def fate(point: PointState, answer: DesignAnswer) -> str:
    """Say what became of an accelerator."""
    if answer.hardware is not None and point.hardware == answer.hardware:
        return CHOSEN
    if not point.bound.is_finite():
        return "not within the limits"
    if point.objective_value is not None:
        return SOLVED
    beaten = answer.objective_value is not None and point.bound >= answer.objective_value
    return EXCLUDED if beaten else OPEN


@dataclass(frozen=True)
class Candidates:
    """Accelerators as points: value or bound against area, or against the number of switches without areas.

    Attributes
    ----------
    across, up
        What the axes say, with units.
    points, at, values
        The accelerators that may keep the limits, and where each lies.
    limit
        Largest area allowed; None if there is none or areas are not known.
    """

    answer: DesignAnswer
    across: str
    up: str
    points: tuple[PointState, ...]
    at: tuple[float, ...]
    values: tuple[float, ...]
    limit: float | None

    def by_fate(self) -> Iterator[tuple[str, list[int]]]:
        """Yield each fate of `WORDS` that there is, with the places of its accelerators."""
        for each in WORDS:
            some = [i for i, point in enumerate(self.points) if fate(point, self.answer) == each]
            if some:
                yield each, some


def candidates_of(answer: DesignAnswer) -> Candidates:
    """Return the accelerators of a design that has some, as points."""
    table = answer.points[0].hardware.energy_table
    points = tuple(point for point in answer.points if point.bound.is_finite())
    by_area = all(point.area is not None for point in points)
    return Candidates(
        answer,
        across=f"area ({table.area_unit})" if by_area else "multiplier switches",
        up=f"{NAMES[answer.objective]} ({unit_of(answer.objective, table)})",
        points=points,
        at=tuple(float(point.area or 0) if by_area else float(point.hardware.num_ms) for point in points),
        values=tuple(
            float(point.bound if point.objective_value is None else point.objective_value) for point in points
        ),
        limit=float(answer.max_area) if answer.max_area is not None and by_area and points else None,
    )
