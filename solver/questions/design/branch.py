"""What is known of a network on an accelerator: bounds of its layers that get better step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from solver.answers.figures import Figures
from solver.answers.front import ParetoFront
from solver.answers.infeasible import Infeasible
from solver.answers.layer import INFINITE
from solver.answers.solution import Solution
from solver.arithmetic.exact import least_product, product
from solver.cost.result import Objective
from solver.jobs.base import Executor, SchedulerLostError
from solver.questions.design.bounds import LayerBound, bounded, physical_bound
from solver.questions.design.choose import Chosen, choose
from solver.questions.design.work import Choice, Work
from solver.questions.map_layer import Question


class Branch:
    """An accelerator, and what is known of the network on it.

    Parameters
    ----------
    work
        The network.
    question
        What is asked of every layer.

    Attributes
    ----------
    options
        For each different layer what it may cost: a bound, or its mappings; nothing if it has none.
    products
        The least product of those layers of which no more is known: another mapping may suit the network's.
    open
        Layers that are not solved and may have a part in the best choice.
    refined
        Whether all legal tiles are bounded, not only physics.
    bound
        The network costs at least this; infinite if it does not run.
    infeasible
        Layers that have no mapping, by index.
    reason
        Which of them keeps the network from running, and why; empty if it may run.
    """

    def __init__(self, work: Work, question: Question) -> None:
        self.work, self.question = work, question
        hardware, wish = question.hardware, question.wish
        bounds = [physical_bound(layer, hardware, wish) for layer in work.different]
        self.options = [[_bounded(index, bound)] for index, bound in enumerate(bounds)]
        self.products: dict[int, Decimal] = {}
        self.open = set(range(len(work.different)))
        self.refined = False
        self.reason = ""
        self.solved = 0
        self.infeasible: dict[int, Infeasible] = {}
        self.bound = self._chosen().bound

    def refine(self, bounds: Mapping[int, LayerBound | Infeasible]) -> None:
        """Replace physical bounds of some layers by those over all legal tiles."""
        self.refined = True
        for index, bound in bounds.items():
            if isinstance(bound, Infeasible):
                self._exclude(index, bound)
            else:
                self.options[index] = [_bounded(index, bound)]
        self._raise()

    def next_layers(self, count: int) -> list[int]:
        """Return the open layers that weigh most."""
        objective = self.question.objective
        costs = {
            index: float(Figures(options[0].cycles, options[0].energy).value(objective)) if options else 0.0
            for index, options in enumerate(self.options)
        }
        return [index for index in self.work.shares(costs) if index in self.open][:count]

    def settle(self, index: int, answer: Solution | ParetoFront | Infeasible) -> None:
        """Take the answer for a layer."""
        if not self.bound.is_finite():
            return
        self.open.discard(index)
        self.solved += 1
        if isinstance(answer, Infeasible):
            self._exclude(index, answer)
        elif isinstance(answer, Solution) and self.question.objective is Objective.EDP:
            self.products[index] = answer.bound
        else:
            solutions = answer.points if isinstance(answer, ParetoFront) else (answer,)
            self.options[index] = [Choice(s.cost.cycles, s.cost.energy, ((index, 1, s),)) for s in solutions]
        self._raise()

    def drop(self, reason: str = "") -> None:
        """Note that the network does not run within the limits, and which layer has no mapping."""
        self.reason = reason
        self.open.clear()
        self.bound = INFINITE

    def _exclude(self, index: int, answer: Infeasible) -> None:
        """Note that a layer has no mapping: what it is a part of is taken apart in another way, if in any."""
        self.options[index] = []
        self.infeasible[index] = answer
        useful: set[int] = set()
        for _, ways in self.work.layers:
            left = [[part for part, _ in way] for way in ways if all(self.options[part] for part, _ in way)]
            if not left:
                lacking = next(part for way in ways for part, _ in way if not self.options[part])
                self.drop(f"{self.work.different[lacking].name}: {self.infeasible[lacking].reason}")
                return
            useful.update(part for way in left for part in way)
        self.open &= useful

    def _raise(self) -> None:
        """Raise the bound to what is known of the layers by now."""
        if self.bound.is_finite():
            self.bound = max(self.bound, self._chosen().bound, self._product_bound())

    def _product_bound(self) -> Decimal:
        """Return what the product of the totals is at least by those that are known of layers."""
        if not self.products:
            return Decimal(0)
        least = [
            max(
                self.products.get(index, Decimal(0)),
                min((product(c.energy, c.cycles) for c in options), default=Decimal(0)),
            )
            for index, options in enumerate(self.options)
        ]
        return least_product(
            (min(least_product((least[index], count) for index, count in way) for way in ways), 1)
            for _, ways in self.work.layers
        )

    def _chosen(self) -> Chosen:
        """Choose what every layer may cost so that the network costs least."""
        found = choose(self.work.choices(self.options), self.question.objective)
        assert found is not None
        return found


def refine(branches: Sequence[Branch], executor: Executor) -> None:
    """Bound the layers of some accelerators by all legal tiles; a task that fails leaves what was known.

    Raises
    ------
    SchedulerLostError
        If nobody is left to run tasks.
    """
    work = [(place, index) for place, branch in enumerate(branches) for index in sorted(branch.open)]
    layers = [(branches[place].work.different[index], branches[place].question) for place, index in work]
    found: list[dict[int, LayerBound | Infeasible]] = [{} for _ in branches]
    for outcome in executor.run(bounded, layers):
        if outcome.lost:
            raise SchedulerLostError
        if not outcome.failed:
            place, index = work[outcome.index]
            found[place][index] = outcome.value
    for branch, bounds in zip(branches, found, strict=True):
        branch.refine(dict(sorted(bounds.items())))


def _bounded(index: int, bound: LayerBound) -> Choice:
    """Return a bound as the only choice of a layer: as fast and as frugal as none may be at once."""
    return Choice(bound.cycles, bound.energy, ((index, 1, None),))
