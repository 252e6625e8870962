"""The baseline `mrna`: the mapping that mRNA would choose, on the array as it is.

mRNA keeps whole filters on the array (T_R = R, T_S = S) and searches T_C and T_K only, with its own
formulas (`mrna_cost`, `mrna_energy`). Source of the heuristic: rules M1 to M3. It knows no groups (each is
mapped alone, T_G = 1) but for the elementwise phases of an LSTM, no dilation and no batch.

Where the hardware refuses mRNA's mapping, the baseline takes the nearest one it does not refuse (`adapt`)
and says so in its note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from operator import mul

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.baselines.legal import keep_legal
from solver.baselines.mrna_cost import Candidate, MrnaConv, conv_cycles
from solver.baselines.mrna_energy import conv_counts
from solver.baselines.problem import Choice, Problem, is_elementwise, is_matrix_product
from solver.cost.result import Objective, objective_of
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile, folds

FULL_ENOUGH = Fraction(4, 5)
"""Share of the array from which mRNA takes whole filters without a search."""


def mrna(problem: Problem) -> Choice:
    """Return the tile that mRNA would choose under the objective, adapted where the hardware refuses it."""
    nest, hardware = problem.nest, problem.hardware
    if is_elementwise(nest):
        return adapt(nest, hardware, hadamard_tile(nest, hardware.num_ms))
    if is_matrix_product(nest):
        return adapt(nest, hardware, fc_tile(nest, hardware.num_ms))
    conv = MrnaConv.of(nest)
    if conv.filter_size > hardware.num_ms:
        filter_ = f"one {conv.R} x {conv.S} filter needs more than {hardware.num_ms} switches"
        return Choice(None, f"mRNA has no mapping: {filter_}")
    chosen = choose(conv, hardware.num_ms, hardware.dn_bw, problem.objective)
    if chosen is None:
        return Choice(
            None, "mRNA has no mapping: it drops layers of more than num_ms squared partial sums an output"
        )
    return adapt(nest, hardware, Tile(R=nest.R, S=nest.S, C=chosen.T_C, K=chosen.T_K))


def candidates(conv: MrnaConv, num_ms: int) -> tuple[Candidate, ...]:
    """Return the mappings that mRNA compares, by increasing T_C; none if a filter exceeds the array.

    Parameters
    ----------
    conv
        The layer.
    num_ms
        Multiplier switches.
    """
    if conv.filter_size > num_ms:
        return ()
    whole = conv.filter_size * conv.C
    if whole * conv.K < num_ms:
        return (Candidate(conv.C, conv.K),)
    copies = num_ms // whole
    if copies * whole >= FULL_ENOUGH * num_ms:
        return (Candidate(conv.C, min(conv.K, copies)),)
    for filters in range(num_ms // conv.filter_size, 0, -1):
        pairs = tuple(p for p in factor_pairs(filters) if p.T_C <= conv.C and p.T_K <= conv.K)
        if pairs:
            return pairs
    raise AssertionError("one filter on the array always has the factor pair 1 x 1")


def choose(conv: MrnaConv, num_ms: int, dn_bw: int, objective: Objective) -> Candidate | None:
    """Return mRNA's choice under its own formulas, or None if it drops every candidate.

    Latency is mRNA's performance objective, energy its energy objective, edp its energy efficiency
    1 / (cycles x energy). Of equals mRNA takes the one with the fewest channels.

    Parameters
    ----------
    conv
        The layer.
    num_ms, dn_bw
        Multiplier switches and distribution bandwidth, words per cycle.
    objective
        What is minimised.
    """
    values = {c: _value(conv, c, num_ms, dn_bw, objective) for c in candidates(conv, num_ms)}
    kept = {candidate: value for candidate, value in values.items() if value is not None}
    return min(kept, key=lambda candidate: (kept[candidate], candidate)) if kept else None


def fc_tile(nest: LoopNest, num_ms: int) -> Tile:
    """Return mRNA's one mapping of a fully connected layer: a neuron is a VN of as many inputs as fit."""
    inputs = min(nest.S, num_ms)
    return Tile(S=inputs, K=min(nest.K, num_ms // inputs))


def hadamard_tile(nest: LoopNest, num_ms: int) -> Tile:
    """Return mRNA's mapping of an LSTM's elementwise phases: as many sums of products as fit side by side."""
    terms = min(nest.S, num_ms)
    return Tile(S=terms, G=min(nest.G, num_ms // terms))


def adapt(nest: LoopNest, hardware: Hardware, wanted: Tile) -> Choice:
    """Return the wanted tile, or the nearest one that the hardware accepts.

    Two rules of the array that mRNA does not know can refuse its tile. Folds of single multipliers cannot
    be replicated beside an accumulation buffer: then VNs of two channels replace pairs of VNs of one. Folds
    without an accumulation buffer need one more multiplier per VN: then, of the tiles that are no larger in
    T_C (T_S for a matrix product) or T_K, the one with the most products at once is taken, of equals the
    one with most VNs. The same where the adder tree or the buses of the real hardware refuse it.
    """
    refused, outside = legality(nest, hardware, wanted), hardware.kind.adds_outside
    shared = hardware.accumulation_buffer and wanted.vn_size == 1
    wide = hardware.accumulation_buffer and not shared
    if refused is None or wide or (folds(nest, wanted) == 1 and not outside):
        tile, note = wanted, ""
    elif shared:
        tile = replace(wanted, C=2, K=max(1, wanted.K // 2))
        note = f"mRNA's {wanted} adapted: single multipliers that fold cannot share the accumulation buffer"
    else:
        smaller = keep_legal(nest, hardware, _smaller(nest, wanted))
        if not len(smaller):
            no_room = "leaves no multiplier for the partial sum of a fold"
            return Choice(None, f"mRNA's {wanted} {f'is refused: {refused}' if outside else no_room}")
        tile = max(map(Tile.of, smaller), key=lambda t: (t.vn_size * t.num_vns, t.num_vns))
        needs = "each VN that folds needs one more switch for the partial sum"
        note = f"mRNA's {wanted} adapted: {refused if outside else needs}"
    refused = legality(nest, hardware, tile)
    return Choice(tile, note) if refused is None else Choice(None, f"mRNA's {wanted} is refused: {refused}")


def factor_pairs(count: int) -> Iterator[Candidate]:
    """Yield every (T_C, T_K) whose product is `count`, by increasing T_C."""
    yield from (Candidate(t_c, count // t_c) for t_c in range(1, count + 1) if count % t_c == 0)


def _value(
    conv: MrnaConv, candidate: Candidate, num_ms: int, dn_bw: int, objective: Objective
) -> Fraction | None:
    """Return what mRNA minimises, or None where it drops the candidate."""
    cycles = conv_cycles(conv, candidate, num_ms, dn_bw)
    counts = conv_counts(conv, candidate, num_ms)
    if cycles is None or counts is None:
        return None
    return Fraction(objective_of(objective, cycles, counts.energy(), mul))


def _smaller(nest: LoopNest, wanted: Tile) -> IntArray:
    """Return every tile whose virtual neurons are at most as deep and as many as wanted."""
    depth = "S" if is_matrix_product(nest) else "C"
    filters, depths = np.indices((wanted.K, getattr(wanted, depth))).reshape(2, -1) + 1
    tiles = np.tile(np.array(wanted.sizes, dtype=np.int64), (len(filters), 1))
    tiles[:, DIMS.index("K")] = filters
    tiles[:, DIMS.index(depth)] = depths
    return tiles
