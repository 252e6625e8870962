"""The plot of a network: what is drawn is what the answer says."""

from __future__ import annotations

from pathlib import Path

import pytest

import solver
from tests.support.cli_runs import run

pytest.importorskip("matplotlib")
from solver.views.plots.network import IN_STRIP, PAGE, network_plot
from solver.views.plots.style import label_points, new_figure

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


def test_a_long_network_is_drawn_in_strips_of_one_scale_that_fit_a_page(tmp_path: Path) -> None:
    count = IN_STRIP + 3
    model = tmp_path / "long.yaml"
    entries = (f"  - {{kind: fc, name: fc{n}, inputs: {4 + n}, outputs: 4}}\n" for n in range(count))
    model.write_text("layers:\n" + "".join(entries))
    answer = solver.network(model, "maeri-64", cache=False)
    figure = network_plot(answer)
    assert figure.get_figwidth() == PAGE
    panels = 3
    assert len(figure.axes) == 2 * panels
    for panel in range(panels):
        upper, lower = figure.axes[panel::panels]
        assert upper.get_ylim() == lower.get_ylim() and upper.get_ylabel() == lower.get_ylabel()
    bars = [bar.get_height() for axes in figure.axes[::panels] for bar in axes.patches]
    assert bars == [layer.figures.cycles for layer in answer.layers if layer.figures]
    names = [label.get_text() for axes in figure.axes[2::panels] for label in axes.get_xticklabels()]
    assert names == [layer.layer.name for layer in answer.layers]
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(answer.baseline_names)


def test_words_beside_points_do_not_stand_on_each_other() -> None:
    figure, axes = new_figure(4, 3)
    axes.plot([0, 1, 1.001, 1.002], [3, 1, 1, 0.99])
    label_points(axes, [("64/16/16", 0, 3), *((f"128/32/{n}", 1 + n / 1e5, 1) for n in (32, 64, 96))])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for place, a in enumerate(boxes) for b in boxes[:place])


def test_words_beside_points_are_in_the_order_of_the_points() -> None:
    figure, axes = new_figure(4, 3)
    heights = {"a": 10, "b": 9.9, "c": 9.8, "d": 5}
    axes.plot([1] * 4, [*heights.values()])
    label_points(axes, [(words, 1, y) for words, y in heights.items()])
    figure.draw_without_rendering()
    shown = sorted(axes.texts, key=lambda text: -text.get_window_extent().y0)
    assert [text.get_text() for text in shown] == [*heights]


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
