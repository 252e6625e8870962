"""The grammars read what people write, and point at what they mistype."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.parsing.blocks import FACTORS, parse_block, parse_energy_factors
from solver.parsing.notation import parse_lines

BLOCK = """Model_Name = net
Layer_Type = CONV
Layer_Number = 1

Input_parameter {
  input_batch = 2
  input_x = 8
  input_y = 9
  input_channel = 3
}

Output_parameter {
  output_batch = 2
  output_x =6
  output_y = 7
  output_channel = 4
}

Weight_parameter {
  weight_x = 3
  weight_y = 3
  weight_channel = 3
  weight_number = 4
  weight_stride = 1
}
"""


def error(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_block(text)
    return caught.value


def test_a_block_file_is_read_with_the_line_of_every_key() -> None:
    block = parse_block(BLOCK)
    assert (block.model_name, block.layer_type, block.layer_number) == ("net", "CONV", "1")
    assert block.sizes["input_y"] == 9
    assert (block.lines["Layer_Type"], block.lines["output_x"]) == (2, 14)


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace(" = ", "="),
        BLOCK.replace(" {", "\n  {"),
        BLOCK.replace("\n  ", " ").replace("\n}", " }"),
        BLOCK.replace("  ", "\t"),
        BLOCK.replace("\n", "\r\n"),
        BLOCK.replace("\n", " # note\n"),
        BLOCK.replace("\n", " // note\n\n"),
        BLOCK.rstrip(),
    ],
)
def test_layout_and_comments_are_free(text: str) -> None:
    assert parse_block(text).sizes == parse_block(BLOCK).sizes


def test_batches_and_hidden_sizes_may_be_left_out() -> None:
    sizes = parse_block(BLOCK.replace("  input_batch = 2\n", "")).sizes
    assert (sizes["input_batch"], sizes["hidden_x"]) == (1, 0)


def test_strides_may_differ_by_direction() -> None:
    sizes = parse_block(BLOCK.replace("weight_stride = 1", "stride_x = 2\n  stride_y = 3")).sizes
    assert (sizes["stride_x"], sizes["stride_y"]) == (2, 3)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "found", "expected"),
    [
        ("  input_x = 8\n", "", 5, "input_x", "nothing", "input_x = ..."),
        ("input_x = 8", "input_x = 8\n  input_x = 8", 8, "input_x", "input_x", "once (first on line 7)"),
        ("input_x = 8", "input_z = 8", 7, "input_z", "input_z", "input_x"),
        ("input_x = 8", "input_x = 27px", 7, "input_x", "27px", "an integer of at least 1"),
        ("input_x = 8", "input_x = 0", 7, "input_x", "0", "an integer of at least 1"),
        ("input_x = 8", "input_x = -8", 7, "input_x", "-8", "an integer of at least 1"),
        ("input_x = 8", "input_x = 1e3", 7, "input_x", "1e3", "an integer of at least 1"),
        ("input_x = 8", "input_x = 5.9", 7, "input_x", "5.9", "an integer of at least 1"),
        ("input_x = 8", "input_x =", 7, None, "the end of the line", "a value"),
        ("input_x = 8", "input_x 8", 7, None, "8", "'='"),
        ("Layer_Number = 1\n", "", 1, "Layer_Number", "nothing", "Layer_Number = ..."),
        ("Layer_Number = 1\n", "Layer_Number { }\n", 3, "Layer_Number", "a block", "Layer_Number = ..."),
        ("Model_Name = net", "Model_Name = \x01", 1, "Model_Name", "'\\x01'", "printable characters"),
        (
            "Input_parameter {",
            "Input_parameters {",
            5,
            "Input_parameters",
            "Input_parameters",
            "Input_parameter",
        ),
        ("Weight_parameter {", "Input_parameter {", 19, "Input_parameter", "Input_parameter", "once"),
        ("Weight_parameter {", "Weight_parameter = 3 {", 19, None, "{", "a key"),
        ("  weight_stride = 1\n", "", 19, "weight_stride", "nothing", "stride_x and stride_y"),
        (
            "weight_stride = 1",
            "weight_stride = 1\n  stride_x = 1",
            25,
            "stride_x",
            "stride_x",
            "weight_stride",
        ),
    ],
)
def test_a_wrong_block_is_told_with_its_place(
    old: str, new: str, line: int, field: str | None, found: str, expected: str
) -> None:
    assert old in BLOCK
    mistake = error(BLOCK.replace(old, new))
    assert (mistake.line, mistake.field) == (line, field)
    assert found in str(mistake.found)
    assert expected in str(mistake.expected)


def test_a_missing_block_is_told() -> None:
    mistake = error(BLOCK[: BLOCK.index("Weight_parameter")])
    assert (mistake.field, mistake.expected) == ("Weight_parameter", "Weight_parameter { ... }")


def test_a_brace_that_is_never_closed_is_told() -> None:
    assert "'}'" in str(error(BLOCK.rstrip().removesuffix("}")))


def test_energy_factors_are_exact() -> None:
    text = "Energy_factors { " + " ".join(f"{key} = 0.1" for key in FACTORS) + " }"
    assert parse_energy_factors(text) == dict.fromkeys(FACTORS, Decimal("0.1"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Energy_factors { spm_eng = 1 }", "line 1: dram_eng: the key is missing"),
        ("Energy_factors { spm_eng = -1 }", "dram_eng"),
        ("Energy_factor { }", "did you mean Energy_factors?"),
        ("Energy_factors = 3", "found an entry"),
        ("", "Energy_factors: the block is missing"),
    ],
)
def test_wrong_energy_factors_are_told(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_energy_factors(text)
    assert message in str(caught.value)


def test_lines_give_names_kinds_and_words_with_their_places() -> None:
    (line,) = parse_lines("\n  c1: conv 3x8x9 -> 4, 3x3, s2, pad 1+0x2  # note\n")
    assert (line.name, line.kind.type, line.operands, line.kernel) == (
        "c1",
        "CONV",
        (("3", "8", "9"), ("4",)),
        ("3", "3"),
    )
    assert [(option.word.type, option.values) for option in line.options] == [
        ("STRIDE", (("2",),)),
        ("PAD", (("1", "0"), ("2",))),
    ]
    assert (line.kernel[0].line, line.kernel[0].column) == (2, 24)


def test_names_in_quotes_may_hold_anything_that_json_can() -> None:
    (line,) = parse_lines('"a \\"b\\": # \\u00e9": fc 3 -> 4')
    assert line.name == 'a "b": # é'


@pytest.mark.parametrize(
    "text",
    [
        "CONV 3X8x9→4 3x3 STRIDE=2",
        "conv 3 x 8 x 9 -> 4, kernel 3x3, stride 2",
        "conv 3×8×9 -> 4 k3x3 s2",
    ],
)
def test_spelling_is_free(text: str) -> None:
    (line,) = parse_lines(text)
    assert (line.operands, line.kernel, line.options[0].values) == (
        (("3", "8", "9"), ("4",)),
        ("3", "3"),
        (("2",),),
    )


@pytest.mark.parametrize(
    ("text", "column", "found", "expected"),
    [
        ("conf 3x8x8 -> 4, 3x3", 1, "conf", "multiply, host, or a name and ':'"),
        ("a: pool 3x8x8", 4, "pool", "one of conv, dwconv, convtranspose, maxpool, avgpool, fc, "),
        ("conv -> 4", 6, "-", "a number"),
        ("conv 3x8x8 - 4", 12, "-", "'x' or '->'"),
        ("conv 3x8x8 -> 4, 3x3, stried 3", 23, "stried", "stride or pad or dilation or groups or batch"),
        ("conv 3x8x8 -> 4, 3x3, s", 24, "the end", "a number"),
        ("fc 3 -> 4, stride 2", 12, "stride", "batch"),
        ("gemm 3x4 -> 4x5", 10, "-", "'*'"),
        ("gemm 3x4 * 4x5 * 5x6", 16, "*", "the end"),
        ("conv 3x8x8 -> 4, 3x3, pad full", 27, "full", "same or valid"),
        ("conv 3x8x8 -> 4, 3x3; s2", 21, ";", "the end"),
    ],
)
def test_an_unexpected_word_is_shown_with_a_caret_and_what_could_stand_there(
    text: str, column: int, found: str, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse_lines(text)
    mistake = caught.value
    assert (mistake.line, mistake.column) == (1, column)
    assert str(mistake.found).startswith(found)
    assert expected in str(mistake.expected)
    assert mistake.excerpt == f"{text}\n{' ' * (column - 1)}^"


@given(st.text(alphabet='conv fcgem\n#x0123456789->,*:"{}=_éAB\\', max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for parse in (parse_lines, parse_block, parse_energy_factors):
        try:
            parse(text)
        except InputError as mistake:
            assert str(mistake)
