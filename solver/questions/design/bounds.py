"""What a layer costs at least on an accelerator, without searching for its best mapping."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from solver.arithmetic.exact import total
from solver.cost.batch import quick_bound
from solver.cost.bounds import least_cycles, least_energy
from solver.cost.result import Objective
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import candidate_tiles
from solver.questions.map_layer import Question
from solver.search.pieces.solve import quick_bounds
from solver.search.presolve import SLACK

_DIGITS = Decimal("1e-6")


@dataclass(frozen=True)
class LayerBound:
    """No mapping takes fewer cycles, and none less energy."""

    cycles: int
    energy: Decimal


def physical_bound(layer: Primitive, hardware: Hardware, wish: Wish) -> LayerBound:
    """Bound a layer by what no mapping can avoid (`solver.cost.bounds`): microseconds."""
    bounds = [_physical(choice.nest, hardware) for choice in wish.forms(layer, hardware)]
    return LayerBound(min(b.cycles for b in bounds), min(b.energy for b in bounds))


def space_bound(layer: Primitive, question: Question) -> LayerBound | None:
    """Bound a layer by quick bounds of every array tile that keeps the rules: some ten milliseconds.

    In several pieces no filter costs less than the least that any tile takes for one.

    With a prefetch buffer and DRAM these say nothing of the buffer tiles, and only the physical bound holds.

    Returns
    -------
    LayerBound or None
        None if no mapping is legal.
    """
    hardware, limits, wish = question.hardware, question.limits, question.wish
    if hardware.memory is not None:
        return physical_bound(layer, hardware, wish)
    if question.most_pieces != 1:
        return _bound_in_pieces(layer, question)
    found: list[LayerBound] = []
    for choice in wish.forms(layer, hardware):
        tiles = candidate_tiles(choice.nest, hardware, limits)
        if not len(tiles):
            continue
        quick = quick_bound(choice.nest, hardware, tiles)
        least = Decimal(float(quick.least_values(Objective.ENERGY).min()) * (1 - SLACK))
        energy = least.quantize(_DIGITS, ROUND_FLOOR)
        physical = _physical(choice.nest, hardware)
        found.append(
            LayerBound(
                max(int(quick.least_cycles.min()), physical.cycles),
                max(energy, physical.energy),
            )
        )
    if not found:
        return None
    return LayerBound(min(b.cycles for b in found), min(b.energy for b in found))


def _bound_in_pieces(layer: Primitive, question: Question) -> LayerBound | None:
    hardware, wish = question.hardware, question.wish
    if not any(
        len(candidate_tiles(form.nest, hardware, question.limits)) for form in wish.forms(layer, hardware)
    ):
        return None
    energy = question.objective is not Objective.LATENCY
    physical = physical_bound(layer, hardware, wish)
    cycles, energies = quick_bounds(layer, hardware, wish, question.limits, energy=energy)
    return LayerBound(max(cycles, physical.cycles), max(energies, physical.energy))


def _physical(nest: LoopNest, hardware: Hardware) -> LayerBound:
    cycles = max(least_cycles(nest, hardware).values())
    return LayerBound(cycles, total(list(least_energy(nest, hardware).values())))
