"""The Python interface: documented examples run, names work however they are imported, displays show."""

from __future__ import annotations

import doctest
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import solver
import solver.interface.files
import solver.interface.layers
import solver.interface.networks
from solver.cost.result import Objective
from solver.errors import InfeasibleError, InputError, MissingDependencyError
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question
from solver.views.json_text import to_json
from tests.support.cli_runs import run

SMALL = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_documented_examples_are_true() -> None:
    homes = ((solver.interface.layers, 13), (solver.interface.networks, 8), (solver.interface.files, 9))
    for module, least in homes:
        found = doctest.testmod(module)
        assert found.attempted > least and not found.failed


@pytest.mark.parametrize("home", ["files", "layers", "networks"])
def test_whichever_functions_are_asked_first_answers_are_shown(home: str) -> None:
    lines = f"import solver.interface.{home}, solver.answers.displayed as d; assert d._presenters"
    subprocess.run([sys.executable, "-c", lines], check=True)


def test_five_lines_in_a_fresh_interpreter_do_the_main_job() -> None:
    lines = (
        "import solver\n"
        "best = solver.map('conv 4x6x6 -> 4, 3x3', {'num_ms': 16, 'dn_bw': 4, 'rn_bw': 4}, 'energy')\n"
        "print(best.status, best.tile)\n"
        "print(best.to_frame().energy.min() == float(best.cost.energy))\n"
        "print(best._repr_html_()[:4])\n"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[1:3] == ["True", "<pre"], done.stderr
    assert done.stdout.startswith("optimal ")


def test_importing_the_package_imports_nothing_heavy() -> None:
    check = "import solver, sys; print([m for m in ('numpy', 'ortools', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_room_has_the_name_of_a_function() -> None:
    rooms = {module.name for module in pkgutil.iter_modules(solver.__path__)}
    assert not rooms.intersection(solver.__all__)


def test_every_answer_has_a_display_a_table_and_a_dictionary() -> None:
    layer = "fc 12 -> 6"
    answers = [
        solver.map(layer, SMALL),
        solver.evaluate(layer, "S2 K4", SMALL),
        solver.network("fc 12 -> 6", SMALL),
        solver.explore(layer, SMALL),
        solver.pareto(layer, SMALL),
        solver.design(layer, num_ms=[16], bandwidth=[4, 8]),
        solver.sweep(layer, num_ms="16..32", bandwidth=4),
    ]
    for answer in answers:
        assert len(answer.to_frame()) >= 1
        assert answer.to_dict()
        assert answer._repr_html_().startswith("<pre")
    assert "12" in solver.explain(layer, SMALL)._repr_html_()


def test_what_ran_and_what_was_written_is_shown_in_a_few_words(tmp_path: Path) -> None:
    layer, whole = "fc 12 -> 5", "lstm 4 -> 4, steps 2"
    levels = {**SMALL, "buffer": "4 KiB", "dram_bandwidth": 4}
    shown = [
        solver.read(layer),
        *(solver.simulate(layer, hardware=hardware) for hardware in (SMALL, levels)),
        solver.simulate(whole, hardware=SMALL),
        solver.simulate("conv 4x6x6 -> 5, 3x3", hardware={**SMALL, "dn_bw": 8}),
    ]
    for place, (given, hardware) in enumerate(((layer, SMALL), (layer, levels), (whole, SMALL))):
        shown.append(solver.configure(given, hardware=hardware, out=tmp_path / str(place)))
    for answer in shown:
        assert len(repr(answer)) < 400
        assert answer._repr_html_().startswith("<pre")


def test_layers_and_networks_have_figures_under_one_name() -> None:
    layer, network = solver.map("fc 12 -> 6", SMALL), solver.network("fc 12 -> 6", SMALL)
    assert layer.figures == network.figures
    assert (layer.figures.cycles, layer.figures.macs) == (layer.cost.cycles, 72)


def test_sizes_are_texts_in_lists_too() -> None:
    one, other = (
        solver.sweep("fc 12 -> 6", num_ms=[16], bandwidth=[4], dram_bandwidth=4, buffer=given, cache=False)
        for given in (["4KiB", "16 KiB"], "4KiB..16KiB")
    )
    sizes = [row.hardware.memory.buffer.bytes for row in one.rows]
    assert sizes == [4096, 16384]
    assert {row.hardware for row in one.rows} < {row.hardware for row in other.rows}


def test_the_interface_answers_as_the_rooms_behind_it() -> None:
    from solver.hardware import read_hardware
    from solver.questions.map_layer import map_layer
    from solver.readers.read import read_layers

    layer = read_layers("conv 4x6x6 -> 4, 3x3")[0]
    limits = Limits(upper={"K": 2})
    question = Question(hardware=read_hardware(**SMALL), objective=Objective.EDP, limits=limits)  # type: ignore[arg-type]
    answer, _ = map_layer(layer, question)  # type: ignore[arg-type]
    assert solver.map(layer, SMALL, "EDP", max={"T_K": 2}).cost == answer.cost  # type: ignore[arg-type, union-attr]
    assert solver.map(layer, read_hardware(**SMALL), "edp", limits=limits).cost == answer.cost  # type: ignore[arg-type, union-attr]


def test_mistakes_are_told() -> None:
    with pytest.raises(InputError, match=r"objective: found speed .*latency.*, expected"):
        solver.map("fc 8 -> 4", SMALL, "speed")
    with pytest.raises(InputError, match=r"unknown option \(did you mean seed\?\), found sead"):
        solver.map("fc 8 -> 4", SMALL, sead=1)
    with pytest.raises(InputError, match=r"solver\.network takes many"):
        solver.map("alexnet")
    with pytest.raises(InfeasibleError, match="T_R"):
        solver.map("fc 8 -> 4", SMALL, limits=Limits(lower={"R": 2}))
    with pytest.raises(InputError, match=r"unknown option .*found speed"):
        solver.sweep("fc 8 -> 4", speed=3)
    with pytest.raises(InputError, match="objective: found speed"):
        solver.evaluate("fc 8 -> 4", "K4", SMALL, objective="speed")
    with pytest.raises(InputError, match=r"objective: found pareto.*solver\.pareto"):
        solver.map("fc 8 -> 4", SMALL, "pareto")
    with pytest.raises(
        InputError, match=r"buffer: .*expected it in hardware: solver\.map\(\.\.\., {'buffer': 65536}"
    ):
        solver.map("fc 8 -> 4", buffer=65536)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="nothing"):
        _ = solver.nothing


