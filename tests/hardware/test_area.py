"""The area against the reference simulator's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from solver.errors import InputError
from solver.hardware import read_hardware
from solver.hardware.area import area_of
from tests.support.simulator_data import hardware_of, rows


def test_the_area_is_that_of_every_simulated_accelerator() -> None:
    areas = {hardware_of(row): row["area_total"] for row in rows("stonne_sims.csv") if row["status"] == "OK"}
    assert len(areas) > 150
    for hardware, area in areas.items():
        # The file has eight significant digits.
        assert f"{float(area_of(hardware)):.8g}" == f"{float(area):.8g}"


def test_the_area_by_hand() -> None:
    hardware = read_hardware(num_ms=4, dn_bw=2, rn_bw=1)
    switches = 4 * 1001 + 3 * Decimal("1059.156") * 2 + 2 * Decimal("108.99") + 115029
    # Adder tree: 4 leaves and 2 inner wires, no forwarding link, 3 into accumulators; 3 between multipliers.
    wires = Decimal("9.46") * (6 + 0 + 3 + 3 + 4 + 2) + Decimal("11.48") * 6
    assert area_of(hardware) == switches + wires


def test_a_table_without_areas_is_refused() -> None:
    with pytest.raises(InputError, match="adder_area"):
        area_of(read_hardware(energy_table="mrna"))


def test_a_described_buffer_costs_what_it_holds() -> None:
    table = read_hardware().energy_table
    assert table.buffer_bytes == 108 * 1024
    small, large = (read_hardware("maeri-64-dram", buffer=size) for size in (2**14, 2**18))
    assert area_of(large) - area_of(small) == (115029 * Decimal(2**18 - 2**14) / (108 * 1024)).quantize(
        Decimal("0.01")
    )
    own = read_hardware("maeri-64-dram", buffer=108 * 1024)
    assert area_of(own) == area_of(read_hardware("maeri-64")) + 16 * Decimal("120.47")


def test_more_ports_or_more_of_anything_never_shrink_an_accelerator_with_a_buffer() -> None:
    areas = [area_of(read_hardware("maeri-64-dram", dn_bw=ports, rn_bw=16)) for ports in (1, 4, 16, 64)]
    assert areas == sorted(areas)
    areas = [area_of(read_hardware("maeri-64-dram", rn_bw=lines)) for lines in (1, 4, 16, 64)]
    assert areas == sorted(set(areas))
