"""Searches that are stopped anywhere, by their time or by the user: what they say then is true."""

from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from solver.answers.solution import Solution, Status
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.result import Objective
from solver.cost.serial.replay import SerialReplay
from solver.errors import InfeasibleError, NothingFoundError
from solver.forms.wish import Wish
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, Gemm, LoopNest, Loops
from solver.legal import right
from solver.legal.tiles import Limits
from solver.search import presolve
from solver.search.progress import ENDLESS, Clock
from solver.search.solve import solve
from solver.search.two_level import branch, search
from solver.search.two_level.branch import Branching
from solver.search.two_level.expand import Expansion
from solver.search.two_level.goal import Best
from solver.search.two_level.search import LevelSearch
from solver.search.two_level.solve import pareto_levels
from solver.stopping import go_on
from tests.oracles import pieces
from tests.support.examples import level_questions, questions
from tests.support.examples.stopping import stopped

Ask = Callable[[], Solution]


def _array(rng: Random, objective: Objective) -> Ask:
    asked = questions.random_question(rng, sizes=(32, 64))
    prover = rng.choice((None, "bounds", "cpsat"))
    return lambda: solve(
        asked.layer, asked.hardware, objective, limits=asked.limits, workers=1, prover=prover
    )


def _real(rng: Random, objective: Objective) -> Ask:
    layer, hardware = Loops(loops=questions.random_nest(rng)), questions.random_real_hardware(rng)
    return lambda: solve(layer, hardware, objective, workers=1)


def _levels(rng: Random, objective: Objective) -> Ask:
    asked = level_questions.small_question(rng)
    layer, prover = Loops(loops=asked.nest), rng.choice((None, "cpsat"))
    return lambda: solve(layer, asked.hardware, objective, limits=asked.limits, workers=1, prover=prover)


def _pieces(rng: Random, objective: Objective) -> Ask:
    layer, hardware = pieces.random_layer(rng, 6), pieces.random_hardware(rng)
    return lambda: solve(layer, hardware, objective, workers=1, wish=Wish(), pieces=None)


def _level_pieces(rng: Random, objective: Objective) -> Ask:
    layer, hardware = pieces.random_layer(rng, 4), pieces.random_level_hardware(rng)
    return lambda: solve(layer, hardware, objective, workers=1, wish=Wish(), pieces=None)


@pytest.mark.parametrize("kind", [_array, _real, _levels, _pieces, _level_pieces])
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    objective=st.sampled_from(Objective),
    looks=st.integers(0, 12),
    by_user=st.booleans(),
)
@example(seed=10, objective=Objective.EDP, looks=1, by_user=False)
@example(seed=14, objective=Objective.LATENCY, looks=4, by_user=True)
@example(seed=24, objective=Objective.EDP, looks=0, by_user=True)
def test_a_search_that_is_stopped_anywhere_claims_nothing_that_is_not_so(
    kind: Callable[[Random, Objective], Ask], seed: int, objective: Objective, looks: int, by_user: bool
) -> None:
    ask = kind(Random(seed), objective)
    try:
        best = ask()
        with stopped(looks, by_user=by_user):
            answer = ask()
    except (InfeasibleError, NothingFoundError, KeyboardInterrupt):
        return
    assert answer.bound <= best.objective_value <= answer.objective_value
    assert not answer.proved or answer.objective_value == best.objective_value == answer.bound


def test_the_clock_is_looked_at_before_every_mapping_that_is_replayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Behind a buffer thousands of mappings may be of one batch, each of which takes long."""
    events: list[str] = []
    close, settle = Branching.close, Expansion._settle

    def closed(*given: Any) -> tuple[float, float]:
        events.append("begins")
        try:
            return close(*given)
        finally:
            events.append("ends")

    def settled(*given: Any) -> None:
        events.append("replay")
        settle(*given)

    def looked(clock: Clock) -> bool:
        events.append("look")
        return False

    monkeypatch.setattr(Branching, "close", closed)
    monkeypatch.setattr(Expansion, "_settle", settled)
    monkeypatch.setattr(Clock, "expired", property(looked))
    hardware = read_hardware("maeri-64-dram", num_ms=64, dn_bw=64, rn_bw=16, buffer=512)
    solve(Gemm(m=23, n=22, k=56), hardware, Objective.LATENCY, wish=Wish.of("direct"))
    inside = list(accumulate({"begins": 1, "ends": -1}.get(event, 0) for event in events))
    replays = [at for at, event in enumerate(events) if event == "replay" and inside[at]]
    assert len(replays) > 30 and all(events[at - 1] == "look" for at in replays)


def test_replays_that_look_for_a_first_mapping_stop_with_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of folds through memory each of the first mappings times 400,000 sums before it is given up."""
    replays: list[SerialReplay] = []
    begin = SerialReplay.__init__

    def noted(replay: SerialReplay, *given: Any) -> None:
        replays.append(replay)
        begin(replay, *given)

    monkeypatch.setattr(SerialReplay, "__init__", noted)
    monkeypatch.setattr(Clock, "expired", property(lambda clock: True))
    monkeypatch.setattr(Clock, "overdue", property(lambda clock: True))
    hardware = read_hardware("maeri-256", dn_bw=64, rn_bw=64, accumulation_buffer=False)
    layer = Conv(input=(96, 55, 55), filters=256, kernel=(5, 5), padding=((2, 2), (2, 2)))
    answer = solve(layer, hardware, Objective.LATENCY, workers=1)
    assert answer.status is Status.FEASIBLE and answer.cost.method == "closed form"
    assert replays and max(replay.timed for replay in replays) < 5000


