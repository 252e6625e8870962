import gc
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from time import monotonic

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.answers.solution import Solution, Status
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Objective
from solver.cost.serial import replay as serial_replay
from solver.errors import InfeasibleError, InternalError
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.layer import Conv, LoopNest, Loops
from solver.legal.tiles import Limits, candidate_tiles
from solver.search import array
from solver.search.progress import Progress
from solver.search.provers import prove_twice
from solver.search.solve import describe_space, solve
from tests.support.examples.questions import Question, legal_costs, random_question

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))
LAYER = Conv(name="mid", input=(32, 14, 14), filters=32, kernel=(3, 3), padding=((1, 1), (1, 1)))
HARDWARE = read_hardware(num_ms=64, dn_bw=16, rn_bw=16)


@pytest.fixture(scope="module", params=list(Objective))
def proved(request: pytest.FixtureRequest) -> Solution:
    return solve(LAYER, HARDWARE, request.param, workers=1)


@settings(max_examples=7, deadline=None)  # `python -m benchmarks.proofs.oracle` takes more
@given(questions)
def test_the_optimum_is_that_of_the_exhaustive_oracle_whoever_proves_it(question: Question) -> None:
    costs = legal_costs(question)
    assume(costs)
    keys = {"limits": question.limits, "workers": 1}
    told = solve(question.layer, question.hardware, question.objective, **keys)
    assert told.proved and told.prover == "bounds, then cpsat"
    assert told.objective_value == told.bound == costs[told.tile] == min(costs.values())
    assert told.space.size == len(candidate_tiles(question.nest, question.hardware, question.limits))
    for prover in ("bounds", "cpsat"):
        answer = solve(question.layer, question.hardware, question.objective, prover=prover, **keys)
        assert answer.proved and answer.prover == prover
        assert (answer.tile, answer.cost) == (told.tile, told.cost)


def test_both_provers_give_the_mapping_of_each() -> None:
    question = random_question(Random(1), sizes=(8,))
    answers = [
        solve(question.layer, question.hardware, question.objective, workers=1, prover=prover)
        for prover in (None, "both")
    ]
    assert answers[1].proved and answers[1].prover == "both"
    assert (answers[0].tile, answers[0].cost) == (answers[1].tile, answers[1].cost)


