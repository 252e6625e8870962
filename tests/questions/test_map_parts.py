"""Layers made of parts, mapped in the way that costs least."""

from __future__ import annotations

import pytest

from solver.answers.evaluation import Evaluation, evaluation_of
from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import ExitCode, InfeasibleError
from solver.layer import ConvTranspose, Primitive
from solver.questions.map_layer import map_layer
from solver.questions.map_parts import map_parts
from tests.support.examples.network_examples import small_question

LAYER = ConvTranspose(name="up", input=(2, 4, 4), filters=2, kernel=(3, 3), stride=(2, 2))
"""Four phases, or one convolution with zeros between the inputs, which costs more."""


def mapped(parts: list[Primitive]) -> list[Evaluation]:
    answers = [map_layer(part, small_question())[0] for part in parts]
    return [evaluation_of(answer) for answer in answers if isinstance(answer, Solution)]


@pytest.mark.parametrize("open_parts", [1, 4])
def test_a_way_that_is_not_proved_leaves_a_doubt_whichever_is_chosen(open_parts: int) -> None:
    def choose(parts: list[Primitive]) -> tuple[list[Evaluation], ExitCode]:
        return mapped(parts), ExitCode.NOT_PROVED if len(parts) == open_parts else ExitCode.PROVED

    found, code = map_parts(LAYER, Objective.LATENCY, choose)
    assert (found.way.name, code) == ("phases", ExitCode.NOT_PROVED)


def test_a_way_without_mapping_leaves_none() -> None:
    def choose(parts: list[Primitive]) -> tuple[list[Evaluation], ExitCode]:
        if len(parts) == 4:
            raise InfeasibleError("too large")
        return mapped(parts), ExitCode.PROVED

    found, code = map_parts(LAYER, Objective.LATENCY, choose)
    assert (found.way.name, code) == ("zero insertion", ExitCode.PROVED)
