"""Answer a sweep: every different question once, earlier answers from the cache, failures kept apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from solver.answers.infeasible import Answer, Infeasible
from solver.answers.network import LayerAnswer, gap_of
from solver.answers.sweep import SweepAnswer, SweepRow, figures_of
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.hardware.area import known_area
from solver.jobs.base import Executor, Serial
from solver.layer import Layer, Primitive
from solver.questions.cache.key import fingerprint
from solver.questions.cache.store import Cache
from solver.questions.map_layer import Question
from solver.questions.network.plan import Plan
from solver.questions.network.run import search


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
        What is minimised, layer by layer.
    template
        Everything else that is asked; its hardware and objective are replaced.
    skipped
        Combinations that were no accelerator; passed on.
    executor
        Where layers are searched; the answers are the same.
    cache
        Where earlier answers are found and new ones are kept as soon as they are there, so that a sweep that
        was stopped goes on where it was.
    on_event
        Told of every answer.

    Returns
    -------
    SweepAnswer
        With every row, also after Ctrl-C: what was not reached has the status missing.
    """
    started = time.perf_counter()
    plans = {name: Plan.of(layers) for name, layers in networks.items()}
    questions = [
        replace(template, hardware=point, objective=objective) for point in points for objective in objectives
    ]
    tasks: dict[str, tuple[Primitive, Question]] = {}
    for question in questions:
        for plan in plans.values():
            for key, layer in plan.questions(question).items():
                tasks.setdefault(key, (layer, question))
    known: dict[str, Answer] = {}
    if cache is not None:
        known = cache.get_all(tasks)
    cached = frozenset(known)
    failed: dict[str, str] = {}
    interrupted = False
    left = [key for key in tasks if key not in known]
    on_event(SweepEvent(len(known), len(tasks), ""))
    try:
        for outcome in (executor or Serial()).run(search, [tasks[key] for key in left]):
            key = left[outcome.index]
            layer, question = tasks[key]
            if outcome.failed:
                failed[key] = str(outcome.value)
            else:
                known[key], stopped = outcome.value
                if stopped:
                    interrupted = True
                    break
                if cache is not None:
                    cache.put(layer, question, known[key])
            where = f"{layer.name} on {question.hardware.num_ms} switches"
            on_event(SweepEvent(len(known) + len(failed), len(tasks), where))
    except KeyboardInterrupt:
        interrupted = True
    rows = [
        _row(name, plan, question, known, cached, failed)
        for name, plan in plans.items()
        for question in questions
    ]
    failures = [
        f"{tasks[key][0].name} on {point_name(tasks[key][1].hardware)}: {why}" for key, why in failed.items()
    ]
    return SweepAnswer(
        rows=tuple(rows),
        skipped=skipped,
        failures=tuple(failures),
        different=len(tasks),
        cached=len(cached),
        interrupted=interrupted,
        wall_seconds=time.perf_counter() - started,
    )


def point_name(hardware: Hardware) -> str:
    """Return the sizes of an accelerator in a few words."""
    words = [f"{hardware.num_ms} switches", f"dn_bw {hardware.dn_bw}", f"rn_bw {hardware.rn_bw}"]
    if not hardware.accumulation_buffer:
        words.append("no accumulation buffer")
    if hardware.memory is not None:
        words += [f"buffer {hardware.memory.buffer.bytes} B", f"DRAM {hardware.memory.dram_bandwidth}"]
    return ", ".join(words)


def _row(
    name: str,
    plan: Plan,
    question: Question,
    known: Mapping[str, Answer],
    cached: frozenset[str],
    failed: Mapping[str, str],
) -> SweepRow:
    layers = plan.answers(question, known, cached)
    figures = figures_of(layers)
    reason = "" if figures else _reason(layers, plan, question, failed)
    return SweepRow(
        network=name,
        objective=question.objective,
        hardware=question.hardware,
        area=known_area(question.hardware),
        layers=layers,
        figures=figures,
        gap=gap_of(layers, question.objective) if figures else None,
        reason=reason,
    )


def _reason(layers: Sequence[LayerAnswer], plan: Plan, question: Question, failed: Mapping[str, str]) -> str:
    """Return why a network has no figures: a failure, or a layer without a mapping; empty if not reached."""
    for layer in plan.questions(question).values():
        if (why := failed.get(fingerprint(layer, question))) is not None:
            return f"failed: {layer.name}: {why}"
    for answer in layers:
        for part in answer.parts:
            if isinstance(part.answer, Infeasible) and answer.figures is None:
                return f"{answer.layer.name or answer.layer.kind}: {part.answer.reason}"
    return ""
