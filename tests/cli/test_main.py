import os
import subprocess
import sys
from pathlib import Path

import pytest

from solver import __version__
from solver.cli.main import COMMANDS
from solver.errors import InfeasibleError, InputError, InternalError
from tests.support.cli_runs import run

SMALL = "small: conv 4x6x6 -> 4, 3x3"


def raising(error: BaseException):
    def read_layers(*_: object) -> list:
        raise error

    return read_layers


def test_help_documents_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "--help")
    assert result.code == 0
    for code in ("0 ", "2 ", "3 ", "4 ", "70 ", "130 "):
        assert f"\n    {code}" in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_codes(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    result = run(capsys, command, "--help")
    assert result.code == 0
    if "Commands:" in result.out:  # a group: its commands are short, the exit codes are in the main help
        return
    assert f"python -m solver {command} " in result.out
    assert "Exit codes: 0" in result.out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert __version__ in run(capsys, "--version").out


@pytest.mark.parametrize("args", [[], ["mapp"], ["map"], ["map", SMALL, "--colour"], ["evaluate", SMALL]])
def test_wrong_usage_exits_2_and_prints_nothing_on_stdout(
    capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    result = run(capsys, *args)
    assert result.code == 2
    assert result.out == ""
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("wrong", file="x.yaml", line=3), 2),
        (InfeasibleError("no room"), 4),
        (InternalError("below the bound"), 70),
        (ZeroDivisionError("oops"), 70),
        (ModuleNotFoundError("lark", name="lark"), 2),  # called with a Python it is not installed for
        (ModuleNotFoundError("solver.gone", name="solver.gone"), 70),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_becomes_one_message_and_its_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    monkeypatch.setattr("solver.readers.read.read_model", raising(error))
    result = run(capsys, "map", SMALL)
    assert result.code == code
    assert result.out == ""
    assert "Traceback" not in result.err
    assert str(error) in result.err


def test_an_internal_error_asks_for_a_report_and_debug_shows_where(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solver.readers.read.read_model", raising(ZeroDivisionError("oops")))
    assert "please report it" in run(capsys, "map", SMALL).err
    result = run(capsys, "--debug", "map", SMALL)
    assert result.code == 70
    assert "Traceback" in result.err


def test_help_needs_neither_the_solver_nor_numpy() -> None:
    code = (
        "import sys\n"
        "from solver.cli.main import main\n"
        "main(['map', '--help'])\n"
        "heavy = {'ortools', 'numpy', 'rich', 'pydantic', 'yaml', 'lark'} & set(sys.modules)\n"
        "print(heavy or '', file=sys.stderr, end='')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m solver map --help | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert result.stderr == ""


def test_a_python_without_what_the_program_needs_is_told_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cloup.py").write_text("raise ModuleNotFoundError(name='cloup')\n")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    result = subprocess.run(
        [sys.executable, "-m", "solver", "map", "fc 3 -> 4"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert "found no package cloup" in result.stderr and result.stderr.count("\n") == 1
