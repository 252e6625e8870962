"""README and docs/: every example runs and prints what is shown, and every key and column is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pytest

import solver
from benchmarks.proofs.certificates import show_size
from solver.cli.main import COMMANDS, main
from solver.hardware.read import HardwareFile
from solver.hardware.read_energy import EnergyTableFile
from solver.hardware.read_memory import BufferFile
from solver.questions.sweep.file import SweepFile
from solver.readers.mapping_file import MappingFile
from solver.readers.yaml_layers import ENTRIES
from solver.writers import front_table, network_table, settings_files
from solver.writers.schedule.document import ScheduleDocument, TilePhasePart
from tests.support.doc_examples import PAGES, ROOT, Session, blocks_of, reader, same, troubles
from tests.support.doc_files import GIVEN

REFERENCE = ROOT / "docs" / "reference"
SMALL = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_runs_and_prints_what_is_shown(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with reader(tmp_path, page, GIVEN) as session:
        found = list(troubles(text, session))
    told = [f"{page}:{trouble.block.line}: {trouble.reason}\n{trouble.output}" for trouble in found]
    assert not told, "\n".join(told)


def reasons(text: str, folder: Path) -> list[str]:
    with reader(folder, folder / "page.md", {}) as session:
        return [trouble.reason for trouble in troubles(text, session)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```sh\necho one\n```\n\n```text\none\n```\n", []),
        ("```sh\necho one\n```\n\n```text\ntwo\n```\n", ["prints something else"]),
        ("```sh\nprintf 'one\\ntwo\\n'\n```\n\n```text\none\n...\n```\n", []),
        ("```sh\nprintf 'one\\ntwo\\n'\n```\n\n```text\none\n```\n", ["prints something else"]),
        ("```sh\necho 1.25 s\n```\n\n```text\n0.5 s\n```\n", []),
        ("```sh\necho 1.25 w\n```\n\n```text\n0.5 w\n```\n", ["prints something else"]),
        ("```sh\nfalse\n```\n", ["exit code 1, not 0"]),
        ("<!-- exit: 1 -->\n```sh\nfalse\n```\n", []),
        ("<!-- exit: 1 -->\n```sh\ntrue\n```\n", ["exit code 0, not 1"]),
        ("<!-- not run: here -->\n```sh\nfalse\n```\n", []),
        ("<!-- run: false -->\n", ["exit code 1"]),
        ("```python\nx = 2\n```\n\n```python\nprint(x)\n```\n\n```text\n2\n```\n", []),
        ("```python\nprint(y)\n```\n", ["exit code 1, not 0"]),
        ("```{code-block} text\n:caption: a.txt\n\nhi\n```\n\n```sh\ncat a.txt\n```\n\n```\nhi\n```\n", []),
        ("```yaml\na: 1\n```\n", ["a block of yaml that is no example, file or output"]),
        ("```sh\npython -m solver map nothing.yaml\n```\n", ["exit code 2, not 0"]),
        ("```sh\npython -m solver --version > a\ngrep -c version a\n```\n\n```\n1\n```\n", []),
        ("```sh\npython -m solver map nothing.yaml > a.txt\n```\n", ["exit code 2, not 0"]),
        ("```sh\nfalse || python -m solver --version\n```\n\n```\nmaeri-solver, version 9.9.9\n```\n", []),
    ],
)  # fmt: skip
def test_an_example_that_is_not_as_shown_is_found(text: str, expected: list[str], tmp_path: Path) -> None:
    assert reasons(text, tmp_path) == expected


def test_code_that_would_not_be_run_is_refused() -> None:
    with pytest.raises(ValueError, match="line 3: a block of code without a fence"):
        list(blocks_of("text\n\n    python -m solver\n"))
    with pytest.raises(ValueError, match="line 1: code inside"):
        list(blocks_of("````{note}\n```sh\nfalse\n```\n````\n"))


def test_the_folder_of_an_example_is_masked(tmp_path: Path) -> None:
    assert same("wrote FOLDER/a.txt", f"wrote {tmp_path}/a.txt", tmp_path)
    assert Session(tmp_path, {}).python("print('x')", "example") == (0, "x\n")


def sections(page: str) -> dict[str, str]:
    """Split a reference page at its headings."""
    parts = re.split(r"^#+ (.*)\n", (REFERENCE / page).read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def table(text: str) -> list[list[str]]:
    """Return the rows of a table but for its head."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    return rows[2:]


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("kind", ENTRIES)
def test_the_keys_of_every_kind_of_layer_are_documented(kind: str) -> None:
    documented = [
        key
        for title, text in sections("yaml.md").items()
        if kind in re.findall(r"\w+", title.partition(": ")[2])
        for keys, kinds, *_ in table(text)
        if kinds == "all" or kind in kinds.split(", ")
        for key in code(keys)
    ]
    assert sorted(documented) == sorted(ENTRIES[kind].model_fields.keys() - {"kind", "name"})


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("Hardware", HardwareFile),
        ("Prefetch buffer", BufferFile),
        ("Energy table", EnergyTableFile),
        ("Mappings", MappingFile),
        ("Sweeps", SweepFile),
    ],
)
def test_the_keys_of_every_file_are_documented(title: str, model: Any) -> None:
    documented = [key for keys, *_ in table(sections("yaml.md")[title]) for key in code(keys)]
    assert sorted(documented) == sorted(model.model_fields)


