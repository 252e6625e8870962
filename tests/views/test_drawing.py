"""Pictures show every switch under its name, and what the executed configuration does."""

import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from random import Random
from xml.etree import ElementTree

import pytest

from solver.array.adder_tree_config import AdderTreeConfig
from solver.execution.adder_tree import run_wave
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.switches.decode import decode
from solver.switches.simulator_tree import Target
from solver.switches.switch_config import SwitchConfig
from solver.views.drawing import ArrayGraph, array_graph, to_dot, to_sheets, to_svg
from solver.views.drawing.graph import LinkKind, NodeKind
from solver.views.drawing.layout import geometry
from solver.views.drawing.paint import files_of, painted, pictures
from solver.views.drawing.palette import DARK_GROUND, INK, LIGHT_GROUND, VN_COLOURS, contrast
from tests.support.reduction_reference import each_packed

SVG = "{http://www.w3.org/2000/svg}"
NEST = LoopNest(R=3, S=3, C=8, K=64, X=8, Y=8)


def accelerator(num_ms: int, *, real: bool, slides: bool = False) -> Hardware:
    return read_hardware(
        num_ms=num_ms,
        dn_bw=num_ms // 4,
        rn_bw=num_ms // 4,
        reduction="rtl" if real else "simulator",
        forwarding="sliding" if slides or not real else "none",
    )


def mapped(num_ms: int, tile: Tile, *, real: bool, slides: bool = False) -> tuple[ArrayGraph, SwitchConfig]:
    hardware = accelerator(num_ms, real=real, slides=slides)
    config = decode(NEST, hardware, tile, name="layer")
    return array_graph(hardware, config), config


@pytest.mark.parametrize("num_ms", [4, 16, 64, 256])
@pytest.mark.parametrize("real", [False, True])
def test_the_idle_array_has_every_switch_once_and_all_wires_between_them(num_ms: int, real: bool) -> None:
    hardware = accelerator(num_ms, real=real)
    graph = array_graph(hardware)
    kinds = Counter(node.kind for node in graph.nodes)
    assert kinds[NodeKind.MULTIPLIER] == num_ms
    assert kinds[NodeKind.ADDER] == num_ms - 1
    assert kinds[NodeKind.DISTRIBUTION] == num_ms - hardware.dn_bw
    assert (kinds[NodeKind.PORT], kinds[NodeKind.BUS]) == (hardware.dn_bw, hardware.rn_bw)
    names = [node.name for node in graph.nodes]
    assert len(set(names)) == len(names)
    assert {end for link in graph.links for end in (link.source, link.target)} <= set(names)
    wires = Counter(link.kind for link in graph.links)
    height = num_ms.bit_length() - 1
    assert wires[LinkKind.SUM] == 2 * (num_ms - 1)
    assert wires[LinkKind.FORWARDING] == (num_ms - 1 - (2 * height - 1)) // 2
    assert wires[LinkKind.DISTRIBUTION] == 2 * kinds[NodeKind.DISTRIBUTION] + hardware.dn_bw
    assert wires[LinkKind.NEIGHBOUR] == (0 if real else num_ms - 1)
    assert not any(node.vns for node in graph.nodes)
    assert not any(link.vns for link in graph.links)


def test_names_are_those_of_the_worked_example() -> None:
    graph = array_graph(read_hardware(num_ms=16, dn_bw=4, rn_bw=8, reduction="rtl"))
    sums = {(link.source, link.target) for link in graph.links if link.kind is LinkKind.SUM}
    # Level 2 of the example: S3 takes S5 and D1.L; D0 takes D1.R, D2.L, D2.R, D3.L; S4 takes D3.R and S6.
    assert {("S5", "S3"), ("D1.L", "S3"), ("D1.R", "D0.L"), ("D2.L", "D0.L"), ("D2.R", "D0.R")} <= sums
    assert {("D3.L", "D0.R"), ("D3.R", "S4"), ("S6", "S4"), ("S1", "S0"), ("S2", "S0")} <= sums
    buses = {node.name: node.bus for node in graph.of_kind(NodeKind.ADDER)}
    assert (buses["D1.L"], buses["D1.R"], buses["S4"], buses["S0"]) == (1, 1, 4, 0)


