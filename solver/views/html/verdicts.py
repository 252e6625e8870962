"""Verdicts and the words that pages share: what a layer, an accelerator and a proof are called."""

from __future__ import annotations

from solver.answers.solution import Solution, Status
from solver.hardware import Hardware
from solver.layer import Layer
from solver.views import figures
from solver.views.certificate import HEADLINES, NAMES, price_of_hardware, unit_of, write_value
from solver.views.comparison import baseline_notes
from solver.views.html.details import layout_facts, mapping_words
from solver.views.html.elements import Fact, Tone, Verdict
from solver.views.text.layers import shapes

TONES: dict[Status, Tone] = {Status.OPTIMAL: "good", Status.FEASIBLE: "warn", Status.INTERRUPTED: "warn"}


def layer_words(layer: Layer) -> str:
    """Write a layer with its shapes."""
    names = zip(("input", "weights", "output"), shapes(layer), strict=True)
    return f"{layer.kind}, " + ", ".join(f"{name} {text}" for name, text in names if text)


def hardware_words(hardware: Hardware) -> str:
    """Write an accelerator in words."""
    words = [
        f"{hardware.name}: {figures.integer(hardware.num_ms)} multiplier switches",
        f"{hardware.dn_bw} words in and {hardware.rn_bw} out per cycle",
        "accumulation buffer" if hardware.accumulation_buffer else "no accumulation buffer",
    ]
    if hardware.real:
        words.append("the public RTL's array")
    if hardware.memory is not None:
        words.append(f"prefetch buffer {figures.size(hardware.memory.buffer.bytes)}")
        words.append(f"DRAM {hardware.memory.dram_bandwidth} words per cycle")
    return ", ".join(words)


def solution_verdict(solution: Solution) -> Verdict:
    """Return what was asked of a layer, what was found and how far it is proved."""
    objective, cost = solution.objective, solution.cost
    table = solution.hardware.energy_table
    asked = (
        f"The mapping with the least {NAMES[objective]} of {layer_words(solution.layer)}, "
        f"on {hardware_words(solution.hardware)}."
    )
    facts = (
        Fact("mapping", mapping_words(solution), long=True),
        *layout_facts(solution),
        Fact("cycles", figures.integer(cost.cycles)),
        Fact("energy", figures.amount(cost.energy), table.unit),
        Fact("EDP", figures.product(cost.edp), f"{table.unit} × cycles"),
        Fact("utilization", figures.percent(cost.utilization)),
        Fact("bottleneck", cost.binds),
        Fact(
            f"proved bound of {NAMES[objective]}",
            write_value(objective, solution.bound),
            unit_of(objective, table),
            f"gap {figures.percent(solution.gap, 2)}",
        ),
        Fact("space", figures.integer(solution.space.size), "mappings", solution.space.description),
        Fact(
            "search",
            figures.seconds(solution.wall_seconds),
            note=f"{figures.integer(solution.replayed)} mappings replayed; cycles by {cost.method}",
        ),
    )
    remarks = [note.plain for note in baseline_notes(solution)] + list(solution.notes)
    if solution.simulator:
        remarks.insert(0, price_of_hardware(solution).plain)
    claim = HEADLINES[solution.status][0].capitalize()
    return Verdict(asked, claim, TONES[solution.status], facts, tuple(remarks))
