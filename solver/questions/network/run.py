"""Solve a network: each different question once, earlier answers from the cache, the rest searched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from solver.answers.infeasible import Answer
from solver.answers.network import NetworkAnswer
from solver.answers.problem import NOT_COUNTED, Problem
from solver.cost.result import Objective
from solver.errors import InternalError, NothingFoundError
from solver.jobs.base import SCHEDULER_LOST, Executor, Serial, TaskFailure
from solver.layer import Layer, Primitive
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question, map_layer
from solver.questions.network.kept import Wanted, find_product
from solver.questions.network.plan import Plan
from solver.questions.network.product import Balanced
from solver.readers.reading import Reading
from solver.search.progress import Progress


@dataclass(frozen=True)
class Event:
    """What a run is doing, for a progress display.

    Attributes
    ----------
    done, total
        Different questions answered (or found in the cache), and all of them.
    layer
        Name of the layer that is searched or was just answered.
    status
        Its status, or None while it is searched.
    progress
        How far its search is, if that is known.
    """

    done: int
    total: int
    layer: str
    status: str | None = None
    progress: Progress | None = None


def run_network(
    name: str,
    layers: Sequence[Layer],
    question: Question,
    *,
    cache: Cache | None = None,
    executor: Executor | None = None,
    problems: tuple[Problem, ...] = (),
    notes: tuple[str, ...] = (),
    on_event: Callable[[Event], None] = lambda event: None,
) -> NetworkAnswer:
    """Answer a mapping question for every layer of a network.

    Parameters
    ----------
    name
        What to call the network.
    layers
        In the order in which they run; host operations are carried along.
    question
        What is asked of every layer.
    cache
        Where earlier answers are found and new ones are kept as soon as they are there; None for neither.
    executor
        Where layers are searched; one after the other in this process by default. The answers are the same.
    problems, notes
        What the reader of the network had to say; passed on.
    on_event
        Told when a search starts, gets on and ends.

    Returns
    -------
    NetworkAnswer
        With every layer, also after Ctrl-C and without its scheduler: those that were not reached have the
        status missing.

    Raises
    ------
    InternalError
        If the search of a layer fails.
    """
    started = time.perf_counter()
    plan = Plan.of(layers)
    tasks = plan.questions(question)
    known: dict[str, Answer] = {}
    if cache is not None:
        known = cache.get_all({key: (layer, question) for key, layer in tasks.items()})
    cached = frozenset(known)
    left = [(key, layer) for key, layer in tasks.items() if key not in known]
    interrupted = False
    run = _Run(question, executor or Serial(), on_event, len(known), len(tasks))
    try:
        for place, answer, stopped in run.answers([layer for _, layer in left]):
            key, layer = left[place]
            known[key] = answer
            if cache is not None and not stopped:
                cache.put(layer, question, answer)
            interrupted |= stopped
            on_event(Event(len(known), len(tasks), layer.name, _status(answer)))
            if stopped:
                break
    except KeyboardInterrupt:
        interrupted = True
    bound: Decimal | None = None
    ways: tuple[int, ...] | None = None
    if question.objective is Objective.EDP and not interrupted and len(known) == len(tasks):
        try:
            balanced = _product(plan, question, known, cache)
        except KeyboardInterrupt:
            balanced, interrupted = None, True
        if balanced is not None:
            known, ways, bound = balanced.answers, balanced.ways, balanced.bound
    answers = plan.answers(question, known, cached, ways)
    return NetworkAnswer(
        name=name,
        hardware=question.hardware,
        objective=question.objective,
        layers=answers,
        problems=problems,
        notes=(*notes, *run.notes),
        different=len(tasks),
        bound=bound,
        cached=len(cached),
        interrupted=interrupted,
        wall_seconds=time.perf_counter() - started,
    )


def problems_of(reading: Reading, source: str) -> tuple[Problem, ...]:
    """Return what is missing in a network as it was read from a source."""
    unread = [Problem(error.file or source, str(error)) for error in reading.errors]
    return (*unread, *(Problem(source, text, NOT_COUNTED) for text in reading.uncounted))


def _product(
    plan: Plan, question: Question, known: Mapping[str, Answer], cache: Cache | None
) -> Balanced | None:
    """Return the mappings with the least product of the totals, from the cache if they are there."""
    work = Wanted(plan, question, known)
    if cache is None:
        return find_product(work).balanced
    found = find_product(replace(work, cells=cache.unchecked([work.key]).get(work.key)))
    found.keep(cache)
    return found.balanced


class _Run:
    """The searches of one run, told to whom it concerns."""

    def __init__(
        self,
        question: Question,
        executor: Executor,
        on_event: Callable[[Event], None],
        done: int,
        total: int,
    ) -> None:
        self.question, self.executor, self.on_event = question, executor, on_event
        self.done, self.total = done, total
        self.notes: tuple[str, ...] = ()

    def answers(self, layers: Sequence[Primitive]) -> Iterator[tuple[int, Answer, bool]]:
        """Yield the place of a layer, its answer and whether it was interrupted, as they come."""
        work = [(layer, self.question) for layer in layers]
        solve = self._watched if self.executor.local else search
        for outcome in self.executor.run(solve, work):
            self.done += 1
            if outcome.lost:
                self.notes += (SCHEDULER_LOST,)
                return
            if isinstance(outcome.value, TaskFailure):
                if isinstance(outcome.value.error, NothingFoundError):
                    self.notes += (str(outcome.value.error),)  # the others are answered
                    continue
                name = layers[outcome.index].name
                raise InternalError(f"{name}: {outcome.value}") from outcome.value.error
            yield outcome.index, *outcome.value

    def _watched(self, work: tuple[Primitive, Question]) -> tuple[Answer, bool]:
        layer, question = work
        self.on_event(Event(self.done, self.total, layer.name))
        return map_layer(
            layer,
            question,
            lambda progress: self.on_event(Event(self.done, self.total, layer.name, progress=progress)),
        )


def search(work: tuple[Primitive, Question]) -> tuple[Answer, bool]:
    """Answer one question, wherever this runs; the task of networks, sweeps and designs."""
    layer, question = work
    return map_layer(layer, question)


def _status(answer: Answer) -> str:
    return str(answer.to_dict()["status"])
