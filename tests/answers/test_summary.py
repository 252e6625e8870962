"""Answers in one line: an interactive session must not drown in them."""

from __future__ import annotations

from typing import Any

import pytest

import solver

LAYER = "conv 4x6x6 -> 4, 3x3"
SMALL = {"num_ms": 16}
ANSWERS: dict[str, Any] = {
    "map": lambda: solver.map(LAYER, SMALL),
    "evaluate": lambda: solver.evaluate(LAYER, "S3 K4", SMALL),
    "pareto": lambda: solver.pareto(LAYER, SMALL),
    "explore": lambda: solver.explore(LAYER, SMALL),
    "explain": lambda: solver.explain(LAYER, SMALL),
    "network": lambda: solver.network([LAYER, "fc 16 -> 4"], SMALL, cache=False),
    "sweep": lambda: solver.sweep(LAYER, num_ms="16", cache=False),
    "design": lambda: solver.design(LAYER, num_ms="16", bandwidth="4", cache=False),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_repr_of_an_answer_is_a_line_with_what_was_asked_and_found(name: str) -> None:
    answer = ANSWERS[name]()
    text = repr(answer)
    assert len(text) < 160
    assert text.startswith(f"<{type(answer).__name__} ")
    assert "\n" not in text
    assert ("proved" in text) or name == "evaluate"


def test_the_repr_has_the_figures() -> None:
    best = solver.map(LAYER, SMALL)
    assert f"{best.cost.cycles:,}" in repr(best)
    assert str(best.tile) in repr(best)
