"""Answer a sweep: every different question once, earlier answers from the cache, failures kept apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from solver.answers.infeasible import Answer, Infeasible
from solver.answers.layer import LayerAnswer, gap_of
from solver.answers.sweep import SweepAnswer, SweepRow, figures_of
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.hardware.area import known_area
from solver.jobs.base import SCHEDULER_LOST, Executor, SchedulerLostError, Serial
from solver.layer import Layer, Primitive
from solver.questions.cache.key import fingerprint
from solver.questions.cache.store import Cache, Cells, checked
from solver.questions.design.branch import refine
from solver.questions.map_layer import Question
from solver.questions.network.kept import FoundProduct, Wanted, find_product
from solver.questions.network.plan import Plan
from solver.questions.network.product import Balanced
from solver.questions.network.run import search
from solver.questions.sweep.front import Fronts

_AT_ONCE, _PER_WORKER = 4096, 64
"""Layer questions asked together, of all workers and of each: waiting for the last of them costs little."""

_KEPT_AFTER = 1.0
"""Seconds that an answer may wait to be written with others."""


Place = tuple[str, int]
"""The name of a network and the place of a question."""
Rows = dict[Place, SweepRow]


@dataclass(frozen=True)
class SweepEvent:
    """How far a sweep is: questions answered (or found in the cache) of all, and what was answered last."""

    done: int
    total: int
    last: str


def run_sweep(
    networks: Mapping[str, Sequence[Layer]],
    points: Sequence[Hardware],
    objectives: Sequence[Objective],
    template: Question,
    *,
    skipped: int = 0,
    executor: Executor | None = None,
    cache: Cache | None = None,
    front: bool = False,
    on_event: Callable[[SweepEvent], None] = lambda event: None,
) -> SweepAnswer:
    """Map networks on accelerators.

    Parameters
    ----------
    networks
        Layers by the name of the network.
    points
        The accelerators.
    objectives
        What is minimised: cycles or energy of every layer, or the product of the network's totals.
    template
        Everything else that is asked; its hardware and objective are replaced.
    skipped
        Combinations that were no accelerator; passed on.
    executor
        Where layers are searched; the answers are the same.
    cache
        Where earlier answers are found and new ones are kept as soon as they are there, so that a sweep that
        was stopped goes on where it was.
    front
        Whether only the fronts of area and objective are wanted: accelerators that a smaller one beats by
        their lower bound are left out (`solver.questions.sweep.front`).
    on_event
        Told of every answer.

    Returns
    -------
    SweepAnswer
        With every row, also after Ctrl-C: what was not reached has the status missing.

    Raises
    ------
    InputError
        If fronts are wanted and an accelerator has no area.
    """
    started = time.perf_counter()
    plans = {name: Plan.of(layers) for name, layers in networks.items()}
    questions = [
        replace(template, hardware=point, objective=objective) for point in points for objective in objectives
    ]
    run = _Run(plans, questions, executor or Serial(), cache, on_event)
    rows: Rows = {}
    if front:
        fronts = Fronts(networks, questions)
        order = fronts.in_order()
        for first in range(0, len(order), run.executor.width):
            rows |= run.front_rows(fronts, order[first : first + run.executor.width])
    else:
        for places in _blocks(plans, questions, run.executor.width):
            rows |= run.rows(places)
    return SweepAnswer(
        rows=tuple(rows[name, place] for name in plans for place in range(len(questions))),
        skipped=skipped,
        failures=tuple(run.failures),
        questions=run.different,
        cached=run.cached,
        interrupted=run.interrupted,
        wall_seconds=time.perf_counter() - started,
    )


def _blocks(plans: Mapping[str, Plan], questions: Sequence[Question], width: int) -> Iterator[range]:
    """Yield some questions' places at a time: few enough for the memory, enough for the workers."""
    layers = sum(len(plan.questions(questions[0])) for plan in plans.values()) if questions else 1
    count = max(1, max(_AT_ONCE, _PER_WORKER * width) // max(1, layers))
    for first in range(0, len(questions), count):
        yield range(first, min(first + count, len(questions)))


@dataclass(frozen=True)
class Found:
    """An answer to a question.

    Attributes
    ----------
    stopped
        Whether the user stopped its search.
    recalled
        Whether it is of an earlier run.
    wrong
        Why the answer of an earlier run is not right, if there was one.
    """

    answer: Answer
    stopped: bool = False
    recalled: bool = False
    wrong: str = ""


def _recalled_or_searched(work: tuple[Primitive, Question, str, Cells | None]) -> Found:
    """Answer one question from what is kept if that is right, else by a search, wherever this runs."""
    layer, question, key, cells = work
    answer, wrong = checked(key, cells, layer, question) if cells is not None else (None, "")
    if answer is not None:
        return Found(answer, recalled=True)
    return Found(*search((layer, question)), wrong=wrong)


@dataclass
class _Block:
    """Some questions, and what is known of their layers by fingerprint.

    Attributes
    ----------
    known, failed
        Answers, and why there is none.
    cached
        Which answers an earlier run had given.
    """

    known: dict[str, Answer] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)


