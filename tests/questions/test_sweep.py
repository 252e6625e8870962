"""Sweeps against networks mapped one by one; grids, files, and what is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from solver.answers.network import IN_TOTAL
from solver.answers.sweep import SweepAnswer
from solver.cost.result import Objective
from solver.errors import ExitCode, InputError
from solver.hardware import read_hardware
from solver.hardware.area import area_of
from solver.jobs.base import Outcome, Serial, TaskFailure
from solver.layer import LSTM, Conv, ConvTranspose, FullyConnected
from solver.legal.tiles import Limits
from solver.questions.cache.store import Cache
from solver.questions.network.run import run_network
from solver.questions.sweep.file import read_sweep
from solver.questions.sweep.grid import Grid
from solver.questions.sweep.run import run_sweep
from solver.questions.sweep.values import ShareOfSwitches, parse_values
from tests.support.cli_runs import run
from tests.support.examples.network_examples import small_network, small_question

GRID = Grid("maeri-64", {"num_ms": (8, 16), "bandwidth": (4, 16)})


def sweep(**rest: Any) -> SweepAnswer:
    points, skipped = GRID.points()
    objectives = rest.pop("objectives", list(Objective))
    return run_sweep({"net": small_network()}, points, objectives, small_question(), skipped=skipped, **rest)


def test_values_are_lists_ranges_and_shares() -> None:
    assert parse_values("64, 16..100 64", "x") == (64, 16, 32)
    assert parse_values("/4,8", "x", shares=True) == (ShareOfSwitches(4), 8)
    assert parse_values("1 KiB..4KiB", "x", sizes=True) == (1024, 2048, 4096)
    for wrong in ("", "x", "0", "8..4", "1..", "/0", "-1", "1.5"):
        with pytest.raises(InputError, match="--num-ms"):
            parse_values(wrong, "--num-ms", shares=True)
    with pytest.raises(InputError):
        parse_values("/4", "x")


def test_a_grid_skips_what_is_no_accelerator_and_counts_it() -> None:
    points, skipped = GRID.points()
    assert [(p.num_ms, p.dn_bw, p.rn_bw) for p in points] == [(8, 4, 4), (16, 4, 4), (16, 16, 16)]
    assert skipped == 1
    shares = Grid(
        "maeri-64", {"num_ms": (8, 16), "dn_bw": (ShareOfSwitches(16), ShareOfSwitches(2)), "rn_bw": (8,)}
    )
    assert [(p.num_ms, p.dn_bw) for p in shares.points()[0]] == [(8, 4), (16, 1), (16, 8)]
    memory = Grid("maeri-64-dram", {"buffer": (4096, 8192), "accumulation_buffer": (True, False)})
    points, skipped = memory.points()
    assert [p.memory.buffer.bytes for p in points if p.memory] == [4096, 8192] and skipped == 2


def test_a_grid_refuses_values_that_are_wrong_in_themselves() -> None:
    for wrong in ({"num_ms": (100,), "bandwidth": (4,)}, {"num_ms": (3,)}, {"num_ms": (64,), "dn_bw": (96,)}):
        with pytest.raises(InputError, match="power of two"):  # not merely skipped as too wide a bandwidth
            Grid(None, wrong).points()
    with pytest.raises(InputError, match="bandwidth"):
        Grid(None, {"dn_bw": (4,), "bandwidth": (4,)})


def test_every_row_is_the_network_mapped_by_itself() -> None:
    answer = sweep()
    assert len(answer.rows) == 9 and answer.exit_code is ExitCode.PROVED and answer.proved
    for row in answer.rows:
        alone = run_network("net", small_network(), small_question(row.objective, hardware=row.hardware))
        assert row.figures == alone.figures and row.gap == alone.gap == 0 and row.status == "optimal"
        assert row.area == area_of(row.hardware)
        record = row.record()
        assert record["power"] == record["energy"] / record["cycles"]
    assert answer.to_frame().cycles.tolist() == [row.record()["cycles"] for row in answer.rows]


def test_a_product_that_is_not_searched_to_its_end_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer's own least product is proved, but the network's may be smaller."""
    monkeypatch.setattr("solver.questions.network.kept.balance", lambda *_: None)
    layers = [
        Conv(name="a", input=(2, 5, 5), filters=3, kernel=(2, 2)),
        FullyConnected(name="c", inputs=8, outputs=4),
    ]
    question = small_question(Objective.EDP)
    alone = run_network("two", layers, question)
    assert {layer.status for layer in alone.layers} == {"optimal"}
    assert alone.gap and not alone.proved and alone.exit_code is ExitCode.NOT_PROVED
    assert alone.claim == "2 of 2 layers proved optimal, their total not"
    answer = run_sweep({"two": layers}, [question.hardware], [Objective.EDP], question)
    (row,) = answer.rows
    assert row.status == "feasible" and row.gap == alone.gap and answer.exit_code is ExitCode.NOT_PROVED
    (one,) = run_sweep({"one": layers[:1]}, [question.hardware], [Objective.EDP], question).rows
    assert one.status == "optimal" and one.gap == 0


