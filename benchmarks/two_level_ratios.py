"""What deciding both levels together brings, over whole networks.

The two-level optimum beside the array tile that is best on a single level, and beside mRNA's array tile, each
given the best buffer tile and loop order that go with it (found and proved by the same search, the array tile
pinned). Ratios of the objective; only layers that the other method has a mapping for.

Run from the repository root: python -m benchmarks.two_level_ratios [--buffer 64 512]
[--objective energy latency] [--network NAME ...]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, log

from benchmarks.two_level_layers import NETWORKS, Distinct, accelerator, distinct_layers
from solver.baselines.registry import run_baselines
from solver.cost import Objective
from solver.errors import InfeasibleError
from solver.hardware import Hardware
from solver.layer import DIMS, Primitive
from solver.mapping import Tile
from solver.model import solve
from solver.model.two_level.solve import solve_levels
from solver.space import Limits

Chooser = Callable[[Primitive, Hardware, Objective], tuple[Tile, str] | None]
"""Gives an array tile and the lowering it is for, or None."""


def single_level(layer: Primitive, hardware: Hardware, objective: Objective) -> tuple[Tile, str] | None:
    """Return the single-level optimum."""
    solution = solve(layer, hardware, objective, workers=1)
    assert solution.proved
    return solution.tile, solution.stationary


def mrna(layer: Primitive, hardware: Hardware, objective: Objective) -> tuple[Tile, str] | None:
    """Return the baseline's tile, the better one by its single-level cost where there are two lowerings."""
    found = []
    for choice in layer.choices():
        result = run_baselines(choice.nest, hardware, objective, seed=0, names=["mrna"])[0]
        if result.tile is not None and result.cost is not None:
            found.append((result.cost.value(objective), choice.name, result.tile))
    if not found:
        return None
    _, name, tile = min(found, key=lambda each: each[:2])
    return tile, name


CHOOSERS: dict[str, Chooser] = {"single-level optimum": single_level, "mrna": mrna}


@dataclass(frozen=True)
class Ratio:
    """One layer: the other method's objective divided by the two-level optimum's; None without a mapping."""

    distinct: Distinct
    method: str
    value: float | None
    reason: str = ""


def with_best_buffer_tile(
    distinct: Distinct, hardware: Hardware, objective: Objective, method: str, optimum: float
) -> Ratio:
    layer = distinct.layer
    chosen = CHOOSERS[method](layer, replace(hardware, memory=None), objective)
    if chosen is None:
        return Ratio(distinct, method, None, "chooses no tile")
    tile, stationary = chosen
    sizes = dict(zip(DIMS, tile.sizes, strict=True))
    pinned = Limits(lower=sizes, upper=sizes)
    try:
        best = solve_levels(layer, hardware, objective, limits=pinned, stationary=stationary, time_limit=120)
    except InfeasibleError as error:
        return Ratio(distinct, method, None, f"{tile}: {error}")
    assert best.proved
    return Ratio(distinct, method, float(best.objective_value) / optimum)


def report(kib: int, objective: Objective, ratios: list[Ratio]) -> None:
    """Print geometric mean and worst per network, every layer of it counted."""
    print(f"\n{kib} KiB, {objective}")
    print(f"  {'network':<12}{'method':<22}{'layers':>7}{'mean':>8}{'worst':>8}  worst layer")
    for network in (*NETWORKS, "all"):
        for method in CHOOSERS:
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
    parser = argparse.ArgumentParser()
    parser.add_argument("--buffer", type=int, nargs="+", default=[64, 512], help="KiB")
    parser.add_argument(
        "--objective", type=Objective, nargs="+", default=[Objective.ENERGY, Objective.LATENCY]
    )
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    arguments = parser.parse_args()
    began = time.perf_counter()
    for kib in arguments.buffer:
        hardware = accelerator(kib)
        for objective in arguments.objective:
            ratios = []
            for distinct in distinct_layers(tuple(arguments.network)):
                solution = solve_levels(distinct.layer, hardware, objective, time_limit=120)
                optimum = float(solution.objective_value)
                ratios += [
                    with_best_buffer_tile(distinct, hardware, objective, method, optimum)
                    for method in CHOOSERS
                ]
            below = [r for r in ratios if r.value is not None and r.value < 1 - 1e-9]
            assert not below, f"better than the optimum: {below}"
            report(kib, objective, ratios)
    print(f"\n{time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