POINT = {"num_ms": 16, "bandwidth": 4, "cache": False}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("map", {"time_limit": "x"}, "time_limit: found x, expected a number of seconds above 0"),
        ("map", {"time_limit": 0}, "time_limit: found 0"),
        ("map", {"seed": -1}, "seed: found -1, expected an integer from 0"),
        ("map", {"workers": 0}, "workers: found 0, expected an integer from 1"),
        ("explore", {"samples": 0}, "samples: found 0, expected an integer from 1"),
        ("explore", {"tolerance": -0.1}, "tolerance: found -0.1, expected a share from 0"),
        ("network", {"jobs": 0}, "jobs: found 0, expected an integer from 1"),
        ("sweep", {"num_ms": []}, "num_ms: found an empty list, expected at least one value"),
        ("sweep", {**POINT, "objectives": []}, "objectives: found an empty list"),
        ("sweep", {**POINT, "bandwidth": 64}, "sizes: found 1 combinations, none of them an accelerator"),
        ("design", {**POINT, "max_area": "abc"}, "max_area: found abc, expected an area above 0"),
        ("design", {**POINT, "max_area": -5}, "max_area: found -5, expected an area above 0"),
        ("design", {**POINT, "max_power": float("nan")}, "max_power: found nan, expected a number above 0"),
        ("design", {**POINT, "time_limit": -1}, "time_limit: found -1, expected a number of seconds above 0"),
    ],
)
def test_numbers_that_make_no_sense_are_told(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        getattr(solver, name)("fc 8 -> 4", **options)
    assert message in str(caught.value)


def test_without_pandas_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = solver.evaluate("fc 8 -> 4", "S2 K4", SMALL)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"maeri-solver\[data\]"):
        answer.to_frame()