def test_where_only_replays_tell_what_is_right_no_time_means_no_mapping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def doubtful(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
        return np.ones(len(tiles), dtype=bool)

    def cleared(*given: Any) -> bool:
        go_on()
        return True

    for module in (presolve, right):
        monkeypatch.setattr(module, "may_overtake", doubtful)
    monkeypatch.setattr(right, "cleared", cleared)
    layer, hardware = Gemm(m=20, n=3, k=9), read_hardware("maeri-64")
    with stopped(0, by_user=True), pytest.raises(KeyboardInterrupt):
        solve(layer, hardware, Objective.LATENCY, workers=1)
    with stopped(0, by_user=False), pytest.raises(NothingFoundError, match="before any mapping was found"):
        solve(layer, hardware, Objective.LATENCY, workers=1)


def test_a_front_behind_a_buffer_looks_at_every_form_before_it_searches_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events: list[tuple[str, LevelSearch]] = []
    for name in ("dive", "run"):
        ask = getattr(LevelSearch, name)

        def noted(search: LevelSearch, *given: Any, name: str = name, ask: Any = ask) -> Any:
            events.append((name, search))
            return ask(search, *given)

        monkeypatch.setattr(LevelSearch, name, noted)
    pareto_levels(Gemm(m=40, n=30, k=20), read_hardware("maeri-64-dram", buffer=2048), wish=Wish())
    names = [name for name, _ in events]
    first = names.index("run")
    dived = {search for name, search in events[:first] if name == "dive"}
    assert len(dived) == first > 1 and {search for name, search in events if name == "run"} <= dived


class _Looks(Clock):
    """A clock that says so often that there is time left; what is done is noted beside its looks."""

    def __init__(self, looks: int) -> None:
        super().__init__(None, None)
        self.left_looks = looks
        self.after = Counter[str]()
        self.before = Counter[str]()

    @property
    def expired(self) -> bool:
        """Whether all looks are used up."""
        self.left_looks -= 1
        return self.left_looks < 0

    def note(self, what: str) -> None:
        """Note that something was done."""
        (self.after if self.left_looks < 0 else self.before)[what] += 1


@pytest.mark.parametrize("looks", [0, 1, 4, 40, 160, 10**9])
def test_array_tiles_are_bounded_and_laid_out_behind_a_buffer_while_there_is_time(
    monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """A large array has hundreds of thousands, which took 10 s before the clock was looked at."""
    clock = _Looks(looks)
    quick, tight, promising = LevelSearch._quick, branch.tightened, Branching._left_by_halves

    def noted(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            clock.note(what)
            return function(*given)

        return call

    monkeypatch.setattr(search, "QUICK", 16)
    monkeypatch.setattr(search, "_POSITIONS", 64 * 8)
    monkeypatch.setattr(search, "_FAVOURITES", 4)
    monkeypatch.setattr(branch, "_FEW", 0)
    monkeypatch.setattr(branch, "_AT_ONCE", 8)
    monkeypatch.setattr(branch, "_LAID_OUT", 1)
    monkeypatch.setattr(LevelSearch, "_quick", noted("quick", quick))
    monkeypatch.setattr(Branching, "_left_by_halves", noted("promising", promising))
    monkeypatch.setattr(branch, "tightened", noted("laid out", tight))
    hardware = read_hardware("maeri-64-dram", num_ms=64, dn_bw=64, rn_bw=16, buffer=512)
    layer = Gemm(m=23, n=22, k=56).nest()
    whole = Best(Objective.LATENCY)
    LevelSearch(layer, hardware, Limits()).run(whole, ENDLESS)
    clock.before.clear()
    searched = LevelSearch(layer, hardware, Limits(), clock=clock)
    assert searched.whole == (clock.left_looks >= 0)
    goal = Best(Objective.LATENCY)
    reached = goal.value(*map(np.array, searched.run(goal, clock)))
    assert goal.point is not None and whole.best <= goal.best
    # The first array tiles are bounded in any case, so that there is a mapping.
    assert clock.before["quick"] + clock.after["quick"] == min(1 + looks, -(-len(searched._laid_out) // 16))
    assert not clock.after["promising"] and not clock.after["laid out"]
    if looks == 10**9:
        assert clock.before["promising"] > 2 and clock.before["laid out"] > 2
        assert goal.best == whole.best and reached == np.inf
    elif searched.whole:
        assert reached <= whole.best