class _Run:
    """The driver of one sweep: blocks of questions, one after the other; only their rows are kept.

    Attributes
    ----------
    looked_at, listed
        Questions so far, and their different layers.
    different, cached
        Layers that were asked for so far, and how many of them an earlier run had answered.
    done
        Layers so far that are answered, or left out.
    failures
        What failed, in words.
    interrupted, lost
        Whether the user stopped it, or the scheduler is gone: then nothing more is asked.
    """

    def __init__(
        self,
        plans: Mapping[str, Plan],
        questions: Sequence[Question],
        executor: Executor,
        cache: Cache | None,
        on_event: Callable[[SweepEvent], None],
    ) -> None:
        self.plans, self.questions, self.executor = plans, questions, executor
        self.cache, self.on_event = cache, on_event
        self.looked_at = self.listed = self.different = self.cached = self.done = 0
        self.failures: list[str] = []
        self.interrupted = self.lost = False

    @property
    def over(self) -> bool:
        """Whether nothing more is asked."""
        return self.interrupted or self.lost

    def rows(self, places: Sequence[int]) -> Rows:
        """Answer some questions, by their places among all."""
        block = _Block()
        self._ask(self._listed(places), block)
        wanted = [(name, place) for place in places for name in self.plans]
        products = self._products(wanted, block)
        return {at: self._row(at, block, products.get(at)) for at in wanted}

    def front_rows(self, fronts: Fronts, places: Sequence[int]) -> Rows:
        """Answer some questions as far as their rows may be on a front, the heaviest layers first."""
        block, rows = _Block(), Rows()
        layers = self._listed(places)
        asked = self.different
        left = [fronts.contender(name, place) for place in places for name in self.plans]
        while left:
            ended = {}
            for one in left:
                settled = one.settle(block.known, block.failed)
                why = "" if self.over else fronts.beaten(one)
                if settled or why or self.over:
                    ended[one.name, one.place] = why
            products = self._products([at for at, why in ended.items() if not why], block)
            for at, why in ended.items():
                rows[at] = self._row(at, block, products.get(at), why)
                fronts.take(at[1], rows[at])
            left = [one for one in left if (one.name, one.place) not in rows]
            coarse = [one.branch for one in left if not one.branch.refined]
            if coarse:
                try:
                    refine(coarse, self.executor)
                except KeyboardInterrupt:
                    self.interrupted = True
                except SchedulerLostError:
                    self._lose()
            elif left:
                count = max(1, self.executor.width // len(left))
                wanted = dict.fromkeys(key for one in left for key in one.next_keys(count))
                self._ask({key: layers[key] for key in wanted}, block)
        self.done += len(layers) - (self.different - asked)
        return rows

    def _listed(self, places: Sequence[int]) -> dict[str, tuple[Primitive, Question]]:
        """Return the different layers of some questions by fingerprint, each with its question."""
        found: dict[str, tuple[Primitive, Question]] = {}
        for question in (self.questions[place] for place in places):
            self.looked_at += 1
            for plan in self.plans.values():
                for key, layer in plan.questions(question).items():
                    found.setdefault(key, (layer, question))
        self.listed += len(found)
        self._tell("")
        return found

    def _ask(self, tasks: Mapping[str, tuple[Primitive, Question]], block: _Block) -> None:
        """Have what is kept checked and the rest searched; answers are kept within a second."""
        self.different += len(tasks)
        if self.over:
            return
        keys = list(tasks)
        fresh: list[tuple[str, Question, Answer]] = []
        kept = time.monotonic() - _KEPT_AFTER
        try:
            there = self.cache.unchecked(keys) if self.cache is not None else {}
            work = [(*tasks[key], key, there.get(key)) for key in keys]
            for outcome in self.executor.run(_recalled_or_searched, work):
                key = keys[outcome.index]
                layer, question = tasks[key]
                if outcome.lost:
                    raise SchedulerLostError
                if outcome.failed:
                    block.failed[key] = str(outcome.value)
                    where = point_name(question.hardware)
                    self.failures.append(f"{layer.name} on {where}: {outcome.value}")
                else:
                    found: Found = outcome.value
                    block.known[key] = found.answer
                    if found.wrong and self.cache is not None:
                        self.cache.forget({key: found.wrong})
                    if found.stopped:
                        self.interrupted = True
                        break
                    if found.recalled:
                        block.cached.add(key)
                        self.cached += 1
                    else:
                        fresh.append((key, question, found.answer))
                if time.monotonic() - kept >= _KEPT_AFTER:
                    self._keep(fresh)
                    kept = time.monotonic()
                self.done += 1
                self._tell(f"{layer.name} on {question.hardware.num_ms} switches")
        except KeyboardInterrupt:
            self.interrupted = True
        except SchedulerLostError:
            self._lose()
        finally:
            self._keep(fresh)

    def _products(self, wanted: Sequence[Place], block: _Block) -> dict[Place, Balanced | None]:
        """Find the mappings with the least products of totals, where products are asked for."""
        asked: dict[Place, Wanted] = {}
        for name, place in wanted:
            plan, question = self.plans[name], self.questions[place]
            if question.objective is Objective.EDP and not self.over:
                keys = plan.questions(question)
                if all(key in block.known for key in keys):
                    asked[name, place] = Wanted(plan, question, {key: block.known[key] for key in keys})
        there = self.cache.unchecked(one.key for one in asked.values()) if self.cache is not None else {}
        work = [replace(one, cells=there.get(one.key)) for one in asked.values()]
        found: dict[Place, Balanced | None] = {}
        try:
            for outcome in self.executor.run(find_product, work) if work else ():
                name, place = list(asked)[outcome.index]
                words = f"{name} on {point_name(self.questions[place].hardware)}"
                if outcome.lost:
                    raise SchedulerLostError
                if outcome.failed:
                    self.failures.append(f"{words}: {outcome.value}")
                else:
                    product: FoundProduct = outcome.value
                    found[name, place] = product.balanced
                    if self.cache is not None:
                        product.keep(self.cache)
                self._tell(words)
        except KeyboardInterrupt:
            self.interrupted = True
        except SchedulerLostError:
            self._lose()
        return found

    def _row(self, at: Place, block: _Block, least: Balanced | None, left_out: str = "") -> SweepRow:
        """Return a row: the layers' own answers, or those with the least product of the totals."""
        plan, question = self.plans[at[0]], self.questions[at[1]]
        if least is None:
            layers, bound = plan.answers(question, block.known, block.cached), None
        else:
            layers, bound = plan.answers(question, least.answers, block.cached, least.ways), least.bound
        figures = None if left_out else figures_of(layers)
        gap = gap_of(layers, question.objective, bound) if figures else None
        statuses = {layer.status for layer in layers if not layer.on_host} if least is None else set()
        return SweepRow(
            network=at[0],
            objective=question.objective,
            hardware=question.hardware,
            area=known_area(question.hardware),
            layers=len(layers),
            rewritten=sum(layer.rewritten for layer in layers),
            statuses=frozenset(statuses | ({"feasible"} if gap else set())),
            figures=figures,
            gap=gap,
            reason=left_out or ("" if figures else _reason(layers, plan, question, block.failed)),
        )

    def _lose(self) -> None:
        """Note that the scheduler is gone."""
        self.lost = True
        self.failures.append(SCHEDULER_LOST)

    def _keep(self, fresh: list[tuple[str, Question, Answer]]) -> None:
        if self.cache is not None:
            self.cache.put_all(fresh)
        fresh.clear()

    def _tell(self, last: str) -> None:
        """Tell how far the sweep is; every question has as many different layers."""
        count = len(self.questions)
        total = self.listed // self.looked_at * count if self.looked_at < count else self.listed
        self.on_event(SweepEvent(self.done, total, last))


def point_name(hardware: Hardware) -> str:
    """Return the sizes of an accelerator in a few words."""
    words = [f"{hardware.num_ms} switches", f"dn_bw {hardware.dn_bw}", f"rn_bw {hardware.rn_bw}"]
    if not hardware.accumulation_buffer:
        words.append("no accumulation buffer")
    if hardware.memory is not None:
        words += [f"buffer {hardware.memory.buffer.bytes} B", f"DRAM {hardware.memory.dram_bandwidth}"]
    return ", ".join(words)


def _reason(layers: Sequence[LayerAnswer], plan: Plan, question: Question, failed: Mapping[str, str]) -> str:
    """Return why a network has no figures: a failure, or a layer without a mapping; empty if not reached."""
    for layer in plan.questions(question).values():
        if (why := failed.get(fingerprint(layer, question))) is not None:
            return f"failed: {layer.name}: {why}"
    for answer in layers:
        for part in answer.parts:
            if isinstance(part.answer, Infeasible) and answer.figures is None:
                return f"{answer.layer.title}: {part.answer.reason}"
    return ""
