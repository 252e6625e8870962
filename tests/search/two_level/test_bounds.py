"""Lower bounds of array tiles, refill counts and pairs, beside the cost of every mapping."""

from dataclasses import replace
from decimal import Decimal
from functools import cache
from random import Random

import numpy as np
import pytest

from solver.cost.two_level.array import array_shapes, tightened
from solver.mapping.buffer_tile import ARRAY_ORDERS, Y, buffer_trips, comes_back
from solver.mapping.levels import LevelMapping
from solver.search.progress import Clock
from solver.search.two_level.bounds import (
    ABSENT,
    ArrayBounds,
    JoinedBounds,
    array_bounds,
)
from solver.search.two_level.boxes import Boxes, BufferBounds
from solver.search.two_level.branch import Branching
from solver.search.two_level.expand import Expansion
from solver.search.two_level.goal import Front, Point
from solver.search.two_level.options import axes
from solver.search.two_level.pairs import PairBounds
from tests.support.examples.level_questions import Enumerated, LevelQuestion, enumerate_all, small_question

ROUNDING = 1 + 1e-12


class Parts:
    """A question's mappings taken apart into array tile and refill counts, each with its bounds."""

    def __init__(self, question: LevelQuestion, every: Enumerated) -> None:
        nest, hardware = question.nest, question.hardware
        self.question, self.every = question, every
        trips = buffer_trips(nest, every.buffers)
        rows = np.column_stack([every.tiles, comes_back(hardware, trips)])
        tiles, self.tile = np.unique(rows, axis=0, return_inverse=True)
        shapes = array_shapes(nest, hardware, tiles[:, :-1], tiles[:, -1] == 1)
        self.shapes = tightened(nest, hardware, shapes, {})
        self.arrays = array_bounds(nest, hardware, self.shapes, question.orders)
        self.axes = axes(nest)
        self.classes = np.column_stack(
            [np.searchsorted(axis.classes, trips[:, i]) for i, axis in enumerate(self.axes)]
        )
        self.boxes = Boxes(nest, hardware, self.axes)
        self.buffers = self.boxes.refined(self.boxes.roots(), 10**9, lambda some: some.order >= 0)
        vectors = self.boxes.classes(self.buffers.box).tolist()
        self.element = {
            (tuple(classes), int(order)): i
            for i, (classes, order) in enumerate(zip(vectors, self.buffers.order, strict=True))
        }
        self.pairs = PairBounds(self.boxes, question.orders, self.arrays, self.shapes, JoinedBounds(hardware))

    def array_of(self, i: int) -> int:
        """Return the element of the array bounds that belongs to a mapping."""
        order = self.question.orders.index(ARRAY_ORDERS[self.every.array_order[i]])
        return order * len(self.shapes.tiles) + int(self.tile[i])

    def buffer_of(self, i: int) -> int | None:
        """Return the element of the buffer bounds of a mapping; None: its DRAM order was left out."""
        return self.element.get((tuple(self.classes[i].tolist()), int(self.every.dram_order[i])))


@cache
def parts(seed: int, *, dear: bool = False) -> list[Parts]:
    """Return questions; `dear` makes additions in accumulators and hops between multipliers cost most."""
    rng, found = Random(seed), list[Parts]()
    while len(found) < 8:
        question = small_question(rng)
        if dear:
            hardware = question.hardware
            prices = replace(hardware.energy_table, accumulate=Decimal(2000), mn_wire=Decimal(3000))
            question = replace(question, hardware=replace(hardware, energy_table=prices))
        every = enumerate_all(question, most=20_000)
        if every is not None and len(every.latency):
            found.append(Parts(question, every))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_no_bound_exceeds_the_cost_of_any_mapping(seed: int) -> None:
    """Neither of the parts joined, nor the cost model's on the pair."""
    for each in parts(seed):
        every = each.every
        assert len(each.element) == len(each.buffers.order), "refill counts in two boxes"
        some = np.random.default_rng(seed).permutation(len(every.latency))[:400]
        known = [(i, each.array_of(i), at) for i in some if (at := each.buffer_of(i)) is not None]
        mapping, a, b = (np.array(column) for column in zip(*known, strict=True))
        arrays, buffers = each.arrays, each.buffers
        latency, energy = JoinedBounds(each.question.hardware)(
            arrays.cycles[a],
            arrays.energy[a],
            buffers.transfer[b],
            buffers.exposed[b],
            buffers.energy[b],
        )
        assert (latency <= every.latency[mapping]).all(), each.question
        assert (energy <= every.energy[mapping] * ROUNDING).all(), each.question
        for order in range(len(each.question.orders)):
            these = np.flatnonzero(arrays.order[a] == order)
            pairs = each.pairs.bounded(a[these], buffers.box[b[these]], buffers.order[b[these]])
            assert len(pairs) == len(these), "a pair with a legal mapping was left out"
            assert (pairs.latency <= every.latency[mapping[these]]).all(), each.question
            assert (pairs.energy <= every.energy[mapping[these]] * ROUNDING).all(), each.question


