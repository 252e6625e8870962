"""The plot of a design: every accelerator within the area where its area and its value or bound put it."""

from __future__ import annotations

from pathlib import Path

import pytest

import solver
from solver.answers.design import DesignAnswer
from tests.support.cli_runs import run

pytest.importorskip("matplotlib")
from matplotlib.colors import to_hex

from solver.views.charts.design import WORDS
from solver.views.charts.heat import MOST
from solver.views.plots.answers import design_plot
from solver.views.plots.style import image_bytes
from solver.views.plots.sweep import sweep_plots

LAYERS = "layers:\n  - conv 3x6x6 -> 4, 3x3\n  - fc 16 -> 4\n"
GRID = ("--num-ms", "16..64", "--bandwidth", "4,8")


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> DesignAnswer:
    model = tmp_path_factory.mktemp("design") / "small.yaml"
    model.write_text(LAYERS)
    return solver.design(model, num_ms="16..64", bandwidth="4,8", max_area="0.4 mm2", cache=False)


def test_every_accelerator_lies_at_its_area_and_its_value_or_bound(answer: DesignAnswer) -> None:
    (axes,) = design_plot(answer).axes
    drawn = {(x, y): each.get_label() for each in axes.collections for x, y in each.get_offsets()}
    assert len(answer.points) > 2
    for point in answer.points:
        assert point.area is not None
        words = drawn.pop(
            (
                float(point.area),
                float(point.bound if point.objective_value is None else point.objective_value),
            )
        )
        if point.hardware == answer.hardware:
            assert words == WORDS["chosen"]
        elif point.objective_value is not None:
            assert words == WORDS["solved"]
        else:
            assert answer.objective_value is not None and point.bound >= answer.objective_value
            assert words == WORDS["excluded by its bound"]
    assert not drawn
    named = {text.get_text(): tuple(float(part) for part in text.xy) for text in axes.texts}
    for point in answer.points:
        sizes = (
            f"{point.hardware.num_ms} switches, dn_bw {point.hardware.dn_bw}, rn_bw {point.hardware.rn_bw}"
        )
        assert named[sizes][0] == float(point.area or 0)
    (limit,) = axes.lines
    assert set(limit.get_xdata()) == {400_000.0}
    assert axes.get_xlabel().startswith("area (um2)") and axes.get_ylabel().startswith("latency (cycles)")


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_ending_gives_the_format_and_what_is_there_is_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, ending: str, magic: bytes
) -> None:
    model, plot = tmp_path / "small.yaml", tmp_path / f"design.{ending}"
    model.write_text(LAYERS)
    words = ("design", model, *GRID, "--plot", plot)
    assert run(capsys, *words).code == 0
    first = plot.read_bytes()
    assert first.startswith(magic)
    again = run(capsys, *words)
    assert again.code == 2 and "exists already" in again.err and plot.read_bytes() == first


def test_a_notebook_shows_it(answer: DesignAnswer) -> None:
    assert answer._repr_html_().count("data:image/svg") == 1


def test_the_legend_of_a_sweeps_areas_stands_beside_them(tmp_path: Path) -> None:
    model = tmp_path / "small.yaml"
    model.write_text(LAYERS)
    answer = solver.sweep(model, num_ms="16..64", bandwidth="/4,/2", objectives="energy", cache=False)
    figure = sweep_plots(answer)["area_small_energy"]
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {"other accelerators", "Pareto front"}
    box = legend.get_window_extent()
    assert all(axes.get_legend() is None and not axes.bbox.overlaps(box) for axes in figure.axes)


def test_a_heat_map_is_the_same_on_paper_and_on_pages(tmp_path: Path) -> None:
    model = tmp_path / "small.yaml"
    model.write_text(LAYERS)
    answer = solver.sweep(model, num_ms="16,32", bandwidth="4,8", objectives="edp", cache=False)
    figure = sweep_plots(answer)["heatmap_small_edp"]
    (axes,) = figure.axes
    best = min(answer.rows, key=lambda row: row.record()["edp"]).hardware
    strongest = [
        words.get_position()
        for words, cell in zip(axes.texts, axes.patches, strict=True)
        if to_hex(cell.get_facecolor()) == "#{:02x}{:02x}{:02x}".format(*MOST)
    ]
    assert strongest == [([16, 32].index(best.num_ms), [4, 8].index(best.dn_bw))]
    pages = pytest.importorskip("solver.views.html.plots.sweep")
    (page,) = [plot for plot in pages.sweep_plots(answer, answer.rows) if plot.title in figure.get_suptitle()]
    assert page.title.startswith("EDP") and all(f'"{words.get_text()}"' in page.item for words in axes.texts)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(answer: DesignAnswer, kind: str) -> None:
    assert image_bytes(design_plot(answer), kind) == image_bytes(design_plot(answer), kind)
