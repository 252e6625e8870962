"""Random small questions about the real hardware."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import strategies as st

from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile
from tests.support.examples.questions import Question, random_question, random_real_hardware


def random_rtl_question(rng: Random, sizes: tuple[int, ...] = (8, 16, 32)) -> Question:
    """Return a small question about real hardware that has an answer."""
    while True:
        question = random_question(rng, sizes, random_real_hardware)
        if len(legal_tiles(question.nest, question.hardware, question.limits)):
            return question


def some_tiles(question: Question, count: int) -> list[Tile]:
    """Return some legal tiles, spread over the space."""
    tiles: np.ndarray = legal_tiles(question.nest, question.hardware, question.limits)
    return [Tile.of(tile) for tile in tiles[:: max(1, len(tiles) // count)]]


rtl_questions = st.integers(0, 10**9).map(lambda seed: random_rtl_question(Random(seed), (8, 16, 32, 64)))