def test_a_layer_of_two_parts_has_a_product_of_its_totals() -> None:
    """Its parts' least products are no proof that the layer's is least."""
    layers = [LSTM(name="cell", inputs=5, hidden=3)]
    answer = run_network("cell", layers, small_question(Objective.EDP))
    assert answer.proved and answer.gap == 0
    (layer,) = answer.layers
    assert layer.gap and layer.status == "feasible" and answer.standing(layer) == IN_TOTAL


def test_the_front_is_what_no_row_beats_in_area_and_figure() -> None:
    answer = sweep(objectives=[Objective.LATENCY])
    found = [(row.area, row.figures and row.figures.cycles) for row in answer.rows]
    expected = sorted(p for p in found if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in found))  # type: ignore[operator]
    front = answer.front("net", Objective.LATENCY, "cycles")
    assert [(row.area, row.figures and row.figures.cycles) for row in front] == expected


SMALL = [
    Conv(name="a", input=(2, 5, 5), filters=3, kernel=(3, 3)),
    ConvTranspose(name="up", input=(1, 3, 3), filters=2, kernel=(3, 3), stride=(2, 2)),
]


class Wide(Serial):
    """Takes several accelerators at once; the last answers come first."""

    width = 3

    def run(self, function: Any, items: Any) -> Any:
        yield from reversed(list(super().run(function, items)))


@pytest.mark.parametrize("limits", [Limits(), Limits.of({"R": 3}, {}, {})])
@pytest.mark.parametrize("axis", [{"accumulation_buffer": (True, False)}, {"buffer": (256, 1024)}])
def test_a_sweep_for_fronts_has_the_fronts_of_all(axis: dict[str, Any], limits: Limits) -> None:
    source = "maeri-64-dram" if "buffer" in axis else "maeri-64"
    points, _ = Grid(source, {"num_ms": (8, 16), "dn_bw": (2, 8), "rn_bw": (2,)} | axis).points()
    question = small_question(limits=limits, forms="direct")
    asked = {"net": SMALL, "first": SMALL[:1]}, points, list(Objective), question
    every = run_sweep(*asked)
    assert all(row.figures for row in every.rows)
    for executor in (Serial(), Wide()):
        some = run_sweep(*asked, executor=executor, front=True)
        assert some.proved and some.questions < every.questions
        for name in asked[0]:
            for objective, figure in zip(Objective, ("cycles", "energy", "edp"), strict=True):
                fronts = [answer.front(name, objective, figure) for answer in (every, some)]
                found = [[(row.hardware, row.figures) for row in front] for front in fronts]
                assert found[0] == found[1] and found[0]
        left = [(one, row) for one, row in zip(every.rows, some.rows, strict=True) if row.figures is None]
        assert len(left) > len(points)
        for one, row in left:
            assert row.status == "left out" and one.figures is not None
            least = float(row.reason.split("at least ")[1].split(" ")[0].replace(",", ""))
            assert float(one.figures.value(row.objective)) >= least * (1 - 1e-5)  # it is told with six digits


class Stopped(Serial):
    """Runs some tasks, then behaves as if the user pressed Ctrl-C."""

    def run(self, function: Any, items: Any) -> Any:
        for outcome in super().run(function, items):
            if outcome.index == 3:
                raise KeyboardInterrupt
            yield outcome


def test_a_stopped_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "answers.sqlite")
    stopped = sweep(cache=cache, executor=Stopped())
    assert stopped.interrupted and stopped.exit_code is ExitCode.INTERRUPTED
    assert any(row.status == "missing" for row in stopped.rows)
    again = sweep(cache=cache)
    assert again.cached == 3 and again.questions == stopped.questions
    assert again.records() == sweep().records()


class Failing(Serial):
    """Loses one task."""

    def run(self, function: Any, items: Any) -> Any:
        for outcome in super().run(function, items):
            yield Outcome(0, TaskFailure("WorkerDied", "lost")) if outcome.index == 0 else outcome


def test_a_failure_costs_its_rows_only() -> None:
    answer = sweep(executor=Failing(), objectives=[Objective.LATENCY])
    assert [row.status for row in answer.rows] == ["failed", "optimal", "optimal"]
    assert answer.exit_code is ExitCode.PARTIAL and not answer.proved
    assert len(answer.failures) == 1 and "WorkerDied: lost" in answer.failures[0]


def test_a_layer_without_mapping_is_told_in_its_row() -> None:
    points, _ = GRID.points()
    question = small_question(limits=Limits(lower={"R": 3, "S": 3}))
    answer = run_sweep({"net": small_network()[:1]}, points, [Objective.LATENCY], question)
    assert [row.status for row in answer.rows] == ["infeasible", "optimal", "optimal"]
    assert "first" in answer.rows[0].reason


