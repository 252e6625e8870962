"""What the public hardware cannot do is refused in every command, with the reason and a way out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import solver
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InputError
from solver.execution.build import build_config
from solver.execution.faults import SwitchFaultError
from solver.execution.program import load
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.layer.base import Loops
from solver.legal.tiles import legal_tiles, legality
from solver.mapping.tile import Tile
from solver.search.solve import solve
from solver.writers.config_folder import folder_of, read_folder, write_folder
from tests.support.cli_runs import run

POOL = "pool: maxpool 1x5x5, 3x3"
WHY = "the adder switches of the real hardware only add, they cannot compare"
WAY_OUT = "leave the maximum to the host, or map it with reduction: simulator"
REAL = ("--hardware", "maeri-64-rtl")
MAXIMUM = LoopNest(R=3, S=3, G=2, X=3, Y=3, operation="max")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["map", POOL], 4),
        (["map", POOL, "--objective", "pareto"], 4),
        (["evaluate", POOL, "--mapping", "R3 S3"], 2),
        (["configure", POOL, "--mapping", "R3 S3", "--out", "DIR"], 2),
        (["configure", POOL, "--out", "DIR"], 4),
        (["simulate", POOL, "--mapping", "R3 S3"], 2),
        (["show", POOL, "--mapping", "R3 S3"], 2),
        (["profile", POOL, "--no-cache"], 4),
        (["explain", POOL], 4),
        (["explore", POOL], 4),
        (["network", POOL, "--no-cache"], 1),
        (["sweep", POOL, "--num-ms", "64", "--no-cache"], 1),
        (["design", POOL, "--num-ms", "64", "--bandwidth", "16", "--no-cache"], 4),
    ],
    ids=lambda value: " ".join(value[::2]) if isinstance(value, list) else str(value),
)
def test_every_command_refuses_a_maximum(
    args: list[str], code: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "c"
    result = run(capsys, *[folder if arg == "DIR" else arg for arg in args], *REAL)
    told = " ".join((result.out + result.err).split())
    assert (result.code, folder.exists()) == (code, False)
    assert told.count(WHY) == told.count(WAY_OUT) == 1
    assert "pool" in told


def test_a_network_names_the_maximum_and_keeps_the_other_layers(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    network = tmp_path / "net.yaml"
    network.write_text(f"layers:\n- 'a: fc 8 -> 4'\n- '{POOL}'\n- 'b: avgpool 1x5x5, 3x3'\n")
    result = run(capsys, "network", network, "--no-cache", "--no-baselines", *REAL)
    assert result.code == 1
    assert "2 of 3 layers proved optimal" in result.out
    assert f"pool: infeasible: maximum: {WHY}" in result.err


@pytest.mark.parametrize("call", [solver.map, solver.pareto, solver.explain, solver.explore])
def test_python_refuses_a_maximum(call) -> None:
    with pytest.raises(InfeasibleError, match=WHY):
        call(POOL, "maeri-64-rtl")
    with pytest.raises(InputError, match=WHY):
        solver.evaluate(POOL, "R3 S3", "maeri-64-rtl")


@pytest.mark.parametrize("forwarding", ["none", "sliding"])
def test_no_tile_with_a_maximum_is_legal_on_the_real_hardware_only(forwarding: str) -> None:
    real = read_hardware(num_ms=16, dn_bw=4, rn_bw=4, reduction="rtl", forwarding=forwarding)
    assert not len(legal_tiles(MAXIMUM, real))
    assert WHY in str(legality(MAXIMUM, real, Tile()))
    assert (
        legality(MAXIMUM, read_hardware(num_ms=16, dn_bw=4, rn_bw=4, forwarding=forwarding), Tile()) is None
    )
    with pytest.raises(InfeasibleError, match=WHY):
        solve(Loops(loops=MAXIMUM), real, Objective.LATENCY, workers=1, prover="cpsat")


def early() -> tuple[LoopNest, Tile]:
    return LoopNest(R=3, S=3, C=3, K=3, X=8, Y=8), Tile(R=3, S=3, K=3)


@pytest.mark.parametrize("forwarding", ["none", "sliding"])
def test_weights_are_loaded_with_a_count_of_zero(forwarding: str, tmp_path: Path) -> None:
    nest, tile = early()
    config = build_config(nest, read_hardware("maeri-64-rtl", forwarding=forwarding), tile)
    write_folder(tmp_path, folder_of(config))
    document = json.loads((tmp_path / "configuration.json").read_text())
    assert {run["count"] for run in document["phases"][0]["multipliers"]} == {0}
    rows = (tmp_path / "multipliers.csv").read_text().splitlines()
    assert [row for row in rows if "LOAD" in row] == ["0,weight load,0,26,LOAD,1,0"]
    load(config)
    for file, old, new in (
        ("multipliers.csv", "LOAD,1,0", "LOAD,1,1"),
        ("configuration.json", '"state": "LOAD", "count": 0', '"state": "LOAD", "count": 1'),
    ):
        path = tmp_path / file
        kept = path.read_text()
        assert kept.count(old) == 1
        path.write_text(kept.replace(old, new))
        read_from = tmp_path if file == "multipliers.csv" else path
        with pytest.raises(SwitchFaultError, match=r"MS0: .*psumCount does not come down to 0 .count 1 in"):
            load(read_folder(read_from)[0])
        path.write_text(kept)


def test_a_stream_that_owes_more_products_than_it_has_windows_hangs(tmp_path: Path) -> None:
    nest, tile = early()
    write_folder(tmp_path, folder_of(build_config(nest, read_hardware("maeri-64-rtl"), tile)))
    path = tmp_path / "multipliers.csv"
    kept = path.read_text()
    for count, told in ((65, "never takes its next configuration"), (63, "is not what it does")):
        path.write_text(kept.replace("LEFT_EDGE,3,64", f"LEFT_EDGE,3,{count}"))
        with pytest.raises(SwitchFaultError, match=told):
            load(read_folder(tmp_path)[0])
