"""Text files come in whole and clean, and go out whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.files import kind_of, read_text, usable_name, write_all, write_bytes, write_text


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


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    monkeypatch.setattr("secrets.token_hex", lambda _: "0")  # even if the name could be foreseen
    planted = tmp_path / ".maeri-0.tmp"
    planted.symlink_to(victim)
    with pytest.raises(InputError, match="File exists"):
        write_text(tmp_path / "a.txt", "text")
    assert victim.read_text() == "precious" and planted.is_symlink()
    assert not (tmp_path / "a.txt").exists()


def test_temporary_names_differ_and_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (names.append(Path(a).name), real(a, b)))
    for number in range(3):
        write_text(tmp_path / (str(number) + "n" * 250), "text")
    assert len(set(names)) == 3 and max(map(len, names)) < 40


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o440])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    file.chmod(mode)
    write_text(file, "new", force=True)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", mode)


def test_a_new_file_has_the_permissions_that_the_user_asks_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_several_files_are_written_all_or_none(tmp_path: Path) -> None:
    old = tmp_path / "b" / "old"
    old.parent.mkdir()
    old.write_text("old")
    files = {tmp_path / "a" / "x": "1", tmp_path / "a" / "y" / "z": "2", old: "3"}
    with pytest.raises(InputError, match="exists already"):
        write_all(files, within=tmp_path / "a")
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "b", old] and old.read_text() == "old"
    write_all(files, within=tmp_path / "a", force=True)
    assert [path.read_text() for path in files] == ["1", "2", "3"]
    write_all({tmp_path / "new": "4"}, stale=[tmp_path / "a" / "y" / "z"])
    assert not (tmp_path / "a" / "y").exists() and (tmp_path / "a" / "x").exists()


def test_halves_of_characters_are_written_as_escapes(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "x\udcffy")
    assert (tmp_path / "a").read_text() == "x\\udcffy"


@pytest.mark.parametrize(("name", "kind"), [("a", ""), ("a/b", ""), (".", "folder"), ("/dev/null", "device")])
def test_what_stands_under_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert kind_of(name) == kind
    for impossible in ("n" * 256, "a\0b"):
        with pytest.raises(InputError, match="the name cannot be used"):
            kind_of(impossible)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("conv 2x6x6 -> 4, 3x3", "conv_2x6x6_-_4_3x3"),
        ("../a/é.x", "a_.x"),
        ("", "fc"),
        ("../", "fc"),
        ("n" * 100, "n" * 100),
    ],
)
def test_a_text_becomes_a_usable_name(text: str, name: str) -> None:
    assert usable_name(text, "fc") == name


def test_long_texts_become_different_names_of_at_most_so_many_letters() -> None:
    names = {usable_name(f"{'e' * 100}{end}") for end in "ab"}
    assert len(names) == 2
    assert all(len(name) == 100 for name in names)
