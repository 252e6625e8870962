"""Random small questions about the real hardware."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import strategies as st
from questions import Question, random_limits, random_question

from solver.hardware import Hardware, read_hardware
from solver.mapping import Tile
from solver.space import legal_tiles


def random_rtl_hardware(rng: Random, sizes: tuple[int, ...]) -> Hardware:
    """Return a small accelerator with the real adder tree, its multiplier controller repaired or not."""
    num_ms = rng.choice(sizes)
    bandwidths = [2**i for i in range(num_ms.bit_length())]
    return read_hardware(
        num_ms=num_ms,
        dn_bw=rng.choice(bandwidths),
        rn_bw=rng.choice(bandwidths),
        reduction="rtl",
        forwarding=rng.choice(("none", "sliding")),
        energy_table=rng.choice(("synthesis", "mrna")),
    )


def random_rtl_question(rng: Random, sizes: tuple[int, ...] = (8, 16, 32)) -> Question:
    """Return a small question about real hardware that has an answer."""
    while True:
        question = random_question(rng, sizes)
        hardware = random_rtl_hardware(rng, sizes)
        limits = random_limits(rng, question.nest)
        if len(legal_tiles(question.nest, hardware, limits)):
            return Question(question.nest, hardware, question.objective, limits)


def some_tiles(question: Question, count: int) -> list[Tile]:
    """Return some legal tiles, spread over the space."""
    tiles: np.ndarray = legal_tiles(question.nest, question.hardware, question.limits)
    return [Tile.of(tile) for tile in tiles[:: max(1, len(tiles) // count)]]


rtl_questions = st.integers(0, 10**9).map(lambda seed: random_rtl_question(Random(seed), (8, 16, 32, 64)))
