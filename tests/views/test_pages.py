"""Pages without a browser: their files are what the commands write, and what could not be made is refused."""

from __future__ import annotations

import html
import json
import re
import shlex
import sys
from dataclasses import fields, replace
from decimal import Decimal
from html.parser import HTMLParser
from importlib import import_module
from itertools import count, pairwise
from pathlib import Path

import pytest
import yaml

import solver
from solver.cli.main import main
from solver.errors import InputError, MissingDependencyError
from solver.hardware import read_hardware
from solver.readers.read import read_layers
from solver.views import figures
from solver.views.html.plots.charts import Axis, new_figure
from solver.views.html.render import data_block, packed
from solver.views.html.run import Run
from solver.views.html.write import PAGES, report_text
from solver.writers.hardware_file import hardware_text
from tests.support.cli_runs import run
from tests.support.examples.report_examples import example_solution
from tests.support.report_pages import HOSTILE, SMALL, Page

KINDS = (
    "map", "map-dram", "map-many", "map-rtl", "pareto", "explain", "explore", "explore-dram", "network",
    "sweep", "design",
)  # fmt: skip


class Elements(HTMLParser):
    """Start tags with attributes, and the text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag if tag in ("script", "style") else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.text += data


@pytest.mark.parametrize("kind", KINDS)
def test_the_json_on_the_page_is_that_of_the_command(pages: dict[str, Page], kind: str) -> None:
    assert pages[kind].file("result.json") == pages[kind].output("result.json")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("map", "mapping.yaml"), ("map-dram", "mapping.yaml"), ("map-many", "mapping.yaml"),
        ("map-rtl", "mapping.yaml"), ("pareto", "front.csv"), ("explore", "space.csv"),
        ("explore-dram", "space.csv"), ("network", "network.csv"), ("sweep", "sweep.csv"),
        ("design", "design.csv"),
    ],
)  # fmt: skip
def test_tables_and_mappings_on_the_page_are_those_of_the_command(
    pages: dict[str, Page], kind: str, name: str
) -> None:
    assert pages[kind].file(name) == pages[kind].output(name)


@pytest.mark.parametrize("kind", ["map", "map-rtl", "map-dram"])
def test_the_configuration_on_the_page_is_what_configure_writes(
    pages: dict[str, Page], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = pages[kind]
    layer, folder = page.arguments[1], tmp_path / "c"
    done = run(capsys, "configure", layer, "--mapping", page.folder / "mapping.yaml", "--out", folder)
    assert done.code == 0, done.err
    paths = [path for path in folder.rglob("*") if path.is_file()]
    written = {"-".join(path.relative_to(folder).parts): path.read_bytes() for path in paths}
    here = dict(page.files)
    assert (kind == "map-rtl") is ("expected.vmh" in written)
    assert len(written) > 3 and {name: here.get(name) for name in written} == written


@pytest.mark.parametrize("kind", ["map", "map-many", "pareto", "explain", "explore", "network"])
def test_the_layers_on_the_page_are_read_back(pages: dict[str, Page], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "layers.yaml"
    path.write_bytes(pages[kind].file("layers.yaml"))
    result = json.loads(pages[kind].output("result.json"))
    entries = result["layers"] if kind == "network" else result if isinstance(result, list) else [result]
    wanted = [entry["layer"] for entry in entries]
    if kind == "explain":  # the same layer for two objectives
        wanted = wanted[:1]
    assert [layer.to_dict() for layer in read_layers(str(path))] == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_the_accelerators_on_the_page_are_read_back(
    pages: dict[str, Page], kind: str, tmp_path: Path
) -> None:
    result = json.loads(pages[kind].output("result.json"))
    wanted = (result[0] if isinstance(result, list) else result).get("hardware")
    found = []
    for name, content in pages[kind].files:
        if name.endswith(".yaml") and "num_ms" in (document := yaml.safe_load(content)):
            path = tmp_path / name
            path.write_bytes(content)
            assert read_hardware(str(path)).to_dict() == document
            found.append(document)
    assert found and (wanted is None or wanted in found)


def test_hardware_with_an_energy_table_of_its_own_is_written_out(tmp_path: Path) -> None:
    hardware = read_hardware("maeri-64-dram")
    first = next(
        f.name
        for f in fields(hardware.energy_table)
        if isinstance(getattr(hardware.energy_table, f.name), Decimal)
    )
    table = replace(hardware.energy_table, name="mine", **{first: Decimal("0.12345678901234567890")})
    mine = replace(hardware, name="my array: 'x'", energy_table=table)
    path = tmp_path / "hardware.yaml"
    path.write_text(hardware_text(mine), encoding="utf-8")
    assert read_hardware(str(path)) == mine


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_on_a_page_comes_from_elsewhere(pages: dict[str, Page], kind: str) -> None:
    tags = Elements(pages[kind].text).tags
    for tag, attributes in tags:
        assert tag not in ("iframe", "object", "embed", "base", "img")
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))
    policy = [a["content"] for tag, a in tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy and policy[0] is not None and policy[0].startswith("default-src 'none'")


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_on_the_page_runs_again(pages: dict[str, Page], kind: str) -> None:
    page = pages[kind]
    command = re.search(r'<div class="copyable"><pre tabindex="0">(.*?)</pre>', page.text, re.DOTALL)
    assert command is not None
    words = shlex.split(html.unescape(command[1]))
    assert words == ["python", "-m", "solver", *page.arguments]
    shown = Elements(page.text).text
    for package in ("ortools", "numpy", "Python", solver.__version__):
        assert package in shown


def test_the_figures_on_the_page_are_those_of_the_answer(pages: dict[str, Page]) -> None:
    for kind in ("map", "map-dram"):
        result = json.loads(pages[kind].output("result.json"))
        shown = Elements(pages[kind].text).text
        cycles = {result["cost"]["cycles"], *(b["cycles"] for b in result["baselines"] if b.get("cycles"))}
        for value in (*cycles, result["space"]["size"], *result["cost"]["counts"].values()):
            assert f"{value:,}" in shown
    network = json.loads(pages["network"].output("result.json"))
    shown = Elements(pages["network"].text).text
    for layer in (*network["layers"], network["total"]):
        if layer["cycles"]:
            assert f"{layer['cycles']:,}" in shown
    design = json.loads(pages["design"].output("result.json"))
    shown = Elements(pages["design"].text).text
    macs = sum(layer["macs"] for layer in network["layers"] if layer["macs"])
    used = macs / (design["hardware"]["num_ms"] * design["cycles"])
    for text in (f"{design['cycles']:,}", f"{design['solves']:,}", figures.percent(used)):
        assert text in shown


@pytest.mark.parametrize("kind", KINDS)
def test_no_figure_stands_twice_among_the_facts(pages: dict[str, Page], kind: str) -> None:
    facts = pages[kind].text.partition('<dl class="facts')[2].partition("</dl>")[0]
    cells = [re.sub("<[^>]*>", " ", part).split() for part in re.findall("<dd.*?</dd>", facts, re.DOTALL)]
    large = [cell[0] for cell in cells if cell and len(cell[0].replace(",", "")) > 3 and cell[0][0].isdigit()]
    assert len(large) == len(set(large)), large


def test_a_hostile_name_is_text_everywhere(pages: dict[str, Page]) -> None:
    for kind, page in pages.items():
        assert "window.hacked=1</script>" not in page.text.replace("\\u003c", ""), kind
        elements = Elements(page.text)
        assert not any("onerror" in attributes for _, attributes in elements.tags), kind
        if kind not in ("map-rtl", "sweep"):
            assert HOSTILE in elements.text, kind


def test_json_in_a_script_element_cannot_end_it() -> None:
    text = json.dumps({"</script>": "<!--", "x": "a\u2028b & c"}, ensure_ascii=False)
    block = data_block(text)
    assert "<" not in block and "\u2028" not in block and json.loads(block) == json.loads(text)


def test_packed_files_are_the_same_every_time() -> None:
    assert packed(b"content" * 100) == packed("content" * 100)


@pytest.mark.parametrize(
    ("values", "label", "by"),
    [([0, 5], "x", 1), ([0, 99_999], "x, thousands", 1000), ([10**6, 10**6 + 1], "x, millions", 10**6)],
)
def test_axes_have_a_unit_that_keeps_their_ticks_short(values: list[float], label: str, by: int) -> None:
    axis = Axis("x", values)
    assert (axis.label, axis.by) == (label, by)
    assert list(axis.place(values)) == [value / by for value in values]


@pytest.mark.parametrize("least", [1.0, 1.3, 6e6])
@pytest.mark.parametrize("decades", [1.0, 1.5, 2.1, 2.5, 4.0])
def test_a_logarithmic_axis_has_ticks_all_along(least: float, decades: float) -> None:
    axis = Axis("x", [least, least * 10**decades])
    assert axis.log
    for small in (True, False):
        ticker = new_figure(axis, Axis("y", [0, 1]), 200, small=small).xaxis[0].ticker
        if type(ticker).__name__ == "LogTicker":  # powers of ten, from two decades on
            assert decades > 2
            continue
        ends = [axis.least, *(t for t in ticker.ticks if axis.least <= t <= axis.most), axis.most]
        assert 3 <= len(ends) - 1 <= 9
        assert max(high / low for low, high in pairwise(ends)) < 5.1


@pytest.mark.parametrize("value", [7.0, 2.478, 5e9])
def test_figures_that_are_all_the_same_are_not_magnified(value: float) -> None:
    axis = Axis("x", [value, value * (1 + 1e-12)])
    drawn = new_figure(axis, Axis("y", [0, 1]), 200).x_range
    assert (drawn.start, drawn.end) == pytest.approx((0, 2 * value / axis.by))


REFUSED = [
    ("map", "fc 8 -> 4"), ("explain", "fc 8 -> 4"), ("explore", "fc 8 -> 4"), ("network", "fc 8 -> 4"),
    ("sweep", "fc 8 -> 4"), ("design", "fc 8 -> 4"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "layer"), REFUSED)
def test_what_cannot_be_made_is_refused_before_the_search(
    command: str,
    layer: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def searched(*_: object, **__: object) -> None:
        raise AssertionError("the search began")

    places = (
        "solver.questions.map_layer.map_layer",
        "solver.questions.explain.run.explain",
        "solver.questions.explore.run.explore",
        "solver.questions.front.find_front",
        "solver.questions.network.run.run_network",
        "solver.questions.sweep.run.run_sweep",
        "solver.questions.design.search.run_design",
    )
    for where in places:
        import_module(where.rpartition(".")[0])  # what is imported meanwhile would keep what is put there
    for where in places:
        monkeypatch.setattr(where, searched)
    there = tmp_path / "there.html"
    there.write_text("kept")
    for target, words in (
        (there, "exists already"), (tmp_path, "a folder"), (tmp_path / "no" / "x.html", "does not exist"),
        ("-", "expected the name of a file"), (tmp_path / "page.pdf", "ends in .html"),
    ):  # fmt: skip
        done = run(capsys, command, layer, "--report", target)
        assert done.code == 2 and words in done.err and not done.out
    assert there.read_text() == "kept"
    same = tmp_path / "same"
    done = run(capsys, command, layer, "--report", same, "--json", same)
    assert done.code == 2 and "two outputs" in done.err
    for missing in ("bokeh", "jinja2"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, missing, None)
            done = run(capsys, command, layer, "--report", tmp_path / "new.html")
        assert done.code == 2 and f"a report page needs {missing}" in done.err
        assert "pip install 'maeri-solver[report]'" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there.html"]


def test_an_existing_page_is_replaced_with_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    done = run(capsys, "map", "fc 8 -> 4", *SMALL, "--report", path, "--force")
    assert done.code == 0 and path.read_text().lstrip().startswith("<!doctype html>")
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


def test_an_infeasible_layer_is_on_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.html"
    done = run(capsys, "map", "fc 8 -> 4", "--min", "T_R=3", *SMALL, "--report", path)
    assert done.code == 4
    shown = Elements(path.read_text()).text
    assert "Infeasible" in shown and done.err.splitlines()[0].split("infeasible: ")[1] in shown


def test_python_writes_the_same_page(tmp_path: Path) -> None:
    best = solver.map("fc 8 -> 4", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    solver.report(best, tmp_path / "one.html")
    best.report(tmp_path / "two.html")
    one, two = ((tmp_path / name).read_text() for name in ("one.html", "two.html"))
    date = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
    plots = re.compile(r'"p?[0-9a-f]{4,}(-[0-9a-f]{4,})*"')  # Bokeh counts its objects on
    assert plots.sub("", date.sub("", one)) == plots.sub("", date.sub("", two))
    with pytest.raises(InputError, match="exists already"):
        best.report(tmp_path / "one.html")


def test_answers_that_have_no_page_are_refused() -> None:
    run_ = Run.now()
    small = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}
    evaluation = solver.evaluate("fc 8 -> 4", "S2 K4", small)
    space = solver.explore("fc 8 -> 4", small)
    for answers in ([], [evaluation, space], [space, space], [space, example_solution()]):
        with pytest.raises(InputError, match=r"expected one of|answers"):
            report_text(answers, run_)
    assert {kind.__name__ for kind in PAGES} >= {
        "Solution",
        "NetworkAnswer",
        "SweepAnswer",
        "DesignAnswer",
        "Evaluation",
    }


def test_python_tells_of_missing_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "bokeh", None)
    with pytest.raises(MissingDependencyError, match=r"maeri-solver\[report\]"):
        solver.report(example_solution(), tmp_path / "page.html")


def test_equal_layers_have_equal_plots_with_models_of_their_own(tmp_path: Path) -> None:
    layers = ["a: fc 8 -> 4", "b: fc 8 -> 4", "c: fc 8 -> 6"]
    command = ["map", *layers, *SMALL, "--report", str(tmp_path / "page.html"), "--json", "-"]
    assert main(command) == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    blocks = re.findall(r'<script type="application/json" id="[^"]*">(\{"target_id".*?)</script>', text)
    items = [json.loads(block) for block in blocks]
    ids = [set(re.findall(r'"id": "([^"]+)"', json.dumps(item))) for item in items]
    assert len(items) == 2 + 3 * 3 and all(ids)
    assert len(set().union(*ids)) == sum(map(len, ids))  # shared ids would mix up two plots
    assert all(item["root_id"] in known for item, known in zip(items, ids, strict=True))

    def plain(place: int) -> str:
        numbers = count()
        known: dict[str, str] = {}
        return re.sub(
            r'"(?:id|root_id)": "([^"]+)"',
            lambda found: known.setdefault(found[1], f"model {next(numbers)}"),
            json.dumps(items[place]),
        )

    first, second, third = ([plain(2 + 3 * layer + plot) for plot in range(3)] for layer in range(3))
    assert first == second and all(a != c for a, c in zip(first, third, strict=True))
