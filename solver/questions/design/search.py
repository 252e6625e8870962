"""Branch and bound over accelerators: the one with the least bound is looked at more closely each time.

Every accelerator has a lower bound on what the network costs on it, the sum (for EDP, the least product) over
its layers of bounds that get better step by step: physical bounds, quick bounds over all legal tiles, and
exact solves of one layer after the other, those with the largest share first. The accelerator with the least
bound is refined by one step and put back. When one whose layers are all solved has the least bound, no other
can be better. An accelerator that is hopeless by its bound is never solved.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from solver.answers.design import ChosenLayer, DesignAnswer, DesignEvidence, PointState
from solver.answers.front import ParetoFront
from solver.answers.infeasible import Answer, Infeasible
from solver.answers.layer import INFINITE
from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InputError
from solver.hardware import Hardware
from solver.hardware.area import area_of, known_area
from solver.jobs.base import SCHEDULER_LOST, Executor, SchedulerLostError, Serial
from solver.layer import Layer, Primitive
from solver.questions.cache.key import fingerprint
from solver.questions.cache.store import Cache
from solver.questions.design.branch import Branch, refine
from solver.questions.design.choose import choose
from solver.questions.design.limited import Limited, NearOnes, find_near
from solver.questions.design.work import Choice, Work
from solver.questions.front import find_corners, find_front
from solver.questions.map_layer import Question, check_seconds
from solver.questions.network.run import search
from solver.questions.sweep.grid import Grid

LEAST_SECONDS = 0.1
"""What a layer gets when the time is all but up."""


@dataclass(frozen=True)
class DesignEvent:
    """How far a design is: best value and bound so far, and solves of all that a sweep would do."""

    value: Decimal | None
    bound: Decimal
    solves: int
    questions: int


def run_design(
    name: str,
    layers: Sequence[Layer],
    points: Sequence[Hardware],
    template: Question,
    *,
    max_area: Decimal | None = None,
    max_power: Decimal | None = None,
    skipped: int = 0,
    grid: Grid | None = None,
    time_limit: float | None = None,
    executor: Executor | None = None,
    cache: Cache | None = None,
    on_event: Callable[[DesignEvent], None] = lambda event: None,
) -> DesignAnswer:
    """Choose an accelerator and the mappings of all layers so that the network costs least.

    Parameters
    ----------
    name, layers
        The network.
    points
        The accelerators to choose from.
    template
        The objective, limits on tiles, seed; its hardware is replaced.
    max_area
        Largest area, in the energy table's unit.
    max_power
        Highest average power, energy / latency of the network, in energy units per cycle.
    skipped
        Combinations of sizes that are no accelerator; passed on.
    grid
        Whose points the accelerators are, for a certificate; None if they are just these.
    time_limit
        Seconds for all; then the best so far is given with its gap.
    executor
        Where layers are solved; as many at once as it has room for.
    cache
        Answers of earlier runs. Fronts (needed for EDP or a limit on power) are not kept in it.
    on_event
        Told of every step.

    Returns
    -------
    DesignAnswer
        Also after Ctrl-C, with the best so far.

    Raises
    ------
    InputError
        If there is a limit on the area and the energy table has no areas, no time to search in, or a limit
        on the power of pieces behind a prefetch buffer.
    """
    if time_limit is not None:
        check_seconds("time_limit", time_limit)
    if max_power is not None:
        # The fronts of one piece are whole, and have slower mappings that draw less power.
        template = replace(template, pieces=1) if template.pieces is None else template
        for point in points:
            check_limitable(replace(template, hardware=point))
    started = time.perf_counter()
    work = Work.of(layers)
    small = [p for p in points if max_area is None or area_of(p) <= max_area]
    large = [] if max_area is None else [area for p in points if (area := area_of(p)) > max_area]
    branches = [
        _Contender(work, replace(template, hardware=point, baselines=False, time_limit=None), max_power)
        for point in small
    ]
    hunt = _Hunt(branches, executor or Serial(), cache, len(work.different), on_event)
    deadline = None if time_limit is None else started + time_limit
    try:
        hunt.run(deadline)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    except SchedulerLostError:
        hunt.failures.append(SCHEDULER_LOST)
        interrupted = False
    best = hunt.best
    return DesignAnswer(
        network=name,
        objective=template.objective,
        max_area=max_area,
        max_power=max_power,
        hardware=best.question.hardware if best else None,
        area=best.area if best else None,
        layers=best.chosen_layers() if best else (),
        bound=hunt.bound,
        points=tuple(branch.state() for branch in branches),
        over_area=len(large),
        least_area=min(large, default=None),
        skipped=skipped,
        solves=hunt.solves,
        questions=len(branches) * len(work.different),
        cached=hunt.cached,
        failures=tuple(hunt.failures),
        interrupted=interrupted,
        wall_seconds=time.perf_counter() - started,
        evidence=_evidence(work, branches, best, tuple(points), grid),
    )


def check_limitable(question: Question) -> None:
    """Raise `InputError` if a limit on power cannot be kept by the mappings that are asked for."""
    if question.most_pieces != 1 and question.hardware.memory is not None:
        expected = "1 under a limit on power behind a prefetch buffer"
        raise InputError(field="pieces", found=question.pieces, expected=expected)


def _evidence(
    work: Work,
    branches: Sequence[_Contender],
    best: _Contender | None,
    points: tuple[Hardware, ...],
    grid: Grid | None,
) -> DesignEvidence | None:
    """Return what was settled, if an accelerator was found."""
    if best is None:
        return None
    layers = tuple(ways for _, ways in work.layers)
    chosen = tuple(pick.parts for pick in best.picks)
    least = tuple(branch.least() for branch in branches)
    return DesignEvidence(work.different, layers, least, chosen, points, grid.to_dict() if grid else None)


class _Contender(Branch):
    """An accelerator of the grid, with the mappings that are chosen on it in the end."""

    def __init__(self, work: Work, question: Question, max_power: Decimal | None) -> None:
        super().__init__(work, question)
        self.max_power = max_power
        self.area = known_area(question.hardware)
        # A layer could not be solved, or not in time: the bound stays, and with it the doubt.
        self.abandoned = False
        self.picks: tuple[Choice, ...] = ()
        self.value: Decimal | None = None
        self.limited: Limited | None = None

    @property
    def with_fronts(self) -> bool:
        """Whether the layers' fronts are needed, not just their best mappings."""
        return self.question.objective is Objective.EDP or self.max_power is not None

    @property
    def unfinished(self) -> bool:
        """Whether all layers are solved, but a limit on power asks for more than the corners of fronts."""
        return self.limited is not None and self.limited.open

    def finish(self) -> None:
        """Choose the mappings of all layers, when all are solved."""
        if self.max_power is None or self.question.most_pieces == 1:
            layers = self.work.choices(self.options)
            found = choose(layers, self.question.objective, self.max_power)
        else:
            if self.limited is None:
                self.limited = Limited(self.work, self.question, self.options, self.max_power)
            layers, found = self.limited.choose()
        if found is None:
            self.drop()
            return
        picks = [choices[place] for choices, place in zip(layers, found.picks, strict=True)]
        self.picks = tuple(map(self.limited.mapped, picks) if self.limited else picks)
        self.value = found.figures.value(self.question.objective)
        self.bound = max(self.bound, min(found.bound, self.value))

    def chosen_layers(self) -> tuple[ChosenLayer, ...]:
        return tuple(
            ChosenLayer(
                name,
                tuple((repeats, solution) for _, repeats, solution in pick.parts),
            )
            for (name, _), pick in zip(self.work.layers, self.picks, strict=True)
        )

    def least(self) -> tuple[tuple[tuple[int, Decimal, Solution | None], ...] | None, ...]:
        """Return what each different layer costs at least, as `DesignEvidence` has it."""
        alone = None if self.with_fronts else self.question.objective

        def point(option: Choice) -> tuple[int, Decimal, Solution | None]:
            cycles = 0 if alone is Objective.ENERGY else option.cycles
            energy = Decimal(0) if alone is Objective.LATENCY else option.energy
            return cycles, energy, option.parts[0][2]

        return tuple(tuple(map(point, options)) if options else None for options in self.options)

    def state(self) -> PointState:
        solved = self.solved if self.bound.is_finite() else 0
        return PointState(self.question.hardware, self.area, self.value, self.bound, solved, self.reason)


