"""YAML keeps what the user wrote and where, and every mistake becomes one `InputError`."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.errors import InputError
from solver.yamlfile import Count, Exact, Flag, Name, YamlModel, load, parse, validate
from solver.yamlfile.values import YamlList, YamlMap


class Entry(YamlModel):
    n: Count
    y: Count = 1
    on: Flag = False
    energy: Exact = Decimal(0)
    name: Name = ""


def entry(text: str) -> Entry:
    return validate(Entry, parse(text, file="e.yaml"), file="e.yaml")


def error(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        entry(text)
    return caught.value


def test_keys_that_yaml_1_1_takes_for_booleans_stay_words() -> None:
    assert (entry("n: 4\ny: 2\non: yes").n, entry("n: 4\ny: 2").y, entry("n: 4\non: yes").on) == (4, 2, True)


def test_names_that_look_like_numbers_stay_as_written() -> None:
    assert [entry(f"n: 1\nname: {name}").name for name in ("1e3", "010", "no", "3.10")] == [
        "1e3",
        "010",
        "no",
        "3.10",
    ]


def test_decimals_never_pass_through_floats() -> None:
    assert (
        str(entry("n: 1\nenergy: 0.1000000000000000055511151231").energy) == "0.1000000000000000055511151231"
    )


def test_json_is_yaml() -> None:
    assert entry('{"n": 4, "on": true}') == Entry.model_construct(
        n=4, y=1, on=True, energy=Decimal(0), name=""
    )


def test_every_value_knows_its_line() -> None:
    document = parse("a: 1\nb:\n  - 2\n  - c: 3\n")
    assert isinstance(document, YamlMap)
    items = document["b"]
    assert isinstance(items, YamlList)
    assert (document["a"].line, items[0].line, items[1].key_lines["c"]) == (1, 3, 4)


@pytest.mark.parametrize(
    "written", ["5.9", "1e3", "27px", "true", "0", "-3", "010", "0x10", "1_000", "'4'", "[4]", "~"]
)
def test_integers_are_plain_digits_and_the_message_shows_what_was_written(written: str) -> None:
    mistake = error(f"y: 1\nn: {written}")
    assert (mistake.file, mistake.line, mistake.field) == ("e.yaml", 2, "n")
    assert "expected an integer of at least 1" in str(mistake)


def test_an_unknown_key_lists_the_known_ones_and_the_close_one() -> None:
    message = str(error("n: 1\nenergi: 2"))
    assert message.startswith("e.yaml:2: energi: unknown key (did you mean energy?)")
    assert "one of n, y, on, energy, name" in message


def test_several_mistakes_are_one_message_in_the_order_of_the_file() -> None:
    mistake = error("y: 0\nbad: 1\non: 3")
    assert mistake.line == 1
    assert [other.line for other in mistake.others] == [1, 2, 3]
    assert str(mistake).count("\n") == 3


def test_a_key_given_twice_is_refused_with_both_lines() -> None:
    message = str(error("n: 1\ny: 2\nn: 3"))
    assert message == "e.yaml:3: n: found the key n twice, expected the key once (first on line 1)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("n: [1, 2\ny: 3", 2),
        ("n: 1\n\ty: 2", 2),
        ("n: 1\n---\nn: 2", 2),
        ("n: 1\n%: @", 2),
        ("n: *missing", 1),
        ("n: 1\ny: \x01", 2),
        ("n: !!python/object:os.system 1", 1),
        ("n: 1\ny: !custom 2", 2),
        ("a: &a [*a]", 1),
        ("? [a]\n: 1", 1),
        ("# nothing", 1),
        ("- 1", 1),
        ("text", 1),
        ('n: "\\ud800"', 1),
        ('"\\ud800": 1', 1),
        pytest.param("[" * 5000, 1, id="deep"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    mistake = error(text)
    assert (mistake.file, mistake.line) == ("e.yaml", line)


def test_aliases_that_multiply_do_no_harm() -> None:
    text = "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    assert len(str(error(text + "n: *a59"))) < 5000


def test_load_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.yaml: no such file"):
        load(tmp_path / "missing.yaml")


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        validate(Entry, parse(text))
    except InputError as mistake:
        assert str(mistake)
