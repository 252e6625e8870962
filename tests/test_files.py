"""Text files come in whole and clean, and go out whole or not at all."""

import os
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.files import read_text, write_text


def test_line_ends_of_all_systems_become_newlines(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"a\r\nb\rc\n")
    assert read_text(file) == "a\nb\nc\n"


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfkind: fc")
    assert read_text(file) == "kind: fc"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "empty"),
        (b" \n\t\n", 1, "empty"),
        (b"ok\n\x89PNG\0\0", 2, "binary"),
        (b"ok\nok\ncaf\xe9", 3, "0xe9"),
        ("kind: fc".encode("utf-16"), 1, "binary"),
    ],
)
def test_what_is_not_text_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int, message: str
) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_text(file)
    assert (caught.value.file, caught.value.line) == (str(file), line)


@pytest.mark.parametrize(
    ("path", "message"),
    [("missing.txt", "no such file"), (".", "directory"), ("/dev/null", "device"), ("a\0b", "null")],
)
def test_what_is_not_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        read_text(path)


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_text(file, "one")
    with pytest.raises(InputError, match="exists already"):
        write_text(file, "two")
    assert file.read_text() == "one"
    write_text(file, "two", force=True)
    assert file.read_text() == "two"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(InputError, match="No space left"):
        write_text(tmp_path / "a.txt", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_or_a_folder_as_target_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "a.txt", tmp_path):
        with pytest.raises(InputError):
            write_text(path, "text")


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new", force=True)
    assert link.is_symlink()
    assert target.read_text() == "new"
