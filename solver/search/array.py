"""The CP-SAT model of one layer on the array: which tile is best?

Variables are the tile sizes T_R ... T_Y and the trip counts of the loops outside the array. Stated over them
are the rules of legality (`solver.legal.rules`), the words and waits of distribution, collection and drains
(`solver.cost.step`) and the objective: the formulas that count many tiles in numpy, as constraints. A table
with a row per tile supplies what is no product of tile sizes (`solver.search.figures`). Mappings in which
weights overtake inputs are in the model: only a replay knows them, and the search replays whatever could be
best.

Every cost in the model is a lower bound on the replayed cost, so the optimum of the model bounds the optimum
of the replay and the mappings that can still beat an incumbent are exactly those that keep the objective at
or below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np

from solver.arithmetic.algebra import Value
from solver.array.duties import auxiliary, forwarding
from solver.cost.result import Objective
from solver.cost.setup import counted_setup
from solver.cost.step import (
    Loops,
    bus_keeps_up,
    least_cycles,
    real_cycles,
)
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal import rules
from solver.legal.tiles import Limits, most_at_once
from solver.mapping.split import Split
from solver.search.builder import LIMIT, Builder
from solver.search.cp_sat import cp_model
from solver.search.figures import Figures, ShapeStep
from solver.search.objective import objective_value


@dataclass(frozen=True)
class ArrayModel:
    """A built model and how to read it.

    Attributes
    ----------
    tile
        Variables T_R ... T_Y in the order of `DIMS`.
    cost
        The objective, in units of 1 / `scale` of the reported objective, rounded down.
    """

    model: cp_model.CpModel
    tile: list[cp_model.IntVar]
    cost: cp_model.LinearExprT
    scale: Fraction

    def at_most(self, value: Fraction) -> None:
        """Keep only mappings whose lower bound does not exceed `value`."""
        self.model.add(self.cost <= floor(value * self.scale))


def build(
    nest: LoopNest, hardware: Hardware, objective: Objective, limits: Limits, rows: Figures
) -> ArrayModel:
    """State the model over the array shapes of `rows`.

    The table only supplies the figures of a shape; which shapes are legal is decided by the constraints.
    """
    b = Builder(rows.most)
    variables, split = _state_split(b, nest, hardware, limits)
    columns = {dim: rows.tiles[:, place] for place, dim in enumerate(DIMS)}
    shape = b.table({**columns, **rows.step, "dynamic": rows.dynamic}, variables)
    n = Loops(b, split)
    step = ShapeStep(b, shape, auxiliary(b, nest, hardware, n.folds), forwarding(b, nest, hardware, split))
    _state_legality(b, nest, hardware, n, step)
    if hardware.kind.passes:
        cycles = real_cycles(b, step, n, step.shortest_path)
    else:
        cycles = least_cycles(b, nest, hardware, step, n)
    cycles = b.within(cycles + counted_setup(hardware, n.iterations), rows.most_cycles, "cycles")
    cost, scale = objective_value(
        b,
        objective,
        cycles,
        rows.most_cycles,
        lambda: _state_energy(b, rows, cycles, shape["dynamic"]),
        rows.energy_scale,
    )
    b.model.minimize(cost)
    return ArrayModel(b.model, [variables[dim] for dim in DIMS], cost, scale)


def _state_split(
    b: Builder, nest: LoopNest, hardware: Hardware, limits: Limits
) -> tuple[dict[str, cp_model.IntVar], Split]:
    """State the sizes of the loops, a small table for each: T_d, ceil(D / T_d), whether T_d divides D."""
    variables, tile, trip, whole = {}, {}, {}, {}
    for dim, size in zip(DIMS, nest.sizes, strict=True):
        choices = limits.range(dim, min(most_at_once(dim, size, hardware), hardware.num_ms))
        sizes = np.array(choices, dtype=np.int64)
        variables[dim] = b.var(choices.start, choices.stop - 1, f"T_{dim}")
        columns = {"tile": sizes, "trip": -(-size // sizes), "whole": (size % sizes == 0).astype(np.int64)}
        found = b.table(columns, {"tile": variables[dim]})
        tile[dim] = choices.start if len(choices) == 1 else found["tile"]
        trip[dim], whole[dim] = found["trip"], b.at_most(1, found["whole"])
    return variables, Split(tile, trip, whole)


def _state_legality(b: Builder, nest: LoopNest, hardware: Hardware, n: Loops, step: ShapeStep) -> None:
    """Allow the tiles that keep the rules of the array."""
    split, vn = n.split, rules.vn_size(b, n.split)
    b.demand(rules.can_compute(nest, hardware))
    b.demand(rules.images(b, hardware, split))
    b.demand(rules.capacity(b, hardware, vn, n.num_vns, step.aux))
    b.demand(rules.single_windows(b, nest, split))
    if hardware.accumulation_buffer:
        b.demand(rules.adds_apart(b, vn + step.aux, n.num_vns, n.folds))
    if not hardware.kind.buses_wait:
        b.demand(bus_keeps_up(b, step.per_line, step, n))


def _state_energy(b: Builder, rows: Figures, cycles: Value, dynamic: Value) -> tuple[Value, int]:
    """State energy = dynamic + static x cycles; the static energy per cycle is a rounded-down fraction.

    Returns
    -------
    Value, int
        The energy in units of 1 / `rows.energy_scale`, and what it does not exceed.
    """
    shift = 0
    while floor(rows.static * 2 ** (shift + 1)) * rows.most_cycles < LIMIT and shift < 60:
        shift += 1
    numerator = floor(rows.static * 2**shift)
    leak = b.quotient(numerator * cycles, 2**shift, "leak")
    return dynamic + leak, int(rows.dynamic.max()) + (numerator * rows.most_cycles >> shift)
