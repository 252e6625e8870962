"""The joint CP-SAT model, which knows none of the branch and bound's bounds."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from solver.answers.solution import Status
from solver.cost.result import Objective
from solver.cost.two_level.array import tightened
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InternalError
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import DIMS, FullyConnected, LoopNest, Loops, Primitive
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits, fitting_tiles
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.joint.model import JointModel, build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import Room, energy_scale, room_for
from solver.search.two_level.search import LevelSearch
from solver.search.two_level.solve import solve_levels
from tests.support.cli_runs import run
from tests.support.level_questions import (
    Enumerated,
    LevelQuestion,
    enumerate_all,
    every_shape,
    small_question,
)


def model_of(question: LevelQuestion, objective: Objective, every: Enumerated, **keys: bool) -> JointModel:
    """Build the model with room for every mapping."""
    nest, hardware = question.nest, question.hardware
    shapes = every_shape(question)
    worst = int(every.values(objective).argmax())
    room = room_for(nest, hardware, objective, int(every.latency[worst]), float(every.energy[worst]))
    return build_joint(nest, hardware, objective, shapes, room, **keys)


def questions(seed: int, count: int) -> list[tuple[LevelQuestion, Enumerated]]:
    rng, found = Random(seed), []
    while len(found) < count:
        question = small_question(rng)
        every = enumerate_all(question, most=10_000)
        if every is not None and len(every.latency):
            found.append((question, every))
    return found


@pytest.mark.parametrize("objective", list(Objective))
def test_cp_sat_finds_and_proves_the_optimum_of_the_whole_space(objective: Objective) -> None:
    for number, (question, every) in enumerate(questions(41, 6)):
        # Both with every buffer tile, and with those only that no other beats along its loop.
        model = model_of(question, objective, every, every_buffer_tile=number % 2 == 0)
        answer = minimise(model)
        optimum = every.least_values(objective).min()
        assert answer.proved and answer.mapping is not None
        assert answer.bound == pytest.approx(optimum, rel=1e-6), question
        assert level_legality(question.nest, question.hardware, answer.mapping) is None
        found = every.least_values(objective)[every.find(answer.mapping)]
        assert float(found) == pytest.approx(optimum, rel=1e-6), question


@pytest.mark.parametrize("objective", list(Objective))
def test_every_mapping_has_its_cost_in_the_model(objective: Objective) -> None:
    """With all decisions fixed to one mapping, the model's optimum is that mapping's cost."""
    rng = Random(5)
    for question, every in questions(43, 6):
        for i in rng.sample(range(len(every.latency)), min(3, len(every.latency))):
            model = model_of(question, objective, every, every_buffer_tile=True)
            fix(model, every.mapping(i))
            answer = minimise(model)
            assert answer.bound == pytest.approx(every.least_values(objective)[i], rel=1e-6), question


def fix(model: JointModel, mapping: LevelMapping) -> None:
    choices = model.choices
    for dim in DIMS:
        model.model.add(choices.tile[dim] == getattr(mapping.tile, dim))
        model.model.add(choices.buffer[dim] == getattr(mapping.buffer, dim))
    model.model.add(choices.dram_order[mapping.dram_order] == 1)
    model.model.add(choices.array_order[mapping.array_order] == 1)


def test_mappings_that_the_enumeration_does_not_know_are_no_solutions() -> None:
    """Illegal, or too large for the buffer; that the others are solutions is tested by their costs."""
    refused = 0
    for question, every in questions(47, 6):
        rng = Random(refused)
        legal = {every.mapping(i) for i in range(len(every.latency))}
        tiles = fitting_tiles(question.nest, question.hardware, question.limits)
        for _ in range(8):
            tile = tiles[rng.randrange(len(tiles))]
            buffer = [rng.randint(low, high) for low, high in zip(tile, question.nest.sizes, strict=True)]
            orders = rng.choice(DRAM_ORDERS), rng.choice(question.orders)
            mapping = LevelMapping(Tile.of(tile), Tile.of(buffer), *orders)
            if mapping in legal:
                continue
            model = model_of(question, Objective.LATENCY, every, every_buffer_tile=True)
            fix(model, mapping)
            with pytest.raises(InternalError):
                minimise(model)
            refused += 1
    assert refused > 12


def test_a_real_layer_is_proved_like_a_small_one() -> None:
    """VGG-16 conv1_2, with array tiles of some 40 shapes: its energies fill the 64 bits."""
    nest = LoopNest(R=3, S=3, C=64, K=64, X=224, Y=224)
    memory = Memory(buffer=PrefetchBuffer(capacity=64 * 1024), dram_bandwidth=16)
    hardware = replace(read_hardware("maeri-256"), memory=memory)
    pinned = Limits(lower={"S": 3, "K": 32}, upper={"R": 1, "C": 1, "X": 1, "Y": 1})
    search = LevelSearch(nest, hardware, pinned)
    goal = Best(Objective.ENERGY)
    search.run(goal, Clock(None, None))
    assert goal.point is not None
    room = room_for(nest, hardware, Objective.ENERGY, goal.point.latency, goal.point.energy)
    shapes = tightened(nest, hardware, search.laid_out, {})
    answer = minimise(build_joint(nest, hardware, Objective.ENERGY, shapes, room), seconds=60)
    assert answer.proved and answer.mapping is not None
    assert answer.bound == pytest.approx(goal.best, rel=1e-4) and answer.bound <= goal.best
    cost, _ = evaluate_levels(nest, hardware, answer.mapping)
    assert float(cost.energy) == pytest.approx(goal.best, rel=1e-4) and cost.energy >= goal.best * (1 - 1e-9)


def test_no_mapping_is_not_believed() -> None:
    question, every = questions(41, 1)[0]
    shapes = every_shape(question)
    room = Room(int(every.least_latency.min()) - 1, float("inf"))
    with pytest.raises(InternalError, match="although the incumbent is one"):
        minimise(build_joint(question.nest, question.hardware, Objective.LATENCY, shapes, room))


def test_room_covers_every_mapping_that_is_no_worse_than_the_incumbent() -> None:
    for question, every in questions(51, 10):
        for objective in Objective:
            values = every.values(objective)
            i = len(values) // 2
            room = room_for(
                question.nest, question.hardware, objective, int(every.latency[i]), float(every.energy[i])
            )
            better = values <= values[i]
            assert (every.latency[better] <= room.cycles).all()
            assert (every.energy[better] <= room.energy).all()


def test_energies_are_exact_where_they_fit_and_coarser_where_not() -> None:
    assert energy_scale(Decimal(10**6), 9) == 10**9
    assert energy_scale(Decimal(10**12), 9) == 10**5


@pytest.mark.parametrize("objective", list(Objective))
def test_both_provers_give_the_same_answer(objective: Objective) -> None:
    layers: list[Primitive] = [
        Loops(loops=LoopNest(R=3, S=3, C=6, K=8, X=10, Y=10)),
        FullyConnected(inputs=24, outputs=10, batch=6),
    ]
    memory = Memory(buffer=PrefetchBuffer(capacity=2048), dram_bandwidth=4)
    hardware = replace(read_hardware(num_ms=16, dn_bw=4, rn_bw=4), memory=memory)
    for layer in layers:
        by_bounds = solve_levels(layer, hardware, objective)
        by_cp_sat = solve_levels(layer, hardware, objective, prover="cpsat", workers=1)
        assert by_cp_sat.proved and by_bounds.proved
        assert by_cp_sat.objective_value == by_bounds.objective_value


def test_cp_sat_that_runs_out_of_time_proves_nothing() -> None:
    layer = Loops(loops=LoopNest(R=3, S=3, C=6, K=8, X=10, Y=10))
    memory = Memory(buffer=PrefetchBuffer(capacity=2048), dram_bandwidth=4)
    hardware = replace(read_hardware(num_ms=16, dn_bw=4, rn_bw=4), memory=memory)
    hurried = solve_levels(layer, hardware, Objective.EDP, prover="cpsat", time_limit=0.0)
    assert hurried.status is Status.FEASIBLE
    assert hurried.bound <= solve_levels(layer, hardware, Objective.EDP).objective_value


def test_map_proves_by_cp_sat_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    question = ("map", "conv 6x12x12 -> 8, 3x3", "--hardware", "maeri-64-dram", "--no-baselines")
    answers = [
        run(capsys, *question, "--objective", "energy", "--json", "-", "--prover", prover)
        for prover in ("cpsat", "bounds")
    ]
    assert [answer.code for answer in answers] == [0, 0]
    by_cp_sat, by_bounds = (answer.json for answer in answers)
    assert by_cp_sat["objective_value"] == by_bounds["objective_value"]
    assert by_cp_sat["proved"] and "CP-SAT" in by_cp_sat["notes"][0]
    front = run(capsys, *question, "--objective", "pareto", "--prover", "cpsat")
    assert front.code == 2 and "--prover" in front.err
