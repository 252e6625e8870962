"""All mappings of small layers in pieces: every legal tile of every form for every split, by enumeration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np

from solver.cost.evaluate import evaluate
from solver.cost.result import Objective, value_of
from solver.cost.two_level.evaluate import evaluate_levels
from solver.forms.enumerate import every_form
from solver.forms.form import Form
from solver.forms.wish import Wish, images_with
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import Conv, FullyConnected, Gemm, Primitive
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of, families_along, wish_for_piece
from solver.pieces.piece import Cut, piece_of
from tests.support.examples.level_questions import (
    LevelQuestion,
    enumerate_all,
    small_buffer,
    small_hardware,
    small_real_hardware,
)

MANY = 40_000
"""Pairs of array tile and buffer tile of a form of a piece."""

Figures = tuple[int, Decimal]


def undominated(points: set[Figures]) -> list[Figures]:
    """Return the points that no other beats or equals in both figures, fastest first."""
    kept: list[Figures] = []
    for point in sorted(points):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return kept


def piece_fronts(layer: Primitive, cut: Cut, hardware: Hardware, wish: Wish) -> list[list[Figures]]:
    """Return cycles and energy of the best mappings of k filters in one piece, for every k from 0."""
    found: list[list[Figures]] = [[(0, Decimal(0))]]
    names = {family.name for family in families_along(layer, cut, wish, hardware)}
    shorter = _shorter(layer, cut, hardware, wish)
    for count in range(1, cut.size + 1):
        piece = piece_of(layer, cut, 0, count)
        points: set[Figures] = set()
        forms = {form.name: form for form in wish_for_piece(wish, piece).forms(piece, hardware)}
        # A layer of one filter gains nothing by strips; a piece of one takes them beside the others.
        forms |= {form.name: form for form in every_form(piece.nest()) if form.name in names}
        for form in forms.values():
            if count < cut.size and not shorter(form):
                continue
            for sizes in legal_tiles(form.nest, hardware):
                cost = evaluate(form.nest, hardware, Tile.of(sizes))
                points.add((cost.cycles, cost.energy))
        found.append(undominated(points))
    return found


def _shorter(layer: Primitive, cut: Cut, hardware: Hardware, wish: Wish) -> Callable[[Form], bool]:
    """Return which forms pieces may have that are not all of the layer: not strips of the loop that is cut.

    Where the layer has no such strips as its size is odd, a shorter piece may have them all the same.
    """
    families = families_along(layer, cut, wish, hardware)
    shared = {family.name for family in families if not family.whole}
    whole = {family.name for family in families if family.whole}
    return lambda form: form.name in shared or ("strips" not in form.name and form.name not in whole)


def level_fronts(
    layer: Primitive, cut: Cut, hardware: Hardware, wish: Wish, most: int = MANY
) -> list[list[Figures]] | None:
    """Return the same behind a prefetch buffer, over both levels; None if a piece has too many mappings.

    Parameters
    ----------
    most
        Pairs of array tile and buffer tile of a form.
    """
    found: list[list[Figures]] = [[(0, Decimal(0))]]
    shorter = _shorter(layer, cut, hardware, wish)
    for count in range(1, cut.size + 1):
        piece = piece_of(layer, cut, 0, count)
        forms = wish_for_piece(wish, piece).forms(piece, hardware)
        nests = {form.nest for form in forms if count == cut.size or shorter(form)}
        nests |= {image.nest for nest in nests for image in images_with(piece, nest)}
        points: set[Figures] = set()
        for nest in nests:
            every = enumerate_all(LevelQuestion(nest, hardware, Limits()), most)
            if every is None:
                return None
            for point in every.front():
                at = np.flatnonzero((every.latency == point[0]) & (every.energy == point[1]))[0]
                cost, _ = evaluate_levels(nest, hardware, every.mapping(int(at)))
                points.add((cost.cycles, cost.energy))
        found.append(undominated(points))
    return found


def splits(fronts: list[list[Figures]], most: int | None) -> list[Figures]:
    """Return the front of all sums over at most so many pieces, any number if None."""
    size = len(fronts) - 1
    sums = [[(0, Decimal(0))]] + [[] for _ in range(size)]
    for _ in range(size if most is None else most):
        longer = [set(points) for points in sums]
        for left in range(size):
            for count in range(1, size - left + 1):
                for cycles, energy in sums[left]:
                    longer[left + count] |= {(cycles + c, energy + e) for c, e in fronts[count]}
        after = [undominated(points) for points in longer]
        if after == sums:
            break
        sums = after
    return sums[size]


def least_in_pieces(
    layer: Primitive, hardware: Hardware, wish: Wish, most: int | None
) -> dict[Objective, Decimal]:
    """Return the least value of every objective over all splits along every cut; nothing without a cut."""
    return least_of(
        [piece_fronts(layer, cut, hardware, wish) for cut in cuts_of(layer, wish, hardware)], most
    )


def least_of(fronts: list[list[list[Figures]]], most: int | None) -> dict[Objective, Decimal]:
    """Return the least value of every objective from the fronts of the pieces along every cut."""
    points = [point for along in fronts for point in splits(along, most)]
    return {
        objective: min(value_of(objective, cycles, energy) for cycles, energy in points)
        for objective in Objective
        if points
    }


def random_layer(rng: Random, largest: int = 6) -> Primitive:
    """Return a small layer that can be cut."""
    kind = rng.random()
    if kind < 0.2:
        return FullyConnected(
            inputs=rng.randint(1, 8), outputs=rng.randint(2, largest), batch=rng.choice((1, 1, 3))
        )
    if kind < 0.35:
        return Gemm(m=rng.randint(1, largest), n=rng.randint(2, largest), k=rng.randint(1, 6))
    groups, stride = rng.choice((1, 1, 1, 2, 3)), rng.choice((1, 1, 1, 2))
    kernel = rng.choice(((1, 1), (2, 2), (3, 3), (1, 3), (2, 1)))
    return Conv(
        input=(groups * rng.randint(1, 3), kernel[0] + rng.randint(0, 3), kernel[1] + rng.randint(0, 3)),
        filters=groups * rng.randint(1 + (groups == 1), largest),
        kernel=kernel,
        stride=(stride, stride),
        groups=groups,
        batch=rng.choice((1, 1, 1, 2)),
    )


def random_hardware(rng: Random) -> Hardware:
    """Return a small array, the simulator's with or without accumulation buffer, or the real one."""
    switches = rng.choice((4, 8, 16))
    ports, lines = (rng.choice([size for size in (2, 4, 8, 16) if size <= switches]) for _ in range(2))
    if rng.random() < 0.2:
        return read_hardware(num_ms=switches, dn_bw=ports, rn_bw=lines, reduction="rtl")
    return read_hardware(num_ms=switches, dn_bw=ports, rn_bw=lines, accumulation_buffer=rng.random() < 0.7)


