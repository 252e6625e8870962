"""What deciding both levels together brings, over whole networks.

The two-level optimum beside the array tile that is best on a single level, and beside mRNA's array tile, each
given the best buffer tile and loop order that go with it (found and proved by the same search, the array tile
pinned). Ratios of the objective; only layers that the other method has a mapping for.

Run from the repository root: python -m benchmarks.proofs.two_level_ratios [--buffer 64 512]
[--objective energy latency] [--network NAME ...]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from math import exp, log

from benchmarks.proofs.two_level_layers import NETWORKS, Distinct, accelerator, distinct_layers, options
from solver.answers.solution import BaselineResult
from solver.baselines.registry import run_baselines
from solver.baselines.two_level import SINGLE_LEVEL, on_two_levels
from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.search.solve import solve
from solver.search.two_level.solve import solve_levels

LIMIT = 120.0
"""Seconds for each search; all end long before."""

METHODS = (SINGLE_LEVEL, "mrna")


@dataclass(frozen=True)
class Ratio:
    """One layer: the other method's objective divided by the two-level optimum's; None without a mapping."""

    distinct: Distinct
    method: str
    value: float | None
    reason: str = ""


def array_tiles(distinct: Distinct, hardware: Hardware, objective: Objective) -> list[BaselineResult]:
    """Return what both methods choose on the array alone; mRNA maps the weights-stationary lowering."""
    best = solve(distinct.layer, hardware, objective, workers=1)
    assert best.proved
    mrna = run_baselines(distinct.layer.nest(), hardware, objective, seed=0, names=["mrna"])
    return [BaselineResult(SINGLE_LEVEL, best.tile, best.cost, "", best.form), *mrna]


def ratios_of(distinct: Distinct, hardware: Hardware, objective: Objective) -> list[Ratio]:
    layer = distinct.layer
    optimum = solve_levels(layer, hardware, objective, time_limit=LIMIT)
    assert optimum.proved
    chosen = array_tiles(distinct, replace(hardware, memory=None), objective)
    found = []
    for result in on_two_levels(layer, hardware, objective, chosen, LIMIT):
        value = None
        if result.cost is not None and result.levels is not None:
            value = float(result.cost.value(objective) / optimum.objective_value)
            assert value >= 1, f"{result} is better than the optimum"
        found.append(Ratio(distinct, result.name, value, result.note))
    return found


def report(kib: int, objective: Objective, ratios: list[Ratio]) -> None:
    """Print geometric mean and worst per network, every layer of it counted."""
    print(f"\n{kib} KiB, {objective}")
    print(f"  {'network':<12}{'method':<22}{'layers':>7}{'mean':>8}{'worst':>8}  worst layer")
    for network in (*NETWORKS, "all"):
        for method in METHODS:
            own = [r for r in ratios if r.method == method]
            weights = [
                sum(r.distinct.networks.values()) if network == "all" else r.distinct.networks[network]
                for r in own
            ]
            known = [(r, r.value, n) for r, n in zip(own, weights, strict=True) if n and r.value is not None]
            if not known:
                continue
            layers = sum(n for _, _, n in known)
            mean = exp(sum(n * log(value) for _, value, n in known) / layers)
            worst, value, _ = max(known, key=lambda each: each[1])
            name = worst.distinct.layer.name
            print(f"  {network:<12}{method:<22}{layers:>7}{mean:>8.3f}{value:>8.2f}  {name}")
    for ratio in ratios:
        if ratio.value is None:
            print(f"  none: {ratio.distinct.name}, {ratio.method}: {ratio.reason}")


def main() -> int:
    arguments = options().parse_args()
    began = time.perf_counter()
    for kib in arguments.buffer:
        hardware = accelerator(kib)
        for objective in arguments.objective:
            ratios = [
                ratio
                for distinct in distinct_layers(tuple(arguments.network))
                for ratio in ratios_of(distinct, hardware, objective)
            ]
            report(kib, objective, ratios)
    print(f"\n{time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
