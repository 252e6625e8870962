import os
from pathlib import Path

import pytest

from solver.cli.output import check_targets, unfinished
from solver.errors import InputError


def test_existing_files_are_refused_unless_forced(tmp_path: Path) -> None:
    target = tmp_path / "old.json"
    target.write_text("old")
    with pytest.raises(InputError, match="say --force"):
        check_targets([str(target)], sources=[], force=False)
    check_targets([str(target)], sources=[], force=True)


def test_what_is_read_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "layer.yaml"
    source.write_text("kind: fc")
    with pytest.raises(InputError, match="read by the same command"):
        check_targets([str(tmp_path / "." / "layer.yaml")], sources=[str(source)], force=True)


def test_two_outputs_cannot_share_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two outputs"):
        check_targets([str(tmp_path / "a"), str(tmp_path / "a")], sources=[], force=True)


def test_a_folder_or_device_is_no_target(tmp_path: Path) -> None:
    for target in (str(tmp_path), os.devnull):
        with pytest.raises(InputError, match="a folder or device"):
            check_targets([target], sources=[], force=True)


def test_a_missing_folder_is_noticed_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder of this file does not exist"):
        check_targets([str(tmp_path / "no" / "a.json")], sources=[], force=False)


def test_stdout_and_nothing_need_no_check() -> None:
    check_targets([None, "-"], sources=["-"], force=False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.csv", "a/b.csv.partial"),
        (f"a/{'n' * 247}", f"a/{'n' * 247}.partial"),
        (f"a/{'n' * 251}.csv", f"a/{'n' * 243}.csv.partial"),
        (f"ü{'ü' * 125}.csv", f"{'ü' * 121}.csv.partial"),
        ("-", "-"),
        (None, None),
    ],
)
def test_outputs_of_a_stopped_run_have_names_that_can_exist(name: str | None, expected: str | None) -> None:
    assert unfinished(name) == expected
