"""Words of several sizes: bytes that a buffer holds and a DRAM moves, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import PrefetchBuffer
from solver.hardware.words import WordBytes
from solver.interface.inputs import hardware_of
from solver.writers.hardware_file import hardware_text
from solver.writers.schedule.document import BufferPart
from solver.writers.schedule.json_file import buffer_of

TEXT = (
    "num_ms: 64\ndn_bw: 16\nrn_bw: 16\nclock: 600 MHz\ndram_bandwidth: 4.8 GB/s\n"
    "prefetch_buffer:\n  capacity: 64 KiB\n  word_bytes: {weights: 1, inputs: 2, outputs: 4}\n"
)


def read(tmp_path: Path, text: str) -> Hardware:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    return read_hardware(file)


def test_a_hardware_file_states_the_word_of_each_operand(tmp_path: Path) -> None:
    hardware = read(tmp_path, TEXT)
    memory = hardware.memory
    assert memory is not None
    assert memory.buffer.word_bytes == WordBytes(1, 2, 4)
    # 8 bytes a cycle are 8 of the narrowest words.
    assert (memory.dram_bandwidth, memory.units_per_cycle) == (8, 8)
    assert read(tmp_path, hardware_text(hardware)).memory == memory
    assert hardware_of({"source": str(tmp_path / "own.yaml")}).memory == memory


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ("{weights: 1, outputs: 4}", "a mapping with the keys weights, outputs"),
        ("{weights: 1, inputs: 0, outputs: 4}", "0 in a mapping"),
        ("[1, 1, 4]", r"\[1, 1, 4\]"),
        ("{weights: 1, inputs: 1, sums: 4}", "a mapping with the keys weights, inputs, sums"),
    ],
)
def test_another_form_is_refused_with_what_is_right(sizes: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f":8: word_bytes: found {found}.*, expected .*outputs: 4"):
        read(tmp_path, TEXT.replace("{weights: 1, inputs: 2, outputs: 4}", sizes))


def test_one_size_is_the_same_for_every_operand() -> None:
    assert PrefetchBuffer(capacity=64, word_bytes=WordBytes.same(4)) == PrefetchBuffer(
        capacity=64, word_bytes=4
    )
    with pytest.raises(InputError, match="word_bytes: found 0"):
        PrefetchBuffer(capacity=64, word_bytes=0)


def test_units_are_the_largest_size_that_fits_into_every_word() -> None:
    sizes = WordBytes(4, 4, 6)
    assert (sizes.unit, sizes.least, sizes.units_per_least) == (2, 4, 2)
    assert sizes.together(1, 10, 100) == 2 * 11 + 3 * 100
    buffer = PrefetchBuffer(weights=16, inputs=16, outputs=24, word_bytes=sizes, bandwidth=3)
    assert [buffer.words(name) for name in ("weights", "inputs", "outputs")] == [2, 2, 2]
    assert buffer.units_per_cycle == 6


def test_a_wider_word_costs_in_proportion_in_buffer_and_dram(tmp_path: Path) -> None:
    hardware = read(tmp_path, TEXT)
    table = hardware.prices
    for entry in ("buffer_read", "buffer_write", "dram_read", "dram_write"):
        price = getattr(table, entry)
        assert hardware.price_of_word(entry, "weights") == price
        assert hardware.price_of_word(entry, "outputs") == 4 * price


def test_the_tables_own_word_may_be_another(tmp_path: Path) -> None:
    table = Path("solver/hardware/energy_tables/synthesis.yaml").read_text() + "word_bytes: 2\n"
    (tmp_path / "table.yaml").write_text(table)
    hardware = read(tmp_path, TEXT + "energy_table: table.yaml\n")
    assert hardware.word_factors == {"weights": Decimal("0.5"), "inputs": 1, "outputs": 2}


def test_schedules_state_the_sizes_and_older_ones_are_read() -> None:
    buffer = PrefetchBuffer(capacity=64, word_bytes=WordBytes(1, 1, 4), adder=False)
    assert buffer_of(BufferPart(**buffer.to_dict())) == buffer
    older = buffer.to_dict() | {"word_bytes": 2}
    assert buffer_of(BufferPart(**older)).sizes == WordBytes.same(2)
