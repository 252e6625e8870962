"""Verdicts and the words that pages share: what a layer, an accelerator and a proof are called."""

from __future__ import annotations

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution, Status
from solver.arithmetic.numbers import bytes_text
from solver.hardware import Hardware
from solver.hardware.array_kind import RTL
from solver.layer import Layer
from solver.pieces.piece import Piece
from solver.views import figures
from solver.views.certificate import HEADLINES, NAMES, price_of_hardware, unit_of, what_counts, write_value
from solver.views.comparison import baseline_notes
from solver.views.html.details import layout_facts
from solver.views.html.elements import Fact, Tone, Verdict
from solver.views.text.layers import shapes

UNNAMED = "layer"
"""What readers call a layer that a line describes."""

TONES: dict[Status, Tone] = {Status.OPTIMAL: "good", Status.FEASIBLE: "warn", Status.INTERRUPTED: "warn"}


def layer_words(layer: Layer) -> str:
    """Write a layer with its shapes."""
    if isinstance(layer, Piece):
        return f"{layer.span} of {layer_words(layer.whole)}"
    names = zip(("input", "weights", "output"), shapes(layer), strict=True)
    return ", ".join([layer.kind, *(f"{name} {text}" for name, text in names if text)])


def hardware_words(hardware: Hardware) -> str:
    """Write an accelerator in words."""
    words = [
        f"{hardware.name}: {figures.integer(hardware.num_ms)} multiplier switches",
        f"{hardware.dn_bw} words in and {hardware.rn_bw} out per cycle",
        "accumulation buffer" if hardware.accumulation_buffer else "no accumulation buffer",
    ]
    if hardware.kind is RTL:
        words.append("the public RTL's array")
    if hardware.memory is not None:
        words.append(f"prefetch buffer {bytes_text(hardware.memory.buffer.bytes)}")
        words.append(f"DRAM {hardware.memory.dram_bandwidth} words per cycle")
    words += what_counts(hardware)
    return ", ".join(words)


def bound_fact(solution: Solution) -> Fact:
    """Return the proved bound, or that it is the value."""
    name, gap = NAMES[solution.objective], figures.percent(solution.gap, 2)
    if solution.proved:
        return Fact("gap", gap, note=f"the proved bound of {name} is what it takes")
    unit = unit_of(solution.objective, solution.hardware.energy_table)
    value = write_value(solution.objective, solution.bound)
    return Fact(f"proved bound of {name}", value, unit, f"gap {gap}")


def layer_title(layer: Layer) -> str:
    """Return the name of a layer, or its shapes where a line without a name described it."""
    if layer.name not in ("", UNNAMED):
        return layer.name
    return f"{layer.kind} " + ", ".join(text for text in shapes(layer) if text)


def cost_facts(result: Solution | Evaluation) -> tuple[Fact, ...]:
    """Return a mapping and what it costs."""
    cost, unit = result.cost, result.hardware.energy_table.unit
    return (
        Fact("mapping", result.mapping_words, long=True),
        *layout_facts(result),
        Fact("cycles", figures.integer(cost.cycles)),
        Fact("energy", figures.amount(cost.energy), unit),
        Fact("EDP", figures.product(cost.edp), f"{unit} × cycles"),
        Fact("utilization", figures.percent(cost.utilization)),
        Fact("bottleneck", cost.binds),
    )


def evaluation_verdict(evaluation: Evaluation) -> Verdict:
    """Return what a mapping that was given costs."""
    what = f"{layer_words(evaluation.layer)}, on {hardware_words(evaluation.hardware)}"
    facts = (*cost_facts(evaluation), Fact("cycles by", evaluation.cost.method))
    return Verdict(f"The given mapping of {what}.", "Evaluated, no search", "", facts, evaluation.notes)


def solution_verdict(solution: Solution) -> Verdict:
    """Return what was asked of a layer, what was found and how far it is proved."""
    objective = solution.objective
    asked = (
        f"The mapping with the least {NAMES[objective]} of {layer_words(solution.layer)}, "
        f"on {hardware_words(solution.hardware)}."
    )
    facts = (
        *cost_facts(solution),
        bound_fact(solution),
        Fact.counted("space", solution.space.size, "mapping", solution.space.description),
        Fact(
            "search",
            figures.seconds(solution.wall_seconds),
            note=f"{figures.counted(solution.replayed, 'mapping')} replayed; "
            f"cycles by {solution.cost.method}",
        ),
    )
    remarks = [note.plain for note in baseline_notes(solution)] + list(solution.notes)
    if solution.simulator:
        remarks.insert(0, price_of_hardware(solution).plain)
    claim = HEADLINES[solution.status][0].capitalize()
    return Verdict(asked, claim, TONES[solution.status], facts, tuple(remarks))
