"""Full disks, closed pipes, odd names and terminals: a result or one message, and no result is lost."""

import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from solver.cli.main import main
from tests.support.cli_runs import run

LAYER = "fc 8 -> 4"
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")
LONG = "n" * 256
MAP = ("map", LAYER, *SMALL, "--no-baselines")
MRNA = ("--format", "mrna", "--out", "new/er")
EVALUATE = ("evaluate", LAYER, *SMALL, "--mapping", "S4")


@pytest.mark.parametrize(
    "args",
    [
        ("map", f"{LONG}.yaml", *SMALL),
        (*MAP, "--hardware", LONG),
        (*MAP, "--hardware", f"{LONG}.yaml"),
        (*MAP, "--energy-table", LONG),
        (*MAP, "--json", LONG),
        (*MAP, "--out", f"folder/{LONG}"),
        (*MAP, "--report", f"{LONG}.html"),
        (*MAP, "--objective", "pareto", "--csv", LONG),
        (*MAP, "--objective", "pareto", "--plot", f"{LONG}.png"),
        ("evaluate", LAYER, *SMALL, "--mapping", LONG),
        ("evaluate", LAYER, *SMALL, "--mapping", f"{LONG}.yaml"),
        ("simulate", LAYER, "--config", LONG),
        ("simulate", LAYER, "--config", f"{LONG}/{LONG}"),
        ("simulate", LAYER, *SMALL, "--input", LONG),
        ("configure", LAYER, *SMALL, "--mapping", "S4", "--out", LONG),
        ("convert", LAYER, "--out", LONG),
        ("convert", LAYER, "--out", f"{LONG}.yaml"),
        ("profile", LAYER, *SMALL, "--mapping", "S4", "--format", "mrna", "--out", LONG),
        ("explore", LAYER, *SMALL, "--plot", LONG),
        ("explore", LAYER, *SMALL, "--parquet", LONG),
        ("sweep", LONG, "--num-ms", "16", "--bandwidth", "4"),
        ("sweep", "--file", LONG),
        ("show", "--out", f"{LONG}.svg", *SMALL),
        ("network", LAYER, *SMALL, "--csv", LONG),
        ("design", LAYER, "--num-ms", "16", "--json", LONG),
    ],
)
def test_a_name_that_is_too_long_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    result = run(capsys, *args)
    assert (result.code, result.out) == (2, "")
    assert LONG in result.err or LONG[:70] in result.err
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_name_as_long_as_the_system_allows_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / ("n" * 250 + ".json")
    assert run(capsys, *EVALUATE, "--json", target).code == 0
    assert json.loads(target.read_text())
    assert list(tmp_path.iterdir()) == [target]


