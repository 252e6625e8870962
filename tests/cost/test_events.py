from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.arithmetic.algebra import ARRAYS
from solver.cost.evaluate import evaluate
from solver.cost.events import energy_by_component, event_counts, input_lines, static_per_cycle
from solver.cost.result import Counts
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile, folds, trips
from tests.support.examples.questions import Question, random_question
from tests.support.simulator_data import EVENT_COLUMNS, hardware_of, nest_of, rows, tile_of

questions = st.integers(0, 10**9).map(lambda seed: random_question(Random(seed), sizes=(8, 16, 32)))


def counts_alone(nest: LoopNest, hardware: Hardware, tile: Tile) -> dict[str, int]:
    """Return the counts of one tile without timing it."""
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    counts = event_counts(nest, hardware, tiles, load, waves(hardware, tiles, load.aux))
    return {name: int(column[0]) for name, column in counts.items()}


def test_every_event_is_counted_as_the_simulator_counts_it() -> None:
    for row in rows("stonne_sims.csv"):
        if row["status"] != "OK":
            continue
        counts = counts_alone(nest_of(row), hardware_of(row), tile_of(row))
        for name, columns in EVENT_COLUMNS.items():
            assert counts[name] == sum(int(row[column]) for column in columns), (row["id"], name)


def test_energy_is_the_simulators_to_the_digits_it_prints() -> None:
    for row in rows("stonne_sims.csv"):
        hardware = hardware_of(row)
        counts = counts_alone(nest_of(row), hardware, tile_of(row))
        energy = sum(energy_by_component(hardware, counts, int(row["cycles"])).values())
        if row["status"] == "OK":
            assert float(energy) == pytest.approx(float(row["E_total"]), abs=2e-3, rel=1e-5), row["id"]


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 4), st.integers(1, 4))
def test_the_lines_of_all_folds_are_those_their_taps_read_within_the_filter(
    part: int, taps: int, outputs: int, dilation: int
) -> None:
    count = -(-taps // part)
    read = 0
    for fold in range(count):
        inside = range(fold * part, min(taps, (fold + 1) * part))
        read += len({x + r * dilation for x in range(outputs) for r in inside})
    assert input_lines(ARRAYS, count, outputs, taps, min(dilation, outputs)) == read


@settings(max_examples=20, deadline=None)
@given(questions)
def test_products_and_sums_balance(question: Question) -> None:
    nest, hardware = question.nest, question.hardware
    tiles = legal_tiles(nest, hardware)
    for tile in map(Tile.of, tiles[:: max(1, len(tiles) // 8)]):
        counts = evaluate(nest, hardware, tile).counts
        count, n_folds = trips(nest, tile), folds(nest, tile)
        waves = count["N"] * count["G"] * count["K"] * count["X"] * count["Y"]
        travelling = n_folds > 1 and not hardware.accumulation_buffer
        assert counts.multiplications == tile.vn_size * tile.num_vns * n_folds * waves >= nest.macs
        # Every product of a virtual neuron (and its partial sum) is added, in the tree or in the accumulator.
        added = counts.adds_2_1 + 2 * counts.adds_3_1
        assert added == (tile.vn_size + travelling - 1) * tile.num_vns * n_folds * waves
        refolds = tile.num_vns * waves * (n_folds - 1)
        assert counts.accumulates == (refolds if hardware.accumulation_buffer else 0)
        assert counts.psum_reads == counts.psum_forwards == (refolds if travelling else 0)
        assert counts.weight_reads >= nest.weights


def test_static_energy_counts_every_component_once() -> None:
    table = {"adder": "0.001505", "switch": "0.000157", "multiplier": "0.001614", "buffer": "0.0101"}
    adder, switch, multiplier, buffer = map(Decimal, table.values())
    for has_buffer, adders in ((True, 2 * 63), (False, 63)):
        hardware = read_hardware(num_ms=64, dn_bw=16, rn_bw=16, accumulation_buffer=has_buffer)
        assert static_per_cycle(hardware) == adders * adder + 48 * switch + 64 * multiplier + buffer


def test_energies_of_the_largest_counts_are_exact() -> None:
    counts = Counts(**{name: 2**62 for name in Counts.__dataclass_fields__})
    energies = energy_by_component(read_hardware(), counts.to_dict(), 1)
    assert Fraction(energies["distribution network"]) == Fraction(2**62 * (223_226 + 3_600_000), 10**8)
