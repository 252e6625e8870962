from pathlib import Path

import pytest

from solver.errors import InputError
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.switches.decode import decode
from solver.switches.switch_config import SwitchConfig
from solver.writers.stonne import StonneRun, run_stonne, stonne_arguments, stonne_command, why_not_stonne

NEST = LoopNest(R=3, S=2, C=4, K=6, G=2, X=5, Y=7, stride=(2, 2))


def config_of(nest: LoopNest = NEST, hardware: str = "maeri-64", **changes: str) -> SwitchConfig:
    return decode(nest, read_hardware(hardware, **changes), Tile(R=nest.R, C=2))  # type: ignore[arg-type]


def program(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "stonne"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_the_arguments_are_those_of_the_manual_with_totals_over_groups_and_a_padded_input() -> None:
    assert " ".join(stonne_arguments(config_of())) == (
        "-CONV -R=3 -S=2 -C=8 -K=12 -G=2 -N=1 -X=11 -Y=14 -strides=2 -T_R=3 -T_S=1 -T_C=2 -T_K=1 "
        "-T_G=1 -T_N=1 -T_X_=1 -T_Y_=1 -num_ms=64 -dn_bw=16 -rn_bw=16 -accumulation_buffer=1"
    )
    assert stonne_command(config_of()).startswith("stonne -CONV -R=3 ")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (config_of(LoopNest(C=2, X=4, Y=4, stride=(2, 1))), "one stride for rows and columns, not 2x1"),
        (config_of(LoopNest(C=2, R=2, dilation=(2, 1))), "no dilation"),
        (config_of(hardware="maeri-64-rtl"), "another adder tree"),
        (config_of(forwarding="none"), "cannot switch forwarding off"),
        (config_of(LoopNest(C=2, operation="max")), "cannot compare"),
    ],
)
def test_what_the_simulator_cannot_run_is_said(config: SwitchConfig, reason: str) -> None:
    assert reason in (why_not_stonne(config) or "")
    with pytest.raises(InputError, match="reference simulator"):
        stonne_arguments(config)


def test_the_user_s_build_is_run_in_a_folder_of_its_own(tmp_path: Path) -> None:
    body = 'echo "$@" > args; pwd > where; cp args where DIR\necho "Number of cycles running: 4711"\n'
    fake = program(tmp_path, body.replace("DIR", str(tmp_path)) + 'echo "Test passed correctly"')
    assert run_stonne(fake, config_of()) == StonneRun(4711, True)
    assert (tmp_path / "args").read_text().split() == list(stonne_arguments(config_of()))
    assert not Path((tmp_path / "where").read_text().strip()).exists()


@pytest.mark.parametrize("end", ["exit 0", "exit 1", "kill -ABRT $$"])
def test_a_failed_test_is_a_verdict_however_the_simulator_ends(tmp_path: Path, end: str) -> None:
    said = 'echo "Number of cycles running: 79"; echo "ERROR position 12: 382, 395"; echo "T test not passed"'
    run = run_stonne(program(tmp_path, f"{said}; {end}"), config_of())
    assert (run, run.verdict) == (StonneRun(79, False), "its check FAILED")


def test_a_bare_name_is_searched_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, 'echo "Number of cycles running: 5"; echo "Test passed correctly"')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="neither here nor on PATH"):
        run_stonne("stonne", config_of())
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert run_stonne("stonne", config_of()) == StonneRun(5, True)
    with pytest.raises(InputError, match="no such program"):
        run_stonne("./stonne", config_of())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run_stonne("~/stonne", config_of()) == StonneRun(5, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo bad tile >&2; exit 3", "failed, found exit code 3, bad tile, expected exit code 0 and a line"),
        ("exit 0", "found exit code 0, no output"),
        ("kill -ABRT $$", "found signal 6"),
        ("echo Number of cycles running: 5; exit 1", "found exit code 1"),
    ],
)
def test_a_failing_program_is_one_message(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_stonne(program(tmp_path, body), config_of())


def test_a_program_that_is_none_is_one_message(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    for path, message in (
        (tmp_path / "missing", "no such program"),
        (tmp_path, "found a directory"),
        (text, "the program cannot be run: Permission denied"),
    ):
        with pytest.raises(InputError, match=message):
            run_stonne(path, config_of())
