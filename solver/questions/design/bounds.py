"""What a layer costs at least on an accelerator, without searching for its best mapping."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from math import ceil

from solver.answers.infeasible import Infeasible
from solver.arithmetic.arrays import IntArray
from solver.arithmetic.exact import total
from solver.cost.batch import quick_bound
from solver.cost.bounds import least_cycles, least_energy
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import Limits, candidate_tiles, forbidding_rule
from solver.questions.map_layer import Question
from solver.search.pieces.solve import quick_bounds
from solver.search.presolve import SLACK
from solver.search.two_level.search import LevelSearch

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


def space_bound(layer: Primitive, question: Question) -> LayerBound:
    """Bound a layer by quick bounds of every array tile that keeps the rules: some ten milliseconds.

    In several pieces no filter costs less than the least that any tile takes for one. With a prefetch buffer
    and DRAM every array tile is bounded with the best refill counts of all buffer tiles that it goes with; of
    pieces there these say nothing, and only the physical bound holds.

    Raises
    ------
    InfeasibleError
        If no mapping is legal; why none of the form as written is.
    """
    hardware, limits, wish = question.hardware, question.limits, question.wish
    if question.most_pieces != 1:
        return _bound_in_pieces(layer, question)
    bound_of = _on_array if hardware.memory is None else _behind_buffer
    found: list[LayerBound] = []
    refused: list[InfeasibleError] = []
    for choice in wish.forms(layer, hardware):
        try:
            cycles, energy = bound_of(choice.nest, hardware, limits)
        except InfeasibleError as error:
            refused.append(error)
            continue
        least = Decimal(energy * (1 - SLACK)).quantize(_DIGITS, ROUND_FLOOR)
        physical = _physical(choice.nest, hardware)
        found.append(LayerBound(max(cycles, physical.cycles), max(least, physical.energy)))
    if not found:
        raise refused[0]
    return LayerBound(min(b.cycles for b in found), min(b.energy for b in found))


def bounded(work: tuple[Primitive, Question]) -> LayerBound | Infeasible:
    """Bound a layer as `space_bound` does, wherever this runs."""
    layer, question = work
    try:
        return space_bound(layer, question)
    except InfeasibleError as error:
        return Infeasible(layer, question.hardware, question.objective, str(error))


def _on_array(nest: LoopNest, hardware: Hardware, limits: Limits) -> tuple[int, float]:
    """Return least cycles and energy of all array tiles."""
    quick = quick_bound(nest, hardware, _tiles(nest, hardware, limits))
    return int(quick.least_cycles.min()), float(quick.least_values(Objective.ENERGY).min())


def _behind_buffer(nest: LoopNest, hardware: Hardware, limits: Limits) -> tuple[int, float]:
    """Return least cycles and energy of all array tiles with whatever buffer tiles."""
    cycles, energy = LevelSearch(nest, hardware, limits).outlook
    return ceil(float(cycles.min()) * (1 - SLACK)), float(energy.min())


def _tiles(nest: LoopNest, hardware: Hardware, limits: Limits) -> IntArray:
    """Return the array tiles that keep the rules; raises `InfeasibleError` if there are none."""
    tiles = candidate_tiles(nest, hardware, limits)
    if not len(tiles):
        raise InfeasibleError(forbidding_rule(nest, hardware, limits))
    return tiles


def _bound_in_pieces(layer: Primitive, question: Question) -> LayerBound:
    hardware, wish, limits = question.hardware, question.wish, question.limits
    physical = physical_bound(layer, hardware, wish)
    if hardware.memory is not None:
        return physical
    nests = [form.nest for form in wish.forms(layer, hardware)]
    if not any(len(candidate_tiles(nest, hardware, limits)) for nest in nests):
        raise InfeasibleError(forbidding_rule(nests[0], hardware, limits))
    energy = question.objective is not Objective.LATENCY
    cycles, energies = quick_bounds(layer, hardware, wish, limits, energy=energy)
    return LayerBound(max(cycles, physical.cycles), max(energies, physical.energy))


def _physical(nest: LoopNest, hardware: Hardware) -> LayerBound:
    cycles = max(least_cycles(nest, hardware).values())
    return LayerBound(cycles, total(list(least_energy(nest, hardware).values())))
