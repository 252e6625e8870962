"""What has to be answered for a network, each different question once, and how answers are put together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from solver.answers.infeasible import Answer
from solver.answers.layer import INFINITE, LayerAnswer, PartAnswer
from solver.layer import Decomposition, HostOperation, Layer, Part, Primitive
from solver.questions.cache.key import fingerprints
from solver.questions.map_layer import Question


@dataclass(frozen=True)
class Plan:
    """The layers of a network, each with all the ways to take it apart.

    Parts are named after layer, decomposition and part.
    """

    ways: tuple[tuple[Layer, tuple[Decomposition, ...]], ...]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> Plan:
        """Return the plan of some layers."""
        return cls(tuple((layer, _named_decompositions(layer)) for layer in layers))

    def questions(self, question: Question) -> dict[str, Primitive]:
        """Return the different layers to be mapped by their fingerprints, in the order of the network.

        Of layers with the same loops it is the first.
        """
        found: dict[str, Primitive] = {}
        key = fingerprints(question)
        for _, decompositions in self.ways:
            for decomposition in decompositions:
                for part in decomposition.parts:
                    if isinstance(part.layer, Primitive):
                        found.setdefault(key(part.layer), part.layer)
        return found

    def answers(
        self,
        question: Question,
        known: Mapping[str, Answer],
        cached: Collection[str] = (),
        taken: Sequence[int] | None = None,
    ) -> tuple[LayerAnswer, ...]:
        """Put answers together, every layer in the decomposition that costs least.

        Parameters
        ----------
        known
            Answers by fingerprint; those that are not there are missing.
        cached
            Which of them are of an earlier run.
        taken
            The place of every layer's decomposition, if not the one that costs least by itself.
        """
        key = fingerprints(question)
        return tuple(
            _layer_answer(layer, decompositions, question, key, known, cached, taken[at] if taken else None)
            for at, (layer, decompositions) in enumerate(self.ways)
        )


def _named_decompositions(layer: Layer) -> tuple[Decomposition, ...]:
    """Return the decompositions with every part's layer named after layer, decomposition and part."""

    def rename(decomposition: Decomposition, part: Part) -> Part:
        words = [layer.title, decomposition.name, part.name]
        return replace(part, layer=replace(part.layer, name="/".join(word for word in words if word)))

    return tuple(replace(d, parts=tuple(rename(d, part) for part in d.parts)) for d in layer.decompositions())


def _layer_answer(
    layer: Layer,
    decompositions: Sequence[Decomposition],
    question: Question,
    key_of: Callable[[Primitive], str],
    known: Mapping[str, Answer],
    cached: Collection[str],
    taken: int | None,
) -> LayerAnswer:
    def part_answer(part: Part) -> PartAnswer:
        if isinstance(part.layer, HostOperation):
            return PartAnswer(part, None)
        assert isinstance(part.layer, Primitive)
        key = key_of(part.layer)
        answer = known.get(key)
        # The answer may be that of a layer of the same loops.
        return PartAnswer(part, replace(answer, layer=part.layer) if answer else None, key in cached)

    ways = [
        LayerAnswer(layer, question.objective, tuple(map(part_answer, d.parts)), d.name)
        for d in decompositions
    ]

    if len(ways) == 1:
        return ways[0]

    def value(way: LayerAnswer) -> Decimal:
        return way.figures.value(question.objective) if way.figures else INFINITE

    # Of ways without figures one that may still have some.
    best = ways[taken] if taken is not None else min(ways, key=lambda way: (value(way), way.least))
    others = [way for way in ways if way is not best]
    return replace(
        best,
        others=tuple((way.decomposition, value(way)) for way in others if way.figures),
        least_other=min(way.least for way in others),
    )
