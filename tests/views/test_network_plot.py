"""The plot of a network: what is drawn is what the answer says."""

from __future__ import annotations

from pathlib import Path

import pytest

import solver
from tests.support.cli_runs import run

pytest.importorskip("matplotlib")
from solver.views.plots.network import network_plot

LAYERS = "layers:\n  - conv 3x6x6 -> 4, 3x3\n  - host softmax 10\n  - fc 16 -> 4\n"


def test_bars_are_cycles_and_energy_of_each_layer_and_markers_the_baselines_ratios(tmp_path: Path) -> None:
    model = tmp_path / "small.yaml"
    model.write_text(LAYERS)
    answer = solver.network(model, "maeri-64", cache=False)
    layers = [layer for layer in answer.layers if not layer.on_host]
    assert len(layers) == 2
    figure = network_plot(answer)
    cycles, energy, ratios = figure.axes
    costs = [layer.figures for layer in layers]
    assert [bar.get_height() for bar in cycles.patches] == [cost.cycles for cost in costs if cost]
    assert [bar.get_height() for bar in energy.patches] == [float(cost.energy) for cost in costs if cost]
    assert len(ratios.collections) == len(answer.baseline_names)
    for drawn, name in zip(ratios.collections, answer.baseline_names, strict=True):
        pairs = [(layer.baseline(name), layer.figures) for layer in layers]
        wanted = [theirs.cycles / ours.cycles for theirs, ours in pairs if theirs and ours]
        assert [y for _, y in drawn.get_offsets()] == pytest.approx(wanted)
    assert [label.get_text() for label in ratios.get_xticklabels()] == [layer.layer.name for layer in layers]


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_ending_gives_the_format_and_saved_mappings_come_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, ending: str, start: bytes
) -> None:
    picture, saved = tmp_path / f"net.{ending}", tmp_path / "net.yaml"
    model = tmp_path / "small.yaml"
    model.write_text(LAYERS)
    options = ("--no-baselines", "--no-cache", "--hardware", "maeri-64")
    result = run(capsys, "network", model, *options, "--plot", picture, "-o", saved)
    assert result.code == 0
    assert picture.read_bytes().startswith(start)
    again = run(capsys, "evaluate", model, "--mapping", saved)
    assert again.code == 0, again.err


def test_another_ending_is_refused_before_anything_is_searched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    result = run(capsys, "network", "alexnet", "--plot", tmp_path / "net.gif")
    assert result.code == 2
    assert "expected a file that ends in one of .png, .svg, .pdf" in result.err
