"""Latency-energy fronts as a table, a row per point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solver.answers.front import ParetoFront
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
            mapping = point.levels.mapping if point.levels else None
            form = point.mapping_dict()["form"]
            row = {
                "layer": point.layer.title,
                "point": index + 1,
                "cycles": point.cost.cycles,
                "energy": point.cost.energy,
                "edp": point.cost.edp,
                "utilization": point.cost.utilization,
                "proved": point.proved,
                "energy_bound": front.energy_bounds[index],
                "gap": front.gap(index),
                "tile": point.tile_text,
                "stationary": point.stationary,
                "form": point.form,
                "layout": form["layout"],
                "copies": float(form["copies"]),
                "bottleneck": point.cost.bottleneck,
            }
            if mapping is not None:
                row |= {"buffer_tile": str(mapping.buffer), "dram_order": mapping.loops}
                row |= {"array_order": mapping.array_order}
            yield row
