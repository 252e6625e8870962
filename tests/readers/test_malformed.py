"""Whatever is wrong with a layer file, one message says where, what was found and what was expected."""

from pathlib import Path

import pytest

from solver.errors import InputError
from solver.readers.mapping_file import read_mapping
from solver.readers.read import read_layers

COUNT = "an integer of at least 1"
PAIR = "an integer of at least 1 or a pair of them, [rows, columns]"
TRIPLE = "[channels, rows, columns], integers of at least 1"
ZEROS = "an integer of at least 0, [rows, columns], [[top, bottom], [left, right]], same or valid"
CONV = "kind: conv\ninput: [4, 8, 9]\nfilters: 6\nkernel: 3\n"
KINDS = "one of conv, dwconv, convtranspose, maxpool, avgpool, fc,"
BIG = "9" * 30

# Text of a YAML file, line, field, found, expected.
YAML = [
    ("filters: 3", 1, "kind", "nothing", KINDS),
    ("{}", 1, "kind", "nothing", KINDS),
    ("kind: pool\nsize: 3", 1, "kind", "pool", KINDS),
    ("kind: CONV", 1, "kind", "CONV", KINDS),
    ("kind:", 1, "kind", "nothing", KINDS),
    ("kind: [conv]", 1, "kind", "[conv]", KINDS),
    ("kind: {conv: 3}", 1, "kind", "a mapping with the keys conv", KINDS),
    ("42", 1, None, "42", "a name and ':'"),
    ("~", 1, "layer", "nothing", "a layer"),
    ("[]", 1, "layers", "none", "at least one layer"),
    ("- - fc 3 -> 4", 1, "layer", "[fc 3 -> 4]", "a layer"),
    ("layers: 3", 1, "layers", "3", "a list of layers"),
    ("layers:\n  kind: fc", 1, "layers", "a mapping with the keys kind", "a list of layers"),
    ("layers: []\nversion: 2", 2, "version", "version", "one of name, layers"),
    ("# only a comment", 1, None, "nothing but comments", "a description"),
    (CONV + "strides: 2", 5, "strides", "strides", "stride"),
    (CONV + "weights: 2", 5, "weights", "weights", "filters, groups"),
    (CONV + "kernel: 5", 5, "kernel", "the key kernel twice", "the key once (first on line 4)"),
    (CONV + "name: ''", 5, "name", 'the text ""', "a name of printable characters"),
    (CONV + 'name: "a\\nb"', 5, "name", "the text", "a name of printable characters"),
    (CONV + "name: [a]", 5, "name", "[a]", "a name of printable characters"),
    (CONV.replace("filters: 6\n", ""), 1, "filters", "nothing", COUNT),
    (CONV.replace("kernel: 3\n", ""), 1, "kernel", "nothing", PAIR),
    (CONV.replace("input: [4, 8, 9]\n", ""), 1, "input", "nothing", TRIPLE),
    (CONV.replace("6", "0"), 3, "filters", "0", COUNT),
    (CONV.replace("6", "-6"), 3, "filters", "-6", COUNT),
    (CONV.replace("6", "5.9"), 3, "filters", "5.9", COUNT),
    (CONV.replace("6", "6.0"), 3, "filters", "6.0", COUNT),
    (CONV.replace("6", "1e3"), 3, "filters", "1e3", COUNT),
    (CONV.replace("6", "27px"), 3, "filters", "27px", COUNT),
    (CONV.replace("6", "true"), 3, "filters", "true", COUNT),
    (CONV.replace("6", "'6'"), 3, "filters", 'the text "6"', COUNT),
    (CONV.replace("6", ""), 3, "filters", "nothing", COUNT),
    (CONV.replace("6", "null"), 3, "filters", "nothing", COUNT),
    (CONV.replace("6", ".inf"), 3, "filters", ".inf", COUNT),
    (CONV.replace("6", ".nan"), 3, "filters", ".nan", COUNT),
    (CONV.replace("6", "0x10"), 3, "filters", "0x10", COUNT),
    (CONV.replace("6", "010"), 3, "filters", "010", COUNT),
    (CONV.replace("6", "1_000"), 3, "filters", "1_000", COUNT),
    (CONV.replace("6", "1:30"), 3, "filters", "1:30", COUNT),
    (CONV.replace("6", "[6]"), 3, "filters", "[6]", COUNT),
    (CONV.replace("6", "{a: 6}"), 3, "filters", "a mapping with the keys a", COUNT),
    (CONV.replace("6", BIG), 3, "filters", BIG, "at most 9,223,372,036,854,775,807"),
    (CONV.replace("6", "2022-01-01"), 3, "filters", "2022-01-01", COUNT),
    (CONV.replace("[4, 8, 9]", "[4, 8]"), 2, "input", "[4, 8]", TRIPLE),
    (CONV.replace("[4, 8, 9]", "[1, 4, 8, 9]"), 2, "input", "[1, 4, 8, 9]", TRIPLE),
    (CONV.replace("[4, 8, 9]", "4"), 2, "input", "4", TRIPLE),
    (CONV.replace("[4, 8, 9]", "[4, 8, 0]"), 2, "input", "0 in [4, 8, 0]", TRIPLE),
    (CONV.replace("[4, 8, 9]", "[4, 8, x]"), 2, "input", "x in [4, 8, x]", TRIPLE),
    (CONV.replace("[4, 8, 9]", "[4, 8, [9]]"), 2, "input", "[9] in [4, 8, [9]]", TRIPLE),
    (CONV.replace("[4, 8, 9]", "4x8x9"), 2, "input", "4x8x9", TRIPLE),
    (CONV.replace("kernel: 3", "kernel: [3, 3, 3]"), 4, "kernel", "[3, 3, 3]", PAIR),
    (CONV.replace("kernel: 3", "kernel: [0, 3]"), 4, "kernel", "0 in [0, 3]", PAIR),
    (CONV.replace("kernel: 3", "kernel: 3x3"), 4, "kernel", "3x3", PAIR),
    (CONV.replace("kernel: 3", "kernel: 9"), 4, "kernel", "spans 9 rows", "at most the 8 rows"),
    (CONV.replace("kernel: 3", "kernel: [3, 10]"), 4, "kernel", "spans 10 columns", "at most the 9 columns"),
    (CONV + "dilation: 4", 4, "kernel", "spans 9 rows", "at most the 8 rows"),
    (CONV + "dilation: 0", 5, "dilation", "0", PAIR),
    (CONV + "stride: 0", 5, "stride", "0", PAIR),
    (CONV + "stride: -1", 5, "stride", "-1", PAIR),
    (CONV + "stride: [1.5, 1]", 5, "stride", "1.5 in [1.5, 1]", PAIR),
    (CONV + "padding: -1", 5, "padding", "-1", ZEROS),
    (CONV + "padding: full", 5, "padding", "full", ZEROS),
    (CONV + "padding: [1, 1, 1, 1]", 5, "padding", "[1, 1, 1, 1]", ZEROS),
    (CONV + "padding: [[1, 1], [1]]", 5, "padding", "[1] in [[1, 1], [1]]", ZEROS),
    (CONV + "batch: 0", 5, "batch", "0", COUNT),
    (CONV + "groups: 3", 5, "groups", "3", "a divisor of the 4 input channels"),
    (CONV + "groups: 4", 5, "groups", "4", "a divisor of the 6 filters"),
    (CONV + "output: [6, 8, 9]", 5, "output", "[6, 8, 9]", "[6, 6, 7], which the other keys give"),
    (CONV + "output: [6, 6]", 5, "output", "[6, 6]", TRIPLE),
    (CONV + "batch: 999999999999999", 1, None, "MACs", "at most 4503599627370496 (2**52) MACs"),
    ("kind: dwconv\ninput: [4, 8, 9]\nkernel: 3\ngroups: 4", 4, "groups", "groups", "one of kind, name"),
    ("kind: dwconv\ninput: [4, 8, 9]\nkernel: 3\nfilters: 6", 1, "groups", "4", "a divisor of the 6 filters"),
    ("kind: fc\ninputs: 3", 1, "outputs", "nothing", COUNT),
    ("kind: fc\ninputs: 3\noutputs: no", 3, "outputs", "no", COUNT),
    ("kind: gemm\nm: 3\nn: 4", 1, "k", "nothing", COUNT),
    ("kind: gemm\nm: 3\nn: 4\nk: y", 4, "k", "y", COUNT),
    ("- fc 3 -> 4\n- kind: fc\n  inputs: x\n  outputs: 1", 3, "inputs", "x", COUNT),
    ("- fc 3 -> 4\n- fc 3 -> x", 2, None, "x", "a number"),
    ("- |\n  fc 3 -> 4\n  fc 0 -> 4", 3, "inputs", "0", COUNT),
    ("- a: fc 3 -> 4\n- b: gemm 2x3 * 4x5", 2, "k", "4", "3 rows, as many as the left matrix has columns"),
]