def definition(term: str) -> set[str]:
    """Return the code in what a definition list of files.md says about a term."""
    text = (REFERENCE / "files.md").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(term)}\n: ((?:.+\n)+)", text, flags=re.M)
    assert found, term
    return set(code(found[1]))


def test_the_columns_of_every_table_are_documented() -> None:
    columns: dict[str, Iterable[str]] = {
        "`--csv`, `--parquet` of `map --objective pareto`": front_table.COLUMNS,
        "`--csv`, `--parquet` of `network`": network_table.COLUMNS,
        "`--csv`, `--parquet` of `sweep`": solver.sweep(
            "fc 8 -> 4", num_ms=[16], bandwidth=4, cache=False
        ).records()[0],
        "`--csv`, `--parquet` of `design`": solver.design(
            "fc 8 -> 4", num_ms=[16], bandwidth=4, cache=False
        ).records()[0],
        "`multipliers.csv`": settings_files.MULTIPLIER_COLUMNS,
        "`distribution.csv`": settings_files.DISTRIBUTION_COLUMNS,
    }
    for term, names in columns.items():
        assert definition(term) >= set(names), term
    explored = {
        name
        for hardware in (SMALL, SMALL | {"buffer": 1024, "dram_bandwidth": 4})
        for name in solver.explore("fc 8 -> 4", hardware, samples=10, baselines=False).to_frame().columns
    }
    short = {f"{level}_{dim}" for level in "TB" for dim in "SCKGNX"}
    assert definition("`--csv`, `--parquet` of `explore`") >= explored - short


SMALL_OPTIONS = ["--num-ms=16", "--dn-bw=4", "--rn-bw=4"]
TWO_LEVELS = [*SMALL_OPTIONS, "--buffer=512", "--dram-bw=4"]
LAYER = "conv 4x6x6 -> 4, 3x3"
JSON_OF: dict[str, list[list[str]]] = {
    "map": [
        ["map", LAYER, *TWO_LEVELS],
        ["map", LAYER, "--objective=pareto", *TWO_LEVELS],
        ["map", LAYER, "--num-ms=16", "--dn-bw=4", "--rn-bw=4", "--reduction=rtl"],
    ],
    "evaluate": [["evaluate", LAYER, "--mapping=S3 K4", *TWO_LEVELS]],
    "explain": [["explain", LAYER, "--objective=latency", *SMALL_OPTIONS]],
    "network": [["network", LAYER, "--no-cache", *SMALL_OPTIONS]],
    "profile": [["profile", LAYER, *SMALL_OPTIONS]],
    "configure": [
        ["configure", LAYER, "--out=one", *SMALL_OPTIONS],
        ["configure", LAYER, "--out=two", *TWO_LEVELS],
    ],
    "simulate": [
        ["simulate", each, *options]
        for each in (LAYER, "lstm 4 -> 4")
        for options in (SMALL_OPTIONS, TWO_LEVELS)
    ],
    "convert": [["convert", "alexnet"]],
    "explore": [["explore", LAYER, *SMALL_OPTIONS]],
    "sweep": [["sweep", LAYER, "--no-cache", "--num-ms=16", "--bandwidth=4"]],
    "design": [["design", LAYER, "--no-cache", "--num-ms=16", "--bandwidth=4", "--max-area=1e6"]],
}  # fmt: skip
INNER = {"map": ("cost", "levels"), "explain": ("lower_bounds", "doublings"), "profile": ("profile",)}
"""Keys whose own keys are documented, too."""


