from random import Random
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.cost.latency import chain_iterations, closed_form, drained, loops, lower_bound
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile
from tests.oracles.nearly_exact import nearly_exact_cycles
from tests.support.examples.questions import Question, random_question
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16)))


def by(formula, nest: LoopNest, hardware: Hardware, tile: Tile) -> int:  # type: ignore[no-untyped-def]
    """Return the cycles of one tile by a formula over many."""
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    return int(formula(nest, hardware, tiles, load, waves(hardware, tiles, load.aux))[0])


def measured() -> list[tuple[LoopNest, Hardware, Tile, int, bool]]:
    """Return the simulator's right runs, and whether each has an accumulation buffer or a single fold."""
    return [
        (
            nest_of(row),
            hardware_of(row),
            tile_of(row),
            int(row["cycles"]),
            row["accumulation_buffer"] == "1" or row["F"] == "1",
        )
        for row in rows("stonne_sims.csv")
        if row["status"] == "OK"
    ]


def test_the_simulator_never_beats_the_lower_bound() -> None:
    for nest, hardware, tile, cycles, _ in measured():
        assert by(lower_bound, nest, hardware, tile) <= cycles


def test_the_cheap_form_is_as_good_as_the_specification_says() -> None:
    errors: dict[bool, list[float]] = {True: [], False: []}
    for nest, hardware, tile, cycles, replayed in measured():
        errors[replayed].append(abs(by(closed_form, nest, hardware, tile) / cycles - 1))
    assert mean(errors[True]) <= 0.0025
    assert mean(error == 0 for error in errors[True]) >= 0.65
    assert mean(errors[False]) <= 0.014  # 0.013 over the whole file (benchmarks/measured/simulator.py)


def test_the_nearly_exact_form_is_right_in_98_of_100_runs() -> None:
    runs = [run for run in measured() if run[-1]]
    errors = [abs(nearly_exact_cycles(*run[:3]) / run[3] - 1) for run in runs]
    assert mean(error == 0 for error in errors) >= 0.98
    assert mean(errors) <= 0.001


def test_the_nearly_exact_form_does_not_cover_folding_through_memory() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
    with pytest.raises(ValueError, match="without accumulation buffer"):
        nearly_exact_cycles(LoopNest(C=4, K=2), hardware, Tile(C=2))


@settings(max_examples=40, deadline=None)
@given(questions, st.integers(0, 60), st.integers(1, 400))
def test_early_barriers_hide_the_drain_iteration_by_iteration(
    question: Question, drain: int, period: int
) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = candidate_tiles(nest, hardware)[::7]
    load, n = traffic(nest, hardware, tiles), loops(nest, tiles)
    loading = n.folds * load.weights.max(axis=1)
    chained = chain_iterations(nest, tiles, load, n, loading + period, np.full(len(tiles), drain))
    for i in np.flatnonzero(~drained(nest, tiles)):
        tile, windows, vns = Tile.of(tiles[i]), int(n.windows[i]), int(n.num_vns[i])
        total = float(loading[i] + period + drain)
        i_k, i_g = -(-nest.K // tile.K), -(-nest.G // tile.G)
        for j in range(1, i_k * i_g * -(-nest.N // tile.N)):
            g, k = j // i_k % i_g, j % i_k
            # Later images start at threshold zero again: their barriers are open.
            barrier = (g * tile.G * nest.K + k * tile.K * tile.G) * nest.X * nest.Y
            early = (j * vns * windows - barrier) / vns
            total += loading[i] + period
            if early < windows and j < i_k * i_g:
                total += max(0.0, drain - early * period / windows)
        assert abs(chained[i] - total) <= 0.5 + 1e-6
