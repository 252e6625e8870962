"""Questions for the search: random small questions, the exhaustive oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest, Loops
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.tile import Tile
from solver.search.array import build
from solver.search.figures import figures
from solver.search.presolve import whole_space
from solver.search.search import enumerate_all


@dataclass(frozen=True)
class Question:
    """What is asked of the search."""

    nest: LoopNest
    hardware: Hardware
    objective: Objective
    limits: Limits

    @property
    def layer(self) -> Loops:
        """The loops as a layer."""
        return Loops(loops=self.nest)


def random_nest(rng: Random) -> LoopNest:
    """Return a small layer: (strided, dilated, grouped, batched) convolution, pointwise, depthwise, GEMM."""
    kind = rng.choice(("conv", "conv", "conv", "pointwise", "depthwise", "gemm"))
    if kind == "gemm":
        return LoopNest(S=rng.randint(1, 40), K=rng.randint(1, 20), X=rng.randint(1, 12))
    taps = (1, 1) if kind == "pointwise" else (rng.randint(1, 4), rng.randint(1, 4))
    groups = rng.choice((1, 1, 2, 3, 5)) if kind == "conv" else rng.randint(2, 9)
    plain = rng.random() < 0.6
    step = (1, 1) if plain else rng.choice(((2, 2), (1, 2), (3, 1)))
    gap = rng.choice(((1, 1), (1, 1), (2, 2), (1, 3), (2, 1)))
    return LoopNest(
        R=taps[0],
        S=taps[1],
        C=1 if kind == "depthwise" else rng.randint(1, 8),
        K=rng.choice((1, 2)) if kind == "depthwise" else rng.randint(1, 10),
        G=1 if kind == "pointwise" else groups,
        N=rng.choice((1, 1, 1, 2, 3)),
        X=rng.randint(1, 9),
        Y=rng.randint(1, 9),
        stride=step,
        dilation=gap,
    )


def random_hardware(rng: Random, sizes: tuple[int, ...] = (8, 16, 32)) -> Hardware:
    """Return a small accelerator."""
    num_ms = rng.choice(sizes)
    bandwidths = [2**i for i in range(num_ms.bit_length())]
    return read_hardware(
        num_ms=num_ms,
        dn_bw=rng.choice(bandwidths),
        rn_bw=rng.choice(bandwidths),
        accumulation_buffer=rng.random() < 0.6,
        energy_table=rng.choice(("synthesis", "mrna")),
    )


def random_real_hardware(rng: Random, sizes: tuple[int, ...] = (8, 16, 32)) -> Hardware:
    """Return a small accelerator with the real adder tree, its multiplier controller repaired or not."""
    num_ms = rng.choice(sizes)
    bandwidths = [2**i for i in range(num_ms.bit_length())]
    return read_hardware(
        num_ms=num_ms,
        dn_bw=rng.choice(bandwidths),
        rn_bw=rng.choice(bandwidths),
        reduction="rtl",
        forwarding=rng.choice(("none", "sliding")),
        energy_table=rng.choice(("synthesis", "mrna")),
    )


def random_limits(rng: Random, nest: LoopNest) -> Limits:
    """Return no limits half of the time, else pin or bound one or two tile sizes."""
    lower: dict[str, int] = {}
    upper: dict[str, int] = {}
    for dim in rng.sample("RSCKGNXY", rng.choice((0, 0, 1, 2))):
        size = min(getattr(nest, dim), 8)
        how, value = rng.choice(("fix", "min", "max")), rng.randint(1, size)
        if how != "max":
            lower[dim] = min(value, 3)
        if how != "min":
            upper[dim] = lower.get(dim, value)
    return Limits(lower, upper)


def random_question(
    rng: Random,
    sizes: tuple[int, ...] = (8, 16, 32),
    draw_hardware: Callable[[Random, tuple[int, ...]], Hardware] = random_hardware,
    most_serial: float = 3_000,
) -> Question:
    """Return a small question; it may have no answer.

    Parameters
    ----------
    most_serial
        Most products of a layer whose sums travel through memory: each of its replays takes long.
    """
    while True:
        try:
            nest = random_nest(rng)
        except InputError:
            continue
        hardware = draw_hardware(rng, sizes)
        if nest.macs > most_serial and hardware.sums_return:
            continue
        return Question(nest, hardware, rng.choice(list(Objective)), random_limits(rng, nest))


def legal_costs(question: Question) -> dict[Tile, Decimal]:
    """Return the objective value of every legal tile, each evaluated by itself."""
    tiles = legal_tiles(question.nest, question.hardware, question.limits)
    costs = (evaluate(question.nest, question.hardware, tile) for tile in map(Tile.of, tiles))
    return {Tile.of(sizes): cost.value(question.objective) for sizes, cost in zip(tiles, costs, strict=True)}


def cp_sat_space(nest: LoopNest, hardware: Hardware, limits: Limits) -> set[Tile]:
    """Return the tiles that CP-SAT's own constraints call legal."""
    rows = figures(nest, hardware, whole_space(nest, hardware, Objective.LATENCY, limits).tiles)
    outcome = enumerate_all(build(nest, hardware, Objective.LATENCY, limits, rows), seconds=None, seed=0)
    assert outcome.complete
    return set(outcome.tiles)
