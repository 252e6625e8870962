"""Which mappings are legal: the space that every search covers.

Legal is what the hardware computes correctly (rule T10). `RULES` are the formulas of `solver.legal.rules`
over arrays, with the sentences that refuse a tile; `solver.search.array` states the same formulas as
constraints of CP-SAT. Whether weights overtake inputs (rule T11, `solver.cost.overtaking`) only a replay
tells: searches range over the tiles that keep the rules, and drop a candidate that turns out wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from solver.arithmetic.algebra import ARRAYS
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.placement import bus_loads, capacity_table
from solver.cost.latency import StepWords, loops
from solver.cost.step import bus_keeps_up
from solver.cost.traffic import C, R, S, Traffic, auxiliary, traffic
from solver.cost.traffic_bound import traffic_bound
from solver.errors import InputError
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest, check_positive
from solver.legal import rules
from solver.legal.right import computed_right, overtaking
from solver.mapping.split import split_of
from solver.mapping.tile import Tile

MOST_LISTED = 2**23
"""Tiles that may be listed at once: half a gigabyte. Searches of the array alone list those of interest."""


class TooManyTilesError(InputError):
    """A command lists all tiles, and they are too many."""


@dataclass(frozen=True)
class Limits:
    """The user's own bounds on tile sizes, by loop name; a pinned size has equal bounds.

    Attributes
    ----------
    lower, upper
        Least and largest tile size of some loops, such as ``{"R": 3}``.

    Raises
    ------
    InputError
        If a loop is unknown, a bound is not positive, or the bounds of a loop exclude each other.
    """

    lower: Mapping[str, int] = field(default_factory=dict)
    upper: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for bounds in (self.lower, self.upper):
            for dim, value in bounds.items():
                if dim not in DIMS:
                    raise InputError(field=f"T_{dim}", found=dim, expected="one of " + " ".join(DIMS))
                check_positive(f"T_{dim}", value)
        for dim in self.lower.keys() & self.upper.keys():
            if self.lower[dim] > self.upper[dim]:
                raise InputError(
                    field=f"T_{dim}",
                    found=f"at least {self.lower[dim]} and at most {self.upper[dim]}",
                    expected="a lower bound that does not exceed the upper bound",
                )

    @classmethod
    def of(cls, fix: Mapping[str, int], least: Mapping[str, int], most: Mapping[str, int]) -> Limits:
        """Return the bounds that pinned, least and most sizes leave together, by loop name."""
        lower = {dim: max(size, fix.get(dim, size)) for dim, size in {**fix, **least}.items()}
        return cls(lower, {dim: min(size, fix.get(dim, size)) for dim, size in {**fix, **most}.items()})

    @classmethod
    def pinned(cls, tile: Tile) -> Limits:
        """Return the bounds that leave one tile only."""
        return cls(lower=tile.to_dict(), upper=tile.to_dict())

    def range(self, dim: str, size: int) -> range:
        """Return the tile sizes of one loop that the layer and the user allow."""
        return range(self.lower.get(dim, 1), min(size, self.upper.get(dim, size)) + 1)

    def __str__(self) -> str:
        words = []
        for dim in DIMS:
            low, high = self.lower.get(dim), self.upper.get(dim)
            if low is not None and low == high:
                words.append(f"T_{dim}={low}")
            else:
                words += [f"T_{dim}>={low}"] * (low is not None) + [f"T_{dim}<={high}"] * (high is not None)
        return ", ".join(words)


@dataclass(frozen=True)
class Rule:
    """A legality rule: its name, the sentence that refuses a tile, and the tiles that keep it."""

    name: str
    refusal: Callable[[LoopNest, Hardware, Tile], str]
    keeps: Callable[[LoopNest, Hardware, IntArray], BoolArray]


def _within_layer(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    result: BoolArray = np.logical_and.reduce(tiles <= np.array(nest.sizes), axis=1)
    return result


def capacity(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return which tiles the multipliers hold (`solver.legal.rules.capacity`)."""
    n, vn = loops(nest, tiles), rules.vn_size(ARRAYS, split_of(nest, tiles))
    result: BoolArray = rules.capacity(ARRAYS, hardware, vn, n.num_vns, auxiliary(nest, hardware, tiles))
    return result


