"""What the layers of a network cost, beside what the baselines need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from solver.answers.figures import Figures
from solver.answers.layer import LayerAnswer
from solver.answers.network import NetworkAnswer
from solver.cost.result import Cost
from solver.views import figures


@dataclass(frozen=True)
class LayerBar:
    """What a layer costs as it is mapped, and as baselines map it, by name."""

    name: str
    own: Figures | Cost
    mapping: str
    baselines: Mapping[str, Figures | Cost] = field(default_factory=dict)


def network_bars(network: NetworkAnswer) -> list[LayerBar]:
    """Return the layers that are mapped; those on the host are left out."""
    return [
        LayerBar(
            layer.layer.title,
            layer.figures or Figures(),
            of_parts(layer, "mapping_text"),
            {name: found for name in network.baseline_names if (found := layer.baseline(name))},
        )
        for layer in network.mapped
        if not layer.on_host
    ]


def of_parts(layer: LayerAnswer, what: str) -> str:
    """Return an attribute of the mappings of all parts, in one line."""
    solved = ((part.part.repeats, part.solution) for part in layer.parts if part.solution is not None)
    return (
        figures.repeated((repeats, getattr(solution, what)) for repeats, solution in solved) or figures.DASH
    )