# Text of a text file, line, field, found, expected.
TEXT = [
    ("fc 27px -> 4", 1, "inputs", "27px", COUNT),
    ("fc 3 -> 5.9", 1, "outputs", "5.9", COUNT),
    ("fc 1e3 -> 5", 1, "inputs", "1e3", COUNT),
    ("fc -3 -> 5", 1, "inputs", "-3", COUNT),
    ("fc 0 -> 5", 1, "inputs", "0", COUNT),
    (f"fc {BIG} -> 5", 1, "inputs", BIG, COUNT),
    ("fc 3x3 -> 5", 1, "inputs", "3x3", "a number of inputs"),
    ("fc 3 -> 4\n\n# note\nfc 3 4", 4, None, "4", "'->'"),
    ("fc 3 -> 4, batch 2, batch 2", 1, "batch", "batch a second time", "it once"),
    ("conv 4x8 -> 6, 3x3", 1, "input", "4x8", "channels x rows x columns"),
    ("conv 4x8x9 -> 6", 1, None, "the end", "a number"),
    ("conv 4x8x9 -> 6, 3x3x3", 1, "kernel", "3x3x3", "a number, or rows x columns"),
    ("conv 4x8x9 -> 6, 9x3", 1, "kernel", "spans 9 rows", "at most the 8 rows"),
    ("conv 4x8x9 -> 6, 3x3, g3", 1, "groups", "3", "a divisor of the 4 input channels"),
    ("conv 4x8x9 -> 6, 3x3, s0", 1, "stride", "0", COUNT),
    ("conv 4x8x9 -> 6, 3x3, pad -1", 1, "padding", "-1", "an integer of at least 0"),
    ("dwconv 4x8x9, 3x3, groups 4", 1, "groups", "groups", "no groups"),
    ("gemm 3x4 * 5x6", 1, "k", "5", "4 rows, as many as the left matrix has columns"),
    ("gemm 3 * 5x6", 1, "left matrix", "3", "rows x columns"),
    ("fc 99999999999 -> 99999999999", 1, None, "MACs", "at most 4503599627370496 (2**52) MACs"),
    ("pool 3x8x8", 1, None, "pool", "one of conv, dwconv, convtranspose, maxpool, "),
    ('"\\ud800": fc 3 -> 4', 1, "name", '"\\ud800"', "printable characters"),
]


