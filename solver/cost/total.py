"""The cost of mappings that run one after the other: pieces of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from solver.arithmetic.exact import total
from solver.cost.result import Bottleneck, Cost, Counts, Method, binding
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
    resources: list[Bottleneck] = list(dict.fromkeys(name for cost in costs for name in cost.waits))  # type: ignore[arg-type]
    waits = {name: sum(cost.waits.get(name, 0) for cost in costs) for name in resources}
    bottleneck, *close = binding(waits)
    methods = {cost.method for cost in costs}
    method: Method = next(iter(methods)) if len(methods) == 1 else "closed form"
    return Cost(
        cycles=cycles,
        method=method,
        energy=total([cost.energy for cost in costs]),
        utilization=macs / (hardware.num_ms * cycles),
        bottleneck=bottleneck,
        counts=counts,
        energy_by_component={
            name: total([c.energy_by_component[name] for c in costs if name in c.energy_by_component])
            for name in components
        },
        waits={str(name): wait for name, wait in waits.items()},
        close=tuple(close),
    )
