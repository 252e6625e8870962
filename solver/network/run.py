"""Solve a network: each different question once, earlier answers from the cache, the rest searched."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from solver.answer import Answer
from solver.cache import Cache, fingerprint
from solver.layer import Decomposition, HostOperation, Layer, Part, Primitive
from solver.mapper import Question, map_layer
from solver.model import Progress
from solver.network.answer import LayerAnswer, NetworkAnswer, PartAnswer, Problem, status_of


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


@dataclass(frozen=True)
class _Task:
    """A question that several parts may share; the layer has the name of the first."""

    key: str
    layer: Primitive


def run_network(
    name: str,
    layers: Sequence[Layer],
    question: Question,
    *,
    cache: Cache | None = None,
    jobs: int = 1,
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
    jobs
        Processes that search at once. The answers are the same as with one.
    problems, notes
        What the reader of the network had to say; passed on.
    on_event
        Told when a search starts, gets on and ends.

    Returns
    -------
    NetworkAnswer
        With every layer, also after Ctrl-C: those that were not reached have the status missing.
    """
    started = time.perf_counter()
    named = [(layer, _named_decompositions(layer)) for layer in layers]
    primitives = [
        part.layer
        for _, decompositions in named
        for decomposition in decompositions
        for part in decomposition.parts
        if isinstance(part.layer, Primitive)
    ]
    keys = {id(layer): fingerprint(layer, question) for layer in primitives}
    tasks = {keys[id(layer)]: layer for layer in reversed(primitives)}
    known: dict[str, Answer] = {}
    if cache is not None:
        known = {key: hit for key, layer in tasks.items() if (hit := cache.get(layer, question))}
    cached = frozenset(known)
    left = [_Task(keys[id(layer)], layer) for layer in primitives if tasks[keys[id(layer)]] is layer]
    left = [task for task in left if task.key not in known]
    interrupted = False
    try:
        for task, answer, stopped in _answers(left, question, jobs, len(known), on_event):
            known[task.key] = answer
            if cache is not None and not stopped:
                cache.put(task.layer, question, answer)
            interrupted |= stopped
            on_event(Event(len(known), len(tasks), task.layer.name, status_of(answer)))
    except KeyboardInterrupt:
        interrupted = True
    answers = [
        _layer_answer(layer, decompositions, question, known, keys, cached) for layer, decompositions in named
    ]
    return NetworkAnswer(
        name=name,
        hardware=question.hardware,
        objective=question.objective,
        layers=tuple(answers),
        problems=problems,
        notes=notes,
        different=len(tasks),
        cached=len(cached),
        interrupted=interrupted,
        wall_seconds=time.perf_counter() - started,
    )


def _named_decompositions(layer: Layer) -> tuple[Decomposition, ...]:
    """Return the decompositions with every part's layer named after layer, decomposition and part."""

    def rename(decomposition: Decomposition, part: Part) -> Part:
        words = [layer.name or layer.kind, decomposition.name, part.name]
        return replace(part, layer=replace(part.layer, name="/".join(word for word in words if word)))

    return tuple(replace(d, parts=tuple(rename(d, part) for part in d.parts)) for d in layer.decompositions())


def _layer_answer(
    layer: Layer,
    decompositions: Sequence[Decomposition],
    question: Question,
    known: dict[str, Answer],
    keys: dict[int, str],
    cached: frozenset[str],
) -> LayerAnswer:
    """Put the answers of the parts together, in the decomposition that costs least."""

    def part_answer(part: Part) -> PartAnswer:
        if isinstance(part.layer, HostOperation):
            return PartAnswer(part, None)
        key = keys[id(part.layer)]
        answer = known.get(key)
        # The answer may be that of a layer of the same loops.
        own = replace(answer, layer=part.layer) if answer and isinstance(part.layer, Primitive) else None
        return PartAnswer(part, own, key in cached)

    ways = [
        LayerAnswer(layer, question.objective, tuple(map(part_answer, d.parts)), d.name)
        for d in decompositions
    ]

    def value(way: LayerAnswer) -> Decimal:
        return way.figures.value(question.objective) if way.figures else Decimal("Infinity")

    best = min(ways, key=value)
    others = tuple((way.decomposition, value(way)) for way in ways if way is not best and way.figures)
    return replace(best, others=others)


def _answers(
    tasks: Sequence[_Task], question: Question, jobs: int, done: int, on_event: Callable[[Event], None]
) -> Iterator[tuple[_Task, Answer, bool]]:
    """Yield task, answer and whether it was interrupted, as they come."""
    total = done + len(tasks)
    if jobs <= 1 or len(tasks) <= 1:
        for place, task in enumerate(tasks):
            name, count = task.layer.name, done + place
            on_event(Event(count, total, name))
            answer, stopped = map_layer(
                task.layer,
                question,
                lambda progress, name=name, count=count: on_event(  # type: ignore[misc]
                    Event(count, total, name, progress=progress)
                ),
            )
            yield task, answer, stopped
            if stopped:
                return
        return
    # Fresh interpreters: CP-SAT's threads do not survive a fork. Ctrl-C is the parent's to answer.
    pool = multiprocessing.get_context("spawn").Pool(min(jobs, len(tasks)), initializer=_ignore_interrupts)
    with pool:
        work = ((place, task.layer, question) for place, task in enumerate(tasks))
        for place, answer in pool.imap_unordered(_solve, work):
            yield tasks[place], answer, False


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _solve(work: tuple[int, Primitive, Question]) -> tuple[int, Answer]:
    place, layer, question = work
    return place, map_layer(layer, question)[0]