def refuse(tmp_path: Path, name: str, content: str) -> InputError:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(InputError) as caught:
        read_layers(str(file))
    assert caught.value.file == str(file)
    assert list(tmp_path.iterdir()) == [file]
    return caught.value


@pytest.mark.parametrize(("content", "line", "field", "found", "expected"), YAML)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_wrong_yaml_file_is_told_with_its_place(
    tmp_path: Path, content: str, line: int, field: str | None, found: str, expected: str, newline: str
) -> None:
    mistake = refuse(tmp_path, "layer.yaml", content.replace("\n", newline))
    assert (mistake.line, mistake.field) == (line, field)
    assert found in str(mistake.found)
    assert expected in str(mistake.expected)


@pytest.mark.parametrize(("content", "line", "field", "found", "expected"), TEXT)
def test_a_wrong_text_file_is_told_with_its_place(
    tmp_path: Path, content: str, line: int, field: str | None, found: str, expected: str
) -> None:
    mistake = refuse(tmp_path, "layer.txt", content)
    assert (mistake.line, mistake.field) == (line, field)
    assert found in str(mistake.found)
    assert expected in str(mistake.expected)
    assert mistake.excerpt.endswith("^")


FC = """Model_Name = m
Layer_Type = FC
Layer_Number = 1
Input_parameter { input_x = 6 input_y = 1 input_channel = 1 }
Output_parameter { output_x = 4 output_y = 1 output_channel = 1 }
Weight_parameter {
  weight_x = 4
  weight_y = 6
  weight_channel = 1
  weight_number = 1
  weight_stride = 1
}
Hidden_parameter { hidden_x = 0 hidden_y = 0 hidden_channel = 0 }
"""


