"""Long runs that are stopped: what is done is written, and the same command goes on."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from solver.cli.options import ExecutorFlags
from solver.errors import NothingFoundError
from solver.jobs.base import LOST, Outcome, Serial, TaskFailure
from solver.layer import Primitive
from solver.questions import map_layer as map_layer_module
from solver.questions.cache.store import Cache
from tests.support.cli_runs import run
from tests.support.examples.stopping import Dying

LAYERS = 'layers: ["conv 2x5x5 -> 2, 3x3", "fc 8 -> 4", "fc 6 -> 5"]'
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("command", ["network", "sweep", "sweep --front"])
def test_a_stopped_run_goes_on_with_the_same_command(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
    lost: bool,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(LAYERS)
    asked = [*command.split(), "net.yaml", *SMALL, "--csv", "c.csv", "--json", "c.json"]
    dying = Dying(lost)
    dying.width = 3
    with monkeypatch.context() as patch:
        patch.setattr(ExecutorFlags, "read", lambda self: dying)
        stopped = run(capsys, *asked)
    assert stopped.code == (1 if lost else 130)
    assert not Path("c.csv").exists() and not Path("c.json").exists()
    assert "what is done is in c.json.partial, c.csv.partial" in stopped.err
    # One line, however many layers were not answered.
    said = [line for line in (stopped.out + stopped.err).splitlines() if "scheduler was lost" in line]
    assert len(said) == int(lost)
    done = run(capsys, *asked)
    assert done.code == 0, done.err
    assert "1 from the cache" in done.out
    assert sorted(path.name for path in tmp_path.glob("c.*")) == ["c.csv", "c.json"]
    assert "missing" not in Path("c.csv").read_text()


class Gone(Serial):
    """Nobody has ever been there to run a task, bounds included."""

    asked = 0

    def run(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Outcome]:
        """See `Executor.run`."""
        self.asked += 1
        for index in range(len(items)):
            yield Outcome(index, TaskFailure(LOST, "gone"), 1)


@pytest.mark.parametrize("command", ["network", "sweep", "sweep --front", "design"])
def test_nothing_more_is_asked_of_a_scheduler_that_is_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(LAYERS)
    gone = Gone()
    monkeypatch.setattr(ExecutorFlags, "read", lambda self: gone)
    sizes = SMALL if command == "network" else ("--num-ms", "16..64", "--bandwidth", "4..8")
    stopped = run(capsys, *command.split(), "net.yaml", *sizes, "--no-cache")
    assert stopped.code == 1 and gone.asked == 1
    said = [line for line in (stopped.out + stopped.err).splitlines() if "scheduler was lost" in line]
    assert len(said) == 1


@pytest.mark.parametrize("command", ["map", "network"])
def test_a_layer_for_which_nothing_was_found_in_time_does_not_lose_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    real = map_layer_module.solve

    def out_of_time(layer: Primitive, *rest: object, **options: object) -> object:
        if layer.name.endswith("1"):
            raise NothingFoundError.of(layer.name, 0.5)
        return real(layer, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(map_layer_module, "solve", out_of_time)
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(LAYERS)
    cache = ("--no-cache",) if command == "network" else ()
    found = run(capsys, command, "net.yaml", *SMALL, *cache)
    assert "1: time was up after 0.5 s, before any mapping was found" in found.out + found.err
    assert found.code == (1 if command == "network" else 3)
    assert "net/2" in found.out and "net/3" in found.out and "optimal" in found.out
    alone = run(capsys, "map", "net.yaml:1", *SMALL)
    assert alone.code in (2, 3) and not alone.out


@pytest.mark.parametrize("lost", [False, True])
def test_a_stopped_design_goes_on_with_the_same_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lost: bool
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(LAYERS)
    asked = ["design", "net.yaml", "--num-ms", "16..64", "--bandwidth", "4..8", "--json", "d.json"]
    dying = Dying(lost)
    dying.width = 3
    with monkeypatch.context() as patch:
        patch.setattr(ExecutorFlags, "read", lambda self: dying)
        stopped = run(capsys, *asked)
    assert stopped.code == (1 if lost else 130)
    assert "what is done is in d.json.partial" in stopped.err
    said = [line for line in (stopped.out + stopped.err).splitlines() if "scheduler was lost" in line]
    assert len(said) == int(lost)
    done = run(capsys, *asked)
    assert done.code == 0, done.err
    assert "1 of them from the cache" in done.out
    assert [path.name for path in tmp_path.glob("d.*")] == ["d.json"]


def test_a_stopped_run_leaves_what_stood_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(LAYERS)
    Path("c.csv").write_text("earlier")
    monkeypatch.setattr(ExecutorFlags, "read", lambda self: Dying(False))
    stopped = run(capsys, "network", "net.yaml", *SMALL, "--csv", "c.csv", "--force")
    assert stopped.code == 130
    assert Path("c.csv").read_text() == "earlier"
    assert Path("c.csv.partial").exists()


def test_a_sweep_that_was_killed_goes_on_and_shows_how_far_it_is(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "TERM": "xterm", "NO_COLOR": "1"}
    sizes = ("--num-ms", "16..128", "--dn-bw", "2..8", "--rn-bw", "2..8", "--json", "-")
    # More than what is answered in the second after which answers are kept.
    asked = [sys.executable, "-m", "solver", "sweep", "conv 4x9x9 -> 6, 3x3", "fc 30 -> 14", *sizes]
    process = subprocess.Popen(asked, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cache = Cache(tmp_path / "maeri-solver" / "answers.sqlite")
    while cache.counts()[0] < 4 and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    kept, usable = cache.counts()
    assert kept == usable >= 4
    ours, theirs = pty.openpty()
    process = subprocess.Popen(asked, env=environment, stdout=(tmp_path / "out").open("w"), stderr=theirs)
    os.close(theirs)
    seen = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", b"".join(_read(ours)))
    os.close(ours)
    assert process.wait() == 0
    answer = json.loads((tmp_path / "out").read_text())
    assert answer["cached"] == kept < answer["questions"]
    shown = re.findall(rb"(\d+)/(\d+) \S+ left \S+", seen)
    counts = [int(count) for count, _ in shown]
    assert counts == sorted(counts) and counts[-1] == answer["questions"]
    assert {int(total) for _, total in shown} == {answer["questions"]}


def _read(terminal: int) -> Iterator[bytes]:
    """Yield what is shown on a terminal until nobody is left who could write."""
    with suppress(OSError):
        while shown := os.read(terminal, 1 << 16):
            yield shown
