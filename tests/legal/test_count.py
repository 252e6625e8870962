from random import Random

import pytest

from solver.legal.count import count_tiles
from solver.legal.tiles import candidate_tiles
from tests.support.examples.questions import random_question


@pytest.mark.parametrize("seed", range(25))
def test_as_many_tiles_as_are_listed(seed: int) -> None:
    question = random_question(Random(seed), sizes=(8, 16, 32, 64))
    nest, hardware, limits = question.nest, question.hardware, question.limits
    assert count_tiles(nest, hardware, limits) == len(candidate_tiles(nest, hardware, limits))
