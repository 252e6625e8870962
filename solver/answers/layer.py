"""What the layers of a network get: an answer for every part of every layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from solver.answers.figures import Figures, figures_dict
from solver.answers.infeasible import Answer, Infeasible
from solver.answers.setup import Setup
from solver.answers.solution import BaselineResult, Solution
from solver.arithmetic.exact import least_product, product, total
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.keyed import keyed
from solver.layer import HostOperation, Layer, Part

INFINITE = Decimal("Infinity")


@dataclass(frozen=True)
class PartAnswer:
    """The answer for one part of a layer.

    Attributes
    ----------
    part
        What was to be run.
    answer
        None for host operations, and for parts that were not reached.
    cached
        Whether the answer is of an earlier run.
    """

    part: Part
    answer: Answer | None
    cached: bool = False

    @property
    def on_host(self) -> bool:
        """Whether MAERI does not run it."""
        return isinstance(self.part.layer, HostOperation)

    @property
    def solution(self) -> Solution | None:
        """The mapping, if there is one."""
        return self.answer if isinstance(self.answer, Solution) else None

    @property
    def status(self) -> str:
        """Host, missing (not reached), infeasible, or the status of the solution."""
        if self.answer is None:
            return "host" if self.on_host else "missing"
        return status_of(self.answer)

    @property
    def figures(self) -> Figures | None:
        """What all repeats cost; nothing on the host, None without a mapping."""
        if self.on_host:
            return Figures()
        if (solution := self.solution) is None:
            return None
        macs, repeats = self.part.layer.macs, self.part.repeats
        return Figures.of(solution.cost, macs, repeats, solution.level_figures)

    @property
    def setup(self) -> Setup:
        """What is set up for all repeats; nothing without a mapping."""
        return self.solution.setup.times(self.part.repeats) if self.solution else Setup()

    def baseline(self, name: str) -> Figures | None:
        """Return what all repeats cost as a baseline maps them, or None if it has no mapping in the space."""
        if self.on_host:
            return Figures()
        result = self._result(name)
        if result is None or result.cost is None or result.outside:
            return None
        return Figures.of(result.cost, self.part.layer.macs, self.part.repeats)

    def outside(self, name: str) -> bool:
        """Whether a baseline's mapping is outside of the user's limits."""
        result = self._result(name)
        return result is not None and result.outside

    def _result(self, name: str) -> BaselineResult | None:
        return _named(self.solution.baselines, name) if self.solution else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: name, repeats, and the answer or the host operation."""
        head = {"part": self.part.name, "repeats": self.part.repeats, "from_cache": self.cached}
        if self.answer is None:
            return head | {"layer": self.part.layer.to_dict(), "status": self.status}
        return head | self.answer.to_dict()


@dataclass(frozen=True)
class LayerAnswer:
    """The answers for the parts of one layer.

    Attributes
    ----------
    layer, objective
        What was asked.
    parts
        What the layer was taken apart into, with the answers.
    decomposition
        How the layer was taken apart, empty where there is one way only.
    others
        What the other ways cost under the objective, by name.
    least_other
        What the other ways cost at least; infinite if there is none that runs.
    """

    layer: Layer
    objective: Objective
    parts: tuple[PartAnswer, ...]
    decomposition: str = ""
    others: tuple[tuple[str, Decimal], ...] = ()
    least_other: Decimal = INFINITE

    @cached_property
    def figures(self) -> Figures | None:
        """What the layer costs, or None if a part has no mapping."""
        return _total(part.figures for part in self.parts)

    @property
    def rewritten(self) -> bool:
        """Whether a part runs in another form than it is written in."""
        return any(part.solution is not None and part.solution.rewritten for part in self.parts)

    @property
    def on_host(self) -> bool:
        """Whether nothing of the layer runs on the array."""
        return all(part.on_host for part in self.parts)

    @property
    def status(self) -> str:
        """Host, missing (not reached), or the worst status of the parts, from infeasible to optimal.

        Feasible is a layer, too, that another way, or for EDP other mappings of its parts, may run for less.
        """
        if self.on_host:
            return "host"
        answers = [part.answer for part in self.parts if not part.on_host]
        if None in answers:
            return "missing"
        found = {status_of(answer) for answer in answers if answer}
        if self.gap:
            found.add("feasible")
        order = ("infeasible", "interrupted", "feasible", "optimal")
        return next(status for status in order if status in found)

    @property
    def least(self) -> Decimal:
        """What the layer costs at least in this way, by the bounds of its parts; infinite if it does not run.

        For the product of the totals see `gap_of`.
        """
        if any(isinstance(part.answer, Infeasible) for part in self.parts):
            return INFINITE
        return _least_total(
            [(s.bound, part.part.repeats) for part in self.parts if (s := part.solution)], self.objective
        )

    @property
    def reason(self) -> str:
        """Why there is no mapping, if there is none."""
        reasons = (part.answer.reason for part in self.parts if isinstance(part.answer, Infeasible))
        return next(reasons, "")

    @property
    def gap(self) -> float | None:
        """Relative distance of the bound, or None without a mapping."""
        return gap_of([self], self.objective)

    @property
    def setup(self) -> Setup:
        """What is set up for the parts."""
        return sum((part.setup for part in self.parts), Setup())

    def baseline(self, name: str) -> Figures | None:
        """Return what the layer costs as a baseline maps it, or None if it lacks a mapping."""
        return _total(part.baseline(name) for part in self.parts)

    def outside(self, name: str) -> bool:
        """Whether a baseline's mapping of a part is outside of the user's limits: it is not compared."""
        return any(part.outside(name) for part in self.parts)

    def to_dict(self, hardware: Hardware) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **keyed(self, "layer status reason decomposition"),
            "other_decompositions": dict(self.others),
            "gap": self.gap,
            **figures_dict(self.figures, hardware),
            **keyed(self, "setup parts"),
        }


def status_of(answer: Answer) -> str:
    """Return the status of an answer in a word."""
    return str(answer.status) if isinstance(answer, Solution) else "infeasible"


def gap_of(layers: Sequence[LayerAnswer], objective: Objective, bound: Decimal | None = None) -> float | None:
    """Return how far the proved bound on the total of some layers is below it, relative to it; None without
    one.

    `bound` is that of the total where one was searched, else it follows from those of the layers.

    Latencies and energies add up, and so do their bounds; for the product of the totals see
    `solver.arithmetic.exact.least_product`.
    """
    costs = _total(layer.figures for layer in layers)
    if costs is None:
        return None
    value = costs.value(objective)
    if not value:
        return 0.0
    if bound is None:
        least = [(min(layer.least, layer.least_other), 1) for layer in layers if not layer.on_host]
        bound = _least_total(least, objective)
    return max(0.0, float((value - bound) / value))


def _least_total(bounds: Sequence[tuple[Decimal, int]], objective: Objective) -> Decimal:
    """Return the bound of a total from those of its summands, and how often each is in it."""
    if objective is Objective.EDP:
        return least_product(bounds)
    return total([product(bound, count) for bound, count in bounds])


def _total(parts: Iterable[Figures | None]) -> Figures | None:
    found = list(parts)
    return None if None in found else Figures.total(figures for figures in found if figures)


def _named(results: Sequence[BaselineResult], name: str) -> BaselineResult | None:
    return next((result for result in results if result.name == name), None)