def _collection_buses(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Real buses do not push back: what they cannot carry within a step is lost, and the run never ends."""
    keeps = np.ones(len(tiles), dtype=bool)
    if hardware.kind.buses_wait or not len(tiles):
        return keeps
    shapes, inverse = np.unique(
        np.column_stack([tiles[:, [R, S, C]].prod(axis=1), loops(nest, tiles).num_vns]),
        axis=0,
        return_inverse=True,
    )
    shape_loads = [bus_loads(hardware.num_ms, int(size), hardware.rn_bw)[count] for size, count in shapes]
    loads = np.array(shape_loads)[inverse.ravel()]

    def keep(at: BoolArray, count: Callable[[LoopNest, Hardware, IntArray], Traffic]) -> BoolArray:
        step, n = StepWords(count(nest, hardware, tiles[at])), loops(nest, tiles[at])
        result: BoolArray = bus_keeps_up(ARRAYS, loads[at], step, n)
        return result

    # Most tiles are settled by a bound on their steps, without being laid out.
    keeps = keep(keeps, traffic_bound)
    if not keeps.all():
        doubtful = ~keeps
        keeps[doubtful] = keep(doubtful, traffic)
    return keeps


def _accumulators(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    if not hardware.accumulation_buffer:
        return np.ones(len(tiles), dtype=bool)
    n = loops(nest, tiles)
    positions = rules.vn_size(ARRAYS, split_of(nest, tiles)) + auxiliary(nest, hardware, tiles)
    result: BoolArray = rules.adds_apart(ARRAYS, positions, n.num_vns, n.folds)
    return result


def _stride(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    single = rules.single_windows(ARRAYS, nest, split_of(nest, tiles))
    return np.array(np.broadcast_to(single, len(tiles)))


def _images(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    result: BoolArray = rules.images(ARRAYS, hardware, split_of(nest, tiles))
    return result


def _adders_only(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    return np.full(len(tiles), rules.can_compute(nest, hardware))


def _too_many_for_the_tree(hardware: Hardware, tile: Tile) -> str:
    fits = tile.vn_size <= hardware.num_ms
    most = int(capacity_table(hardware.num_ms).most[tile.vn_size]) if fits else 0
    return (
        f"{tile.num_vns} virtual neurons of {tile.vn_size} multipliers: the adder tree of the real hardware "
        f"adds up at most {most} of that size on {hardware.num_ms} multiplier switches"
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "tile size",
        lambda nest, hw, t: (
            "tile sizes must lie within the layer: "
            + ", ".join(
                f"T_{d} = {a} but {d} = {b}"
                for d, a, b in zip(DIMS, t.sizes, nest.sizes, strict=True)
                if a > b
            )
        ),
        _within_layer,
    ),
    Rule(
        "maximum",
        lambda nest, hw, t: (
            "the adder switches of the real hardware only add, they cannot compare: "
            "leave the maximum to the host, or map it with reduction: simulator"
        ),
        _adders_only,
    ),
    Rule(
        "batch",
        lambda nest, hw, t: (
            f"T_N = {t.N}: the array works on one image at a time, T_N must be 1"
            if hw.one_image
            else f"T_N = {t.N} and T_G = {t.G}: several images at once need T_G = 1"
        ),
        _images,
    ),
    Rule(
        "switch capacity",
        lambda nest, hw, t: (
            f"{t.num_vns} virtual neurons of {t.vn_size} multipliers"
            + (" plus one each for the partial sum" if not hw.accumulation_buffer else "")
            + f" need more than the {hw.num_ms} multiplier switches"
            if hw.kind.packs
            else _too_many_for_the_tree(hw, t)
        ),
        capacity,
    ),
    Rule(
        "collection buses",
        lambda nest, hw, t: (
            f"{bus_loads(hw.num_ms, t.vn_size, hw.rn_bw)[t.num_vns]} of the {t.num_vns} sums leave by one of "
            f"the {hw.rn_bw} collection buses, more than the cycles of a step; the hardware would lose some"
        ),
        _collection_buses,
    ),
    Rule(
        "accumulators",
        lambda nest, hw, t: (
            f"{t.num_vns} virtual neurons of one multiplier would share accumulators while folding; "
            "with folds a virtual neuron needs at least 2 multipliers, or there must be only one"
        ),
        _accumulators,
    ),
    Rule(
        "stride",
        lambda nest, hw, t: (
            f"stride {nest.stride[0]}x{nest.stride[1]} needs T_X = T_Y = 1, found T_X = {t.X}, T_Y = {t.Y}"
        ),
        _stride,
    ),
)


def legality(nest: LoopNest, hardware: Hardware, tile: Tile) -> str | None:
    """Return why a tile is illegal, in one sentence, or None if it is legal."""
    tiles = np.array([tile.sizes], dtype=np.int64)
    for rule in RULES:
        if not rule.keeps(nest, hardware, tiles)[0]:
            return rule.refusal(nest, hardware, tile)
    return overtaking(nest, hardware, tile)


def fitting_tiles(nest: LoopNest, hardware: Hardware, limits: Limits) -> IntArray:
    """Enumerate the tiles within layer, user's limits and multipliers, shape (tiles, 8).

    This is the switch-capacity constraint alone; `candidate_tiles` applies the other rules.

    Raises
    ------
    TooManyTilesError
        If they are too many to list.
    """
    tiles = np.zeros((1, 0), dtype=np.int64)
    product = np.ones(1, dtype=np.int64)
    for dim, size in zip(DIMS, nest.sizes, strict=True):
        choices = limits.range(dim, min(most_at_once(dim, size, hardware), hardware.num_ms))
        sizes = np.array(choices, dtype=np.int64)
        # Extend every partial tile by every size that still fits.
        fits = np.searchsorted(sizes, hardware.num_ms // product, side="right")
        if fits.sum() > MOST_LISTED:
            raise TooManyTilesError(
                field="num_ms",
                found=f"{hardware.num_ms}, with more than {MOST_LISTED:,} mappings of a layer",
                expected="fewer where all of them are listed",
            )
        parent = np.repeat(np.arange(len(tiles)), fits)
        start = np.repeat(np.cumsum(fits) - fits, fits)
        chosen = sizes[np.arange(len(parent)) - start] if len(parent) else sizes[:0]
        tiles = np.column_stack([tiles[parent], chosen])
        product = product[parent] * chosen
    return tiles


def most_at_once(dim: str, size: int, hardware: Hardware) -> int:
    """Return the largest tile size of a loop, the multipliers aside."""
    return 1 if dim == "N" and hardware.one_image else size


def legal_tiles(nest: LoopNest, hardware: Hardware, limits: Limits | None = None) -> IntArray:
    """Enumerate every legal tile, shape (tiles, 8), in lexicographic order of `DIMS`.

    Slow where many tiles must be replayed to know: searches range over `candidate_tiles`.
    """
    tiles = candidate_tiles(nest, hardware, limits)
    return tiles[computed_right(nest, hardware, tiles)]


def candidate_tiles(nest: LoopNest, hardware: Hardware, limits: Limits | None = None) -> IntArray:
    """Enumerate every tile that keeps the rules, shape (tiles, 8), in lexicographic order of `DIMS`.

    All legal tiles, and those in which weights overtake inputs.
    """
    return keeping_the_rules(nest, hardware, fitting_tiles(nest, hardware, limits or Limits()))


def keeping_the_rules(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> IntArray:
    """Return those of some tiles that keep the rules."""
    for rule in RULES:
        if len(tiles):
            keeps = rule.keeps(nest, hardware, tiles)
            # Most rules are kept by all; copying tiles takes long.
            tiles = tiles if keeps.all() else tiles[keeps]
    return tiles


def forbidding_rule(nest: LoopNest, hardware: Hardware, limits: Limits) -> str:
    """Return the constraint that leaves no legal tile, for the message of an infeasible problem."""
    for dim, size in zip(DIMS, nest.sizes, strict=True):
        if not limits.range(dim, most_at_once(dim, size, hardware)):
            low = limits.lower[dim]
            alone = dim == "N" and hardware.one_image
            what = "1 (one image at a time)" if alone else f"{dim} = {size} of the layer"
            return f"tile size: T_{dim} >= {low} exceeds {what}"
    tiles = fitting_tiles(nest, hardware, limits)
    if not len(tiles):
        least = " x ".join(f"{low}" for low in limits.lower.values())
        return (
            f"switch capacity: the smallest allowed tile ({least}) needs more than "
            f"{hardware.num_ms} multipliers"
        )
    for rule in RULES:
        kept = tiles[rule.keeps(nest, hardware, tiles)]
        if not len(kept):
            return f"{rule.name}: {rule.refusal(nest, hardware, Tile.of(tiles[0]))}"
        tiles = kept
    reason = overtaking(nest, hardware, Tile.of(tiles[0]))
    if reason is None:
        raise ValueError("some tile is legal")
    return f"overtaking: {reason}"
