"""What a network needs of an accelerator: layers, each in one of several ways, of parts that repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.arithmetic.exact import product, total
from solver.forms.wish import is_product
from solver.layer import Layer, LoopNest, Primitive
from solver.questions.explore.pareto import undominated
from solver.questions.network.plan import Plan


@dataclass(frozen=True)
class Choice:
    """A way to run something: what it takes, and the mapping of every part with its repeats.

    `parts` holds (index of the different layer, repeats, mapping); mappings are opaque here.
    """

    cycles: int
    energy: Decimal
    parts: tuple[tuple[int, int, Any], ...]


@dataclass(frozen=True)
class Work:
    """A network as a list of layers.

    Attributes
    ----------
    different
        Layers with different loops.
    layers
        For every layer its name and the ways to take it apart, each a list of (index of the different layer,
        repeats); host operations cost nothing and are left out.
    """

    different: tuple[Primitive, ...]
    layers: tuple[tuple[str, tuple[tuple[tuple[int, int], ...], ...]], ...]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> Work:
        """Return the work of a network."""
        index: dict[tuple[LoopNest, bool], int] = {}
        different: list[Primitive] = []
        found = []
        for layer, decompositions in Plan.of(layers).ways:
            ways = []
            for decomposition in decompositions:
                parts = []
                for part in decomposition.parts:
                    if not isinstance(part.layer, Primitive):
                        continue
                    key = (part.layer.nest(), is_product(part.layer))
                    if key not in index:
                        index[key] = len(different)
                        different.append(part.layer)
                    parts.append((index[key], part.repeats))
                ways.append(tuple(parts))
            found.append((layer.title, tuple(ways)))
        return cls(tuple(different), tuple(found))

    def shares(self, cost: Mapping[int, float]) -> list[int]:
        """Return the different layers, those that weigh most in the network first."""
        weight = dict.fromkeys(range(len(self.different)), 0.0)
        for _, ways in self.layers:
            for way in ways:
                for index, repeats in way:
                    weight[index] += repeats * cost[index]
        return sorted(weight, key=lambda index: (-weight[index], index))

    def choices(self, options: Sequence[Sequence[Choice]]) -> list[list[Choice]]:
        """Return what every layer can cost, from what each different layer can cost.

        Parameters
        ----------
        options
            For each different layer its mappings as choices (of one part that runs once).

        Returns
        -------
        list of list of Choice
            For each layer the choices that no other beats in both cycles and energy, fastest first. All
            repeats of a part use one mapping.
        """
        known: dict[Any, list[Choice]] = {}
        return [known.setdefault(ways, self._of_layer(ways, options, known)) for _, ways in self.layers]

    @staticmethod
    def _of_layer(
        ways: tuple[tuple[tuple[int, int], ...], ...],
        options: Sequence[Sequence[Choice]],
        known: Mapping[Any, list[Choice]],
    ) -> list[Choice]:
        if ways in known:
            return known[ways]
        every: list[Choice] = []
        for way in ways:
            sums = [Choice(0, Decimal(0), ())]
            for index, repeats in way:
                sums = _best(
                    [_joined(one, other, index, repeats) for one in sums for other in options[index]]
                )
            every += sums
        return _best(every)


def _joined(one: Choice, other: Choice, index: int, repeats: int) -> Choice:
    return Choice(
        one.cycles + repeats * other.cycles,
        total([one.energy, product(other.energy, repeats)]),
        (*one.parts, (index, repeats, other.parts[0][2])),
    )


def _best(choices: Sequence[Choice]) -> list[Choice]:
    return [choice for *_, choice in undominated([(c.cycles, c.energy, c) for c in choices])]
