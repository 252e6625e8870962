"""The accelerators of a design: value or proved bound of each against its area."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from solver.answers.design import DesignAnswer, PointState
from solver.hardware import Hardware
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.charts.chart import LABELLED, Chart, Series, Shape, Upright
from solver.views.console import GLUE
from solver.views.text.design import sizes_words

CHOSEN, SOLVED, OPEN, EXCLUDED = "chosen", "solved", "open", "excluded by its bound"
WORDS = {
    EXCLUDED: "bound of an accelerator that it excludes",
    OPEN: "bound of an accelerator that may be better",
    SOLVED: "value of an accelerator that was solved",
    CHOSEN: "the best accelerator",
}
"""What became of accelerators that may keep the limits, and what is drawn of it; the last lies on top."""
MARKS: dict[str, tuple[str | int, Shape, int]] = {
    EXCLUDED: ("muted", "dot", 6),
    OPEN: (2, "triangle", 8),
    SOLVED: (1, "square", 7),
    CHOSEN: ("optimum", "star", 18),
}
"""Colour, marker and its size of what became of an accelerator."""


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


def design_chart(answer: DesignAnswer) -> Chart:
    """Return the accelerators of a design that has some, against their switches where no areas are known."""
    objective, table = answer.objective, answer.points[0].hardware.energy_table
    unit = unit_of(objective, table)
    points = [point for point in answer.points if point.bound.is_finite()]
    by_area = all(point.area is not None for point in points)
    names = _differences([point.hardware for point in points])

    def value(point: PointState) -> str:
        least = "at least " if point.objective_value is None else ""
        return f"{least}{write_value(objective, point.objective_value or point.bound)} {unit}"

    def series(kind: str) -> Series:
        some = [i for i, point in enumerate(points) if fate(point, answer) == kind]
        colour, shape, size = MARKS[kind]
        shown = [points[i] for i in some]
        return Series(
            WORDS[kind],
            [float(point.area or 0) if by_area else float(point.hardware.num_ms) for point in shown],
            [float(p.bound if p.objective_value is None else p.objective_value) for p in shown],
            colour,
            shape,
            size,
            alpha=0.85,
            tips={
                "name": [accelerator_words(point.hardware) for point in shown],
                NAMES[objective]: [value(point) for point in shown],
                "area": [area_words(point.area, point.hardware) for point in shown],
                "layers solved": [figures.integer(point.solved) for point in shown],
            },
            words=[names[i] for i in some] if len(points) <= LABELLED else (),
        )

    limit = answer.max_area if by_area and points else None
    return Chart(
        "Every accelerator within the area",
        f"area ({table.area_unit})" if by_area else "multiplier switches",
        f"{NAMES[objective]} ({unit})",
        [each for each in map(series, WORDS) if each.x],
        [] if limit is None else [Upright("largest area allowed", float(limit), 0)],
    )


def area_words(area: Decimal | None, hardware: Hardware) -> str:
    """Return an accelerator's area with its unit."""
    if area is None:
        return "not known"
    return f"{figures.integer(round(area))} {hardware.energy_table.area_unit}"


def accelerator_words(hardware: Hardware) -> str:
    """Return the sizes of an accelerator, as a line that may be broken."""
    return sizes_words(hardware).replace(GLUE, " ")


def _differences(accelerators: Sequence[Hardware]) -> list[str]:
    """Return the sizes of each that not all of them have."""
    sizes = [accelerator_words(hardware).split(", ") for hardware in accelerators]
    same = set(sizes[0]).intersection(*sizes) if len(sizes) > 1 else set()
    return [", ".join(each for each in some if each not in same) for some in sizes]
