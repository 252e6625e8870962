from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.cost.bounds import check_bounds, compulsory_inputs, compulsory_words, least_cycles, least_energy
from solver.errors import InternalError
from solver.hardware import read_hardware
from solver.layer import LoopNest
from tests.support.examples.report_examples import example_cost

HARDWARE = read_hardware(num_ms=64, dn_bw=16, rn_bw=8)
NEST = LoopNest(R=3, S=3, C=4, K=8, X=6, Y=6)
sizes = st.integers(1, 9)


def test_bounds_are_macs_operands_and_outputs_over_what_moves_per_cycle() -> None:
    assert least_cycles(NEST, HARDWARE) == {
        "compute": 3 * 3 * 4 * 8 * 36 // 64,
        "distribution": (3 * 3 * 4 * 8 + 4 * 8 * 8) // 16,
        "collection": 8 * 36 // 8,
    }


@given(sizes, sizes, sizes, sizes, st.tuples(sizes, sizes), st.tuples(sizes, sizes))
def test_compulsory_inputs_are_those_that_some_window_touches(
    r: int, s: int, x: int, y: int, stride: tuple[int, int], dilation: tuple[int, int]
) -> None:
    nest = LoopNest(R=r, S=s, C=2, X=x, Y=y, stride=stride, dilation=dilation)
    rows = {i * stride[0] + j * dilation[0] for i in range(x) for j in range(r)}
    cols = {i * stride[1] + j * dilation[1] for i in range(y) for j in range(s)}
    assert compulsory_inputs(nest) == 2 * len(rows) * len(cols)


def test_long_axes_are_not_listed() -> None:
    assert compulsory_inputs(LoopNest(R=3, X=10**12, stride=(5, 1), dilation=(3, 1))) == 3 * 10**12


ENOUGH = replace(
    example_cost().counts, multiplications=10**6, weight_reads=10**6, input_reads=10**6, writes=10**6
)


def test_figures_within_physics_pass() -> None:
    check_bounds(NEST, HARDWARE, ENOUGH, 10**6, Decimal(10**9))


@pytest.mark.parametrize(
    ("change", "cycles", "what"),
    [
        ({}, 161, "161 cycles are below the compute bound of 162"),
        ({"multiplications": 10367}, 10**6, "10367 multiplications"),
        ({"weight_reads": 287}, 10**6, "287 weight reads"),
        ({"input_reads": 255}, 10**6, "255 input reads are below the compulsory 256"),
        ({"writes": 287}, 10**6, "287 writes"),
    ],
)
def test_figures_that_beat_physics_are_internal_errors(
    change: dict[str, int], cycles: int, what: str
) -> None:
    with pytest.raises(InternalError, match=what):
        check_bounds(NEST, HARDWARE, replace(ENOUGH, **change), cycles, Decimal(10**9))


def test_sums_that_multipliers_pass_on_go_through_the_ports_too() -> None:
    cycles = 200_000
    room = cycles * HARDWARE.dn_bw - ENOUGH.weight_reads - ENOUGH.input_reads
    check_bounds(NEST, HARDWARE, replace(ENOUGH, psum_forwards=room), cycles, Decimal(10**9))
    with pytest.raises(InternalError, match="3200001 words go into the array, 3200000 could"):
        check_bounds(NEST, HARDWARE, replace(ENOUGH, psum_forwards=room + 1), cycles, Decimal(10**9))


def test_energy_below_what_every_mapping_needs_is_an_internal_error() -> None:
    least = sum(least_energy(NEST, HARDWARE).values())
    check_bounds(NEST, HARDWARE, ENOUGH, 10**6, least)
    with pytest.raises(InternalError, match="is below the bound of"):
        check_bounds(NEST, HARDWARE, ENOUGH, 10**6, least - Decimal("0.001"))


def test_the_energy_bound_is_words_products_and_additions_at_their_prices() -> None:
    bound = least_energy(NEST, HARDWARE)
    assert bound["buffer"] == Decimal("0.044") * (288 + 256 + 288)
    assert bound["multiplications"] == Decimal("0.00741") * NEST.macs
    # An adder that adds three makes two additions at the price of one.
    assert bound["additions"] == Decimal("0.0555") * (NEST.macs - 288)
    assert "DRAM" not in bound


def test_a_dram_adds_its_own_bounds() -> None:
    hardware = read_hardware("maeri-64-dram", num_ms=64, dn_bw=16, rn_bw=8)
    words = 288 + 256 + 288
    assert compulsory_words(NEST) == words
    assert least_cycles(NEST, hardware)["DRAM"] == words // 16
    assert least_energy(NEST, hardware)["DRAM"] == Decimal("1.482") * words
    # What crosses the chip's edge is written into the buffer, or read from it, once more.
    assert least_energy(NEST, hardware)["buffer"] == 2 * words * hardware.prices.buffer_read
    with pytest.raises(InternalError, match="831 DRAM words are below the compulsory 832"):
        check_bounds(NEST, hardware, ENOUGH, 10**6, Decimal(10**9), words - 1)