@pytest.mark.parametrize("bandwidth", [None, 1])
def test_bounds_of_cycles_are_the_same_without_energies(bandwidth: int | None) -> None:
    """Also where the buffer's own bandwidth holds the array up, so that its words count."""
    for each in parts(0):
        memory = each.question.hardware.memory
        assert memory is not None
        memory = replace(memory, buffer=replace(memory.buffer, bandwidth=bandwidth))
        nest, hardware = each.question.nest, replace(each.question.hardware, memory=memory)
        orders, boxes = each.question.orders, Boxes(nest, hardware, each.axes)
        a, b = np.indices((len(each.arrays.cycles), len(each.buffers.order))).reshape(2, -1)[:, ::7]
        found = []
        for energy in (True, False):
            arrays = array_bounds(nest, hardware, each.shapes, orders, with_energy=energy)
            bounds = PairBounds(boxes, orders, arrays, each.shapes, JoinedBounds(hardware), energy=energy)
            pairs = bounds.bounded(a, each.buffers.box[b], each.buffers.order[b])
            found.append((arrays.cycles.tolist(), pairs.latency.tolist()))
        assert found[0] == found[1], each.question


@pytest.mark.parametrize("dear", [False, True])
def test_no_bound_of_a_box_exceeds_the_cost_of_any_mapping_in_it(dear: bool) -> None:
    """Boxes are halved down to one vector of refill counts; neither half loses a mapping.

    Where accumulators and hops are dear, more refills take less energy.
    """
    for each in parts(2, dear=True) if dear else parts(0)[:6]:
        every, boxes = each.every, each.boxes
        some = np.random.default_rng(0).permutation(len(every.latency))
        if dear:
            columns = buffer_trips(each.question.nest, every.buffers[some])[:, Y]
            some = some[np.argsort(-columns * each.shapes.forwards[each.tile[some]], kind="stable")]
        for i in some[:12].tolist():
            if each.buffer_of(i) is None:
                continue
            a, boxed = np.array([each.array_of(i)]), boxes.roots()
            while True:
                inside = holds(boxes, boxed.box, each.classes[i]) & (boxed.order == every.dram_order[i])
                boxed = boxed.take(inside)
                assert len(boxed.order) == 1, "no box, or more than one, holds the mapping"
                pair = each.pairs.bounded(a, boxed.box, boxed.order)
                assert len(pair) == 1
                assert pair.latency[0] <= every.latency[i]
                assert pair.energy[0] <= every.energy[i] * ROUNDING
                if boxes.single(boxed.box)[0]:
                    break
                halves, of = boxes.halved(boxed.box)
                boxed = boxes.bounded(halves, boxed.order[of])


def holds(boxes: Boxes, box: np.ndarray, classes: np.ndarray) -> np.ndarray:
    first, last = boxes.look_up("first", box), boxes.look_up("last", box)
    return np.asarray(((first <= classes) & (classes <= last)).all(axis=1))


class Everything(Front):
    """A goal that every mapping with less latency and energy than some point would improve on."""

    def __init__(self, latency: float, energy: float) -> None:
        super().__init__()
        nowhere = LevelMapping.__new__(LevelMapping)
        self.points = [Point(int(latency), energy, nowhere)]


