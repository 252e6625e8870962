"""Which form the JSON of each command has, and its schema."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from solver.writers.documents import answers, runs
from solver.writers.documents.parts import Infeasible

FORMS: dict[str, Any] = {
    "map": answers.MapAnswer | answers.FrontAnswer | Infeasible,
    "evaluate": answers.EvaluateAnswer,
    "explain": answers.ExplainAnswer,
    "network": answers.NetworkAnswer,
    "sweep": answers.SweepAnswer,
    "design": answers.DesignAnswer,
    "explore": runs.ExploreAnswer,
    "profile": answers.ProfileOfSolution | answers.ProfileOfMapping,
    "configure": runs.Configured | runs.ConfiguredPieces | runs.ConfiguredLevels | runs.ConfiguredWhole,
    "simulate": runs.Simulated | runs.SimulatedPieces | runs.SimulatedLevels | runs.SimulatedWhole,
    "convert": answers.ConvertAnswer,
}
"""One answer; of several layers, models or objectives a command writes a list of them."""


def form_of(command: str) -> TypeAdapter[Any]:
    """Return the form of what a command writes: an answer, or a list of them."""
    one = FORMS[command]
    many: Any = list.__class_getitem__(one)
    return TypeAdapter(one | many)


def schema_text(command: str) -> str:
    """Return the JSON schema of what a command writes."""
    return json.dumps(form_of(command).json_schema(), indent=1) + "\n"
