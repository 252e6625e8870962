"""A sweep of which only the fronts are wanted: accelerators that cannot be on them are never searched.

A front is what no other accelerator beats in both area and the objective of a network. Accelerators are taken
in the order of their area, so those that could beat one are answered before it. One whose lower bound is no
better than what one that is no larger reaches is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from solver.answers.sweep import SweepRow
from solver.errors import InputError
from solver.hardware.area import known_area
from solver.layer import Layer, Primitive
from solver.questions.design.bounds import LayerBound, physical_bound, space_bound
from solver.questions.design.choose import choose
from solver.questions.design.work import Choice, Work
from solver.questions.map_layer import Question

BoundOf = Callable[[Primitive, Question], LayerBound | None]


def _physical(layer: Primitive, question: Question) -> LayerBound | None:
    return physical_bound(layer, question.hardware, question.wish)


class Fronts:
    """The fronts of networks as far as they are known.

    Parameters
    ----------
    networks
        Layers by the name of the network.
    questions
        What is asked of every network.

    Raises
    ------
    InputError
        If an accelerator has no area.
    """

    def __init__(self, networks: Mapping[str, Sequence[Layer]], questions: Sequence[Question]) -> None:
        self.works = {name: Work.of(layers) for name, layers in networks.items()}
        self.questions = questions
        areas = [known_area(question.hardware) for question in questions]
        if any(area is None for area in areas):
            raise InputError(
                "a front needs the area of every accelerator",
                field="--front",
                found=f"the energy table {questions[areas.index(None)].hardware.energy_table.name}",
                expected="a table with areas",
            )
        self.areas = [Decimal(area) for area in areas if area is not None]
        self._best: dict[tuple[str, str], Decimal] = {}

    def in_order(self) -> list[int]:
        """Return the places of the questions, the smallest accelerators first, of equal ones the widest."""

        def rank(place: int) -> tuple[Decimal, int, int]:
            hardware = self.questions[place].hardware
            return self.areas[place], -hardware.dn_bw, -hardware.rn_bw

        return sorted(range(len(self.questions)), key=rank)

    def beaten(self, name: str, question: Question) -> str:
        """Return why a network's row cannot be on the front, or nothing if it may be."""
        best = self._best.get((name, str(question.objective)))
        if best is None:
            return ""
        for bound_of in (_physical, space_bound):
            bound = self._bound(name, question, bound_of)
            if bound is not None and bound >= best:
                return f"left out: at least {bound:,.6g} where a smaller accelerator has {best:,.6g}"
        return ""

    def take(self, rows: Iterator[SweepRow] | Sequence[SweepRow]) -> None:
        """Note what accelerators reach; none that comes later is smaller."""
        for row in rows:
            if row.figures is not None:
                key = row.network, str(row.objective)
                value = row.figures.value(row.objective)
                self._best[key] = min(value, self._best.get(key, value))

    def _bound(self, name: str, question: Question, bound_of: BoundOf) -> Decimal | None:
        """Return what a network costs at least; None if a layer has no mapping, which the search will say."""
        work = self.works[name]
        options = []
        for index, layer in enumerate(work.different):
            bound = bound_of(layer, question)
            if bound is None:
                return None
            options.append([Choice(bound.cycles, bound.energy, ((index, 1, None),))])
        found = choose(work.choices(options), question.objective)
        return None if found is None else found.bound