def random_level_hardware(rng: Random) -> Hardware:
    """Return a small array behind a small prefetch buffer, the simulator's or the real one."""
    memory = Memory(
        buffer=small_buffer(rng),
        dram_bandwidth=rng.choice((1, 2, 4, 16)),
        weights_per_switch=rng.choice((None, None, None, 2, 4)),
    )
    hardware = (small_real_hardware if rng.random() < 0.2 else small_hardware)(rng, memory)
    return replace(hardware, count_setup=rng.random() < 0.3)


def uneven_levels(rng: Random) -> tuple[Primitive, Hardware]:
    """Return a layer whose filters leave one over, or two, where they fill a small array behind a buffer."""
    switches = rng.choice((4, 8, 8, 16))
    ports, lines = (rng.choice([size for size in (2, 4, 8, 16) if size <= switches]) for _ in range(2))
    kernel, channels = rng.choice(((1, 1), (1, 2), (1, 3), (2, 1))), rng.choice((1, 1, 2, 3))
    at_once = max(1, switches // (channels * kernel[0] * kernel[1]))
    layer = Conv(
        input=(channels, kernel[0] + rng.randint(0, 1), kernel[1] + rng.randint(0, 2)),
        filters=max(2, min(9, at_once * rng.randint(1, 3) + rng.choice((1, 1, 2)))),
        kernel=kernel,
    )
    buffer = PrefetchBuffer(
        capacity=rng.choice((24, 32, 48, 64, 96, 128)), word_bytes=1, double_buffered=rng.random() < 0.7
    )
    memory = Memory(buffer=buffer, dram_bandwidth=rng.choice((2, 4, 16)))
    return layer, replace(read_hardware(num_ms=switches, dn_bw=ports, rn_bw=lines), memory=memory)
