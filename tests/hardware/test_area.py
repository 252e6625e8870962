"""The area against the reference simulator's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.hardware import Hardware, preset_names, read_energy_table, read_hardware
from solver.hardware.area import area_limit, area_of, components_area, usual_ports
from solver.hardware.energy_table import AREA_ENTRIES
from tests.support.simulator_data import hardware_of, rows


def test_the_area_is_that_of_every_simulated_accelerator() -> None:
    areas = {hardware_of(row): row["area_total"] for row in rows("stonne_sims.csv") if row["status"] == "OK"}
    assert len(areas) > 150
    for hardware, area in areas.items():
        # The file has eight significant digits.
        assert f"{float(components_area(hardware)):.8g}" == f"{float(area):.8g}"


def test_the_area_by_hand() -> None:
    hardware = read_hardware(num_ms=4, dn_bw=2, rn_bw=1)
    switches = 4 * 1001 + 3 * Decimal("1059.156") * 2 + 2 * Decimal("108.99") + 115029
    # Adder tree: 4 leaves and 2 inner wires, no forwarding link, 3 into accumulators; 3 between multipliers.
    wires = Decimal("9.46") * (6 + 0 + 3 + 3 + 4 + 2) + Decimal("11.48") * 6
    assert components_area(hardware) == switches + wires
    # One port more than one to four switches counts as much as it saves.
    assert area_of(hardware) == switches + wires + Decimal("108.99") + Decimal("11.48")


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


AREA = st.decimals(0, 10**6, places=2)


@st.composite
def _accelerators(draw: st.DrawFn) -> tuple[Hardware, Hardware]:
    """Return two accelerators with a table of any areas, the second with no less of anything."""
    areas = draw(st.fixed_dictionaries(dict.fromkeys(AREA_ENTRIES, AREA)))
    optional = {"port_area": st.none() | AREA, "buffer_bytes": st.none() | st.integers(1, 2**24)}
    shipped = read_energy_table("synthesis")
    table = draw(
        st.just(shipped) | st.just(replace(shipped, **areas, **draw(st.fixed_dictionaries(optional))))
    )
    preset = draw(st.sampled_from(preset_names()))
    accumulates = preset.endswith("-dram") or (not preset.endswith("-rtl") and draw(st.booleans()))

    def sizes(least: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        switches = 2 ** draw(st.integers(least[0], 10))
        ports, lines = (draw(st.integers(each, switches.bit_length() - 1)) for each in least[1:3])
        return switches, 2**ports, 2**lines, draw(st.integers(least[3], 2**24))

    def made(switches: int, ports: int, lines: int, capacity: int) -> Hardware:
        buffer = {"buffer": capacity} if preset.endswith("-dram") else {}
        array = {"num_ms": switches, "dn_bw": ports, "rn_bw": lines, "accumulation_buffer": accumulates}
        return read_hardware(preset, energy_table=table, **array, **buffer)

    small = sizes((2, 0, 0, 1))
    return made(*small), made(*sizes((*(each.bit_length() - 1 for each in small[:3]), small[3])))


@given(_accelerators())
def test_more_switches_ports_lines_or_buffer_never_take_less_area(pair: tuple[Hardware, Hardware]) -> None:
    small, large = pair
    assert area_of(small) <= area_of(large)


@pytest.mark.parametrize("preset", preset_names())
def test_with_the_ports_of_the_preset_and_no_buffer_described_an_area_is_the_simulators(preset: str) -> None:
    hardware = read_hardware(preset)
    assert hardware.dn_bw == usual_ports(hardware)
    if hardware.memory is None:
        assert area_of(hardware) == components_area(hardware)
        for ports in (1, hardware.num_ms):
            assert area_of(read_hardware(preset, dn_bw=ports)) == area_of(hardware)
    else:
        assert area_of(hardware) == components_area(hardware) + hardware.dn_bw * Decimal("120.47")


@pytest.mark.parametrize("price", [None, 0, 100, 500])
def test_a_port_of_a_described_buffer_costs_no_less_than_it_saves(price: int | None) -> None:
    paid = None if price is None else Decimal(price)
    own = replace(read_energy_table("synthesis"), name="own", port_area=paid)
    few, many = (area_of(read_hardware("maeri-64-dram", dn_bw=each, energy_table=own)) for each in (4, 16))
    assert many - few == 12 * max(Decimal(0), (price or 0) - Decimal("120.47"))


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
