"""A latency-energy front."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.front import ParetoFront
from solver.answers.solution import Solution
from solver.views import figures
from solver.views.charts.chart import LABELLED, Chart, Series, Shape


def front_chart(front: ParetoFront) -> Chart:
    """Return the points of a front, proved and not, with the one of least EDP."""
    unit = front.points[0].hardware.energy_table.unit
    best = min(range(len(front.points)), key=lambda i: front.points[i].cost.edp)
    labelled = _labelled(front, best)

    def series(
        name: str, some: Sequence[int], colour: str | int, shape: Shape, size: float, *, words: bool = True
    ) -> Series:
        points: list[Solution] = [front.points[i] for i in some]
        return Series(
            name,
            [point.cost.cycles for point in points],
            [float(point.cost.energy) for point in points],
            colour,
            shape,
            size,
            tips={
                "mapping": [point.mapping_words for point in points],
                "cycles": [figures.integer(point.cost.cycles) for point in points],
                "energy": [f"{figures.amount(point.cost.energy)} {unit}" for point in points],
                "EDP": [figures.product(point.cost.edp) for point in points],
                "utilization": [figures.percent(point.cost.utilization) for point in points],
            },
            words=[front.points[i].tile_text if i in labelled else "" for i in some] if words else (),
        )

    proved, others = ([i for i, p in enumerate(front.points) if p.proved is known] for known in (True, False))
    line = Series(
        "",
        [point.cost.cycles for point in front.points],
        [float(point.cost.energy) for point in front.points],
        shape="",
        join="steps",
        alpha=0.6,
    )
    drawn = [
        line,
        series("proved", proved, "optimum", "dot", 8),
        series("not proved", others, 2, "triangle", 8),
        series("least EDP", [best], 0, "star", 18, words=False),
    ]
    return Chart(
        "The latency-energy front", "latency (cycles)", f"energy ({unit})", [e for e in drawn if len(e.x)]
    )


def _labelled(front: ParetoFront, best: int) -> list[int]:
    """Return the points that are labelled: those whose array tile the point before does not have."""
    tiles = [point.tile for point in front.points]
    new = [i for i, tile in enumerate(tiles) if i == 0 or tile != tiles[i - 1]]
    return new if len(new) <= LABELLED else sorted({0, best, len(tiles) - 1})
