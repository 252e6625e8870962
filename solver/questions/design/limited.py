"""The best choice under a limit on power of layers in pieces, of which the corners of the fronts are known.

Between two corners there are mappings that meet a limit better than either. Those that may be of a better
choice than the best one known lie near the edge of all corners that the limit cuts
(`solver.questions.design.edge`): first the mappings on that edge are found, which mostly leaves next to
nothing between bound and choice, then all that are as near as a better choice needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from solver.answers.solution import Solution
from solver.arithmetic.exact import decimal_of, scaled_int
from solver.cost.result import Objective
from solver.layer import Primitive
from solver.pieces.piece import Cut
from solver.questions.design.choose import Chosen, choose
from solver.questions.design.edge import edge_of
from solver.questions.design.work import Choice, Work
from solver.questions.map_layer import Question
from solver.search.pieces.along import ArrayPieces
from solver.search.pieces.band import Near
from solver.search.pieces.goal import weighted
from solver.search.pieces.solve import every_piece, on_front
from solver.search.progress import Clock

_FIRST, _MORE = 16, 2
"""After the edge itself mappings as near as a part of what a better choice needs are found, then more."""

NearOnes = list[tuple[Cut, Near]] | None
"""The mappings of a layer below some sum, with the cut that each has; None if they were not all found."""


@dataclass(frozen=True)
class Task:
    """A layer, what is asked of it, weights of cycles and energy, and the sum below which all are wanted."""

    layer: Primitive
    question: Question
    cycles: int
    energy: int
    limit: int

    def within(self, seconds: float | None) -> Task:
        """Return the task with a time limit."""
        return replace(self, question=replace(self.question, time_limit=seconds))


class Limited:
    """The choices of a network on one accelerator under a limit on power.

    Parameters
    ----------
    work, question
        The network, and what is asked of every layer.
    corners
        For each different layer the corners of the lower hull of its mappings.
    power
        The limit, in energy per cycle.

    Attributes
    ----------
    edge
        The edge of the hull of all choices that the limit cuts; None if it cuts none.
    """

    def __init__(
        self, work: Work, question: Question, corners: Sequence[Sequence[Choice]], power: Decimal
    ) -> None:
        self.work, self.question, self.power = work, question, power
        self.options = [list(some) for some in corners]
        self.corners = [list(some) for some in corners]
        self.places = weighted(question.hardware, 0, 0).places
        layers = work.choices(self.options)
        alone = question.objective is Objective.ENERGY
        self.edge = None if alone else edge_of(layers, question.objective, power, self.places)
        self._reach = -1
        self._wanted = -1
        self._given_up = False

    def choose(self) -> tuple[list[list[Choice]], Chosen | None]:
        """Return what is known of each layer, and the best choice of that with a bound on all.

        No choice if none keeps the limit.
        """
        layers = self.work.choices(self.options)
        found = choose(layers, self.question.objective, self.power)
        if found is None or self.edge is None:
            return layers, found
        value = found.figures.value(self.question.objective)
        bound = self.edge.bound(max(0, self._reach))
        room = self.edge.room(value)
        if bound >= value or room <= self._reach:
            # Nothing better was left out.
            self._wanted = self._reach
            return layers, found
        if not self._given_up:
            some = max(1, room // _FIRST, _MORE * self._reach)
            self._wanted = 0 if self._reach < 0 else min(room, some)
        return layers, Chosen(found.picks, found.figures, min(bound, found.bound))

    @property
    def open(self) -> bool:
        """Whether more has to be found."""
        return self._wanted > self._reach and not self._given_up

    def tasks(self) -> dict[int, Task]:
        """Return what to find of which different layers."""
        edge = self.edge
        assert edge is not None
        found = {}
        for index, repeats in self._fewest().items():
            sums = sorted(edge.sum(one.cycles, one.energy) for one in self.corners[index])
            room = self._wanted // repeats
            # On the edge itself lies nothing but the corners, unless two of a layer do.
            if not sums or (not room and sums[1:2] != sums[:1]):
                continue
            layer, limit = self.work.different[index], sums[0] + room + 1
            found[index] = Task(layer, self.question, edge.cycles, edge.energy, limit)
        return found

    def take(self, found: Mapping[int, NearOnes]) -> None:
        """Take what was found for `tasks`; None where something was not."""
        if any(some is None for some in found.values()):
            self._given_up = True
            return
        for index, some in found.items():
            options = [
                Choice(near.cycles, decimal_of(near.energy, self.places), ((index, 1, (cut, near)),))
                for cut, near in some or ()
            ]
            self.options[index] = [*self.corners[index], *options]
        self._reach = self._wanted

    def mapped(self, choice: Choice) -> Choice:
        """Return a choice with the mappings of its parts."""
        parts = tuple((i, repeats, self._solution(i, mapping)) for i, repeats, mapping in choice.parts)
        return replace(choice, parts=parts)

    def _solution(self, index: int, mapping: Any) -> Solution:
        if isinstance(mapping, Solution):
            return mapping
        cut, near = mapping
        pieces = _pieces(self.work.different[index], self.question).evaluated(cut, near.pieces)
        solution = on_front(self.corners[index][0].parts[0][2], pieces)
        cost = solution.cost
        assert (cost.cycles, scaled_int(cost.energy, self.places)) == (near.cycles, near.energy)
        return solution

    def _fewest(self) -> dict[int, int]:
        """Return how often each different layer runs at least where it runs."""
        fewest: dict[int, int] = {}
        for _, ways in self.work.layers:
            for way in ways:
                if all(self.corners[index] for index, _ in way):
                    for index, repeats in way:
                        fewest[index] = min(repeats, fewest.get(index, repeats))
        return fewest


def find_near(task: Task) -> NearOnes:
    """Find the mappings below a weighted sum, wherever this runs; None if they are not all found."""
    goal = weighted(task.question.hardware, task.cycles, task.energy)
    return _pieces(task.layer, task.question).near(goal, task.limit)


def _pieces(layer: Primitive, question: Question) -> ArrayPieces:
    clock = Clock(question.time_limit, None)
    limits, most = question.limits, question.most_pieces
    found = every_piece(layer, question.hardware, question.wish, limits, clock, most)
    assert isinstance(found, ArrayPieces)
    return found
