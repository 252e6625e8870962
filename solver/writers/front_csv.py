"""Latency-energy fronts as CSV, a row per point."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from solver.answers.front import ParetoFront

COLUMNS = (
    "layer", "point", "cycles", "energy", "edp", "utilization", "proved", "energy_bound", "gap", "tile",
    "stationary", "form", "layout", "copies", "buffer_tile", "dram_order", "array_order", "bottleneck",
)  # fmt: skip


def front_csv(fronts: Sequence[ParetoFront]) -> str:
    """Return the points of some fronts; decimals have all their digits, what there is not is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for front in fronts:
        for index, point in enumerate(front.points):
            mapping = point.levels.mapping if point.levels else None
            form = point.mapping_dict()["form"]
            row = {
                "layer": point.layer.title,
                "point": index + 1,
                "cycles": point.cost.cycles,
                "energy": format(point.cost.energy, "f"),
                "edp": format(point.cost.edp, "f"),
                "utilization": point.cost.utilization,
                "proved": str(point.proved).lower(),
                "energy_bound": format(front.energy_bounds[index], "f"),
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
            writer.writerow(row)
    return text.getvalue()