@pytest.mark.parametrize(
    ("changes", "line", "field", "found", "expected"),
    [
        ({"weight_y = 6": "weight_y = 5"}, 8, "weight_y", "5", "input_x = 6"),
        ({"weight_x = 4": "weight_x = 5"}, 7, "weight_x", "5", "output_x = 4"),
        ({"weight_number = 1": "weight_number = 2"}, 10, "weight_number", "2", "1 (FC has x sizes only)"),
        ({"hidden_x = 0": "hidden_x = 3"}, 13, "hidden_x", "3", "0 (hidden sizes are for RNN only)"),
        ({"input_x": "input_batch = 2 input_x"}, None, "output_batch", "1", "input_batch = 2"),
        ({"= FC": "= fc"}, 2, "Layer_Type", "fc", "one of CONV, FC, RNN, MAXPOOL"),
        ({"= FC": "= MAXPOOL"}, 5, "output_x", "4x1", "no output without padding or 6x1 with SAME"),
        ({"= FC": "= RNN"}, 13, "hidden_x", "0", "RNN has a hidden state"),
        ({"= FC": "= RNN", "hidden_x = 0": "hidden_x = 3"}, 5, "output_x", "4", "hidden_x = 3"),
        ({"= FC": "= RNN", "hidden_x = 0": "hidden_x = 4"}, 8, "weight_y", "6", "input_x + hidden_x = 10"),
        ({"= FC": "= CONV"}, 5, "output_x", "4x1", "no output without padding or 6x1 with SAME"),
    ],
)
def test_a_block_that_contradicts_itself_is_told(
    tmp_path: Path, changes: dict[str, str], line: int | None, field: str, found: str, expected: str
) -> None:
    text = FC
    for old, new in changes.items():
        text = text.replace(old, new)
    mistake = refuse(tmp_path, "layer.txt", text)
    assert (mistake.line, mistake.field, str(mistake.found)) == (line, field, found)
    assert expected in str(mistake.expected)


@pytest.mark.parametrize(
    ("content", "line", "field", "found", "expected"),
    [
        ("{}", 1, "tile", "nothing", "a mapping of the sizes R S C K G N X Y"),
        ("tile: {R: 0}", 1, "R", "0", COUNT),
        ("tile:\n  R: 3\n  Y: no", 3, "Y", "no", COUNT),
        ("tile: {Q: 3}", 1, "Q", "Q", "one of R, S, C, K, G, N, X, Y"),
        ("tile: [3, 3]", 1, "tile", "[3, 3]", "a mapping with the keys R, S, C, K, G, N, X, Y"),
        ("\ntile: R3 S0", 2, "T_S", "0", COUNT),
        (
            "tile: {R: 3}\ntiles: 4",
            2,
            "tiles",
            "tiles",
            "one of buffer_tile, dram_order, array_order, tile, form",
        ),
    ],
)
def test_a_wrong_mapping_file_is_told_with_its_place(
    tmp_path: Path, content: str, line: int, field: str | None, found: str, expected: str
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(content)
    with pytest.raises(InputError) as caught:
        read_mapping(file)
    mistake = caught.value
    assert (mistake.file, mistake.line, mistake.field) == (str(file), line, field)
    assert found in str(mistake.found)
    assert expected in str(mistake.expected)
