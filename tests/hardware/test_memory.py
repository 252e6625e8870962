"""Prefetch buffer and DRAM of a hardware description: defaults, flags, limits, what is wrong told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from solver.cost.result import Objective
from solver.errors import InfeasibleError, InputError
from solver.hardware import read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.layer import FullyConnected
from solver.search.two_level.solve import solve_levels
from tests.support.examples.hardware_files import ENTRIES, SIZES, error, read

BUFFER = "prefetch_buffer:\n  capacity: 4 KiB\ndram_bandwidth: 8\n"


def test_without_buffer_keys_the_hardware_has_a_single_level(tmp_path: Path) -> None:
    assert read(tmp_path, SIZES).memory is None


def test_the_levels_behind_the_array_are_read_with_their_defaults(tmp_path: Path) -> None:
    memory = read(tmp_path, SIZES + BUFFER).memory
    assert memory == Memory(buffer=PrefetchBuffer(capacity=4096, adder=False), dram_bandwidth=8)
    # 4096 bytes are 2048 words of 2 bytes, and half of it belongs to the next tile.
    assert memory.buffer.shared_units == 1024


@pytest.mark.parametrize(
    "memory",
    [
        Memory(
            buffer=PrefetchBuffer(
                weights=512, inputs=1024, outputs=256, double_buffered=False, word_bytes=1, bandwidth=32
            ),
            dram_bandwidth=3,
            controller="programmable",
            weights_per_switch=4,
        ),
        Memory(buffer=PrefetchBuffer(capacity=1000), dram_bandwidth=1),
    ],
)
def test_levels_are_read_back_from_their_dump(tmp_path: Path, memory: Memory) -> None:
    hardware = replace(read_hardware("maeri-64"), memory=memory)
    assert read(tmp_path, yaml.safe_dump(hardware.to_dict())) == hardware


@pytest.mark.parametrize("written", ["65536", "65536 B", "64 KiB", "64KiB"])
def test_sizes_may_have_a_unit(tmp_path: Path, written: str) -> None:
    memory = read(tmp_path, SIZES + BUFFER.replace("4 KiB", written)).memory
    assert memory is not None and memory.buffer.capacity == 65536


@pytest.mark.parametrize("name", ["maeri-64", "maeri-128", "maeri-256"])
def test_two_level_presets_are_the_single_level_ones_with_1_kib_per_switch(name: str) -> None:
    levels, single = read_hardware(f"{name}-dram"), read_hardware(name)
    assert replace(levels, memory=None, name=name) == single
    assert levels.memory is not None
    assert levels.memory.buffer.capacity == 1024 * levels.num_ms


def test_flags_change_or_add_the_levels() -> None:
    changed = read_hardware("maeri-64-dram", buffer=2048, double_buffered=False, dram_bandwidth=16)
    assert changed.memory == Memory(
        buffer=PrefetchBuffer(capacity=2048, double_buffered=False, adder=False), dram_bandwidth=16
    )
    assert changed.name == "maeri-64-dram with buffer 2 KiB, double_buffered off, dram_bandwidth 16"
    added = read_hardware("maeri-64", buffer=2048, dram_bandwidth=4, buffer_bandwidth=8, weights_per_switch=1)
    assert added.memory == Memory(
        buffer=PrefetchBuffer(capacity=2048, bandwidth=8, adder=False), dram_bandwidth=4, weights_per_switch=1
    )
    assert read_hardware("maeri-64-dram", dram_bandwidth=16).name == "maeri-64-dram"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BUFFER.replace("dram_bandwidth: 8\n", ""), ":4: dram_bandwidth: a prefetch buffer is filled from a"),
        ("dram_bandwidth: 8", ":4: dram_bandwidth: dram_bandwidth is about the levels behind the array"),
        ("controller: fixed", ":4: controller: controller is about the levels behind the array"),
        (
            BUFFER.replace("4 KiB", "4 kilobytes"),
            ":5: capacity: found 4 kilobytes, expected a number of bytes",
        ),
        (BUFFER.replace("4 KiB", "0"), ":5: capacity: found 0, expected a number of bytes"),
        (BUFFER.replace("8", "0"), ":6: dram_bandwidth: found 0, expected an integer of at least 1"),
        (BUFFER.replace("capacity", "weights"), ":5: prefetch_buffer: found weights, expected either capac"),
        (
            BUFFER.replace("capacity: 4 KiB", "{capacity: 8, inputs: 8}"),
            ":5: prefetch_buffer: found capacity, inputs, expected either capacity, or all of weights",
        ),
        (BUFFER.replace("capacity: 4 KiB", "{}"), ":5: prefetch_buffer: found no capacity, expected either"),
        (BUFFER.replace("capacity", "capcity"), ":5: capcity: unknown key (did you mean capacity?)"),
        ("prefetch_buffer: 8\ndram_bandwidth: 8", ":4: prefetch_buffer: found 8, expected a mapping with"),
        (
            BUFFER.replace("4 KiB", "1048577 MiB"),
            ":5: capacity: found 1048577 MiB, expected a number of bytes",
        ),
        (
            BUFFER.replace("8", "2147483648"),
            ":6: dram_bandwidth: found 2147483648, expected at most 2,147,483,647",
        ),
        (
            BUFFER.replace("8", "1" + 30 * "0"),
            ":6: dram_bandwidth: found 1" + 30 * "0" + ", expected at most 2,147,483,647",
        ),
        (
            BUFFER + "weights_per_switch: 9999999999",
            ":7: weights_per_switch: found 9999999999, expected at most",
        ),
        (
            BUFFER.replace("4 KiB", "4 KiB\n  bandwidth: 2147483648"),
            ":6: bandwidth: found 2147483648, expected at",
        ),
        (
            BUFFER.replace("4 KiB", "4 KiB\n  word_bytes: 2147483648"),
            ":6: word_bytes: found 2147483648, expected",
        ),
        (BUFFER + "controller: both", ":7: controller: found both, expected fixed or programmable"),
        (BUFFER + "weights_per_switch: x", ":7: weights_per_switch: found x, expected an integer of at"),
        (
            BUFFER + "accumulation_buffer: false",
            ":4: prefetch_buffer: the folds of a buffer tile are added in the accumulators",
        ),
    ],
)
def test_wrong_levels_are_told_with_line_and_field(tmp_path: Path, text: str, message: str) -> None:
    assert error(tmp_path, SIZES + text).startswith(message)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"buffer": 64}, "buffer: maeri-256 has no prefetch buffer and DRAM that this could change"),
        ({"controller": "programmable"}, "controller: maeri-256 has no prefetch buffer and DRAM"),
        ({"source": "maeri-64-dram", "dram_bandwidth": 0}, "dram_bandwidth: found 0, expected an integer"),
        ({"source": "maeri-64-dram", "buffer": -1}, "capacity: found -1, expected an integer of at least 1"),
    ],
)
def test_flags_about_levels_that_cannot_be_are_refused(flags: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hardware(**flags)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("dram_bandwidth", 2**31 - 1),
        ("weights_per_switch", 2**31 - 1),
        ("bandwidth", 2**31 - 1),
        ("word_bytes", 2**31 - 1),
        ("capacity", 2**40),
    ],
)
def test_the_largest_sizes_behind_the_array_have_an_answer_and_larger_ones_are_refused(
    field: str, most: int
) -> None:
    """At the largest word nothing fits, which is an answer too; beyond it, 64-bit integers would overflow."""
    base = read_hardware("maeri-64-dram").memory
    assert base is not None

    def levels(value: int) -> Memory:
        changed: dict[str, Any] = {field: value}
        if hasattr(base, field):
            return replace(base, **changed)
        return replace(base, buffer=replace(base.buffer, **changed))

    hardware = replace(read_hardware("maeri-64-dram"), memory=levels(most))
    layer = FullyConnected(inputs=6, outputs=4)
    if field == "word_bytes":
        with pytest.raises(InfeasibleError, match=r"needs [0-9,]+ bytes"):
            solve_levels(layer, hardware, Objective.LATENCY)
    else:
        assert solve_levels(layer, hardware, Objective.LATENCY).proved
    for beyond in (most + 1, 10**30):
        with pytest.raises(InputError) as caught:
            levels(beyond)
        assert str(caught.value) == f"{field}: found {beyond}, expected at most {most:,}"


def test_double_buffering_is_a_truth_value() -> None:
    with pytest.raises(InputError, match="double_buffered: found no, expected true or false"):
        PrefetchBuffer(capacity=64, double_buffered="no")  # type: ignore[arg-type]


def test_a_table_without_dram_words_does_not_price_two_levels(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(ENTRIES)
    with pytest.raises(InputError, match="which has no dram_read and dram_write"):
        read_hardware("maeri-64-dram", energy_table=tmp_path / "mine.yaml")
