"""One vocabulary: a key has one type wherever a command writes it, and the same thing has one name."""

from __future__ import annotations

import csv
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.support.examples.command_runs import COMMANDS, DRAM, LAYER, SMALL

NAMES = {
    "mapping": dict, "tile": dict, "buffer_tile": dict, "problems": list, "notes": list, "proved": bool,
    "interrupted": bool, "repeats": int, "virtual_neurons": int, "dram_order": str, "array_order": str,
    "stationary": str, "hardware": dict, "num_ms": int, "dn_bw": int, "rn_bw": int, "dram_bandwidth": int,
    "accumulation_buffer": bool, "status": str, "bottleneck": str, "loop_nest": list, "configuration": dict,
}  # fmt: skip
"""Keys that mean one thing, with its only type; nothing where it is not known."""

OTHER_WORDS = (
    "failures", "failure", "vns", "runs", "repetitions", "T_R", "B_R", "prefetch", "different", "cycles_by"
)  # fmt: skip
"""What the same things were called; columns of tables name loops T_R, as they have tiles of two levels."""


@pytest.fixture(scope="session")
def answers(runs: dict[str, str]) -> dict[str, Any]:
    """Return the JSON of every command."""
    return {name: json.loads(runs[name]) for name in COMMANDS}


def walk(value: Any, where: str) -> Iterator[tuple[str, str, Any]]:
    """Yield place, key and value of everything in a document, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield where, key, inner
            yield from walk(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, f"{where}[]")


def test_a_key_has_one_type_in_all_commands(answers: dict[str, Any]) -> None:
    wrong = {
        f"{where}.{key}: {type(value).__name__}"
        for name in COMMANDS
        for where, key, value in walk(answers[name], name)
        if key in NAMES and value is not None and type(value) is not NAMES[key]
    }
    # Counts of a sweep's or a design's table, and the sizes of a list of accelerators.
    assert wrong == set()


def test_no_key_changes_its_type_from_one_answer_to_another(runs: dict[str, str]) -> None:
    """Of all commands and sorts of answers; a number may have decimals, and anything may be null."""
    kinds: dict[str, dict[str, str]] = {}
    for name, text in runs.items():
        for where, key, value in walk(json.loads(text), name):
            if value is not None:
                kind = "number" if type(value) in (int, float) else type(value).__name__
                kinds.setdefault(key, {}).setdefault(kind, where)
    assert len(kinds) > 200
    assert {key: found for key, found in kinds.items() if len(found) > 1} == {}


def test_every_mapping_says_how_it_runs(answers: dict[str, Any]) -> None:
    seen = set()
    for name in COMMANDS:
        for _, key, value in walk(answers[name], name):
            if key == "mapping" and value is not None:
                seen.add(name)
                pieces = value.get("pieces", [value])
                assert all(set(piece["tile"]) == set("RSCKGNXY") for piece in pieces), name
    assert {"map", "pareto", "evaluate", "explore", "network", "configure", "profile"} <= seen


def test_things_have_no_other_names(answers: dict[str, Any]) -> None:
    found = {
        f"{where}.{key}"
        for name in COMMANDS
        for where, key, _ in walk(answers[name], name)
        if key in OTHER_WORDS
    }
    assert found == set()


def test_what_is_minimised_has_one_name(answers: dict[str, Any], run_folder: Path) -> None:
    """So has what of a table the JSON has too."""
    for name, answer in answers.items():
        if isinstance(answer, dict) and "gap" in answer:
            assert {"objective_value", "bound"} <= set(answer), name
    (row,) = (row for row in answers["design"]["accelerators"] if row["objective_value"] is not None)
    assert row["objective_value"] == answers["design"]["objective_value"]
    with (run_folder / "network.csv").open(newline="") as file:
        methods = {row["method"] for row in csv.DictReader(file) if row["method"]}
    solved = [part for layer in answers["network"]["layers"] for part in layer["parts"] if part.get("cost")]
    assert methods == {part["cost"]["method"] for part in solved}


def test_truth_values_of_tables_are_those_of_json(run_folder: Path) -> None:
    for name in ("pareto", "explore", "network", "sweep"):
        with (run_folder / f"{name}.csv").open(newline="") as file:
            cells = {cell for row in csv.reader(file) for cell in row}
        assert not cells & {"True", "False", "None", "nan"}, name


def test_the_columns_of_tables_do_not_vary_with_the_hardware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from solver.cli.main import main

    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(f'layers: ["{LAYER}"]')
    for words in (
        ("explore", LAYER),
        ("network", "net.yaml"),
        ("map", LAYER, "--objective", "pareto"),
        ("sweep", "net.yaml"),
        ("design", "net.yaml"),
    ):
        heads = set()
        more = ("--samples", "20") if words[0] == "explore" else ()
        for flags in (SMALL, DRAM):
            assert main([*words, *more, *flags, "--csv", "table.csv", "--force"]) == 0
            heads.add(Path("table.csv").read_text().splitlines()[0])
        assert len(heads) == 1, words


def test_a_table_is_the_same_in_both_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that writes CSV writes Parquet, with the same columns and rows."""
    parquet = pytest.importorskip("pyarrow.parquet")
    from solver.cli.main import COMMANDS as ALL
    from solver.cli.main import main

    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(f'layers: ["{LAYER}", "fc 8 -> 4"]')
    runs = {
        "map": (LAYER, "--objective", "pareto"),
        "network": ("net.yaml",),
        "explore": (LAYER,),
        "sweep": ("net.yaml", "--objective", "energy"),
        "design": ("net.yaml",),
    }
    with_tables = set()
    for name in ALL:
        options = {
            o for p in importlib.import_module(f"solver.cli.commands.{name}").command.params for o in p.opts
        }
        assert ("--csv" in options) == ("--parquet" in options), name
        with_tables |= {name} if "--csv" in options else set()
    assert with_tables == set(runs)
    for name, words in runs.items():
        both = ("--csv", f"{name}.csv", "--parquet", f"{name}.parquet")
        assert main([name, *words, *DRAM, *both]) == 0
        table = parquet.read_table(f"{name}.parquet")
        with Path(f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert table.column_names == list(rows[0]), name
        for row, other in zip(rows, table.to_pylist(), strict=True):
            for key, cell in row.items():
                assert same(cell, other[key]), (name, key, cell, other[key])


def same(cell: str, value: Any) -> bool:
    """Whether a cell of a CSV file says what a value is."""
    if value is None or isinstance(value, str | bool):
        return cell == ("" if value is None else str(value) if isinstance(value, str) else str(value).lower())
    return float(cell) == float(value)


def test_every_command_that_reads_a_model_takes_what_is_said_of_models() -> None:
    from solver.cli.main import COMMANDS as ALL

    for name in ALL:
        command = importlib.import_module(f"solver.cli.commands.{name}").command
        if isinstance(command, click.Group) or name == "check":  # the cache, and certificates
            continue
        options = {option for parameter in command.params for option in parameter.opts}
        assert options >= {"--batch", "--dim", "--value", "--call", "--layer"}, name