def test_a_saved_mapping_is_evaluated_as_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, layer = tmp_path / "saved.yaml", "small: conv 4x6x6 -> 4, 3x3"
    sizes = ("--num-ms", 16, "--dn-bw", 4, "--rn-bw", 4)
    for memory in ((), ("--buffer", 512, "--dram-bw", 1)):
        given = (*sizes, *memory, "--workers", 1, "--no-baselines", "--force")
        assert run(capsys, "map", layer, *given, "--out", saved).code == 0
        told = run(capsys, "evaluate", layer, "--mapping", saved, "--json", "-").json
        for path in (saved, str(saved)):
            found = solver.evaluate(layer, path)
            assert json.loads(to_json(found.to_dict())) == told
        assert "the figures are those saved with the mapping" in found.notes
        larger = solver.evaluate(layer, saved, {"num_ms": 32, "dn_bw": 8, "rn_bw": 8})
        assert larger.hardware.num_ms == 32
        assert "not the hardware that the mapping was saved with" in larger.notes[0]
    with pytest.raises(InputError, match="saved for another layer"):
        solver.evaluate("fc 8 -> 4", saved)
    with pytest.raises(InputError, match="found weights, beside "):
        solver.evaluate(layer, saved, stationary="weights")
    tile = tmp_path / "tile.yaml"
    tile.write_text("tile: S3 K4\n")
    assert solver.evaluate(layer, tile, SMALL) == solver.evaluate(layer, "S3 K4", SMALL)


CALLS = {
    "network": "solver.network([solver.map('fc 8 -> 4', small).layer], small, jobs=2)",
    "sweep": "solver.sweep('fc 8 -> 4', num_ms=[16, 32], bandwidth=4, jobs=2)",
    "design": "solver.design('fc 8 -> 4', num_ms=[16, 32], bandwidth=4, max_area=9e9, jobs=2)",
}


@pytest.mark.parametrize("name", CALLS)
def test_processes_from_a_script_without_main_guard_are_refused_with_its_line(
    name: str, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    head = "import solver\nsmall = {'num_ms': 16, 'dn_bw': 4, 'rn_bw': 4}\n"
    script.write_text(f"{head}def main():\n    {CALLS[name]}\n\nmain()\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("solver.errors.InputError: ") and "script.py:6: jobs: the call runs again" in last
    assert 'expected the call below if __name__ == "__main__":' in last
    assert done.stderr.count("Traceback") == 1


def test_a_script_with_main_guard_runs_its_processes(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    head = "import solver\nsmall = {'num_ms': 16, 'dn_bw': 4, 'rn_bw': 4}\n"
    script.write_text(f"{head}if __name__ == '__main__':\n    print({CALLS['network']}.proved)\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_every_parameter_is_named_and_typed() -> None:
    for name in solver.__all__:
        parameters = inspect.signature(getattr(solver, name)).parameters.values()
        assert all(p.kind is not p.VAR_KEYWORD for p in parameters), name
        assert all(p.annotation is not p.empty for p in parameters), name


def test_files_and_runs_of_an_answer(tmp_path: Path) -> None:
    layer = "conv 2x6x6 -> 4, 3x3"
    best = solver.map(layer, SMALL, baselines=False)
    done = solver.configure(layer, tmp_path / "early", best)
    assert (tmp_path / "early" / "configuration.json").exists()
    assert done.evaluation.tile == best.tile
    ran = solver.simulate(layer, config=tmp_path / "early")
    assert ran.to_dict() == solver.simulate(layer, best).to_dict()
    assert ran.execution.cycles == best.cost.cycles
    picture = solver.show(layer, best)
    assert picture.save(tmp_path / "array.svg") == [str(tmp_path / "array.svg")]
    assert (tmp_path / "array.svg").read_text() == picture._repr_svg_()
    assert solver.profile(layer, best).result.cost == best.cost
    solver.convert("vgg16", tmp_path / "layers")
    assert len(list((tmp_path / "layers").iterdir())) == len(solver.read("vgg16").layers)


def test_wrong_files_and_runs_are_told(tmp_path: Path) -> None:
    layer = "conv 2x6x6 -> 4, 3x3"
    best = solver.map(layer, SMALL, baselines=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "configuration.json").write_text("keep")
    with pytest.raises(InputError, match="exists already"):
        solver.configure(layer, tmp_path / "mine", best)
    with pytest.raises(InputError, match="hardware: found another one"):
        solver.simulate(layer, best, "maeri-64")
    with pytest.raises(InputError, match="mapping: found one of"):
        solver.simulate("fc 4 -> 4", best)
    with pytest.raises(InputError, match="config: found a mapping"):
        solver.simulate(layer, best, config=tmp_path)
    with pytest.raises(InputError, match="arithmetic: found float"):
        solver.simulate(layer, best, arithmetic="float")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"ends in \.svg, \.dot, \.png, \.pdf"):
        solver.show(hardware=SMALL).save(tmp_path / "array.bmp")
    with pytest.raises(InputError, match=r"mapping: .*expected a layer to draw"):
        solver.show(mapping="K4")
