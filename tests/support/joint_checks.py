"""CP-SAT's joint model beside the enumeration of its space, on small questions."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.hardware.memory import Memory
from solver.layer import DIMS
from solver.legal.levels import pair_refusal
from solver.legal.tiles import fitting_tiles
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.two_level.joint.model import JointModel, build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import room_for
from tests.support.examples.level_questions import (
    Enumerated,
    LevelQuestion,
    enumerate_all,
    every_shape,
    small_hardware,
    small_question,
)


def model_of(question: LevelQuestion, objective: Objective, every: Enumerated, **keys: bool) -> JointModel:
    """Build the model with room for every mapping."""
    nest, hardware = question.nest, question.hardware
    shapes = every_shape(question)
    room = room_for(nest, hardware, objective, float(every.values(objective).max()))
    return build_joint(nest, hardware, objective, shapes, room, **keys)


def questions(
    seed: int,
    count: int,
    most: int = 10_000,
    array: Callable[[Random, Memory], Hardware] = small_hardware,
) -> list[tuple[LevelQuestion, Enumerated]]:
    """Return random small questions with all that the joint model ranges over."""
    rng = Random(seed)
    found: list[tuple[LevelQuestion, Enumerated]] = []
    while len(found) < count:
        question = small_question(rng, array=array)
        every = enumerate_all(question, most=most, wrong=True)
        if every is not None and len(every.latency):
            found.append((question, every))
    return found


def fix(model: JointModel, mapping: LevelMapping) -> None:
    """Leave one mapping to the model."""
    choices = model.choices
    for dim in DIMS:
        model.model.add(choices.tile[dim] == getattr(mapping.tile, dim))
        model.model.add(choices.buffer[dim] == getattr(mapping.buffer, dim))
    model.model.add(choices.dram_order[mapping.dram_order] == 1)
    model.model.add(choices.array_order[mapping.array_order] == 1)


def check_optimum(
    question: LevelQuestion, every: Enumerated, objective: Objective, *, every_buffer_tile: bool
) -> None:
    """Assert that CP-SAT proves the least that the enumeration knows, by a mapping that keeps the rules."""
    answer = minimise(model_of(question, objective, every, every_buffer_tile=every_buffer_tile))
    optimum = every.least_values(objective).min()
    assert answer.proved and answer.mapping is not None
    assert answer.bound == pytest.approx(optimum, rel=1e-6), question
    assert pair_refusal(question.nest, question.hardware, answer.mapping) is None
    found = every.least_values(objective)[every.find(answer.mapping)]
    assert float(found) == pytest.approx(optimum, rel=1e-6), question


def check_costs(
    question: LevelQuestion, every: Enumerated, objective: Objective, rng: Random, count: int
) -> None:
    """Assert that with all decisions fixed to one mapping the model's optimum is that mapping's cost."""
    for i in rng.sample(range(len(every.latency)), min(count, len(every.latency))):
        model = model_of(question, objective, every, every_buffer_tile=True)
        fix(model, every.mapping(i))
        answer = minimise(model)
        assert answer.bound == pytest.approx(every.least_values(objective)[i], rel=1e-6), question


def check_refusals(question: LevelQuestion, every: Enumerated, rng: Random, count: int) -> int:
    """Assert that random mappings that the enumeration does not know are no solutions; return how many."""
    refused = 0
    legal = {every.mapping(i) for i in range(len(every.latency))}
    tiles = fitting_tiles(question.nest, question.hardware, question.limits)
    for _ in range(count):
        tile = tiles[rng.randrange(len(tiles))]
        buffer = [rng.randint(low, high) for low, high in zip(tile, question.nest.sizes, strict=True)]
        orders = rng.choice(DRAM_ORDERS), rng.choice(question.orders)
        mapping = LevelMapping(Tile.of(tile), Tile.of(buffer), *orders)
        if mapping in legal:
            continue
        model = model_of(question, Objective.LATENCY, every, every_buffer_tile=True)
        fix(model, mapping)
        assert minimise(model).bound == float("inf")
        refused += 1
    return refused
