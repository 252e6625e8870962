"""The joint CP-SAT model, which knows none of the branch and bound's bounds."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from random import Random

import pytest

from solver.answers.solution import Status
from solver.cost.result import Objective
from solver.errors import InternalError
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.words import WordBytes
from solver.layer import FullyConnected, LoopNest, Loops, Primitive
from solver.legal.tiles import Limits
from solver.search.cp_sat import cp_model
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.joint.model import build_joint
from solver.search.two_level.joint.prove import minimise
from solver.search.two_level.joint.room import Room, energy_scale, room_for
from solver.search.two_level.joint.search import search_jointly
from solver.search.two_level.search import LevelSearch
from solver.search.two_level.solve import solve_levels
from tests.support.cli_runs import run
from tests.support.examples.level_questions import (
    LevelQuestion,
    enumerate_all,
    every_shape,
    small_real_hardware,
)
from tests.support.joint_checks import check_costs, check_optimum, check_refusals, questions


@pytest.mark.parametrize("objective", list(Objective))
def test_cp_sat_finds_and_proves_the_optimum_of_the_whole_space(objective: Objective) -> None:
    """Both with every buffer tile, and with those only that no other beats along its loop."""
    for number, (question, every) in enumerate(questions(41, 2, 2_000)):
        check_optimum(question, every, objective, every_buffer_tile=number % 2 == 0)


@pytest.mark.parametrize("objective", list(Objective))
def test_the_same_behind_the_real_hardware(objective: Objective) -> None:
    ((question, every),) = questions(42, 1, 2_000, small_real_hardware)
    check_optimum(question, every, objective, every_buffer_tile=True)
    check_costs(question, every, objective, Random(5), 1)


@pytest.mark.parametrize("objective", list(Objective))
def test_every_mapping_has_its_cost_in_the_model(objective: Objective) -> None:
    for question, every in questions(43, 2, 2_000):
        check_costs(question, every, objective, Random(5), 2)


def test_mappings_that_the_enumeration_does_not_know_are_no_solutions() -> None:
    """Illegal, or too large for the buffer; that the others are solutions is tested by their costs."""
    ((question, every),) = questions(47, 1, 2_000)
    assert check_refusals(question, every, Random(1), 6) > 1


def test_what_a_known_mapping_contradicts_is_looked_at_again_and_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That there is no mapping, or none so cheap."""
    question, every = questions(41, 1, 2_000)[0]
    least, shapes = int(every.least_latency.min()), every_shape(question)
    build = partial(build_joint, question.nest, question.hardware, Objective.LATENCY, shapes)
    real, looks = cp_model.CpSolver.solve, []

    def solve(self: cp_model.CpSolver, model: cp_model.CpModel, callback: object = None) -> object:
        looks.append(self.parameters.cp_model_presolve)
        status = real(self, model, callback)
        return cp_model.INFEASIBLE if loses and self.parameters.cp_model_presolve else status

    monkeypatch.setattr(cp_model.CpSolver, "solve", solve)
    loses, roomy = False, Room(least, float("inf"))
    for room, known in ((Room(least - 1, float("inf")), float(least)), (roomy, least - 1.0)):
        with pytest.raises(InternalError, match="with CP-SAT's presolve and without it"):
            minimise(build(room), known=known)
    loses = True
    answer = minimise(build(roomy), known=float(least))
    assert answer.proved and answer.bound == least
    assert looks == [True, False] * 3


def test_room_covers_every_mapping_that_is_no_worse_than_the_incumbent() -> None:
    for question, every in questions(51, 4, 2_000):
        for objective in Objective:
            values = every.values(objective)
            i = len(values) // 2
            room = room_for(question.nest, question.hardware, objective, float(values[i]))
            better = values <= values[i]
            assert (every.latency[better] <= room.cycles).all()
            assert (every.energy[better] <= room.energy).all()


def test_an_incumbent_leaves_room_for_its_words_whichever_are_dear() -> None:
    """Nearly all words are the ones that cost little."""
    for words in (WordBytes(16, 1, 1), WordBytes(1, 16, 1), WordBytes(1, 1, 16)):
        memory = Memory(buffer=PrefetchBuffer(capacity=400, word_bytes=words), dram_bandwidth=16)
        hardware = replace(read_hardware(num_ms=4, dn_bw=2, rn_bw=2), memory=memory)
        for nest in (LoopNest(K=2, X=6, Y=3), LoopNest(S=6, K=6), LoopNest(S=9, K=1, X=2)):
            question = LevelQuestion(nest, hardware, Limits())
            every = enumerate_all(question, most=20_000, wrong=True)
            assert every is not None
            least = every.least_values(Objective.ENERGY).min()
            room = room_for(nest, hardware, Objective.ENERGY, float(least))
            answer = minimise(
                build_joint(nest, hardware, Objective.ENERGY, every_shape(question), room), known=float(least)
            )
            assert answer.proved and answer.mapping is not None
            assert answer.bound == pytest.approx(least, rel=1e-6)


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


def test_a_form_of_which_no_mapping_is_known_is_proved_to_have_none_better() -> None:
    """Bounds may leave array tiles open whose mappings are all worse than what another form has."""
    memory = Memory(buffer=PrefetchBuffer(capacity=256), dram_bandwidth=2)
    hardware = replace(read_hardware(num_ms=16, dn_bw=4, rn_bw=4), memory=memory)
    search, clock = LevelSearch(LoopNest(S=40, K=12), hardware, Limits()), Clock(None, None)
    goal = Best(Objective.LATENCY, cutoff=356.0)
    left = search.narrow(goal, clock)
    assert goal.point is None and len(left.arrays.tile) and len(left.buffers.order)
    assert search_jointly(search, goal, clock, workers=1) == float("inf")


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
