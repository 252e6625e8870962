"""``explain`` on the command line: the report, the JSON and the exit codes."""

from pathlib import Path

import pytest

from tests.support.cli_runs import run

SMALL = "small: conv 6x8x8 -> 6, 3x3"
STARVED = "small: fc 60 -> 40"
SIZES = ("--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4)
LEVELS = (*SIZES, "--buffer", "512", "--dram-bw", 1)


def test_the_report_says_what_binds_and_what_more_would_bring(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "explain", STARVED, *LEVELS, "--objective", "latency")
    assert result.code == 0
    for text in (
        "small: OPTIMAL, proved",
        "time is bound by DRAM",
        "DRAM (binds)",
        "latency: DRAM",
        "words / DRAM bandwidth",
        "distance: latency",
        "doubling alone",
        "every row is solved anew and proved optimal",
        "loop nest, outermost first",
    ):
        assert text in result.out
    rows = [line.split() for line in result.out.splitlines()]
    assert any(row[:2] == ["num_ms", "32"] for row in rows)
    assert any(row[:3] == ["buffer", "1", "KiB"] for row in rows)


def test_tables_fit_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(capsys, "explain", SMALL, *LEVELS).out.splitlines()
    sentences = (" · ", "time is bound by ", ": worse: ", ": helps ")  # on one line in a pipe
    assert max(len(line) for line in lines if not any(mark in line for mark in sentences)) <= 80


def test_a_single_level_names_what_it_has_not(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "explain", SMALL, *SIZES)
    assert result.code == 0
    assert "buffer: not doubled, the hardware describes no prefetch buffer and DRAM" in result.out
    assert result.out.count("small: OPTIMAL") == 2, "latency and energy by default"


def test_json_holds_the_same_facts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    facts = run(capsys, "explain", SMALL, *LEVELS, "--objective", "energy", "--json", "-").json
    assert facts["proved"] and facts["objective"] == "energy"
    bounds = facts["lower_bounds"]
    assert bounds["value"] == pytest.approx(sum(bounds["energy_by_cause"].values()))
    assert bounds["distance"] == pytest.approx(facts["objective_value"] / bounds["value"])
    assert set(facts["cost"]["waits"]) == {"compute", "distribution", "collection", "drain", "DRAM"}
    assert [d["resource"] for d in facts["doublings"]] == [
        *("num_ms", "dn_bw", "rn_bw"),
        *("buffer", "DRAM bandwidth"),
    ]
    assert all(d["proved"] for d in facts["doublings"])
    assert facts["loop_nest"][-1]["level"] == "parallel"
    both = run(capsys, "explain", SMALL, *SIZES, "--json", "-").json
    assert [one["objective"] for one in both] == ["latency", "energy"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--fix", "T_K=20"), 4, "T_K"),
        (("--objective", "power"), 2, "latency"),
        (("--controller", "fixed"), 2, "no prefetch buffer"),
    ],
)
def test_wrong_and_infeasible_questions(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], code: int, message: str
) -> None:
    result = run(capsys, "explain", SMALL, *SIZES, *options)
    assert (result.code, result.out) == (code, "")
    assert message in result.err
