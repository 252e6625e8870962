"""The schema of every command's JSON, held against what the command writes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

import jsonschema
import pytest

from solver.cli.main import COMMANDS as ALL
from solver.writers.documents.commands import FORMS, form_of, schema_text
from tests.support.examples.command_runs import COMMANDS, MORE, STOPPED


def test_every_command_with_json_has_a_form() -> None:
    from importlib import import_module

    with_json = {
        name
        for name in ALL
        if any(
            "--json" in option.opts for option in import_module(f"solver.cli.commands.{name}").command.params
        )
    }
    assert with_json == set(FORMS)


@pytest.mark.parametrize("name", [*COMMANDS, *MORE, *STOPPED])
def test_what_a_command_writes_has_its_form(name: str, runs: dict[str, str]) -> None:
    command = (COMMANDS | MORE | STOPPED)[name][0]
    form_of(command).validate_json(runs[name])


@pytest.mark.parametrize("command", FORMS)
def test_the_schema_says_the_same_to_other_programs(command: str, runs: dict[str, str]) -> None:
    schema = json.loads(schema_text(command))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data: Any = json.loads(runs[command])
    validator.validate(data)
    assert not validator.is_valid(data | {"unknown": 1} if isinstance(data, dict) else [{"unknown": 1}])


def types_in(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the keys of a JSON document with the types of their values; null is of any type."""
    if isinstance(value, list):
        for item in value:
            yield from types_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from ((key, kind) for kind in _types(item))
            yield from types_in(item)


def _types(value: Any) -> set[str]:
    if value is None:
        return set()
    if isinstance(value, list):
        return {f"list of {kind}" for item in value for kind in _types(item)}
    names = {bool: "boolean", int: "number", float: "number", str: "string", dict: "object"}
    return {names[type(value)]}


def types_of(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the same of what a schema allows."""
    parts = schema.get("$defs", {})

    def kinds(node: dict[str, Any]) -> set[str]:
        if "$ref" in node:
            return kinds(parts[node["$ref"].rpartition("/")[2]])
        if "anyOf" in node:
            return {kind for one in node["anyOf"] for kind in kinds(one)}
        if "enum" in node or "const" in node:
            return {kind for one in node.get("enum", [node.get("const")]) for kind in _types(one)}
        if node.get("type") == "array":
            return {f"list of {kind}" for kind in kinds(node["items"])}
        return {{"integer": "number"}.get(node.get("type", ""), node.get("type", "any"))} - {"null"}

    for node in (schema, *parts.values()):
        for key, value in node.get("properties", {}).items():
            yield from ((key, kind) for kind in kinds(value))


def test_a_key_has_one_type_wherever_it_is(runs: dict[str, str]) -> None:
    found: dict[str, set[str]] = {}
    documents = (types_in(json.loads(text)) for text in runs.values())
    schemas = (types_of(json.loads(schema_text(command))) for command in FORMS)
    for key, kind in chain(*documents, *schemas):
        found.setdefault(key, set()).add(kind)
    assert {key: kinds for key, kinds in found.items() if len(kinds) > 1} == {}


def test_the_schema_is_printed() -> None:
    command = [sys.executable, "-m", "solver.writers.documents"]
    printed = subprocess.run([*command, "sweep"], capture_output=True, text=True, check=True)
    assert printed.stdout == schema_text("sweep")
    wrong = subprocess.run([*command, "swep"], capture_output=True, text=True)
    assert wrong.returncode != 0 and "one of map, evaluate" in wrong.stderr