def test_a_file_says_what_flags_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.yaml").write_text("- {kind: fc, name: a, inputs: 12, outputs: 5}\n")
    file = tmp_path / "sweep.yaml"
    file.write_text(
        "networks: net.yaml\nhardware: maeri-64\nnum_ms: 8..16\nbandwidth: [4, /1]\n"
        "accumulation_buffer: [true, false]\nobjectives: [latency, energy]\n"
    )
    plan = read_sweep(file)
    assert plan.objectives == (Objective.LATENCY, Objective.ENERGY)
    one = ("--objective", "latency", "--no-cache", "--json", "-")
    from_file = run(capsys, "sweep", "--file", file, *one)
    flags = [
        "--hardware",
        "maeri-64",
        "--num-ms",
        "8,16",
        "--bandwidth",
        "4 /1",
        "--accumulation-buffer",
        "both",
    ]
    from_flags = run(capsys, "sweep", tmp_path / "net.yaml", *flags, *one)
    assert from_file.code == from_flags.code == 0, from_file.err
    assert from_file.json["rows"] == from_flags.json["rows"] and len(from_file.json["rows"]) == 8
    replaced = run(capsys, "sweep", "--file", file, "--num-ms", 8, *one)
    assert {row["num_ms"] for row in replaced.json["rows"]} == {8}


def test_forms_widen_and_restrict_a_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.yaml").write_text(
        "- {kind: conv, name: a, input: [8, 9, 7], filters: 4, kernel: [3, 1]}\n"
    )
    file = tmp_path / "sweep.yaml"
    file.write_text("networks: net.yaml\nnum_ms: 16\nbandwidth: 4\nforms: direct\n")

    def cycles(*args: object) -> int:
        answer = run(capsys, "sweep", *args, "--no-cache", "--json", "-")
        assert answer.code == 0, answer.err
        return answer.json["rows"][0]["cycles"]

    sizes = ("--num-ms", 16, "--bandwidth", 4)
    direct, best = (cycles(tmp_path / "net.yaml", *sizes, *forms) for forms in (("--forms", "direct"), ()))
    assert direct > best
    assert cycles("--file", file) == direct
    assert cycles("--file", file, "--forms", "mirrored") == best


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("networks: a\nnum_ms: many\n", "sweep.yaml:2: num_ms: found many"),
        ("networks: a\nspeed: 3\n", "sweep.yaml:2: speed: unknown key"),
        ("networks: a\nobjectives: [fast]\n", "sweep.yaml:2: objectives"),
        (
            "networks: a\nforms: [direct, slanted]\n",
            "sweep.yaml:2: forms: found [direct, slanted], expected all, or",
        ),
        (
            "networks: a\nstationary: both\n",
            "sweep.yaml:2: stationary: found both, expected one of best, weights",
        ),
        ("networks: a\nbandwidth: 4\ndn_bw: 4\n", "sweep.yaml:2: bandwidth"),
        ("networks: a\nrn_bw: 4\nnum_ms: [64, 100]\n", "sweep.yaml:3: num_ms: found 100, expected a power"),
        ("networks: a\nhardware: maeri-63\n", "sweep.yaml:2: hardware: unknown hardware"),
        ("networks: a\n\nenergy_table: none\n", "sweep.yaml:3: energy_table: unknown energy table"),
        ("networks: []\n", "sweep.yaml:1: networks: found [], expected a name or a list of names"),
        ("networks: a\nnum_ms: []\n", "sweep.yaml:2: num_ms: found []"),
        ("networks: a\nobjectives: []\n", "sweep.yaml:2: objectives: found []"),
        ("networks: a\naccumulation_buffer: []\n", "sweep.yaml:2: accumulation_buffer: found []"),
        ("num_ms: 4\n", "sweep.yaml:1: networks: the key is missing"),
    ],
)
def test_mistakes_in_a_file_are_told_with_line_and_key(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as error:
        read_sweep(file)
    assert where in str(error.value)


def test_the_command_writes_table_and_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = [
        "sweep",
        "fc 12 -> 5",
        "--hardware",
        "maeri-64",
        "--num-ms",
        "8,16",
        "--bandwidth",
        "4,8",
        "--no-cache",
    ]
    found = run(
        capsys,
        *args,
        "--csv",
        tmp_path / "s.csv",
        "--parquet",
        tmp_path / "s.parquet",
        "--plot",
        tmp_path / "p",
    )
    assert found.code == 0, found.err
    import pandas

    table = pandas.read_csv(tmp_path / "s.csv")
    assert table.area.tolist() == [
        float(area_of(read_hardware(num_ms=m, dn_bw=b, rn_bw=b))) for m in (8, 16) for b in (4, 8)
    ]
    assert (pandas.read_parquet(tmp_path / "s.parquet").cycles == table.cycles).all()
    assert len(list((tmp_path / "p").glob("*.png"))) == 3
    assert "4 of 4 combinations" in found.out
