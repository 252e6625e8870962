"""Every command names the form that runs, and says what it asks of memory."""

from pathlib import Path

import pytest

from tests.support.cli_runs import run

LAYER = "conv 2x7x7 -> 3, 3x3, stride 2"
TALL = "conv 3x6x6 -> 4, 3x1"
FORM = "space to depth of rows and columns"
LAYOUT = "input as 2 x 2 phases: 8 channels of 4 x 4, 44 % of the filter words are zeros"
SMALL = ["--num-ms", "16", "--dn-bw", "4", "--rn-bw", "4"]


@pytest.mark.parametrize("hardware", ["maeri-64", "maeri-64-rtl", "maeri-64-dram"])
def test_a_given_mapping_of_a_form_is_followed_through(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, hardware: str
) -> None:
    mapping, folder = tmp_path / "mapping.yaml", tmp_path / "config"
    mapping.write_text(f"tile: R2 S2 K2\nform: {FORM}\n")
    asked = [LAYER, "--mapping", mapping, "--hardware", hardware, *SMALL]
    for command in (
        ["evaluate", *asked],
        ["profile", *asked],
        ["configure", *asked, "--out", folder],
        ["simulate", LAYER, "--config", folder],
    ):
        done = run(capsys, *command)
        told = " ".join(done.out.split())
        assert done.code == 0 and FORM in told and LAYOUT in told, command
    assert FORM in run(capsys, "show", *asked).out
    result = run(capsys, "simulate", LAYER, "--config", folder, "--json", "-").json
    assert result["form"] == {"name": FORM, "layout": LAYOUT, "copies": 1.0}


def test_a_saved_mapping_of_before_there_were_forms_is_recognised_by_its_loops(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved, old = tmp_path / "saved.yaml", tmp_path / "old.yaml"
    asked = ["map", TALL, *SMALL, "--pieces", "1", "--no-baselines", "--out", saved, "--json", "-"]
    answer = run(capsys, *asked).json
    lines = saved.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.strip().startswith(("form:", "stationary:"))]
    assert len(kept) == len(lines) - 2
    old.write_text("".join(kept))
    again = run(capsys, "evaluate", TALL, "--mapping", old, "--json", "-").json
    assert again["notes"] == ["the figures are those saved with the mapping"]
    assert again["mapping"] == answer["mapping"] and again["mapping"]["form"]["name"] == "mirrored"


def test_a_file_with_a_form_that_the_layer_has_not_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(f"tile: R2 S2 K2\nform: {FORM}\n")
    for more, message in (
        (["conv 2x7x7 -> 3, 3x3"], f"{mapping}: form: found {FORM}, expected a form of this layer: direct;"),
        ([LAYER, "--forms", "direct"], "--forms: found direct, beside "),
    ):
        refused = run(capsys, "evaluate", *more, "--mapping", mapping)
        assert (refused.code, refused.out) == (2, "") and message in refused.err


def test_networks_sweeps_and_designs_say_what_is_assumed_of_the_layer_before(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *args, **rest: str(tmp_path / "cache"))
    assumed = "the layer before writes its output in the layout that the next one reads."
    network = run(capsys, "network", TALL, *SMALL, "--no-baselines", "--pieces", "1")
    design = run(capsys, "design", TALL, *SMALL, "--max-area", "1e9", "--pieces", "1")
    sweep = run(capsys, "sweep", TALL, *SMALL)
    for done in (network, design, sweep):
        assert done.code == 0 and assumed in done.out
    assert "mirrored" in network.out and "mirrored" in design.out
    direct = ["--forms", "direct"]
    rows = [run(capsys, "sweep", TALL, *SMALL, *more, "--json", "-").json["rows"][0] for more in ([], direct)]
    assert [row["rewritten_layers"] for row in rows] == [1, 0]
    assert rows[0]["cycles"] < rows[1]["cycles"]
