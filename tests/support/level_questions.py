"""Two-level questions: random small layers and accelerators, and every mapping of them with its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from random import Random

import numpy as np
from numpy.typing import NDArray

from solver.cost.events import event_counts
from solver.cost.latency import closed_form, distribution_time, drained, last_step, loops, port_words
from solver.cost.result import Objective
from solver.cost.traffic import forwarding, traffic
from solver.cost.two_level.array import array_shapes
from solver.cost.two_level.cost import level_costs
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import LoopNest, Loops
from solver.legal.levels import array_tiles, legal_pairs
from solver.legal.tiles import Limits
from solver.mapping.buffer_tile import ARRAY_ORDERS, DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from tests.oracles.reuse_walker import walk

FloatArray = NDArray[np.float64]
ENDLESS = Memory(buffer=PrefetchBuffer(capacity=10**9), dram_bandwidth=16)
"""A buffer that holds any small layer."""


@dataclass(frozen=True)
class LevelQuestion:
    """What is asked of the two-level search."""

    nest: LoopNest
    hardware: Hardware
    limits: Limits

    @property
    def layer(self) -> Loops:
        """The loops as a layer."""
        return Loops(loops=self.nest)

    @property
    def orders(self) -> tuple[str, ...]:
        """Stationary orders that the controller runs."""
        assert self.hardware.memory is not None
        return ARRAY_ORDERS if self.hardware.memory.controller == "programmable" else ("weights",)


def small_nest(rng: Random, most: int = 4) -> LoopNest:
    """Return a layer of some hundred multiplications: convolutions of every kind, FC and GEMM."""
    size = rng.randint
    if rng.random() < 0.25:
        return LoopNest(S=size(1, 3 * most), K=size(1, 2 * most), X=size(1, most + 2))
    return LoopNest(
        R=size(1, 3),
        S=size(1, 3),
        C=size(1, most - 1),
        K=size(1, most),
        G=rng.choice((1, 1, 1, 2)),
        N=rng.choice((1, 1, 2)),
        X=size(1, most + 1),
        Y=size(1, most + 1),
        stride=rng.choice(((1, 1), (1, 1), (1, 1), (2, 2), (1, 2), (3, 1))),
        dilation=rng.choice(((1, 1), (1, 1), (2, 2), (1, 3))),
    )


def small_buffer(rng: Random) -> PrefetchBuffer:
    """Return a buffer of some hundred bytes, shared or split, single- or double-buffered."""
    twice = rng.random() < 0.6
    bandwidth = rng.choice((None, None, 1, 3))
    word = rng.choice((1, 2, 2, 4))
    if rng.random() < 0.7:
        return PrefetchBuffer(
            capacity=rng.randint(20, 400), double_buffered=twice, bandwidth=bandwidth, word_bytes=word
        )
    parts = {name: rng.randint(8, 200) for name in ("weights", "inputs", "outputs")}
    return PrefetchBuffer(double_buffered=twice, bandwidth=bandwidth, word_bytes=word, **parts)


def small_hardware(rng: Random, memory: Memory, sizes: tuple[int, ...] = (4, 8, 16)) -> Hardware:
    """Return an accelerator of a few switches before some memory."""
    num_ms = rng.choice(sizes)
    hardware = read_hardware(
        num_ms=num_ms,
        dn_bw=rng.choice([2**i for i in range(num_ms.bit_length())]),
        rn_bw=rng.choice([2**i for i in range(num_ms.bit_length())]),
        energy_table=rng.choice(("synthesis", "mrna")),
    )
    return replace(hardware, memory=memory)


def small_memory(rng: Random) -> Memory:
    """Return a small buffer and a DRAM."""
    return Memory(
        buffer=small_buffer(rng),
        dram_bandwidth=rng.choice((1, 2, 4, 16)),
        controller=rng.choice(("fixed", "programmable")),
        weights_per_switch=rng.choice((None, None, None, 1, 2, 4)),
    )


def small_question(rng: Random, most: int = 4) -> LevelQuestion:
    """Return a question whose joint space can be enumerated; it may have no answer."""
    nest = small_nest(rng, most)
    hardware = small_hardware(rng, small_memory(rng))
    limits = Limits(upper={"K": rng.randint(1, 3)}) if rng.random() < 0.3 else Limits()
    return LevelQuestion(nest, hardware, limits)


@dataclass(frozen=True)
class Enumerated:
    """Every legal mapping that fits.

    Attributes
    ----------
    latency, energy
        One element per mapping.
    tiles, buffers
        Shape (mappings, 8).
    array_order, dram_order
        Indices into `ARRAY_ORDERS` and `DRAM_ORDERS`.
    """

    latency: FloatArray
    energy: FloatArray
    tiles: NDArray[np.int64]
    buffers: NDArray[np.int64]
    array_order: NDArray[np.int64]
    dram_order: NDArray[np.int64]

    def values(self, objective: Objective) -> FloatArray:
        """Return the objective of every mapping."""
        if objective is Objective.LATENCY:
            return self.latency
        return self.energy if objective is Objective.ENERGY else self.energy * self.latency

    def mapping(self, i: int) -> LevelMapping:
        """Return one of the mappings."""
        orders = DRAM_ORDERS[self.dram_order[i]], ARRAY_ORDERS[self.array_order[i]]
        return LevelMapping(Tile.of(self.tiles[i]), Tile.of(self.buffers[i]), *orders)

    def front(self) -> list[tuple[float, float]]:
        """Return the points that no other beats in latency and energy, fastest first."""
        points: list[tuple[float, float]] = []
        for i in np.lexsort((self.energy, self.latency)):
            if not points or self.energy[i] < points[-1][1] * (1 - 1e-11):
                points.append((float(self.latency[i]), float(self.energy[i])))
        return points


def enumerate_all(question: LevelQuestion, most: int = 400_000) -> Enumerated | None:
    """Evaluate every mapping of the joint space one by one; None if there are more than `most` tile pairs."""
    nest, hardware = question.nest, question.hardware
    assert hardware.memory is not None
    tiles = array_tiles(nest, hardware, question.limits)
    buffers = np.array(list(product(*(range(1, size + 1) for size in nest.sizes))), dtype=np.int64)
    if len(tiles) * len(buffers) > most:
        return None
    # Held by every mapping, so that the next step stays small.
    rows, which = np.nonzero((tiles[:, None, :] <= buffers[None, :, :]).all(axis=2))
    tiles, buffers = tiles[rows], buffers[which]
    parts = [Enumerated(np.empty(0), np.empty(0), tiles[:0], buffers[:0], np.empty(0, int), np.empty(0, int))]
    forwards = forwarding(nest, hardware, tiles)
    for order in question.orders:
        legal = legal_pairs(nest, hardware, tiles, buffers, forwards, order)
        if not legal.any():
            continue
        unique, position = np.unique(tiles[legal], axis=0, return_inverse=True)
        shapes = array_shapes(nest, hardware, unique).take(position.ravel())
        for index, dram_order in enumerate(DRAM_ORDERS):
            costs = level_costs(nest, hardware, shapes, buffers[legal], dram_order, order)
            fits = costs.tile.fits(hardware.memory.buffer)
            parts.append(
                Enumerated(
                    costs.latency[fits].astype(float),
                    costs.energy[fits],
                    tiles[legal][fits],
                    buffers[legal][fits],
                    np.full(fits.sum(), ARRAY_ORDERS.index(order)),
                    np.full(fits.sum(), index),
                )
            )
    names = Enumerated.__dataclass_fields__
    return Enumerated(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def random_mapping(rng: Random, nest: LoopNest, hardware: Hardware) -> LevelMapping | None:
    """Return a mapping whose buffer tile holds its array tile, or None if the draw leaves no array tile."""
    sizes = [rng.randint(1, size) for size in nest.sizes]
    if nest.X > 1:
        sizes[0] = nest.R
    if nest.Y > 1:
        sizes[1] = nest.S
    tiles = array_tiles(nest, hardware, Limits())
    tiles = tiles[(tiles <= np.array(sizes)).all(axis=1)]
    if not len(tiles):
        return None
    tile = Tile.of(tiles[rng.randrange(len(tiles))])
    return LevelMapping(tile, Tile.of(sizes), rng.choice(DRAM_ORDERS), rng.choice(ARRAY_ORDERS))


MOVED = (
    *("dram_weights", "dram_inputs", "dram_outputs", "dram_psums"),
    *("weight_reads", "input_reads", "psum_reads", "writes"),
)


def walked(
    nest: LoopNest, hardware: Hardware, mapping: LevelMapping
) -> tuple[dict[str, int], dict[str, int]]:
    """Return words moved and tile words of one mapping, by the reuse walker and by the cost model."""
    shapes = array_shapes(nest, hardware, np.array([mapping.tile.sizes], dtype=np.int64))
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    costs = level_costs(nest, hardware, shapes, buffers, mapping.dram_order, mapping.array_order)
    walk_found = walk(nest, mapping, forwards=bool(shapes.load.forwards[0]))
    by_walk = {name: walk_found.moved[name] for name in MOVED}
    by_model = {name: int(costs.events[name][0]) for name in MOVED}
    for operand in ("weights", "inputs", "outputs"):
        by_walk[f"{operand} held"] = walk_found.capacity[operand]
        by_model[f"{operand} held"] = int(getattr(costs.tile, operand)[0])
    return by_walk, by_model


@dataclass(frozen=True)
class Consistency:
    """Tiles of a layer on a buffer that holds all of it, beside the single level.

    Attributes
    ----------
    compared, equal
        Tiles that drain between filter iterations, and those of them with the single level's cycles.
    starved
        Tiles where a forwarding port that is sent nothing binds: the two-level model does not make it wait.
    wrong
        Tiles with other cycles than the single level for any other reason, or other events.
    least
        Smallest ratio of cycles to the single level's.
    """

    compared: int
    equal: int
    starved: int
    wrong: int
    least: float


def beside_single_level(nest: LoopNest, hardware: Hardware, tiles: NDArray[np.int64]) -> Consistency:
    """Compare the two-level model of a buffer that is filled once with the single-level model."""
    shapes = array_shapes(nest, hardware, tiles)
    whole = np.tile(np.array(nest.sizes, dtype=np.int64), (len(tiles), 1))
    costs = level_costs(nest, hardware, shapes, whole, "KQP", "weights")
    load, n = traffic(nest, hardware, tiles), loops(nest, tiles)
    events = event_counts(nest, hardware, tiles, load, shapes.wave)
    same_events = np.all([costs.events[name] == column for name, column in events.items()], axis=0)
    drains = drained(nest, tiles, n.trips)
    single = closed_form(nest, hardware, tiles, load, shapes.wave)
    unstarved = np.maximum(
        port_words(load, n).max(axis=1), n.folds * (1 + n.windows) - 1 + last_step(load, n)
    )
    starved = drains & (distribution_time(load, n) > unstarved)
    right = np.where(starved, costs.array <= single, costs.array == single) | ~drains
    return Consistency(
        compared=int(drains.sum()),
        equal=int((drains & (costs.array == single)).sum()),
        starved=int(starved.sum()),
        wrong=int((~right | ~same_events).sum()),
        least=float((costs.array[drains] / single[drains]).min(initial=1.0)),
    )
