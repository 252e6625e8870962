"""An error is one message that says where, what was found and what was expected."""

from solver.errors import InputError, unknown


def test_a_message_names_place_field_found_and_expected() -> None:
    error = InputError(file="a.yaml", line=3, column=7, field="kernel", found=0, expected="more")
    assert str(error) == "a.yaml:3:7: kernel: found 0, expected more"


def test_places_are_filled_in_where_they_are_unknown() -> None:
    error = InputError("wrong", field="kernel").at(file="a.yaml", line=3, field="input")
    assert str(error) == "a.yaml:3: kernel: wrong"


def test_the_line_of_another_file_is_not_mixed_in() -> None:
    assert (
        str(InputError("no such file", file="table.yaml").at(file="hw.yaml", line=4))
        == "table.yaml: no such file"
    )


def test_other_mistakes_follow_and_long_values_are_cut() -> None:
    others = tuple(InputError("wrong", line=line) for line in range(2, 14))
    message = str(InputError(found="x" * 999, line=1, others=others))
    assert "x" * 77 + "..." in message
    assert message.endswith("\n  also line 10: wrong\n  and 3 more mistakes")


def test_an_unknown_word_gets_the_known_ones_and_a_hint() -> None:
    assert str(unknown("kind", "cnv", ["conv", "fc"])) == (
        "unknown kind (did you mean conv?), found cnv, expected one of conv, fc"
    )


def test_bytes_that_are_no_text_do_not_break_the_message() -> None:
    message = str(InputError("no such file", file="a\udcff.yaml", found="b\x1b"))
    assert message == "a\\udcff.yaml: no such file, found b\\x1b"
