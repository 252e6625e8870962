import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.array.reduction import packed_vns
from solver.execution import values
from solver.execution.build import build_config
from solver.execution.clocks.real_clock import _runs
from solver.execution.clocks.simulator_clock import SimulatorClock
from solver.execution.execute import run_clock
from solver.execution.program import load
from solver.execution.values import Block, IntArray
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from solver.switches.decode import decode
from solver.switches.switch_config import BusOrder
from tests.support.execution_checks import cases
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

MOST_CYCLES, RUNS = 1000, 60


def measured(folding: bool) -> list[tuple[int, int]]:
    """Return (executed, measured) cycles of the simulator's short runs."""
    found = []
    for row in rows("stonne_sims.csv"):
        nest, hardware, tile, cycles = nest_of(row), hardware_of(row), tile_of(row), int(row["cycles"])
        serial = row["accumulation_buffer"] == "0" and int(row["F"]) > 1
        wanted = row["status"] == "OK" and serial is folding and cycles <= MOST_CYCLES
        if wanted and legality(nest, hardware, tile) is None:
            found.append((run_clock(load(decode(nest, hardware, tile))), cycles))
        if len(found) == RUNS:
            break
    return found


def test_executions_take_the_cycles_that_the_simulator_measured() -> None:
    runs = measured(folding=False)
    assert len(runs) == RUNS
    assert all(executed == cycles for executed, cycles in runs)


def test_folding_through_memory_takes_the_cycles_that_the_simulator_measured() -> None:
    runs = measured(folding=True)
    assert len(runs) >= 15
    assert all(executed == cycles for executed, cycles in runs)


class _AllRows(SimulatorClock):
    """The clock without its memory of rows."""

    def _remember(self, blocks: list[Block], rows: range, generated: int) -> IntArray:
        return self._awaited(self._rows(blocks, rows, generated))


@pytest.mark.parametrize("chunk", [1, values.CHUNK])
def test_rows_that_are_not_executed_again_take_the_time_that_they_would(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values, "CHUNK", chunk)
    more = 0
    for case in cases(31, 150, "simulator"):
        program = load(case.config())
        assert run_clock(program) == _AllRows(program).run(), case
        counts = program.config.loop_counts
        more += counts["n"] * counts["g"] * counts["k"] > 2
    assert more > 30


def test_a_partial_sum_comes_round_once_per_fold() -> None:
    # One virtual neuron of two multipliers and its auxiliary one: L = Daux + 2 + l cycles per further fold.
    hardware = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, accumulation_buffer=False)
    loop = int(packed_vns(16, 3).paths[0]) + 2 + 1
    cycles = [run_clock(load(decode(LoopNest(C=2 * folds), hardware, Tile(C=2)))) for folds in (10, 11, 20)]
    assert cycles[2] - cycles[1] == 9 * (cycles[1] - cycles[0])
    # Every fold has two weights and two inputs to send before; the loop is what remains.
    assert loop <= cycles[1] - cycles[0] <= loop + 2


def test_a_stream_of_the_real_hardware_by_the_documented_rules() -> None:
    # Four products of one virtual neuron on leaves 0..3, each leaf its own port: one put per window.
    hardware = read_hardware("maeri-64-rtl", num_ms=16, dn_bw=16, rn_bw=4)
    config = build_config(LoopNest(C=4, X=5), hardware, Tile(C=4))
    load_weights = 2 * 1 + 3
    # First put in cycle 1, delivered in 3, then one window every 2 cycles; product + 1, two levels, bus.
    last = 3 + 2 * 4 + 1 + 2 * 2 + 1
    assert run_clock(load(config)) == 13 + load_weights + last + 1


orders = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20)


@given(orders)
def test_bus_orders_are_described_without_loss(values: list[tuple[int, int]]) -> None:
    assert list(BusOrder(0, _runs(values)).values()) == values


def test_a_steady_order_is_described_by_its_period() -> None:
    steady = [(vn, window) for window in range(1000) for vn in (2, 0)]
    assert len(_runs([(2, 0), *((vn, w + (vn == 2)) for w in range(999) for vn in (2, 0)), (0, 999)])) <= 3
    assert [run.repeats for run in _runs(steady)] == [1000]
