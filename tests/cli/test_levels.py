"""Two levels on the command line: saved, replayed, given by hand, and beside the baselines."""

from pathlib import Path

import pytest

from tests.support.cli_runs import run

LAYER = "small: conv 6x10x10 -> 8, 3x3"
LEVELS = ("--hardware", "maeri-64-dram", "--buffer", "1 KiB")


@pytest.mark.parametrize("objective", ["latency", "energy"])
def test_a_saved_mapping_is_replayed_to_the_same_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, objective: str
) -> None:
    file = tmp_path / "mapping.yaml"
    options = (*LEVELS, "--no-double-buffer", "--controller", "programmable", "--objective", objective)
    best = run(capsys, "map", LAYER, *options, "--no-baselines", "--out", file, "--json", "-").json
    again = run(capsys, "evaluate", LAYER, "--mapping", file, "--json", "-").json
    for key in ("cost", "mapping", "levels", "loop_nest", "hardware"):
        assert again[key] == best[key]
    assert again["notes"] == ["the figures are those saved with the mapping"]


def test_a_mere_tile_gets_its_best_buffer_tile_and_the_report_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = run(
        capsys, "evaluate", LAYER, "--mapping", "S3 K8", *LEVELS, "--objective", "energy", "--json", "-"
    )
    pins = [word for pin in ("R=1", "S=3", "C=1", "K=8", "X=1", "Y=1") for word in ("--fix", pin)]
    best = run(capsys, "map", LAYER, *LEVELS, "--objective", "energy", *pins, "--no-baselines", "--json", "-")
    assert found.json["mapping"] == best.json["mapping"]
    assert found.json["cost"] == best.json["cost"]
    assert "best for the given array tile under energy" in found.json["notes"][0]


def test_a_saved_tile_moves_to_hardware_with_and_without_buffer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mapping.yaml"
    run(capsys, "map", LAYER, *LEVELS, "--no-baselines", "--out", file)
    single = run(capsys, "evaluate", LAYER, "--mapping", file, "--hardware", "maeri-64", "--json", "-").json
    assert single["levels"] is None
    assert "not the hardware that the mapping was saved with" in single["notes"][0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tile: S3 K8\nbuffer_tile: R3 S3 K4", "B_K = 4 but T_K = 8"),
        ("tile: S3 K8\nbuffer_tile: R3 S3 C6 K8 X8 Y8", "does not fit into the prefetch buffer"),
        ("tile: S3 K8\nbuffer_tile: R3 S3 K8\narray_order: inputs", "no inputs-stationary order"),
        ("tile: S3 K8\nbuffer_tile: R3 S3 K8\ndram_order: KP", ":3: dram_order: found KP, expected one of"),
        ("tile: S3 K8\ndram_order: KPQ", ":2: dram_order: found no buffer_tile beside it"),
        ("tile: S3 K8\nbuffer_tile: R0", ":2: "),
        ("tile: S3 K8\nbuffer_tile: {Q: 3}", ":2: Q: unknown key"),
        ("tile: S3 K9", "T_K >= 9 exceeds K = 8"),
    ],
)
def test_an_illegal_mapping_is_refused_with_the_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    result = run(capsys, "evaluate", LAYER, "--mapping", file, *LEVELS)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_buffer_tile_needs_a_buffer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("tile: S3 K8\nbuffer_tile: R3 S3 K8")
    result = run(capsys, "evaluate", LAYER, "--mapping", file, "--hardware", "maeri-64")
    assert result.code == 2 and "maeri-64 has no prefetch buffer" in result.err


def test_a_damaged_two_level_file_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    run(capsys, "map", LAYER, *LEVELS, "--no-baselines", "--out", file)
    text = file.read_text()
    cut = "\n".join(line for line in text.splitlines() if "dram_order" not in line and "_tile" not in line)
    for broken, message in (
        (cut.replace("  array_order: weights\n", ""), "has a buffer tile if its hardware has"),
        (text.replace("capacity: 1024", "capacity: none"), "capacity: found none"),
        (text.replace("dram_order: ", "dram_order: X"), "dram_order: found X"),
    ):
        file.write_text(broken)
        result = run(capsys, "evaluate", LAYER, "--mapping", file)
        assert result.code == 2 and message in result.err


def test_baselines_get_their_best_buffer_tile_and_never_beat_the_optimum(
    capsys: pytest.CaptureFixture[str],
) -> None:
    facts = run(capsys, "map", LAYER, *LEVELS, "--objective", "energy", "--json", "-").json
    baselines = {baseline["name"]: baseline for baseline in facts["baselines"]}
    assert "single-level optimum" in baselines and "exhaustive" not in baselines
    assert len([baseline for baseline in baselines.values() if baseline["mapping"]]) >= 6
    for baseline in baselines.values():
        if baseline["mapping"] is None:
            assert "has no buffer tile" in baseline["note"]
            continue
        assert baseline["energy"] >= facts["cost"]["energy"]
        text = " ".join(f"{dim}{size}" for dim, size in baseline["mapping"]["tile"].items())
        given = ("evaluate", LAYER, "--mapping", text, *LEVELS, "--objective", "energy", "--json", "-")
        assert run(capsys, *given).json["cost"]["energy"] == baseline["energy"]
    single = ("map", LAYER, "--hardware", "maeri-64", "--objective", "energy", "--no-baselines")
    best = run(capsys, *single, "--json", "-").json
    assert baselines["single-level optimum"]["mapping"]["tile"] == best["mapping"]["tile"]


def test_the_report_shows_words_room_energy_and_roofline(capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, "map", LAYER, *LEVELS, "--objective", "energy", "--no-baselines")
    facts = run(capsys, "map", LAYER, *LEVELS, "--objective", "energy", "--no-baselines", "--json", "-").json
    words = facts["levels"]["transfers"]["DRAM to buffer"]
    line = next(line for line in result.out.splitlines() if line.startswith("DRAM to buffer"))
    assert line.split()[3:] == [
        f"{count:,}" for count in (*(words[k] for k in ("weights", "inputs", "outputs")), sum(words.values()))
    ]
    for text in ("room used", "roofline", "-bound:", "stalls of the array", "room for a buffer tile"):
        assert text in result.out