@pytest.mark.parametrize("command", JSON_OF)
def test_the_json_keys_of_every_command_are_documented(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = sections("json.md")
    documented = set(code(parts[command]))
    if command in ("explain", "profile", "evaluate"):
        documented |= set(code(parts["map"]))
    for number, words in enumerate(JSON_OF[command]):
        assert main([*words, f"--json={number}.json"]) == 0
        found = json.loads(Path(f"{number}.json").read_text(encoding="utf-8"))
        for result in found if isinstance(found, list) else [found]:
            inner = [result[key] for key in INNER.get(command, ()) if result.get(key)]
            several = [each for value in inner for each in (value if isinstance(value, list) else [value])]
            undocumented = {key for each in (result, *several) for key in each} - documented
            assert not undocumented, words


def test_the_keys_and_columns_of_a_schedule_are_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = sections("files.md")["Schedules"]
    tables = re.split(r"^(?=\| key of)", text, flags=re.M)[1:]
    for text, model in zip(tables, (ScheduleDocument, TilePhasePart), strict=True):
        assert sorted(key for keys, *_ in table(text) for key in code(keys)) == sorted(model.model_fields)
    monkeypatch.chdir(tmp_path)
    assert main(["configure", LAYER, "--out=two", *TWO_LEVELS]) == 0
    columns = Path("two/transfers.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert definition("`transfers.csv`") >= {column for column in columns if len(column) > 1}


def documented_classes() -> list[str]:
    pages = [REFERENCE / "results.md", REFERENCE / "api.md"]
    return [
        name
        for page in pages
        for name in re.findall(r"^\.\. autoclass:: (\S+)$", page.read_text(encoding="utf-8"), flags=re.M)
    ]


@pytest.mark.parametrize("name", documented_classes())
def test_every_field_of_the_documented_classes_is_explained(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    documented = getattr(import_module(module), attribute)
    if not hasattr(documented, "__dataclass_fields__"):
        return  # an enumeration
    heads = re.findall(r"^((?:\w+, )*\w+)\n(?=    \S)", cleandoc(documented.__doc__ or ""), flags=re.M)
    explained = {field for head in heads for field in head.split(", ")}
    missing = {field.name for field in fields(documented)} - explained
    assert not missing, missing


def test_the_commands_are_documented_in_the_order_of_the_help() -> None:
    (line,) = re.findall(r":commands: (.*)", (REFERENCE / "cli.md").read_text(encoding="utf-8"))
    assert line.split(", ") == list(COMMANDS)


def test_the_reference_names_every_function_and_every_answer() -> None:
    api = (REFERENCE / "api.md").read_text(encoding="utf-8")
    for name in solver.__all__:
        assert f".. autofunction:: {name}\n" in api
    shown = set(documented_classes())
    from solver.views.notebook import SHOWN

    assert {f"{kind.__module__}.{kind.__qualname__}" for kind in SHOWN} <= shown


def test_the_page_on_proofs_counts_the_lines_of_the_checker(capsys: pytest.CaptureFixture[str]) -> None:
    show_size()
    counted = re.findall(r"\| (.*?)(?::.*?)?(?: \(.*\))? \| (\d+) \|", capsys.readouterr().out)
    page = (ROOT / "docs" / "explanation" / "proof.md").read_text()
    shown = re.findall(r"^\| ([^|]+) \| (\d+) \| ", page, re.MULTILINE)
    assert len(shown) == len(counted) - 1  # without the imports
    for (name, lines), (part, count) in zip(shown, counted[1:], strict=True):
        assert part.startswith(name) and lines == count
    assert f"{sum(int(count) for _, count in counted):,} lines of code" in page
