"""The array's energy by what steps take, beside the cost model's events."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from solver.cost.events import dynamic_energy
from solver.cost.two_level.array import array_shapes
from solver.cost.two_level.cost import level_components, level_costs
from solver.cost.two_level.work import array_events, steps
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.mapping.buffer_tile import ARRAY_ORDERS, array_passes, buffer_trips, comes_back
from solver.search.two_level.energies import ArrayEnergies
from tests.support.examples.level_questions import (
    enumerate_all,
    small_hardware,
    small_question,
    small_real_hardware,
)


@pytest.mark.parametrize("array", [small_hardware, small_real_hardware])
def test_steps_take_what_their_events_do(array: Callable[[Random, Memory], Hardware]) -> None:
    rng, seen = Random(3), set[str]()
    while len(seen) < (3 if array is small_hardware else 1):
        question = small_question(rng, array=array)
        every = enumerate_all(question, most=5_000)
        if every is None or not len(every.latency):
            continue
        nest, hardware = question.nest, question.hardware
        trips = buffer_trips(nest, every.buffers)
        passes = array_passes(nest, every.tiles, every.buffers)
        shapes = array_shapes(nest, hardware, every.tiles, comes_back(hardware, trips))
        energies, apart = (ArrayEnergies(nest, hardware, shapes, sums=sums) for sums in (True, False))
        nothing = np.zeros(len(trips), dtype=np.int64)
        dram = dict.fromkeys(("dram_weights", "dram_inputs", "dram_outputs", "dram_psums"), nothing)
        for order in question.orders:
            count = steps(shapes, trips, passes, order)
            events = array_events(nest, hardware, shapes, trips, passes, count, order) | dram
            expected = dynamic_energy(hardware, events, level_components(hardware))
            found = energies.of(slice(None), trips, passes, order)
            assert np.allclose(found, expected, rtol=1e-12), (question, order)
            if not hardware.kind.adds_outside:
                # Sums that leave a buffer tile and come back are booked elsewhere.
                once = events | {"psum_reads": nothing, "writes": nothing + nest.outputs}
                expected = dynamic_energy(hardware, once, level_components(hardware))
            found = apart.of(slice(None), trips, passes, order)
            assert np.allclose(found, expected, rtol=1e-12), (question, order)
            seen.add(order)


def test_rows_are_those_that_are_taken() -> None:
    question = small_question(Random(4))
    every = enumerate_all(question)
    assert every is not None
    nest, hardware = question.nest, question.hardware
    shapes = array_shapes(nest, hardware, every.tiles)
    some = np.arange(len(every.tiles))[::-3]
    order = ARRAY_ORDERS[0]
    whole, few = (
        level_costs(nest, hardware, each, every.buffers[some], "KQP", order)
        for each in (shapes.take(some), shapes.rows(some))
    )
    assert few.latency.tolist() == whole.latency.tolist() and few.energy.tolist() == whole.energy.tolist()
    with pytest.raises(AttributeError):
        shapes.rows(some).nowhere  # noqa: B018
