"""The exact figures of one mapping by level and operand."""

from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest

from solver.cost.result import Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.cost.two_level.replays import ArrayReplays
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.words import WordBytes
from solver.layer import LoopNest
from solver.legal.levels import level_legality
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from tests.support.examples.level_questions import model_costs, random_mapping, small_question

COUNT = 100


@cache
def examples() -> tuple[tuple[LoopNest, Hardware, LevelMapping], ...]:
    """Return legal mappings of as many questions, drawn when the first test asks for them."""
    rng, found = Random(21), []
    while len(found) < COUNT:
        question = small_question(rng)
        nest, hardware = question.nest, question.hardware
        for _ in range(20):
            mapping = random_mapping(rng, nest, hardware)
            if mapping is not None and level_legality(nest, hardware, mapping) is None:
                found.append((nest, hardware, mapping))
                break
    return tuple(found)


@pytest.mark.parametrize("number", range(COUNT))
def test_the_reported_cost_is_the_searched_one(number: int) -> None:
    nest, hardware, mapping = examples()[number]
    searched = model_costs(nest, hardware, mapping)
    if mapping.array_order == "weights":
        array = ArrayReplays(nest, hardware).cycles(mapping.tile.sizes, mapping.buffer.sizes)
        searched = searched.replayed(hardware, np.array([array]))
    cost, figures = evaluate_levels(nest, hardware, mapping)
    assert cost.cycles == searched.latency[0]
    for objective in Objective:
        assert float(cost.value(objective)) == pytest.approx(searched.values(objective)[0], rel=1e-12)
    assert figures.array_cycles + figures.stall_cycles == cost.cycles
    assert figures.transfer_cycles == searched.transfer[0]


def test_energy_and_words_add_up_over_levels_and_operands() -> None:
    for nest, hardware, mapping in examples():
        cost, figures = evaluate_levels(nest, hardware, mapping)
        assert sum(cost.energy_by_component.values()) == cost.energy
        assert sum(figures.energy["DRAM"].values()) == cost.energy_by_component["DRAM"]
        assert sum(figures.energy["buffer"].values()) == cost.energy_by_component["global buffer"]
        dram, inner = figures.transfers["DRAM to buffer"], figures.transfers["buffer to array"]
        out, back = figures.transfers["buffer to DRAM"], figures.transfers["array to buffer"]
        assert figures.words["DRAM"]["weights"] == dram["weights"]
        assert figures.words["DRAM"]["outputs"] == dram["outputs"] + out["outputs"]
        assert sum(figures.words["buffer"].values()) == sum(
            sum(side.values())
            for side in (dram, inner, out, back, figures.transfers.get("buffer to adder", {}))
        )


def test_every_operand_crosses_every_level_at_least_once() -> None:
    for nest, hardware, mapping in examples():
        _, figures = evaluate_levels(nest, hardware, mapping)
        assert figures.transfers["DRAM to buffer"]["weights"] >= nest.weights
        assert figures.transfers["buffer to array"]["weights"] >= nest.weights
        assert figures.transfers["buffer to DRAM"]["outputs"] >= nest.outputs
        assert figures.transfers["array to buffer"]["outputs"] >= nest.outputs


def test_the_tile_takes_no_more_room_than_there_is() -> None:
    for nest, hardware, mapping in examples():
        _, figures = evaluate_levels(nest, hardware, mapping)
        if "shared" in figures.capacity_words:
            assert sum(figures.tile_words.values()) <= figures.capacity_words["shared"]
        else:
            assert all(figures.tile_words[name] <= room for name, room in figures.capacity_words.items())


def test_no_mapping_is_above_the_roofline() -> None:
    for nest, hardware, mapping in examples():
        _, figures = evaluate_levels(nest, hardware, mapping)
        roof = figures.roofline
        memory = hardware.memory
        assert memory is not None and roof.ridge == hardware.num_ms / memory.dram_bandwidth
        assert roof.attained <= min(roof.peak, roof.intensity * memory.dram_bandwidth) * (1 + 1e-9)


@pytest.mark.parametrize(("double", "held"), [(False, 32), (True, 16)])
def test_a_shared_buffer_is_counted_in_its_narrowest_words(double: bool, held: int) -> None:
    sizes = WordBytes(weights=2, inputs=4, outputs=3)
    buffer = PrefetchBuffer(capacity=65, word_bytes=sizes, double_buffered=double)
    hardware = replace(
        read_hardware(num_ms=8, dn_bw=4, rn_bw=4), memory=Memory(buffer=buffer, dram_bandwidth=2)
    )
    mapping = LevelMapping(Tile(), Tile(), DRAM_ORDERS[0], "weights")
    _, figures = evaluate_levels(LoopNest(C=2, K=2, X=2), hardware, mapping)
    assert figures.capacity_words == {"shared": held}
