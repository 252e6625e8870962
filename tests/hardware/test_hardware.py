"""Hardware comes from presets, files and flags, and never differs from what was asked for."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from solver.errors import InputError
from solver.hardware import preset_names, read_energy_table, read_hardware, table_names
from solver.hardware.array_kind import RTL, SIMULATOR
from solver.hardware.energy_table import AREA_ENTRIES, ENERGY_ENTRIES
from tests.support.examples.hardware_files import ENTRIES, SIZES, error, read


def test_the_default_is_maeri_256_with_its_accumulation_buffer() -> None:
    hardware = read_hardware()
    assert hardware == read_hardware("maeri-256")
    assert (hardware.num_ms, hardware.dn_bw, hardware.rn_bw, hardware.accumulation_buffer) == (
        256,
        64,
        64,
        True,
    )
    assert hardware.energy_table.name == "synthesis"


def test_presets_and_tables_are_listed() -> None:
    assert preset_names() == [
        *("maeri-64", "maeri-128", "maeri-256", "maeri-64-rtl"),
        *("maeri-256-rtl", "maeri-64-dram", "maeri-128-dram", "maeri-256-dram"),
    ]
    assert table_names() == ["mrna", "synthesis"]


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_read_back_from_its_dump(tmp_path: Path, name: str) -> None:
    hardware = read_hardware(name)
    assert read(tmp_path, yaml.safe_dump(hardware.to_dict())) == hardware


def test_a_file_is_named_after_itself_and_has_a_buffer_unless_it_says_otherwise(tmp_path: Path) -> None:
    hardware = read(tmp_path, SIZES)
    assert (hardware.name, hardware.num_ms, hardware.dn_bw, hardware.rn_bw) == ("hw", 32, 8, 4)
    assert hardware.accumulation_buffer
    assert not read(tmp_path, SIZES + "accumulation_buffer: false").accumulation_buffer


def test_flags_replace_what_the_source_says_and_the_name_tells() -> None:
    hardware = read_hardware("maeri-64", num_ms=128, accumulation_buffer=False, energy_table="mrna")
    assert (hardware.num_ms, hardware.dn_bw, hardware.energy_table.name) == (128, 32, "mrna")
    assert hardware.name == "maeri-64 with num_ms 128, accumulation_buffer off, dn_bw 32, rn_bw 32"
    assert read_hardware("maeri-64", num_ms=64).name == "maeri-64"


@pytest.mark.parametrize("preset", ["maeri-64", "maeri-128"])
def test_ports_that_are_not_given_keep_their_share_of_the_switches(preset: str) -> None:
    wanted = read_hardware(preset)
    scaled = read_hardware("maeri-256", num_ms=wanted.num_ms)
    assert (scaled.dn_bw, scaled.rn_bw) == (wanted.dn_bw, wanted.rn_bw)
    one = read_hardware("maeri-256", num_ms=wanted.num_ms, dn_bw=2)
    assert (one.dn_bw, one.rn_bw) == (2, wanted.rn_bw)
    assert read_hardware("maeri-256", num_ms=4).dn_bw == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"num_ms": 100, "dn_bw": 4, "rn_bw": 4}, "num_ms: found 100, expected a power of two"),
        ({"num_ms": 0}, "num_ms: found 0, expected a power of two"),
        ({"num_ms": 2**20}, "num_ms: found 1048576, expected from 4 to 65536 switches"),
        ({"dn_bw": 3}, "dn_bw: found 3, expected a power of two"),
        ({"dn_bw": -1}, "dn_bw: found -1, expected a power of two"),
        ({"rn_bw": 512}, "rn_bw: found 512, expected at most num_ms = 256"),
        ({"source": "maeri-46"}, "unknown hardware (did you mean maeri-64?), found maeri-46"),
        ({"source": "missing.yaml"}, "missing.yaml: no such file"),
        ({"energy_table": "mrn"}, "energy_table: unknown energy table (did you mean mrna?), found mrn"),
        ({"energy_table": "missing.yaml"}, "missing.yaml: no such file"),
    ],
)
def test_flags_that_do_not_go_together_are_refused(flags: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hardware(**flags)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SIZES.replace("32", "33"), ":1: num_ms: found 33, expected a power of two"),
        (SIZES.replace("8", "64"), ":2: dn_bw: found 64, expected at most num_ms = 32"),
        (SIZES.replace("8", "0"), ":2: dn_bw: found 0, expected an integer of at least 1"),
        (SIZES.replace("8", "8.0"), ":2: dn_bw: found 8.0, expected an integer of at least 1"),
        (SIZES.replace("rn_bw: 4", ""), ":1: rn_bw: the key is missing"),
        (SIZES + "dn_bw: 4", ":4: dn_bw: found the key dn_bw twice"),
        (
            SIZES + "acumulation_buffer: true",
            ":4: acumulation_buffer: unknown key (did you mean accumulation_",
        ),
        (SIZES + "accumulation_buffer: 1", ":4: accumulation_buffer: found 1, expected true or false"),
        (SIZES + "energy_table: nope", ":4: energy_table: unknown energy table, found"),
        (SIZES + "energy_table: [mrna]", ":4: energy_table: found [mrna], expected one of mrna, synthesis"),
        (SIZES + "energy_table:\n  buffer_read: x", ":5: buffer_read: found x, expected a number from 0"),
        (
            "- " + SIZES.replace("\n", "\n  "),
            ":1: found [a mapping with the keys num_ms, dn_bw, rn_bw], expected",
        ),
        ("", ":1: found an empty file"),
    ],
)
def test_a_wrong_file_is_told_with_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    assert error(tmp_path, text).startswith(message)


def test_a_table_of_ones_own_may_be_a_file_beside_the_hardware_or_inside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("unit: pJ\n" + ENTRIES.replace("0.1", "1.250e-3"))
    beside = read(tmp_path, SIZES + "energy_table: mine.yaml").energy_table
    assert (beside.name, beside.unit, beside.dn_wire) == ("mine", "pJ", Decimal("0.00125"))
    inside = read(tmp_path, SIZES + "energy_table:\n  " + ENTRIES.replace("\n", "\n  ")).energy_table
    assert (inside.buffer_read, inside.adder_area) == (Decimal("0.1"), None)
    flag = read_hardware("maeri-64", energy_table=tmp_path / "mine.yaml").energy_table
    assert flag == beside


@pytest.mark.parametrize(
    "written", ["-0.1", "x", ".nan", ".inf", "1e-99", "1e20", "'0.1'", "true", "[0.1]", "~"]
)
def test_energies_are_finite_numbers_of_at_least_zero(tmp_path: Path, written: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(ENTRIES.replace("dn_wire: 0.1", f"dn_wire: {written}"))
    with pytest.raises(InputError) as caught:
        read_energy_table(file)
    line = ENERGY_ENTRIES.index("dn_wire") + 1
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(file), line, "dn_wire")
    assert "expected a number from 0" in str(caught.value)


def test_shipped_tables_are_exact_in_decimal() -> None:
    table = read_energy_table("synthesis")
    assert (table.dn_wire, table.rn_wire) == (Decimal("0.00223226"), Decimal("0.001839831"))
    assert all(getattr(table, entry) is not None for entry in AREA_ENTRIES)
    assert read_energy_table("mrna").buffer_read == 8


FACTORS = """Energy_factors {
  dram_eng = 54
  spm_eng = 8.5
  reg_eng = 1
  dsaccess_eng = 2
  rsaccess_eng = 3
  msaccess_eng = 1.5
  multiply_eng = 4
  reduce_eng = 5
}"""


def test_mrnas_factor_file_becomes_a_table_by_its_own_accounting(tmp_path: Path) -> None:
    file = tmp_path / "Config_file.txt"
    file.write_text(FACTORS)
    table = read_energy_table(file)
    # A multiplication reads two registers; a forward between multipliers replaces one of those reads.
    assert (table.multiplication, table.mn_wire) == (6, Decimal("0.5"))
    assert (table.buffer_read, table.dn_switch, table.rn_wire, table.add_2_1) == (Decimal("8.5"), 2, 3, 5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("spm_eng = 8.5", "spm_eng = -8", ":3:13: spm_eng: found -8, expected a number from 0"),
        ("  spm_eng = 8.5\n", "", ":1: spm_eng: the key is missing"),
        ("spm_eng", "smp_eng", ":3:3: smp_eng: unknown key (did you mean spm_eng?)"),
        ("msaccess_eng = 1.5", "msaccess_eng = 0", ": msaccess_eng: a forward between multipliers replaces"),
        ("}", "", ":9:17: found the end, expected a key or '}'"),
    ],
)
def test_a_wrong_factor_file_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "Config_file.txt"
    file.write_text(FACTORS.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_energy_table(file)
    assert str(caught.value).removeprefix(str(file)).startswith(message)


def test_the_real_hardware_has_no_accumulation_buffer_and_does_not_slide(tmp_path: Path) -> None:
    real = read(tmp_path, SIZES + "reduction: rtl")
    assert (real.kind, real.accumulation_buffer, real.forwarding) == (RTL, False, "none")
    assert read(tmp_path, SIZES + "reduction: rtl\nforwarding: sliding").forwarding == "sliding"
    assert read(tmp_path, SIZES).kind is SIMULATOR


def test_the_flag_makes_any_description_the_real_hardware() -> None:
    real = read_hardware("maeri-64", reduction="rtl")
    assert (real.name, real.accumulation_buffer, real.forwarding) == (
        "maeri-64 with reduction rtl",
        False,
        "none",
    )
    back = read_hardware("maeri-64-rtl", reduction="simulator")
    assert (back.accumulation_buffer, back.forwarding) == (True, "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            SIZES + "accumulation_buffer: true\nreduction: rtl",
            ":4: accumulation_buffer: the real hardware has no accumulation buffer",
        ),
        (SIZES + "reduction: real", ":4: reduction: found real, expected simulator or rtl"),
        (SIZES + "forwarding: yes", ":4: forwarding: found yes, expected sliding or none"),
    ],
)
def test_what_real_hardware_cannot_have_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert error(tmp_path, text).startswith(message)


BEHIND = SIZES + "reduction: rtl\ndram_bandwidth: 4\n"


def test_a_buffer_behind_the_real_hardware_adds_the_partial_sums(tmp_path: Path) -> None:
    real = read(tmp_path, BEHIND + "prefetch_buffer: {capacity: 4 KiB}")
    assert real.memory is not None and real.memory.buffer.adder is True
    flags = {"reduction": "rtl", "buffer": 4096, "dram_bandwidth": 4}
    assert read_hardware("maeri-64", **flags).memory == real.memory
    shipped = read_hardware("maeri-256-dram", reduction="rtl").memory
    assert shipped is not None and shipped.buffer.adder


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prefetch_buffer: {capacity: 4 KiB, adder: false}", "prefetch_buffer: nothing brings partial sums"),
        ("prefetch_buffer: {capacity: 4 KiB}\ncontroller: programmable", "controller: the multipliers"),
        ("prefetch_buffer: {capacity: 4 KiB}\nweights_per_switch: 2", "weights_per_switch: a multiplier"),
        ("prefetch_buffer: {capacity: 4 KiB}\nforwarding: sliding", "forwarding: how a repaired controller"),
    ],
)
def test_levels_that_the_real_hardware_cannot_work_with_are_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in error(tmp_path, BEHIND + text)


def test_an_accumulation_buffer_asked_of_real_hardware_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^accumulation_buffer: the real hardware has no accumulation buffer"
    ):
        read_hardware(reduction="rtl", accumulation_buffer=True)
