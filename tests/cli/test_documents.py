"""The schema of every command's JSON, held against what the command writes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from solver.cli.main import COMMANDS as ALL
from solver.writers.documents.commands import FORMS, form_of, schema_text
from tests.support.command_runs import COMMANDS, MORE


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


@pytest.mark.parametrize("name", [*COMMANDS, *MORE])
def test_what_a_command_writes_has_its_form(name: str, runs: dict[str, str]) -> None:
    command = (COMMANDS | MORE)[name][0]
    form_of(command).validate_json(runs[name])


@pytest.mark.parametrize("command", FORMS)
def test_the_schema_says_the_same_to_other_programs(command: str, runs: dict[str, str]) -> None:
    schema = json.loads(schema_text(command))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data: Any = json.loads(runs[command])
    validator.validate(data)
    assert not validator.is_valid(data | {"unknown": 1} if isinstance(data, dict) else [{"unknown": 1}])


def test_the_schema_is_printed() -> None:
    command = [sys.executable, "-m", "solver.writers.documents"]
    printed = subprocess.run([*command, "sweep"], capture_output=True, text=True, check=True)
    assert printed.stdout == schema_text("sweep")
    wrong = subprocess.run([*command, "swep"], capture_output=True, text=True)
    assert wrong.returncode != 0 and "one of map, evaluate" in wrong.stderr
