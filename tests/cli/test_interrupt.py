"""Ctrl-C delivered to a real process, while the search (one that never ends by itself) is at work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, time
import solver.search.hunt
from solver.cli.main import main
from solver.search.search import Outcome

def enumerate_all(model, **rest):
    try:
        print("searching", file=sys.stderr, flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("stopping", file=sys.stderr, flush=True)
        {stopping}
    return Outcome(complete=False, interrupted=True, tiles={{}})

sys.modules['solver.search.hunt'].enumerate_all = enumerate_all
sys.exit(main(sys.argv[1:]))
"""
REAL = """
import sys
from dataclasses import replace
import solver.search.hunt as hunt
from solver.cli.main import main

search = hunt.enumerate_all

def enumerate_all(model, **rest):
    print("searching", file=sys.stderr, flush=True)
    while True:  # however fast it is, Ctrl-C finds it at work
        outcome = search(model, **rest)
        if outcome.interrupted:
            return outcome

hunt.enumerate_all = enumerate_all
sys.exit(main(sys.argv[1:]))
"""
LAYERS = ["one: conv 4x6x6 -> 4, 3x3", "two: fc 8 -> 4"]


def start(program: str, *args: str) -> subprocess.Popen[str]:
    """Start the program and wait until it searches."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, "map", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test run in the background would hand down an ignored signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "searching\n"
    return process


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_prints_the_best_so_far_and_exits_130(tmp_path: Path, told: signal.Signals) -> None:
    target = tmp_path / "r.json"
    process = start(PROGRAM.format(stopping="pass"), *LAYERS, "--detail", "--json", str(target))
    os.kill(process.pid, told)
    out, err = process.communicate(timeout=50)
    assert process.returncode == 130
    assert out.startswith("one: INTERRUPTED, not proved optimal · latency ")
    assert "interrupted: 1 of 2 layers answered" in err
    assert "Traceback" not in err
    (entry,) = json.loads(target.read_text())
    assert entry["status"] == "interrupted"
    assert entry["bound"] <= entry["objective_value"]


def test_a_second_ctrl_c_quits_at_once(tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    process = start(PROGRAM.format(stopping="time.sleep(60)"), *LAYERS, "--detail", "--json", str(target))
    os.kill(process.pid, signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.readline() == "stopping\n"
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=40)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert not target.exists()


def test_the_real_search_stops() -> None:
    process = start(REAL, *LAYERS)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=50)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