class _Hunt:
    """The search: all accelerators by their bounds, and the best that was found."""

    def __init__(
        self,
        branches: Sequence[_Contender],
        executor: Executor,
        cache: Cache | None,
        different: int,
        on_event: Callable[[DesignEvent], None],
    ) -> None:
        self.branches, self.executor, self.cache, self.on_event = branches, executor, cache, on_event
        self.questions = len(branches) * different
        self.solves = self.cached = 0
        self.failures: list[str] = []
        self.best: _Contender | None = None

    @property
    def bound(self) -> Decimal:
        """The network costs at least this on every accelerator; infinite without any."""
        return min((branch.bound for branch in self.branches), default=INFINITE)

    def run(self, deadline: float | None) -> None:
        """Refine until the best is proved, or time is up."""
        heap = [(b.bound, b.area or Decimal(0), place) for place, b in enumerate(self.branches)]
        heapq.heapify(heap)
        while heap:
            bound, area, place = heapq.heappop(heap)
            branch = self.branches[place]
            if self.best is not None and self.best.value is not None and bound >= self.best.value:
                return
            if deadline is not None and time.perf_counter() > deadline:
                return
            if not branch.refined:
                refine([branch], self.executor)
            elif branch.open:
                self._solve(branch, deadline)
            elif branch.unfinished:
                self._find_near(branch, deadline)
            if branch.bound.is_finite() and not branch.open:
                branch.finish()
                self._offer(branch)
            unsettled = branch.open or branch.unfinished
            if unsettled and branch.bound.is_finite() and not branch.abandoned:
                heapq.heappush(heap, (branch.bound, area, place))
            value = self.best.value if self.best else None
            self.on_event(DesignEvent(value, self.bound, self.solves, self.questions))

    def _offer(self, branch: _Contender) -> None:
        if branch.value is None:
            return
        if self.best is None or self.best.value is None or branch.value < self.best.value:
            self.best = branch

    def _solve(self, branch: _Contender, deadline: float | None) -> None:
        """Solve the next layers of an accelerator, as far as the time allows."""
        question = branch.question
        indices = branch.next_layers(self.executor.width)
        layers = {index: branch.work.different[index] for index in indices}
        hits = {} if branch.with_fronts else self._kept(layers, question)
        for index, hit in hits.items():
            self.cached += 1
            branch.settle(index, hit)
        left = [index for index in indices if index not in hits]
        seconds = None if deadline is None else max(LEAST_SECONDS, deadline - time.perf_counter())
        asked = replace(question, time_limit=seconds)
        items = [(branch.work.different[index], asked) for index in left]
        task = solve_front if branch.with_fronts else search
        for outcome in self.executor.run(task, items):
            index = left[outcome.index]
            self.solves += 1
            if outcome.lost:
                raise SchedulerLostError
            if outcome.failed:
                where = f"{question.hardware.num_ms} switches"
                self.failures.append(f"{items[outcome.index][0].name} on {where}: {outcome.value}")
                branch.abandoned = True
                continue
            answer, stopped = outcome.value
            if stopped:
                raise KeyboardInterrupt
            if not isinstance(answer, Infeasible) and not answer.proved:
                branch.abandoned = True
                continue
            if self.cache is not None and not isinstance(answer, ParetoFront):
                self.cache.put(items[outcome.index][0], question, answer)
            branch.settle(index, answer)
        self.solves += len(indices) - len(left)

    def _find_near(self, branch: _Contender, deadline: float | None) -> None:
        """Find the mappings of an accelerator's layers that may meet the limit best, if there is time."""
        assert branch.limited is not None
        asked = branch.limited.tasks()
        seconds = None if deadline is None else max(LEAST_SECONDS, deadline - time.perf_counter())
        items = [task.within(seconds) for task in asked.values()]
        found: dict[int, NearOnes] = dict.fromkeys(asked)
        for outcome in self.executor.run(find_near, items):
            if outcome.lost:
                raise SchedulerLostError
            if outcome.failed:
                where = f"{branch.question.hardware.num_ms} switches"
                self.failures.append(f"{items[outcome.index].layer.name} on {where}: {outcome.value}")
            else:
                found[list(asked)[outcome.index]] = outcome.value
        branch.limited.take(found)

    def _kept(self, layers: Mapping[int, Primitive], question: Question) -> dict[int, Answer]:
        """Return the answers of earlier runs, by index."""
        if self.cache is None:
            return {}
        keys = {fingerprint(layer, question): index for index, layer in layers.items()}
        found = self.cache.get_all({key: (layers[index], question) for key, index in keys.items()})
        return {keys[key]: answer for key, answer in found.items()}


def solve_front(work: tuple[Primitive, Question]) -> tuple[ParetoFront | Infeasible, bool]:
    """Find the front of a layer, wherever this runs; the second value tells of an interruption.

    In pieces only its corners: the least product of a network is at a corner.
    """
    layer, question = work
    try:
        front = (find_front if question.most_pieces == 1 else find_corners)(layer, question)
    except InfeasibleError as error:
        return Infeasible(layer, question.hardware, question.objective, str(error)), False
    return front, front.interrupted
