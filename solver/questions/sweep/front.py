"""A sweep of which only the fronts are wanted: what cannot be on them is not searched to the end.

A front is what no other accelerator beats in both area and the objective of a network. Accelerators are taken
in the order of their area, so those that could beat one are answered before it. One whose lower bound is no
better than what one that is no larger reaches is left out. The bound is that of a design
(`solver.questions.design.branch`): by physics, by all legal tiles, and layer by layer by what the best
mappings cost, those that weigh most first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from solver.answers.infeasible import Answer
from solver.answers.sweep import SweepRow
from solver.errors import InputError
from solver.hardware.area import known_area
from solver.layer import Layer
from solver.questions.cache.key import fingerprints
from solver.questions.design.branch import Branch
from solver.questions.design.work import Work
from solver.questions.map_layer import Question


@dataclass
class Contender:
    """A row that may be on a front: a network on the accelerator of a question.

    Attributes
    ----------
    name, place
        Of the network, and of the question among all.
    branch, keys
        What is known of it, and the fingerprints of its different layers.
    """

    name: str
    place: int
    branch: Branch
    keys: Sequence[str]

    def settle(self, known: dict[str, Answer], failed: Collection[str]) -> bool:
        """Take answers, add what has no mapping by its bounds; return whether nothing is left to be asked."""
        known |= {self.keys[index]: answer for index, answer in self.branch.infeasible.items()}
        for index in sorted(self.branch.open):
            if self.keys[index] in known:
                self.branch.settle(index, known[self.keys[index]])
        return not self.branch.open or any(self.keys[index] in failed for index in self.branch.open)

    def next_keys(self, count: int) -> list[str]:
        """Return the fingerprints of the layers that weigh most of those that are not answered."""
        return [self.keys[index] for index in self.branch.next_layers(count)]


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
        self._reached: dict[tuple[str, str], list[tuple[Decimal, int, Decimal]]] = {}

    def in_order(self) -> list[int]:
        """Return the places of the questions, the smallest accelerators first, of equal ones the widest."""

        def rank(place: int) -> tuple[Decimal, int, int]:
            hardware = self.questions[place].hardware
            return self.areas[place], -hardware.dn_bw, -hardware.rn_bw

        return sorted(range(len(self.questions)), key=rank)

    def contender(self, name: str, place: int) -> Contender:
        """Return what is known at first of a network on the accelerator of a question."""
        branch = Branch(self.works[name], self.questions[place])
        key_of = fingerprints(branch.question)
        return Contender(name, place, branch, [key_of(layer) for layer in branch.work.different])

    def beaten(self, one: Contender) -> str:
        """Return why a row cannot be on the front, or nothing if it may be."""
        bound, area, best = one.branch.bound, self.areas[one.place], None
        for other, at, value in self._reached.get((one.name, str(one.branch.question.objective)), ()):
            # Of equal rows the first is on the front.
            beats = value < bound or (value == bound and (other, at) < (area, one.place))
            if other <= area and beats and (best is None or value < best):
                best = value
        if best is None or not bound.is_finite():
            return ""
        return f"left out: at least {bound:,.6g} where one that is no larger has {best:,.6g}"

    def take(self, place: int, row: SweepRow) -> None:
        """Note what an accelerator reaches."""
        if row.figures is None:
            return
        reached = self._reached.setdefault((row.network, str(row.objective)), [])
        area, value = self.areas[place], row.figures.value(row.objective)
        if not any(other <= area and best <= value for other, _, best in reached):
            reached.append((area, place, value))
