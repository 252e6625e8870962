"""Limits on power in pieces: small networks, and all choices from the fronts over all splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random

from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import Layer, Primitive
from solver.pieces.cuts import cuts_of
from tests.oracles.pieces import Figures, piece_fronts, random_hardware, random_layer, splits, undominated

DIRECT = Wish.of("direct")


@dataclass(frozen=True)
class Case:
    """Layers, an array, in how many pieces they may run, and the front of each over all splits."""

    layers: tuple[Layer, ...]
    hardware: Hardware
    pieces: int | str
    fronts: tuple[list[Figures], ...]


@cache
def case(seed: int, largest: int = 5) -> Case:
    """Draw a network of one to three layers, one of them sometimes twice, on a small array.

    Parameters
    ----------
    largest
        Most filters of a layer.
    """
    rng = Random(seed)
    hardware, most = random_hardware(rng), rng.choice((None, None, 2, 3))
    layers = [
        replace(random_layer(rng, rng.randint(3, largest)), name=f"l{i}") for i in range(rng.randint(1, 3))
    ]
    layers += layers[: rng.randint(0, 1)]
    fronts = tuple(front_of(layer, hardware, most) for layer in layers)
    return Case(tuple(layers), hardware, "all" if most is None else most, fronts)


def front_of(layer: Primitive, hardware: Hardware, most: int | None) -> list[Figures]:
    """Return what no other mapping in at most so many pieces beats; by enumeration, as it is written."""
    cuts = cuts_of(layer, DIRECT, hardware)
    return undominated({f for cut in cuts for f in splits(piece_fronts(layer, cut, hardware, DIRECT), most)})


def powers_of(fronts: Sequence[Sequence[Figures]]) -> list[Decimal]:
    """Return limits between the power of the slowest and of the fastest choice."""
    slow, fast = (
        sum(Fraction(front[at][1]) for front in fronts) / sum(front[at][0] for front in fronts)
        for at in (-1, 0)
    )
    parts = [slow + (fast - slow) * Fraction(part, 20) for part in (0, 3, 9, 16)]
    return [Decimal(float(part)).quantize(Decimal("1e-6")) for part in parts]


def kept(fronts: Sequence[Sequence[Figures]], power: Decimal) -> Iterator[Figures]:
    """Yield what the choices cost that keep a limit."""
    for way in product(*fronts):
        cycles, energy = sum(c for c, _ in way), sum((e for _, e in way), Decimal(0))
        if Fraction(energy) <= Fraction(power) * cycles:
            yield cycles, energy
