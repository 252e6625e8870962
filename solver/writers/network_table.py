"""The answers of a network as a table, a row per part: sums over the rows are the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solver.answers.figures import Figures
from solver.answers.layer import LayerAnswer, PartAnswer
from solver.answers.network import NetworkAnswer
from solver.answers.solution import Status
from solver.baselines.registry import BASELINES
from solver.baselines.two_level import SINGLE_LEVEL
from solver.keyed import keyed
from solver.tables import Columns, columns_in

COLUMNS = (
    "network", "layer", "kind", "part", "repeats", "status", "cycles", "energy", "edp", "utilization", "macs",
    "share_of_cycles", "share_of_energy", "gap", "tile", "stationary", "form", "layout", "copies",
    "bottleneck", "method", "buffer_tile", "dram_order", "array_order", "tree_words",
    "multiplier_settings", "setup_cycles",
)  # fmt: skip
FIGURES = ("cycles", "energy")
"""What is written of each baseline, beside its ratio under the objective."""


def network_columns(networks: Sequence[NetworkAnswer]) -> Columns:
    """Return the parts of all layers of some networks.

    Figures cover all repeats of a part. Columns of baselines are named
    ``mrna_cycles``, ``mrna_energy`` and ``mrna_ratio`` (under the objective), and are there for all baselines
    if any was run, those too that this hardware does not have. What is not known is None.
    """
    asked = any(network.baseline_names for network in networks)
    names = [*BASELINES, SINGLE_LEVEL] if asked else []
    columns = [*COLUMNS, *(f"{name}_{what}" for name in names for what in (*FIGURES, "ratio"))]
    return columns_in(columns, (row for network in networks for row in _rows(network, names)))


def _rows(network: NetworkAnswer, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for layer in network.layers:
        for part in layer.parts:
            row = _row(network, layer, part)
            for name in names:
                row |= _baseline(name, part.baseline(name), part.figures, network)
            yield row
    for problem in network.problems:
        yield {"network": network.name, "layer": problem.where, "status": problem.kind}


def _row(network: NetworkAnswer, layer: LayerAnswer, part: PartAnswer) -> dict[str, Any]:
    row = {"network": network.name} | keyed(layer.layer, "layer=name kind")
    row |= keyed(part, "part=part.name repeats=part.repeats status")
    if part.status == str(Status.FEASIBLE):
        row["status"] = network.standing(layer)
    found, solution, total = part.figures, part.solution, network.figures
    if found is None or solution is None:
        return row
    levels = [each.mapping for each in solution.level_figures]
    asked = solution.mapping_dict()["form"]
    row |= keyed(solution, "buffer_tile=buffer_text gap tile=tile_text stationary form")
    row |= keyed(solution.cost, "bottleneck method") | keyed(found, "cycles energy edp macs")
    row |= keyed(part.setup, "tree_words multiplier_settings setup_cycles=cycles")
    return row | {
        "dram_order": " + ".join(each.loops for each in levels),
        "array_order": " + ".join(each.array_order for each in levels),
        "utilization": found.utilization(network.hardware),
        "share_of_cycles": found.cycles / total.cycles if layer.figures else None,
        "share_of_energy": float(found.energy / total.energy) if layer.figures and total.energy else None,
        "layout": asked["layout"],
        "copies": asked["copies"],
    }


def _baseline(
    name: str, theirs: Figures | None, ours: Figures | None, network: NetworkAnswer
) -> dict[str, Any]:
    if theirs is None or ours is None or not ours.cycles:
        return {}
    value = ours.value(network.objective)
    return {
        f"{name}_cycles": theirs.cycles,
        f"{name}_energy": theirs.energy,
        f"{name}_ratio": float(theirs.value(network.objective) / value) if value else None,
    }
