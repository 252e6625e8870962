"""The area against the reference simulator's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.hardware import Hardware, read_energy_table, read_hardware
from solver.hardware.area import area_limit, area_of, ports_shrink
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


def test_without_a_described_buffer_areas_are_the_simulators_and_said_to_be() -> None:
    def arrays(preset: str, *ports: int) -> list[Hardware]:
        return [read_hardware(preset, num_ms=64, dn_bw=each) for each in ports]

    few, many = (area_of(each) for each in arrays("maeri-64", 4, 16))
    assert few - many == 12 * (Decimal("108.99") + Decimal("11.48"))
    assert ports_shrink(arrays("maeri-64", 4, 16)) and ports_shrink(arrays("maeri-64", 16, 4))
    assert not ports_shrink(arrays("maeri-64", 16, 16)) and not ports_shrink([])
    assert not ports_shrink(arrays("maeri-64-dram", 4, 16))
    assert not ports_shrink([read_hardware(num_ms=m, dn_bw=m // 4) for m in (16, 32, 64)])
    assert not ports_shrink(read_hardware(dn_bw=ports, energy_table="mrna") for ports in (4, 16))
    table = read_energy_table("synthesis")
    own = replace(table, name="own", dn_switch_area=Decimal(0), dn_wire_area=Decimal(0))
    assert not ports_shrink(read_hardware(dn_bw=ports, energy_table=own) for ports in (4, 16))


def test_the_table_is_its_own_buffer_and_every_other_follows_it() -> None:
    table = read_energy_table("synthesis")
    assert table.for_capacity(108 * 1024) is table
    assert read_hardware().prices is read_hardware().energy_table
    # Four times the bytes: twice the energy of a word, four times the leakage and the area.
    large = table.for_capacity(4 * 108 * 1024)
    assert (large.buffer_read, large.buffer_write) == (2 * table.buffer_read, 2 * table.buffer_write)
    assert (large.buffer_static, large.buffer_area) == (4 * table.buffer_static, 4 * Decimal(115029))
    assert large.for_capacity(108 * 1024) == replace(table, buffer_area=Decimal("115029.00"))
    # Horowitz's caches: 10, 20 and 100 pJ at 8 KB, 32 KB and 1 MB.
    words = [table.for_capacity(size * 1024).buffer_read for size in (8, 32, 1024)]
    assert words[1] / words[0] == pytest.approx(Decimal(2), rel=Decimal("0.001"))
    assert 4.5 < words[2] / words[1] < 6
    assert (
        replace(table, buffer_energy_exponent=Decimal(0)).for_capacity(2**20).buffer_read == table.buffer_read
    )


@given(st.integers(1, 2**40), st.integers(1, 2**40))
def test_a_larger_buffer_never_costs_less_by_word_or_area(first: int, second: int) -> None:
    small, large = (read_energy_table("synthesis").for_capacity(size) for size in sorted((first, second)))
    for entry in ("buffer_read", "buffer_write", "buffer_static", "buffer_area"):
        assert getattr(small, entry) <= getattr(large, entry)


def test_a_table_without_exponent_has_one_price_for_every_capacity() -> None:
    own = replace(read_energy_table("synthesis"), name="own", buffer_energy_exponent=None)
    hardware = read_hardware("maeri-64-dram", energy_table=own)
    assert hardware.prices.buffer_read == own.buffer_read
    assert area_of(hardware) == area_of(read_hardware("maeri-64-dram"))


@pytest.mark.parametrize(
    "given", ["300000", "3e5", "0.3 mm2", ".3mm^2", "0.3 mm²", "300000um2", "300000 µm²"]
)
def test_a_limit_may_have_its_unit(given: str) -> None:
    assert area_limit("max_area", given, read_energy_table("synthesis")) == 300000


@pytest.mark.parametrize(
    "given", ["0", "-1", "mm2", "1 m2", "1 mm", "0 mm2", "1e3e3", "nan", "", "1" * 200 + " mm2"]
)
def test_what_is_no_area_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="expected an area above 0, such as 300000"):
        area_limit("max_area", given, read_energy_table("synthesis"))


def test_a_limit_has_the_unit_of_the_tables_areas() -> None:
    other = replace(read_energy_table("synthesis"), name="own", area_unit="GE")
    assert area_limit("max_area", "300000", other) == 300000
    with pytest.raises(InputError, match="of the energy table own: its areas are in GE"):
        area_limit("max_area", "0.3 mm2", other)
    with pytest.raises(InputError, match="which does not tell its unit"):
        area_limit("max_area", "0.3 mm2", replace(other, area_unit=""))
