"""Two-level questions: random small layers and accelerators, and every mapping of them with its cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from random import Random

import numpy as np
from numpy.typing import NDArray

from solver.cost.events import event_counts
from solver.cost.latency import drained
from solver.cost.result import Objective
from solver.cost.timing import timing_of
from solver.cost.traffic import forwarding, traffic
from solver.cost.two_level.array import ArrayShapes, array_shapes, tightened
from solver.cost.two_level.cost import LevelCosts, level_costs
from solver.cost.two_level.dram import buffer_input_lines, footprint
from solver.cost.two_level.replays import ArrayReplays
from solver.hardware import Hardware, read_hardware
from solver.hardware.array_kind import RTL
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.words import WordBytes
from solver.layer import LoopNest, Loops
from solver.legal.levels import array_tiles, legal_pairs, level_overtaking, may_overtake_in
from solver.legal.tiles import Limits, fitting_tiles
from solver.mapping.buffer_tile import ARRAY_ORDERS, DRAM_ORDERS, buffer_trips, comes_back
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
    word: int | WordBytes = rng.choice((1, 2, WordBytes(1, 2, 3), WordBytes(1, 1, 4)))
    if rng.random() < 0.7:
        return PrefetchBuffer(
            capacity=rng.randint(20, 400),
            double_buffered=twice,
            bandwidth=bandwidth,
            word_bytes=word,
            adder=rng.random() < 0.4,
        )
    parts = {name: rng.randint(8, 200) for name in ("weights", "inputs", "outputs")}
    adder = rng.random() < 0.4
    return PrefetchBuffer(double_buffered=twice, bandwidth=bandwidth, word_bytes=word, adder=adder, **parts)


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


def small_real_hardware(rng: Random, memory: Memory, sizes: tuple[int, ...] = (8, 16)) -> Hardware:
    """Return the same with the real array, whose memory has an adder and whose controller is fixed."""
    hardware = small_hardware(rng, memory, sizes)
    buffer = replace(memory.buffer, adder=None)
    return replace(
        hardware,
        reduction="rtl",
        forwarding="none",
        accumulation_buffer=False,
        memory=Memory(buffer=buffer, dram_bandwidth=memory.dram_bandwidth),
    )


def small_memory(rng: Random) -> Memory:
    """Return a small buffer and a DRAM."""
    return Memory(
        buffer=small_buffer(rng),
        dram_bandwidth=rng.choice((1, 2, 4, 16)),
        controller=rng.choice(("fixed", "programmable")),
        weights_per_switch=rng.choice((None, None, None, 1, 2, 4)),
    )


def small_question(
    rng: Random, most: int = 4, array: Callable[[Random, Memory], Hardware] = small_hardware
) -> LevelQuestion:
    """Return a question whose joint space can be enumerated; it may have no answer."""
    nest = small_nest(rng, most)
    hardware = array(rng, small_memory(rng))
    limits = Limits(upper={"K": rng.randint(1, 3)}) if rng.random() < 0.3 else Limits()
    return LevelQuestion(nest, hardware, limits)


@dataclass(frozen=True)
class Enumerated:
    """Every legal mapping that fits.

    Attributes
    ----------
    latency, energy
        One element per mapping, the array's cycles by replay.
    least_latency, least_energy
        The same with what no replay falls below, as the joint CP-SAT model states it.
    tiles, buffers
        Shape (mappings, 8).
    array_order, dram_order
        Indices into `ARRAY_ORDERS` and `DRAM_ORDERS`.
    """

    latency: FloatArray
    energy: FloatArray
    least_latency: FloatArray
    least_energy: FloatArray
    tiles: NDArray[np.int64]
    buffers: NDArray[np.int64]
    array_order: NDArray[np.int64]
    dram_order: NDArray[np.int64]

    def values(self, objective: Objective) -> FloatArray:
        """Return the objective of every mapping."""
        if objective is Objective.LATENCY:
            return self.latency
        return self.energy if objective is Objective.ENERGY else self.energy * self.latency

    def least_values(self, objective: Objective) -> FloatArray:
        """Return what bounds the objective of every mapping."""
        if objective is Objective.LATENCY:
            return self.least_latency
        energy = self.least_energy
        return energy if objective is Objective.ENERGY else energy * self.least_latency

    def mapping(self, i: int) -> LevelMapping:
        """Return one of the mappings."""
        orders = DRAM_ORDERS[self.dram_order[i]], ARRAY_ORDERS[self.array_order[i]]
        return LevelMapping(Tile.of(self.tiles[i]), Tile.of(self.buffers[i]), *orders)

    def find(self, mapping: LevelMapping) -> int:
        """Return which mapping it is."""
        same = (self.tiles == mapping.tile.sizes).all(axis=1)
        same &= (self.buffers == mapping.buffer.sizes).all(axis=1)
        same &= self.array_order == ARRAY_ORDERS.index(mapping.array_order)
        same &= self.dram_order == DRAM_ORDERS.index(mapping.dram_order)
        (found,) = np.flatnonzero(same)
        return int(found)

    def front(self) -> list[tuple[float, float]]:
        """Return the points that no other beats in latency and energy, fastest first."""
        points: list[tuple[float, float]] = []
        for i in np.lexsort((self.energy, self.latency)):
            if not points or self.energy[i] < points[-1][1] * (1 - 1e-11):
                points.append((float(self.latency[i]), float(self.energy[i])))
        return points


def enumerate_all(question: LevelQuestion, most: int = 400_000, *, wrong: bool = False) -> Enumerated | None:
    """Evaluate every mapping of the joint space one by one; None if there are more than `most` tile pairs.

    Parameters
    ----------
    wrong
        Whether mappings in which weights overtake inputs stay in, as in CP-SAT's joint model.
    """
    nest, hardware = question.nest, question.hardware
    assert hardware.memory is not None
    tiles = array_tiles(nest, hardware, question.limits)
    buffers = np.array(list(product(*(range(1, size + 1) for size in nest.sizes))), dtype=np.int64)
    if len(tiles) * len(buffers) > most:
        return None
    # Held by every mapping, so that the next step stays small.
    rows, which = np.nonzero((tiles[:, None, :] <= buffers[None, :, :]).all(axis=2))
    tiles, buffers = tiles[rows], buffers[which]
    none, nowhere = np.empty(0), np.empty(0, int)
    parts = [Enumerated(none, none, none, none, tiles[:0], buffers[:0], nowhere, nowhere)]
    doubtful = may_overtake_in(nest, hardware, tiles, buffers)
    replays = ArrayReplays(nest, hardware)
    for order in question.orders:
        legal = legal_pairs(nest, hardware, tiles, buffers, order)
        lines = buffer_input_lines(nest, buffers)
        legal &= footprint(buffers, lines).fits(hardware.memory.buffer)
        if order == "weights" and not wrong:
            for i in np.flatnonzero(legal & doubtful):
                mapping = LevelMapping(Tile.of(tiles[i]), Tile.of(buffers[i]))
                legal[i] = level_overtaking(nest, hardware, mapping) is None
        if not legal.any():
            continue
        back = comes_back(hardware, buffer_trips(nest, buffers[legal]))
        unique, position = np.unique(np.column_stack([tiles[legal], back]), axis=0, return_inverse=True)
        shapes = array_shapes(nest, hardware, unique[:, :8], unique[:, 8] == 1).take(position.ravel())
        array = np.zeros(legal.sum(), dtype=np.int64)
        if order == "weights":
            pairs = zip(tiles[legal].tolist(), buffers[legal].tolist(), strict=True)
            array = np.array([replays.cycles(tile, buffer) for tile, buffer in pairs], dtype=np.int64)
        for index, dram_order in enumerate(DRAM_ORDERS):
            least = level_costs(nest, hardware, shapes, buffers[legal], dram_order, order)
            costs = least.replayed(hardware, array)
            parts.append(
                Enumerated(
                    costs.latency.astype(float),
                    costs.energy,
                    least.latency.astype(float),
                    least.energy,
                    tiles[legal],
                    buffers[legal],
                    np.full(legal.sum(), ARRAY_ORDERS.index(order)),
                    np.full(legal.sum(), index),
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
    back = comes_back(hardware, buffer_trips(nest, np.array([sizes])))
    vn = tiles[:, :3].prod(axis=1)
    if hardware.kind is not RTL:
        tiles = tiles[(vn + back) * (tiles.prod(axis=1) // vn) <= hardware.num_ms]
    if not len(tiles):
        return None
    tile = Tile.of(tiles[rng.randrange(len(tiles))])
    return LevelMapping(tile, Tile.of(sizes), rng.choice(DRAM_ORDERS), rng.choice(ARRAY_ORDERS))


MOVED = (
    *("dram_weights", "dram_inputs", "dram_outputs", "dram_psums"),
    *("weight_reads", "input_reads", "psum_reads", "psum_forwards", "writes"),
)


def every_shape(question: LevelQuestion) -> ArrayShapes:
    """Return all array tiles that fit, with and without a multiplier for sums that come back."""
    nest, hardware = question.nest, question.hardware
    # What the real tree and its buses carry is no rule of the model's.
    tiles = (array_tiles if hardware.kind is RTL else fitting_tiles)(nest, hardware, question.limits)
    assert hardware.memory is not None
    vns = tiles[:, 3:].prod(axis=1)
    spare = tiles[(tiles[:, :3].prod(axis=1) + 1) * vns <= hardware.num_ms]
    spare = spare[:0] if hardware.memory.buffer.adder else spare
    back = np.arange(len(tiles) + len(spare)) >= len(tiles)
    return array_shapes(nest, hardware, np.concatenate([tiles, spare]), back)


def model_costs(nest: LoopNest, hardware: Hardware, mapping: LevelMapping) -> LevelCosts:
    """Return the search's costs of one mapping: nothing replayed."""
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    tiles, back = np.array([mapping.tile.sizes]), comes_back(hardware, buffer_trips(nest, buffers))
    shapes = array_shapes(nest, hardware, tiles, back)
    return level_costs(nest, hardware, shapes, buffers, mapping.dram_order, mapping.array_order)


