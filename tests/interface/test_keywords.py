"""Messages of Python functions name keywords, those of the command line options, by one name."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import click
import pytest

import solver
from solver.cli.command import RENAMED
from solver.cli.main import COMMANDS
from solver.errors import InputError, MapperError
from solver.hardware.read import HardwareChanges
from solver.interface.keywords import REPEATED, in_python

ROOT = Path(__file__).parents[2]
LAYER = "conv 4x6x6 -> 4, 3x3"
FILES = {
    "json", "csv", "parquet", "plot", "plot_format", "report", "certificate", "detail", "format", "fold",
    "partial", "log", "file", "out", "o", "force", "help",
}  # fmt: skip
"""Options about what is written and printed, which Python programs say by methods of the answer."""
OF_MODELS = {"batch", "dims", "values", "call", "layers"}
"""What is said of models: parameters of `solver.read`, whose layers every function takes."""


def options_of(name: str) -> dict[str, click.Option]:
    command = importlib.import_module(f"solver.cli.commands.{name}").command
    found = {}
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for option in parameter.opts:
                found[option.lstrip("-").removeprefix("no-").replace("-", "_")] = parameter
    return found


@pytest.mark.parametrize("name", sorted({*COMMANDS} & {*solver.__all__}))
def test_an_option_has_the_name_of_its_keyword_and_of_its_key(name: str) -> None:
    keywords = set(inspect.signature(getattr(solver, name)).parameters)
    known = keywords | {*HardwareChanges.model_fields} | FILES | OF_MODELS | {"hardware"}
    left = {REPEATED.get(option, option) for option in options_of(name)} - known
    # Of a mapping that is searched on the way Python gives the answer of solver.map instead.
    if name in ("configure", "simulate", "show", "profile", "evaluate"):
        left -= set(inspect.signature(solver.map).parameters) | {"cache"}
    # Several are given as several.
    assert left - ({"objective"} if "objectives" in keywords else set()) == set()


def test_former_names_of_options_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    from solver.cli.main import main

    now = {option for name in COMMANDS if name != "cache" for option in options_of(name)}
    for former, name in RENAMED.items():
        plain = name.removeprefix("--").removeprefix("no-").replace("-", "_")
        assert plain in now and former.removeprefix("--").removeprefix("no-").replace("-", "_") not in now
    words = ["evaluate", "fc 64 -> 10", "--mapping", "S16", "--hardware", "maeri-64-dram", "--json", "-"]
    printed = []
    for more in (["--dram-bw", "4", "--no-double-buffer"], ["--dram-bandwidth=4", "--no-double-buffered"]):
        assert main([*words, *more]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert main([*words, "--dram-bw=4", "--double-buffer"]) == 0
    assert capsys.readouterr().out != printed[0]


def texts() -> set[str]:
    """Return every text of the program outside of the command line that names an option."""
    found = set()
    for file in sorted((ROOT / "solver").rglob("*.py")):
        if {"cli", "certificates", "views"} & set(file.relative_to(ROOT).parts):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        strings = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                parts = (str(part.value) if isinstance(part, ast.Constant) else "N" for part in node.values)
                strings.add("".join(parts))
        found |= {text for text in strings if re.search(r"(?<![\w`-])--[a-z]", text) and "``" not in text}
    return found


def test_every_option_that_a_message_names_is_said_as_a_keyword() -> None:
    theirs = re.compile(r"2onnx|--(graphdef|saved-model|output|prototxt|model_dir)")
    ours = [text for text in texts() if not theirs.search(text)]
    assert len(ours) > 30
    assert {text: in_python(text) for text in ours if "--" in in_python(text)} == {}
    foreign = "python -m tf2onnx.convert --saved-model model --inputs x:0 --output model.onnx"
    assert in_python(foreign) == foreign


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            lambda: solver.map(LAYER, {"buffer": "64 KiB"}),
            r"dram_bandwidth too \(such as dram_bandwidth=16\)",
        ),
        (lambda: solver.map(LAYER, {"dram_bandwidth": 4}), r"buffer too \(such as buffer='64 KiB'\)"),
        (
            lambda: solver.map(LAYER, {"dram_bw": 4}),
            r"unknown key \(did you mean dram_bandwidth\?\)",
        ),
        (lambda: solver.map("conv 4x6x6 -> 4"), "^layer:1:16: found the end"),
        (
            lambda: solver.network("alexnet", scheduler="http://10.0.0.1:8787"),
            "^scheduler: that is the address",
        ),
        (
            lambda: solver.network("alexnet", jobs=2, scheduler="tcp://h:1"),
            "^scheduler: found .* jobs, expected one",
        ),
        (
            lambda: solver.read("vgg16", layers=["conv9"]),
            "layers: unknown layer .* `solver.convert` lists",
        ),
        (
            lambda: solver.configure(LAYER, "out", "S3", inputs="x.npy"),
            "^inputs, weights: .* expected reduction='rtl'",
        ),
    ],
)
def test_a_mistake_in_python_is_told_in_its_words(
    call: Any, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MapperError, match=expected) as raised:
        call()
    assert "--" not in str(raised.value)


def test_what_was_found_and_existing_files_are_told_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found --dram-bw"):
        solver.map("--dram-bw")
    picture = solver.show(None, None, {"num_ms": 16})
    picture.save(tmp_path / "a.svg")
    with pytest.raises(InputError, match="say force=True to replace it"):
        picture.save(tmp_path / "a.svg")


def test_the_page_of_names_names_what_there_is() -> None:
    page = (ROOT / "docs" / "reference" / "names.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:1] == "|"]
    assert len(rows) > 12 and {len(row) for row in rows} == {5}
    options = {option for name in COMMANDS if name != "cache" for option in options_of(name)}
    keywords = {*HardwareChanges.model_fields, "source", "report", "to_dict", "to_frame"}
    keywords |= {
        name for each in solver.__all__ for name in inspect.signature(getattr(solver, each)).parameters
    }
    for _, option, _, keyword, _ in rows[2:]:
        named = re.findall(r"--(?:no-|\[no-\])?([a-z-]+)", option)
        assert named and {each.replace("-", "_") for each in named} <= options, option
        assert set(re.findall(r"`(\w+)", keyword)) <= keywords, keyword
