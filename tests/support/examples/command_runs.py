"""A small run of every command that writes JSON, and of every sort of answer that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.cli.main import main
from solver.cli.options import ExecutorFlags
from tests.support.examples.stopping import Dying

LAYER = "conv 2x6x6 -> 4, 3x3"
SMALL = ("--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4")
DRAM = (*SMALL, "--buffer", "512", "--dram-bw", "4")
COMMANDS: dict[str, tuple[str, ...]] = {
    "map": ("map", LAYER, *SMALL, "--clock", "600 MHz"),
    "map two-level": ("map", LAYER, *DRAM),
    "map rtl": ("map", LAYER, *SMALL, "--reduction", "rtl"),
    "pareto": ("map", LAYER, *DRAM, "--objective", "pareto", "--csv", "pareto.csv"),
    "evaluate": ("evaluate", LAYER, *SMALL, "--mapping", "R3 S3"),
    "explain": ("explain", LAYER, *SMALL, "--objective", "latency"),
    "explore": ("explore", LAYER, *SMALL, "--csv", "explore.csv"),
    "explore two-level": ("explore", LAYER, *DRAM, "--samples", "50"),
    "network": ("network", "net.yaml", *SMALL, "--csv", "network.csv"),
    "sweep": ("sweep", "net.yaml", *SMALL, "--csv", "sweep.csv"),
    "design": ("design", "net.yaml", *SMALL),
    "configure": ("configure", LAYER, *SMALL, "--out", "folder"),
    "configure two-level": ("configure", LAYER, *DRAM, "--out", "levels"),
    "simulate": ("simulate", LAYER, *SMALL),
    "profile": ("profile", LAYER, *SMALL),
    "convert": ("convert", "net.yaml"),
}
"""A run of every command; their names stand in the messages."""

NETWORK = (
    f'layers: ["{LAYER}", "fc 8 -> 4", {{kind: lstm, inputs: 4, hidden: 4, steps: 2}}, '
    "{kind: host, operation: Softmax, elements: 10}]"
)
MORE: dict[str, tuple[str, ...]] = {
    "map pieces": ("map", LAYER, *SMALL, "--pieces", "2"),
    "map two layers": ("map", LAYER, "fc 8 -> 4", *SMALL, "--no-baselines"),
    "map out of time": ("map", LAYER, *DRAM, "--time-limit", "1e-6"),
    "map front out of time": ("map", LAYER, *DRAM, "--objective", "pareto", "--time-limit", "1e-6"),
    "map nothing": ("map", LAYER, *SMALL, "--buffer", "8", "--dram-bw", "2"),
    "map front": ("map", LAYER, *SMALL, "--objective", "pareto"),
    "evaluate two-level": ("evaluate", LAYER, *DRAM, "--mapping", "R3 S3"),
    "explain two-level": ("explain", LAYER, *DRAM, "--objective", "energy"),
    "network two-level": ("network", "net.yaml", *DRAM, "--clock", "600 MHz"),
    "sweep front": ("sweep", "net.yaml", "--num-ms", "16..32", "--front"),
    "configure rtl": ("configure", LAYER, *SMALL, "--reduction", "rtl", "--out", "rtl"),
    "configure parts": ("configure", "lstm.yaml", *SMALL, "--out", "lstm"),
    "simulate pieces": ("simulate", LAYER, *SMALL, "--pieces", "2"),
    "simulate parts": ("simulate", "lstm.yaml", *SMALL),
    "simulate two-level": ("simulate", LAYER, *DRAM),
    "profile two-level": ("profile", LAYER, *DRAM),
    "profile of a mapping": ("profile", LAYER, *SMALL, "--mapping", "R3 S3"),
}
"""Other answers of the same commands."""

CODES = {"map nothing": 4, "map out of time": 3, "map front out of time": 3}
"""Exit codes of the runs that do not end with 0."""

STOPPED: dict[str, tuple[str, ...]] = {
    "network stopped": ("network", "net.yaml", *SMALL),
    "sweep stopped": ("sweep", "net.yaml", *SMALL),
    "sweep front stopped": ("sweep", "net.yaml", "--num-ms", "16..32", "--front"),
    "design stopped": ("design", "net.yaml", "--num-ms", "16..32"),
}
"""Answers of runs that end after one layer, by Ctrl-C."""


def make_runs(folder: Path) -> dict[str, str]:
    """Run every command in a folder, where its tables stay; return the JSON texts under the runs' names."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        Path("net.yaml").write_text(NETWORK)
        Path("lstm.yaml").write_text("kind: lstm\ninputs: 4\nhidden: 4\nsteps: 2\n")
        for name, words in (COMMANDS | MORE).items():
            target = folder / f"{name.replace(' ', '-')}.json"
            assert main([*words, "--json", str(target)]) == CODES.get(name, 0), name
            found[name] = target.read_text()
        patch.setattr(ExecutorFlags, "read", lambda flags: Dying(lost=False))
        for name, words in STOPPED.items():
            assert main([*words, "--no-cache", "--json", f"{name}.json"]) == 130, name
            found[name] = Path(f"{name}.json.partial").read_text()
    return found
