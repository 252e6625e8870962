"""Latency-energy fronts as a table, a row per point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solver.answers.front import ParetoFront
from solver.keyed import keyed
from solver.tables import Columns, columns_in

COLUMNS = (
    "layer", "point", "cycles", "energy", "edp", "utilization", "proved", "energy_bound", "gap", "tile",
    "stationary", "form", "layout", "copies", "buffer_tile", "dram_order", "array_order", "bottleneck",
)  # fmt: skip


def front_columns(fronts: Sequence[ParetoFront]) -> Columns:
    """Return the points of some fronts; what there is not is None."""
    return columns_in(COLUMNS, _rows(fronts))


def _rows(fronts: Sequence[ParetoFront]) -> Iterator[dict[str, Any]]:
    for front in fronts:
        for index, point in enumerate(front.points):
            form = point.mapping_dict()["form"]
            yield {
                **keyed(point.cost, "cycles energy edp utilization bottleneck"),
                **keyed(point, "layer=layer.title proved tile=tile_text stationary form"),
                **keyed(point, "dram_order=levels.mapping.loops array_order=levels.mapping.array_order"),
                "point": index + 1,
                "energy_bound": front.energy_bounds[index],
                "gap": front.gap(index),
                "layout": form["layout"],
                "copies": float(form["copies"]),
                "buffer_tile": str(point.levels.mapping.buffer) if point.levels else None,
            }