def test_modes_and_exits_on_real_hardware_are_those_of_the_executed_wave() -> None:
    rng = Random(1)
    for _ in range(12):
        num_ms = rng.choice((16, 32, 64))
        tile = rng.choice(
            (Tile(R=3, S=3, K=num_ms // 16), Tile(S=3, K=5), Tile(C=7), Tile(C=2, K=8), Tile(K=2))
        )
        graph, config = mapped(num_ms, tile, real=True)
        assert isinstance(config.tree, AdderTreeConfig)
        wave = run_wave(config.tree, config.placement, graph.buses)
        exits = {node.name: work.vn for node in graph.nodes for work in node.work if work.sends is Target.BUS}
        assert exits == {value.output: value.vn for value in wave.values}
        by_name = {node.name: node.bus for node in graph.nodes}
        assert all(by_name[value.output] == value.bus for value in wave.values)
        inputs = Counter(work.inputs for node in graph.nodes for work in node.work)
        assert (inputs[2], inputs[3]) == (wave.adds_2_1, wave.adds_3_1)
        busy = [link for link in graph.links if link.kind is LinkKind.SUM and link.vns]
        assert len(busy) == wave.wires


def test_modes_on_the_simulators_tree_are_those_of_its_reduction() -> None:
    for tile in (Tile(R=3, S=3, K=7), Tile(C=5, K=12), Tile(S=3, C=2, K=10)):
        graph, _ = mapped(64, tile, real=False)
        work = [work for node in graph.nodes for work in node.work]
        vns = each_packed(64, tile.vn_size)[: tile.num_vns]
        adds = Counter(w.inputs for w in work)
        assert adds[2] == sum(vn.adds_2_1 for vn in vns)
        assert adds[3] == sum(vn.adds_3_1 for vn in vns)
        linked = sum(len(link.vns) for link in graph.links if link.kind is LinkKind.FORWARDING)
        carried = sum(len(link.vns) for link in graph.links if link.kind is LinkKind.SUM)
        assert linked + carried == sum(vn.wires for vn in vns)
        assert sorted(w.vn for w in work if w.sends is Target.BUS) == list(range(tile.num_vns))


@pytest.mark.parametrize(("real", "step"), [(False, -1), (True, 1)])
def test_inputs_are_handed_on_inside_filter_rows_only(real: bool, step: int) -> None:
    graph, _ = mapped(16, Tile(R=2, S=3, K=2), real=real, slides=True)
    links = [link for link in graph.links if link.kind is LinkKind.NEIGHBOUR and link.vns]
    used = {(int(link.source[1:]), int(link.target[1:])) for link in links}
    firsts = [first + 3 * row for first, _ in graph.vns for row in (0, 1)]
    inside = {(first + i, first + i + 1) for first in firsts for i in (0, 1)}
    assert used == {pair[::step] for pair in inside}


@pytest.mark.parametrize("num_ms", [4, 16, 64, 256])
@pytest.mark.parametrize("real", [False, True])
def test_the_svg_stands_alone_and_names_every_switch_and_wire_once(num_ms: int, real: bool) -> None:
    graph, _ = mapped(num_ms, Tile(S=3, K=num_ms // 4), real=real)
    root = ElementTree.fromstring(to_svg(graph))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert {node.name for node in graph.nodes} | {f"VN{i}" for i in range(len(graph.vns))} <= set(ids)
    shown = [link for link in graph.links if link.kind is not LinkKind.EXIT or link.vns]
    for link in shown:
        assert link.name in ids or all(f"{link.name}-{vn}" in ids for vn in link.vns)
    text = to_svg(graph)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert {element.tag for element in root.iter()} == {
        SVG + tag for tag in ("svg", "title", "style", "rect", "g", "path", "circle", "text")
    }


def test_active_adders_are_labelled_and_nothing_reaches_over_the_edge() -> None:
    graph, _ = mapped(64, Tile(R=3, S=3, K=6), real=True)
    root = ElementTree.fromstring(to_svg(graph))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for node in graph.of_kind(NodeKind.ADDER):
        element = root.find(f".//{SVG}g[@id='{node.name}']")
        assert element is not None
        texts = [text.text for text in element.iter(SVG + "text")]
        assert texts == ([" ".join(work.label for work in node.work)] if node.work else [])
    for text in root.iter(SVG + "text"):
        # A character is at most 0.65 of its size wide.
        reach = 0.65 * float(text.get("font-size", 0)) * len(text.text or "")
        x, style = float(text.get("x", 0)), text.get("class", "")
        left = x if "left" in style or "title" in style else x - reach if "right" in style else x - reach / 2
        assert left >= 0 and left + reach <= width
        assert 0 < float(text.get("y", 0)) <= height


@pytest.mark.parametrize("num_ms", [16, 64, 256, 1024])
def test_switches_of_a_row_do_not_touch(num_ms: int) -> None:
    graph = array_graph(accelerator(num_ms, real=True))
    geo = geometry(graph, lambda width: 100)
    sizes = {NodeKind.ADDER: 2 * geo.radius, NodeKind.MULTIPLIER: geo.multiplier, NodeKind.BUS: geo.bus}
    for kind, size in sizes.items():
        rows: dict[float, list[float]] = {}
        for node in graph.of_kind(kind):
            x, y = geo.place(node)
            rows.setdefault(y, []).append(x)
        for xs in rows.values():
            assert all(right - left >= size for left, right in pairwise(sorted(xs)))


def test_colours_can_be_read_on_light_and_dark_ground() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for colour in VN_COLOURS:
        assert contrast(colour, INK) >= 4.5
        assert contrast(colour, LIGHT_GROUND) >= 4.5
        assert contrast(colour, DARK_GROUND) >= 3


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
@pytest.mark.parametrize("real", [False, True])
def test_graphviz_reads_the_dot_text_with_all_names(real: bool) -> None:
    graph, _ = mapped(16, Tile(R=3, S=1, K=4), real=real)
    run = subprocess.run(["dot", "-Tplain"], input=to_dot(graph), capture_output=True, text=True, check=True)
    assert not run.stderr
    words = [line.split() for line in run.stdout.splitlines()]
    nodes = {line[1].strip('"') for line in words if line[0] == "node"}
    edges = {(line[1].strip('"'), line[2].strip('"')) for line in words if line[0] == "edge"}
    assert nodes == {node.name for node in graph.nodes}
    assert edges == {(link.source, link.target) for link in graph.links}


def test_dot_text_quotes_what_a_name_may_hold() -> None:
    hardware = read_hardware(num_ms=4, dn_bw=2, rn_bw=2)
    graph = array_graph(hardware, decode(LoopNest(S=3), hardware, Tile(S=3), name='a "b" \\ c'))
    assert r"a \"b\" \\ c: tile S3" in to_dot(graph)
    assert 'a "b" \\ c: tile S3' in str(ElementTree.fromstring(to_svg(graph)).findtext(SVG + "title"))


SIX_POINTS = 6 * 25.4 / 72
"""Millimetres."""
SIZES = [
    (64, 16, 16), (64, 2, 64), (64, 64, 64), (128, 32, 32), (128, 8, 128), (256, 64, 64), (256, 4, 16),
    (256, 256, 256), (512, 1, 512),
]  # fmt: skip


def folded(switches: int, ports: int, buses: int, *, real: bool) -> ArrayGraph:
    hardware = read_hardware(
        num_ms=switches, dn_bw=ports, rn_bw=buses, reduction="rtl" if real else "simulator"
    )
    return array_graph(hardware, decode(NEST, hardware, Tile(S=3, K=min(64, switches // 3)), name="layer"))


@pytest.mark.parametrize("page", [(190, 277), (190, 215)])
@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_every_word_of_a_large_array_has_six_points_on_sheets_of_a4(
    size: tuple[int, int, int], real: bool, page: tuple[int, int]
) -> None:
    graph = folded(*size, real=real)
    whole = ElementTree.fromstring(to_svg(graph))
    texts: Counter[str | None] = Counter()
    ids: Counter[str | None] = Counter()
    for number, sheet in enumerate(to_sheets(graph, page=page[1]), 1):
        root = ElementTree.fromstring(sheet)
        _, top, width, height = map(float, root.get("viewBox", "").split())
        millimetres = min(page[0] / width, page[1] / height)
        words = list(root.iter(SVG + "text"))
        assert min(millimetres * float(text.get("font-size", 0)) for text in words) >= SIX_POINTS
        for text in words:
            reach = 0.65 * float(text.get("font-size", 0)) * len(text.text or "")
            x, style = float(text.get("x", 0)), text.get("class", "")
            left = x if "left" in style or "title" in style else x - reach * (0.5 + 0.5 * ("right" in style))
            assert left >= -1 and left + reach <= width + 1
            assert top < float(text.get("y", 0)) <= top + height
        named = root.find(f"{SVG}text[@class='title']")
        assert named is not None and named.text is not None
        assert number == 1 or f", sheet {number} of " in named.text
        texts += Counter(text.text for text in words if number == 1 or text is not named)
        ids += Counter(e.get("id") for e in root.iter() if e.tag != SVG + "path" and e.get("id"))
    assert texts == Counter(text.text for text in whole.iter(SVG + "text"))
    assert {node.name for node in graph.nodes} <= set(ids)
    assert max(ids[node.name] for node in graph.nodes) == 1


@pytest.mark.parametrize(("switches", "sheets"), [(64, 1), (128, 2), (256, 2)])
def test_a_long_heading_makes_no_sheet_of_a_few_lines(switches: int, sheets: int) -> None:
    hardware = read_hardware(num_ms=switches, dn_bw=switches // 4, rn_bw=switches // 4)
    config = decode(NEST, hardware, Tile(S=3, K=20), name="a layer " * 30)
    found = [ElementTree.fromstring(sheet) for sheet in to_sheets(array_graph(hardware, config))]
    heights = [float(sheet.get("height", 0)) for sheet in found]
    assert len(heights) == sheets and min(heights) > 0.5 * max(heights)


def test_the_ends_of_a_wire_between_sheets_stand_on_both() -> None:
    graph = folded(256, 64, 64, real=False)
    first, second = (ElementTree.fromstring(sheet) for sheet in to_sheets(graph))
    parts = []
    for sheet in (first, second):
        paths = {path.get("id"): path.get("d", "") for path in sheet.iter(SVG + "path")}
        parts.append({name: path.count("M ") for name, path in paths.items() if name})
    cut = [link for link in graph.links if link.name in parts[0] and link.name in parts[1]]
    assert {(link.source, link.target) for link in cut} >= {("D2.R", "D0.R"), ("M160", "M159")}
    assert all(parts[0][link.name] == parts[1][link.name] == 1 for link in cut)
    small = folded(16, 4, 4, real=False)
    assert to_sheets(small) == [to_svg(small)]


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_a_sheet_is_a_file_or_a_page(kind: str) -> None:
    pytest.importorskip("matplotlib")
    found = pictures(folded(256, 64, 64, real=True), kind)
    assert [len(found), found[0].count(b"/Type /Page ")] == ([1, 2] if kind == "pdf" else [2, 0])
    sheets = files_of("a/b.svg", "sheet", [1, 2])
    assert {str(name): sheet for name, sheet in sheets.items()} == {"a/b-sheet1.svg": 1, "a/b-sheet2.svg": 2}
    assert [str(name) for name in files_of("a/b.svg", "sheet", [1])] == ["a/b.svg"]


def test_the_folded_view_names_both_ends_of_cut_wires() -> None:
    graph, _ = mapped(256, Tile(R=3, C=3, K=25), real=False)
    root = ElementTree.fromstring(to_svg(graph))
    texts = {text.text for text in root.iter(SVG + "text")}
    assert {"to S3", "to D0.L", "D1.L", "S5"} <= texts
    row = ElementTree.fromstring(to_svg(graph, fold=False))
    assert float(row.get("width", 0)) > 7 * float(root.get("width", 0))
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert ids >= {
        element.get("id") for element in row.iter() if element.tag == SVG + "path" and element.get("id")
    }


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_png_and_pdf_show_what_the_svg_shows(kind: str) -> None:
    pytest.importorskip("matplotlib")
    graph, _ = mapped(16, Tile(R=3, S=1, K=4), real=False)
    (data,) = pictures(graph, kind)
    assert [data] == pictures(graph, kind)
    assert data.startswith(b"%PDF" if kind == "pdf" else b"\x89PNG")
    figure = painted(to_svg(graph))
    (axes,) = figure.axes
    root = ElementTree.fromstring(to_svg(graph))
    shapes = [e for e in root.iter() if e.tag in {SVG + "rect", SVG + "circle", SVG + "path"}]
    assert len(axes.patches) == len(shapes)
    assert [text.get_text() for text in axes.texts] == [e.text or "" for e in root.iter(SVG + "text")]
    # Every shape is where the SVG has it.
    rect = next(e for e in root.iter(SVG + "rect") if e.get("rx"))
    box = axes.patches[shapes.index(rect)].get_window_extent()
    x, y = axes.transData.transform((float(rect.get("x", 0)), float(rect.get("y", 0))))
    assert (box.x0, box.y1) == (pytest.approx(x, abs=1), pytest.approx(y, abs=1))