def walked(
    nest: LoopNest, hardware: Hardware, mapping: LevelMapping
) -> tuple[dict[str, int], dict[str, int]]:
    """Return words moved and tile words of one mapping, by the reuse walker and by the cost model."""
    costs = model_costs(nest, hardware, mapping)
    forwards = bool(forwarding(nest, hardware, np.array([mapping.tile.sizes]))[0])
    assert hardware.memory is not None
    walk_found = walk(nest, mapping, forwards=forwards, adder=hardware.memory.buffer.adder)
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
    compared, drained
        Tiles, and those that drain between filter iterations.
    tight
        Those of the drained ones whose bound is the replay.
    wrong
        Tiles with other cycles or events than the single level, or bounds above its replay.
    """

    compared: int
    drained: int
    tight: int
    wrong: int


def beside_single_level(nest: LoopNest, hardware: Hardware, tiles: NDArray[np.int64]) -> Consistency:
    """Compare the two-level model of a buffer that is filled once with the single-level model."""
    shapes = array_shapes(nest, hardware, tiles)
    whole = np.tile(np.array(nest.sizes, dtype=np.int64), (len(tiles), 1))
    bound = level_costs(nest, hardware, shapes, whole, "KQP", "weights").array
    close = level_costs(nest, hardware, tightened(nest, hardware, shapes, {}), whole, "KQP", "weights")
    load = traffic(nest, hardware, tiles)
    events = event_counts(nest, hardware, tiles, load, shapes.wave)
    same_events = np.all([close.events[name] == column for name, column in events.items()], axis=0)
    drains = drained(nest, tiles)
    replay = timing_of(hardware).replay_cycles
    single = np.array([replay(nest, hardware, Tile.of(tile)) for tile in tiles], dtype=np.int64)
    replays = ArrayReplays(nest, hardware)
    both = np.array([replays.cycles(tile, nest.sizes) for tile in tiles.tolist()], dtype=np.int64)
    right = (both == single) & (bound <= close.array) & (close.array <= single)
    return Consistency(
        compared=len(tiles),
        drained=int(drains.sum()),
        tight=int((drains & (close.array == single)).sum()),
        wrong=int((~right | ~same_events).sum()),
    )
