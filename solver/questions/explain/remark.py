"""What a reader would not expect of a doubled resource, in one sentence: it makes things worse, it helps
although nothing waits for it, or it does not help although everything does.
"""

from __future__ import annotations

from decimal import Decimal

from solver.answers.evaluation import parts_of
from solver.answers.solution import Solution
from solver.answers.total import total_cost
from solver.cost.evaluate import evaluate
from solver.cost.result import CLOSE, Cost, Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.hardware import Hardware
from solver.legal.levels import level_legality
from solver.legal.tiles import legality

RELIEVES: dict[str, str] = {
    "num_ms": "compute",
    "dn_bw": "distribution",
    "rn_bw": "collection",
    "buffer": "DRAM",
    "DRAM bandwidth": "DRAM",
    "buffer bandwidth": "buffer",
}
"""Which wait more of a resource makes shorter by itself."""


def remark(resource: str, today: Solution, then: Solution) -> str:
    """Return the sentence, or nothing where the outcome is what the waits lead one to expect.

    Parameters
    ----------
    resource
        What was doubled, of `solver.questions.explain.run.RESOURCES`.
    today, then
        The best mapping of the hardware, and of that with twice as much.
    """
    if then.objective_value > today.objective_value:
        return _why_worse(today, then)
    relieved = RELIEVES.get(resource)
    if today.objective is not Objective.LATENCY or relieved is None:
        return ""
    binding = (today.cost.bottleneck, *today.cost.close)
    gained = then.objective_value < (1 - Decimal(CLOSE.numerator) / CLOSE.denominator) * today.objective_value
    if gained and relieved not in binding:
        return _why_better(relieved, today, then)
    if not gained and binding == (relieved,):
        return _why_no_better(relieved, then)
    return ""


def _mapping(solution: Solution) -> str:
    return solution.mapping_text


def _why_better(relieved: str, today: Solution, then: Solution) -> str:
    which = "for the same mapping" if _mapping(then) == _mapping(today) else f"with {_mapping(then)}"
    for name in (today.cost.bottleneck, relieved):
        before, after = today.cost.waits.get(name, 0), then.cost.waits.get(name, 0)
        if after < before:
            fall = f"{name} takes {after:,} cycles instead of {before:,} {which}"
            break
    else:
        fall = f"less is waited for one after the other {which}"
    return f"helps although {relieved} does not bind: {fall}"


def _why_no_better(relieved: str, then: Solution) -> str:
    if then.cost.bottleneck == relieved:
        return f"helps little although {relieved} binds: it still takes {then.cost.waits[relieved]:,} cycles"
    wait = then.cost.waits.get(then.cost.bottleneck, 0)
    return f"helps little although {relieved} binds: then {then.cost.bottleneck} takes {wait:,} cycles"


def _why_worse(today: Solution, then: Solution) -> str:
    """Say what today's mapping meets on the larger hardware, from its figures there."""
    mapping, more = _mapping(today), then.hardware
    none = "no mapping makes up for it" if then.proved else "no mapping was found that makes up for it"
    cost = _same_mapping(today, more)
    if isinstance(cost, str):
        return f"worse: {mapping} is not legal there, {cost}; {none}"
    if cost.value(today.objective) <= today.objective_value:
        return f"not worse with {mapping}, which the search did not reach in its time"
    slower = _cause_of_cycles(today.cost, cost, today.hardware, more)
    dearer = _cause_of_energy(today.cost, cost, today.hardware, more)
    if today.objective is Objective.LATENCY:
        return f"worse: {slower}; {none}"
    if (
        today.objective is Objective.ENERGY
        or cost.energy * today.cost.cycles > today.cost.energy * cost.cycles
    ):
        return f"worse: {dearer}; {none}"
    return f"worse: {slower}; {none}"


def _same_mapping(today: Solution, hardware: Hardware) -> Cost | str:
    """Return what today's mapping costs on other hardware, or why it is not legal there."""
    costs = []
    for part in parts_of(today, today.cost):
        mapping = part.levels.mapping if part.levels else None
        if mapping is not None:
            reason = level_legality(part.nest, hardware, mapping)
        else:
            reason = legality(part.nest, hardware, part.tile)
        if reason is not None:
            return reason
        nest = part.nest
        costs.append(
            evaluate_levels(nest, hardware, mapping)[0] if mapping else evaluate(nest, hardware, part.tile)
        )
    return costs[0] if len(costs) == 1 else total_cost(costs, today.layer.macs, hardware)


def _cause_of_cycles(before: Cost, after: Cost, less: Hardware, more: Hardware) -> str:
    grown = {name: cycles - before.waits.get(name, 0) for name, cycles in after.waits.items()}
    name = max(grown, key=lambda each: grown[each])
    what = f"{name} takes {grown[name]:,} cycles more" if grown[name] > 0 else "the words come later"
    if more.num_ms == less.num_ms:
        return f"the same mapping takes {after.cycles - before.cycles:,} cycles more there ({what})"
    if name == "distribution":
        why = f"each read port serves {more.port_width} switches instead of {less.port_width}"
    elif name == "collection":
        why = "the virtual neurons leave the larger adder tree on other collection lines"
    else:
        tall, short = _levels(more.num_ms), _levels(less.num_ms).split()[0]
        why = f"the adder tree has {tall} instead of {short}"
        if less.dn_bw == less.num_ms:
            why += ", and ports that serve several switches a latch"
    return f"{why}, so the same mapping takes {after.cycles - before.cycles:,} cycles more ({what})"


def _cause_of_energy(before: Cost, after: Cost, less: Hardware, more: Hardware) -> str:
    grown = {
        name: value - before.energy_by_component.get(name, Decimal(0))
        for name, value in after.energy_by_component.items()
    }
    name = max(grown, key=lambda each: grown[each])
    share = f"{float((after.energy - before.energy) / before.energy):.2%}".replace("%", " %")
    why = f"{name} energy grows most"
    if name == "static":
        why = "what is added leaks, used or not"
        if more.num_ms != less.num_ms:
            why = f"{more.num_ms} switches leak instead of {less.num_ms}"
    elif name == "global buffer" and more.prices.buffer_read > less.prices.buffer_read:
        dear, cheap = more.prices.buffer_read, less.prices.buffer_read
        why = f"a word of the larger buffer costs {dear} instead of {cheap}"
    elif name == "distribution network" and more.num_ms != less.num_ms:
        tall, short = _levels(more.port_width), _levels(less.port_width).split()[0]
        why = f"words go down {tall} of a distribution tree instead of {short}"
    return f"{why}, so the same mapping needs {share} more energy"


def _levels(leaves: int) -> str:
    """Write how many levels a binary tree has."""
    levels = leaves.bit_length() - 1
    return f"{levels} level" + "s" * (levels != 1)