def test_a_sweep_under_the_longest_name_is_whole(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What an earlier run that was stopped may have left is looked for under a name that can exist."""
    target = tmp_path / ("n" * 251 + ".csv")
    sweep = ("sweep", LAYER, "--num-ms", "16", "--bandwidth", "4", "--no-cache", "--csv", target)
    result = run(capsys, *sweep)
    assert (result.code, result.err) == (0, "")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "args",
    [
        (*MAP[:1], *MAP[2:], "--json", "a.json"),
        ("configure", *SMALL, "--out", "folder"),
        ("profile", *SMALL, "--format", "mrna", "--out", "folder"),
        ("convert", "--out", "folder"),
        ("network", *SMALL, "--no-baselines", "--no-cache", "--report", "a.html"),
    ],
)
def test_names_of_layers_may_be_longer_than_those_of_files(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    args: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = [f"  - {{name: {LONG}/{name}, kind: fc, inputs: 8, outputs: {name}}}" for name in (3, 4)]
    Path("two.yaml").write_text("layers:\n" + "\n".join(entries) + "\n")
    result = run(capsys, args[0], "two.yaml", *args[1:])
    assert (result.code, result.err) == (0, "")
    if Path("folder").exists():
        assert len({file.name for file in Path("folder").iterdir()}) == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_our_signs_gets_others(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["evaluate", '"é×": fc 8 -> 4', *SMALL, "--mapping", "S4"]) == 0
    written = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert ("\\xe9x" if encoding == "ascii" else "é×") in written


def test_json_is_utf_8_on_every_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["evaluate", "é: fc 8 -> 4", *SMALL, "--mapping", "S4", "--json", "-"]) == 0
    assert json.loads(stream.buffer.getvalue().decode("utf-8"))["layer"]["name"] == "é"  # type: ignore[attr-defined]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
@pytest.mark.parametrize("args", [MAP, EVALUATE, ("convert", LAYER), (*EVALUATE, "--json", "-"), ("--help",)])
def test_a_full_standard_output_is_one_message(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(list(args)) == 2
    message = "error: the standard output cannot be written: No space left on device\n"
    assert capsys.readouterr().err == message


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
def test_files_are_written_although_the_standard_output_is_full(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main([*MAP, "--json", str(tmp_path / "a.json"), "--out", str(tmp_path / "a.yaml")]) == 2
    assert json.loads((tmp_path / "a.json").read_text())["proved"]
    assert (tmp_path / "a.yaml").exists()


def test_a_process_without_standard_streams_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main([*EVALUATE, "--json", str(tmp_path / "a.json")]) == 0
    assert main(["evaluate", "nothing", *SMALL, "--mapping", "S4"]) == 2
    assert (tmp_path / "a.json").exists()


def test_in_a_deleted_folder_relative_names_are_refused_and_others_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run(capsys, *EVALUATE).code == 0
    result = run(capsys, *EVALUATE, "--json", "a.json")
    assert (result.code, result.err) == (2, "error: a.json: the working directory does not exist any more\n")
    for option in (("--hardware", "x.yaml"), ("--json", tmp_path / "no" / "a.json")):
        assert run(capsys, *EVALUATE, *option).code == 2
    assert run(capsys, "convert", LAYER, "--out", "folder").code == 2
    gone_config = run(capsys, "simulate", LAYER, "--config", "x")
    assert (gone_config.code, gone_config.err) == (
        2,
        "error: x: the working directory does not exist any more\n",
    )
    assert run(capsys, *EVALUATE, "--json", tmp_path / "a.json").code == 0


def test_names_that_are_no_text_are_read_and_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    source.write_text(LAYER)
    assert (
        run(capsys, "convert", source, "--out", tmp_path / "a.yaml", "--json", tmp_path / "a.json").code == 0
    )
    assert json.loads((tmp_path / "a.json").read_text())["network"].endswith("\udcff.txt")
    assert run(capsys, "evaluate", source, *SMALL, "--mapping", "S4", "--json", "-").code == 0
    assert run(capsys, "network", source, *SMALL, "--no-cache", "--no-baselines").code == 0


@pytest.mark.parametrize("text", ["host softmax 1000", "host softmax 1000\nhost relu 10"])
@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_a_network_without_array_layers_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, objective: str
) -> None:
    source = tmp_path / "net.txt"
    source.write_text(text)
    files = ("--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv", "--report", tmp_path / "a.html")
    result = run(capsys, "network", source, *SMALL, "--objective", objective, "--no-cache", *files)
    assert "nothing runs on the array" in result.out
    assert "Traceback" not in result.err and result.code != 70
    assert json.loads((tmp_path / "a.json").read_text())["total"]["cycles"] == 0


@pytest.mark.filterwarnings("error")
def test_a_sweep_without_array_layers_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pictures = ("--report", tmp_path / "a.html", "--plot", tmp_path / "plots")
    options = ("--num-ms", "16,32", "--bandwidth", "4", "--no-cache", *pictures)
    assert run(capsys, "sweep", "host softmax 1000", *options).code == 0


@pytest.mark.parametrize("objective", ["energy", "edp"])
def test_a_chip_that_needs_no_energy_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, objective: str
) -> None:
    from solver.hardware.energy_table import ENERGY_ENTRIES

    table = tmp_path / "zero.yaml"
    table.write_text("".join(f"{entry}: 0\n" for entry in ENERGY_ENTRIES))
    smallest = ("--num-ms", "4", "--dn-bw", "4", "--rn-bw", "4")
    common = ("fc 2 -> 2", *smallest, "--energy-table", table, "--objective", objective)
    assert run(capsys, "map", *common, "--reduction", "rtl", "--no-baselines", "--json", "-").code == 0
    assert run(capsys, "explore", *common).code == 0
    assert run(capsys, "network", *common, "--no-cache").code == 0


def test_what_the_system_refuses_is_no_defect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, words in (
        (OSError(24, "Too many open files", "x.yaml"), "x.yaml: Too many open files"),
        (MemoryError(), "not enough memory"),
    ):

        def read_layers(*_: object, error: BaseException = error) -> list:
            raise error

        monkeypatch.setattr("solver.readers.read.read_model", read_layers)
        result = run(capsys, "map", LAYER)
        assert (result.code, result.out) == (2, "")
        assert words in result.err


def _full(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let files be opened `after` times, then say that the disk is full."""
    real, opened = os.open, 0

    def opening(path: object, flags: int, *args: int, **more: int) -> int:
        nonlocal opened
        if flags & os.O_CREAT:
            opened += 1
            if opened > after:
                raise OSError(28, "No space left on device")
        return real(path, flags, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", opening)


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize(
    "args",
    [
        ("configure", LAYER, *SMALL, "--mapping", "S4", "--out", "new"),
        ("configure", "a: fc 8 -> 4\nb: fc 8 -> 2", *SMALL, "--mapping", "S2", "--out", "new"),
        ("convert", "\n".join([LAYER] * 5), "--out", "new"),
        ("profile", "\n".join(f"{name}: {LAYER}" for name in "abcd"), *SMALL, "--mapping", "S4", *MRNA),
    ],
)
def test_a_full_disk_leaves_no_folder_behind(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    args: tuple[str, ...],
    after: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    _full(monkeypatch, after)
    result = run(capsys, *args)
    assert (result.code, result.out) == (2, "")
    assert "No space left on device" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_an_older_configuration_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    common = ("configure", LAYER, *SMALL, "--out", out, "--force", "--mapping")
    assert run(capsys, *common, "S4").code == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    _full(monkeypatch, 2)
    assert run(capsys, *common, "S2").code == 2
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_files_of_the_outputs_keep_their_permissions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    target.chmod(0o640)
    assert run(capsys, *EVALUATE, "--json", target, "--force").code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize("columns", ["0", "000", "x", "-5", "", "9" * 30])
def test_an_odd_width_loses_no_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert "1 layer: 1 fc (32 MACs)" in run(capsys, "convert", LAYER).out


def test_a_device_is_refused_once(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "evaluate", LAYER, *SMALL, "--mapping", "S4", "--hardware", "/dev/../dev/null")
    assert result.code == 2
    assert run(capsys, "sweep", "--file", "/dev/null").err == (
        "error: /dev/null: found a device, expected a file\n"
    )
