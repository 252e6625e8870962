"""The mapping of a layer that is made of parts: how it is taken apart, and the mapping of every part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from solver.answers.evaluation import Evaluation
from solver.answers.figures import Figures
from solver.layer import Decomposition, Layer, Part, Primitive


@dataclass(frozen=True)
class WholeMapping:
    """A layer made of parts, mapped.

    Attributes
    ----------
    layer, way
        What was asked, and how it is taken apart.
    mappings
        The mapping of each different primitive among the parts, in their order; its layer bears the name of
        the part.
    """

    layer: Layer
    way: Decomposition
    mappings: Mapping[Primitive, Evaluation]

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.title

    def parts(self, primitive: Primitive) -> tuple[Part, ...]:
        """Return the parts that a primitive is."""
        return tuple(part for part in self.way.parts if part.layer == primitive)

    def runs(self, primitive: Primitive) -> int:
        """Return how often a primitive runs for the layer."""
        return sum(part.repeats for part in self.parts(primitive))

    @property
    def figures(self) -> Figures:
        """What all parts and repeats cost, one after the other."""
        return Figures.total(
            Figures.of(each.cost, primitive.macs, self.runs(primitive), each.level_figures)
            for primitive, each in self.mappings.items()
        )


def named_parts(layer: Layer, way: Decomposition) -> dict[Primitive, Primitive]:
    """Return the different primitives of a layer in their order, each with the name that it goes by."""
    alike: dict[Primitive, list[str]] = {}
    for part in way.parts:
        if isinstance(part.layer, Primitive):
            alike.setdefault(part.layer, []).append(part.name)
    return {primitive: replace(primitive, name=_name(layer, names)) for primitive, names in alike.items()}


def _name(layer: Layer, parts: list[str]) -> str:
    more = f" and {len(parts) - 1} like it" if len(parts) > 1 else ""
    return f"{layer.title}/{parts[0]}".rstrip("/") + more