def test_nothing_that_beats_the_incumbents_is_dropped() -> None:
    """Where a search ends, nothing of what an incumbent leaves open has not been evaluated."""
    for each in parts(0)[:4]:
        question, every = each.question, each.every
        rng = np.random.default_rng(0)
        for point in rng.permutation(len(every.latency))[:3]:
            goal = Everything(every.latency[point], every.energy[point])
            expansion = Expansion(question.nest, question.hardware, each.axes, question.orders)
            boxes = each.boxes.refined(each.boxes.roots(), 8, lambda some: some.order >= 0)
            branching = Branching(
                each.boxes, boxes, each.pairs, expansion, {}, JoinedBounds(each.question.hardware)
            )
            assert branching.close(goal, Clock(None, None)) == (np.inf, np.inf)
            assert not goal.open(every.latency, every.energy).any(), question


def test_dram_orders_that_are_left_out_are_never_better() -> None:
    """For every mapping there is one with a useful order that is no slower and takes no more energy."""
    for each in parts(1):
        every = each.every
        for i in np.random.default_rng(1).permutation(len(every.latency))[:100]:
            if each.buffer_of(i) is not None:
                continue
            same = (
                (every.tiles == every.tiles[i]).all(axis=1)
                & (every.buffers == every.buffers[i]).all(axis=1)
                & (every.array_order == every.array_order[i])
            )
            useful = [j for j in np.flatnonzero(same) if each.buffer_of(int(j)) is not None]
            assert any(
                every.latency[j] <= every.latency[i] and every.energy[j] <= every.energy[i] * ROUNDING
                for j in useful
            ), (each.question, every.mapping(int(i)))


class Collected:
    """A goal that keeps everything it is offered."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def open(self, latency: np.ndarray, energy: np.ndarray) -> np.ndarray:
        return np.ones(np.shape(latency), dtype=bool)

    def rank(self, latency: np.ndarray, energy: np.ndarray) -> np.ndarray:
        return np.asarray(latency)

    def offer(self, point: Point) -> None:
        self.points.append(point)


def test_buffer_tiles_that_are_no_contenders_are_never_better() -> None:
    """For every mapping, its pair's expansion has one that is no slower and takes no more energy."""
    for each in parts(2):
        question, every = each.question, each.every
        expansion = Expansion(question.nest, question.hardware, each.axes, question.orders)
        for i in np.random.default_rng(2).permutation(len(every.latency))[:60]:
            element = each.buffer_of(int(i))
            if element is None:
                continue
            a = each.array_of(int(i))
            pair = each.tile[i], each.arrays.order[a], int(each.buffers.order[element]), each.classes[i]
            goal = Collected()
            expansion.offer(goal, [pair], each.shapes)
            assert any(
                point.latency <= every.latency[i] and point.energy <= every.energy[i] * ROUNDING
                for point in goal.points
            ), (question, every.mapping(int(i)))


def test_time_that_is_up_leaves_the_least_bounds() -> None:
    each = parts(2)[0]
    expansion = Expansion(each.question.nest, each.question.hardware, each.axes, each.question.orders)
    branching = Branching(
        each.boxes, each.buffers, each.pairs, expansion, {}, JoinedBounds(each.question.hardware)
    )
    latency, energy = branching.close(Collected(), Clock(0.0, None))
    assert 0 < latency <= each.every.latency.min() and 0 < energy <= each.every.energy.min() * ROUNDING


def test_bounds_are_taken_by_element() -> None:
    each = parts(2)[0]
    arrays: ArrayBounds = each.arrays.take(np.array([0]))
    buffers: BufferBounds = each.buffers.take(np.array([0]))
    for back in (False, True):
        alike = arrays.back[0] == back
        expected = [arrays.cycles[0], arrays.energy[0]] if alike else [ABSENT] * 2
        assert [column.item() for column in arrays.least(np.array([back]))] == expected
    again = BufferBounds.joined([buffers, buffers])
    least = [column[0] for column in again.least(buffers.back)]
    assert least == [buffers.transfer[0], buffers.exposed[0], buffers.energy[0]]
    assert len(again.order) == 2
