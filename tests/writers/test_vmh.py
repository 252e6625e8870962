"""The memory images are bit-exact, and malformed ones are refused with file and line."""

import pytest

from solver.array.configure_tree import configure_tree
from solver.array.virtual_neuron import Placement
from solver.errors import InputError
from solver.writers.vmh import (
    layer_info_text,
    read_layer_info,
    read_rn_config,
    rn_config_text,
)
from tests.oracles.place_in_order import place_packed
from tests.support.switch_checks import shipped_file, verdicts
from tests.switches.test_layer_info import EARLY

FIVE_OF_THREE = Placement.of(16, [(i * 3, 3) for i in range(5)])


def test_worked_example_file():
    assert rn_config_text(configure_tree(FIVE_OF_THREE)) == "@000\nA0D87424\n08466000\n"


def test_what_is_written_is_read(tmp_path):
    config = configure_tree(place_packed(64, [5, 9, 12, 3]))
    (tmp_path / "RN_Config.vmh").write_text(rn_config_text(config))
    (tmp_path / "Layer_Info.vmh").write_text(layer_info_text(EARLY))
    assert read_rn_config(tmp_path / "RN_Config.vmh", 64) == config
    assert read_layer_info(tmp_path / "Layer_Info.vmh") == EARLY
    assert layer_info_text(EARLY).startswith("@00\n00030003\n00000001\n")


def test_shipped_files_are_read_and_written_bit_by_bit():
    for num_ms, size in verdicts():
        path = shipped_file(num_ms, size)
        assert rn_config_text(read_rn_config(path, num_ms)) == path.read_text()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("A0D87424\n08466000\n", 1, "expected @000"),
        ("@00\nA0D87424\n08466000\n", 1, "found @00, expected @000"),
        ("@000\nA0D8742\n08466000\n", 2, "8 hexadecimal digits"),
        ("@000\nA0D87424\n0846600G\n", 3, "word 1: found 0846600G"),
        ("@000\nA0D87424\n\n08466000\n", 3, "a blank line"),
        ("@000\nA0D87424\n", 2, "expected 1 for the double"),
        ("@000\nA0D87424\n08466000\n00000000\n", 4, "found 3"),
        ("@000\nA0D87424\n08466001\n", 3, "S0: found nibble 1, expected bit 0 zero"),
        ("@000\nA0D87426\n08466000\n", 2, "D0: found byte 26, expected bits 1:0 zero"),
        ("@000\nA0D87424\n48466000\n", 3, "unused field S7"),
        ("@000\n" + "00000000\n" * 1025, 1026, "at most 1024"),
    ],
)
def test_malformed_files_are_refused(tmp_path, text, line, message):
    path = tmp_path / "RN_Config.vmh"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_rn_config(path, 16)
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_line_ends_and_letter_case_do_not_matter(tmp_path):
    path = tmp_path / "RN_Config.vmh"
    path.write_bytes(b"@000\r\na0d87424\r\n08466000\r\n")
    assert read_rn_config(path, 16) == configure_tree(FIVE_OF_THREE)


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"@00\n00030003\n"])
def test_unreadable_layer_files_are_refused(tmp_path, content):
    path = tmp_path / "Layer_Info.vmh"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"Layer_Info\.vmh"):
        read_layer_info(path)
    with pytest.raises(InputError, match="no such file"):
        read_layer_info(tmp_path / "none.vmh")