@pytest.mark.parametrize("wrong", [0, 10**6])
def test_a_wrong_formula_in_the_model_changes_what_it_proves(
    wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bound of numpy hides it: too low, and all that is left is replayed; too high, and some is lost."""
    layer = Conv(input=(6, 15, 15), filters=10, kernel=(3, 3))
    right = solve(layer, HARDWARE, Objective.LATENCY, workers=1)
    monkeypatch.setattr(array, "least_cycles", lambda *_: wrong)
    if wrong:
        with pytest.raises(InternalError, match="a wrong proof"):
            solve(layer, HARDWARE, Objective.LATENCY, workers=1)
    else:
        answer = solve(layer, HARDWARE, Objective.LATENCY, workers=1)
        assert answer.objective_value == right.objective_value
        assert answer.replayed > right.replayed


def test_provers_that_contradict_each_other_are_an_internal_error() -> None:
    answer = solve(LAYER, HARDWARE, Objective.LATENCY, workers=1)
    worse = replace(answer, bound=answer.bound + 1, cost=replace(answer.cost, cycles=answer.cost.cycles + 1))
    with pytest.raises(InternalError, match="one prover's bound"):
        prove_twice(None, lambda prover, seconds: answer if prover == "bounds" else worse)
    gap = replace(answer, bound=answer.bound - 1, status=Status.FEASIBLE)
    both = prove_twice(None, lambda prover, seconds: answer if prover == "bounds" else gap)
    assert not both.proved and both.bound == gap.bound and "not proved by CP-SAT alone" in both.notes[-1]


def test_one_worker_and_the_same_seed_give_the_same_answer(proved: Solution) -> None:
    again = solve(LAYER, HARDWARE, proved.objective, workers=1, seed=0)
    assert (again.tile, again.cost, again.bound, again.replayed, again.notes) == (
        proved.tile,
        proved.cost,
        proved.bound,
        proved.replayed,
        proved.notes,
    )


def test_seed_and_number_of_workers_do_not_change_a_proved_answer(proved: Solution) -> None:
    other = solve(LAYER, HARDWARE, proved.objective, workers=2, seed=7)
    assert (other.tile, other.cost) == (proved.tile, proved.cost)


@pytest.mark.parametrize("limit", [0.0, 0.001, 0.05])
def test_the_time_limit_leaves_a_legal_mapping_and_a_valid_bound(limit: float, proved: Solution) -> None:
    answer = solve(LAYER, HARDWARE, proved.objective, workers=1, time_limit=limit)
    assert answer.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert limit > 0.01 or answer.status is Status.FEASIBLE
    assert answer.bound <= proved.objective_value <= answer.objective_value
    assert 0 <= answer.gap < 1


def test_every_bound_and_incumbent_reported_on_the_way_holds(proved: Solution) -> None:
    seen: list[Progress] = []
    solve(LAYER, HARDWARE, proved.objective, workers=1, on_progress=seen.append)
    assert seen[0].stage == "presolved"
    assert any(p.stage == "enumerating" for p in seen)
    for p in seen:
        assert p.incumbent is not None
        assert p.bound <= proved.objective_value <= p.incumbent
    assert [p.bound for p in seen] == sorted(p.bound for p in seen)


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt, also in a test run that was started in the background.

    Nothing is collected meanwhile: what is raised in Hypothesis's callback of the garbage collector is lost.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()
    yield
    gc.enable()
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("stage", ["presolved", "enumerating"])
def test_ctrl_c_at_any_stage_returns_the_best_so_far_with_a_valid_bound(stage: str, proved: Solution) -> None:
    def press(progress: Progress) -> None:
        if progress.stage == stage:
            signal.raise_signal(signal.SIGINT)

    answer = solve(LAYER, HARDWARE, proved.objective, workers=1, on_progress=press)
    assert answer.status is Status.INTERRUPTED
    assert answer.bound <= proved.objective_value <= answer.objective_value


@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_while_cp_sat_is_at_work_stops_it() -> None:
    layer = Conv(name="big", input=(256, 28, 28), filters=256, kernel=(3, 3), padding=((1, 1), (1, 1)))
    main = threading.main_thread().ident
    assert main is not None
    timers = []

    def press_soon(progress: Progress) -> None:
        if progress.stage == "presolved":
            timers.append(threading.Timer(0.15, signal.pthread_kill, (main, signal.SIGINT)))
            timers[0].start()

    began, before = monotonic(), set(threading.enumerate())
    hardware = read_hardware(num_ms=64, dn_bw=16, rn_bw=16)
    answer = solve(layer, hardware, Objective.EDP, workers=1, prover="cpsat", on_progress=press_soon)
    assert answer.status is Status.INTERRUPTED
    assert answer.bound <= answer.objective_value
    assert monotonic() - began < 60
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=60)
        assert not thread.is_alive()


def test_pinned_and_bounded_sizes_are_kept_and_said() -> None:
    limits = Limits(lower={"C": 4, "S": 3}, upper={"C": 4, "K": 5})
    answer = solve(LAYER, HARDWARE, Objective.LATENCY, limits=limits, workers=1)
    assert answer.proved
    assert answer.tile.C == 4 and answer.tile.S == 3 and answer.tile.K <= 5
    assert "T_S>=3, T_C=4, T_K<=5" in answer.space.description


def test_an_impossible_question_names_the_constraint() -> None:
    with pytest.raises(InfeasibleError, match="T_K >= 33 exceeds K = 32"):
        solve(LAYER, HARDWARE, Objective.LATENCY, limits=Limits(lower={"K": 33}))


def test_what_is_too_long_to_replay_is_not_proved() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
    layer = Loops(loops=LoopNest(C=64, K=4, X=5, Y=5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serial_replay, "MAX_REPLAYED_SUMS", 10)
        answer = solve(layer, hardware, Objective.LATENCY, workers=1)
    assert answer.cost.method == "closed form"
    assert answer.status is Status.FEASIBLE and not answer.proved
    assert any("too long to replay" in note for note in answer.notes)
    proved = solve(layer, hardware, Objective.LATENCY, workers=1)
    assert proved.proved and not proved.notes
    assert answer.bound <= proved.objective_value


def test_a_form_whose_mappings_are_too_long_to_clear_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two forms all mappings of interest compute wrong outputs, as replays tell."""
    hardware = read_hardware(num_ms=32, dn_bw=16, rn_bw=4, accumulation_buffer=False)
    layer = Loops(loops=LoopNest(R=4, S=4, G=5, X=5, Y=4, dilation=(2, 2)))
    told = solve(layer, hardware, Objective.EDP, workers=1, wish=Wish())
    assert told.proved and not told.notes

    def too_long(*_: object) -> None:
        raise ReplayLimitError

    monkeypatch.setattr("solver.search.solve.overtaken", too_long)
    answer = solve(layer, hardware, Objective.EDP, workers=1, wish=Wish())
    assert not answer.proved and answer.bound < told.objective_value == answer.objective_value
    assert "dilation phases of rows, mirrored are too long to replay: not proved" in answer.notes[0]


@pytest.mark.parametrize("objective", Objective)
def test_bounds_hold_whatever_is_too_long_to_replay(
    objective: Objective, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = read_hardware(num_ms=32, dn_bw=8, rn_bw=8, accumulation_buffer=False)
    layer = Loops(loops=LoopNest(C=24, K=9, X=3, Y=4))
    truth = solve(layer, hardware, objective, workers=1)
    assert truth.proved
    for most in (20, 60, 100, 200):
        monkeypatch.setattr(serial_replay, "MAX_REPLAYED_SUMS", most)
        answer = solve(layer, hardware, objective, workers=1)
        assert answer.bound <= truth.objective_value
        if answer.proved:
            assert answer.cost.method == "replay"
            assert answer.objective_value == truth.objective_value
        else:
            assert any("too long to replay" in note for note in answer.notes)


def test_a_layer_of_10_to_the_15_macs_is_proved_with_exact_figures() -> None:
    layer = Conv(input=(4096, 2048, 2048), filters=4096, kernel=(3, 3), padding=((1, 1), (1, 1)))
    limits = Limits(lower={"C": 4}, upper={"C": 6, "X": 1, "Y": 1})
    answer = solve(layer, HARDWARE, Objective.EDP, limits=limits, workers=1)
    assert answer.proved
    assert Fraction(answer.objective_value) == Fraction(answer.cost.energy) * answer.cost.cycles
    assert answer.bound == answer.objective_value > Decimal(10) ** 25


def test_a_space_in_words_says_what_it_counts_and_what_not() -> None:
    assert describe_space(Limits(), 1, 0) == "all legal array tiles"
    doubtful = "whose weights may overtake inputs"
    assert describe_space(Limits(), 1, 1234) == f"all legal array tiles, counting 1,234 {doubtful}"
    assert describe_space(Limits(), 3, None) == f"all legal array tiles of 3 forms, counting those {doubtful}"
    assert describe_space(Limits(upper={"K": 2}), 1, 0) == "all legal array tiles with T_K<=2"
