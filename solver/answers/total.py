"""The cost of mappings that run one after the other: pieces of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import get_args

from solver.arithmetic.exact import total
from solver.cost.result import Bottleneck, Cost, Counts, Method, binding, utilization_of
from solver.hardware import Hardware


def total_cost(costs: Sequence[Cost], macs: int, hardware: Hardware) -> Cost:
    """Return what several mappings cost one after the other.

    The array drains between them (rule T8), so cycles, events and energies are sums. A resource's wait is the
    sum of its waits, and what most of the sum waits for is the bottleneck.

    Parameters
    ----------
    macs
        Multiply-accumulates of all of them.
    """
    cycles = sum(cost.cycles for cost in costs)
    counts = Counts(
        **{field.name: sum(getattr(cost.counts, field.name) for cost in costs) for field in fields(Counts)}
    )
    components = list(dict.fromkeys(name for cost in costs for name in cost.energy_by_component))
    waits = {
        resource: sum(cost.waits.get(resource, 0) for cost in costs)
        for resource in get_args(Bottleneck)
        if any(resource in cost.waits for cost in costs)
    }
    bottleneck, *close = binding(waits)
    methods = {cost.method for cost in costs}
    method: Method = next(iter(methods)) if len(methods) == 1 else "closed form"
    return Cost(
        cycles=cycles,
        setup=sum(cost.setup for cost in costs),
        method=method,
        energy=total([cost.energy for cost in costs]),
        utilization=utilization_of(macs, hardware, cycles),
        bottleneck=bottleneck,
        counts=counts,
        energy_by_component={
            name: total([c.energy_by_component[name] for c in costs if name in c.energy_by_component])
            for name in components
        },
        waits={str(resource): wait for resource, wait in waits.items()},
        close=tuple(close),
    )
