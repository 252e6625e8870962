"""Straight lines of tiles: below what pieces of every size cost."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.cost.batch import batch_cost
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of
from solver.search.pieces.ground import DIVIDED, Ground
from solver.search.spaces import Spaces
from tests.oracles.pieces import random_hardware, random_layer
from tests.support.examples.questions import random_real_hardware

SLACK = 1 + 1e-9


def hardware_of(rng: Random, real: bool, setup: bool) -> Hardware:
    """Return a random array on which setting up counts or not."""
    return replace((random_real_hardware if real else random_hardware)(rng), count_setup=setup)


@pytest.mark.parametrize("setup", [False, True], ids=["free", "set up"])
@pytest.mark.parametrize("real", [False, True], ids=["simulator", "real"])
@pytest.mark.parametrize("seed", range(6))
def test_lines_lie_below_pieces_of_every_size(seed: int, real: bool, setup: bool) -> None:
    rng = Random(seed)
    layer, hardware = random_layer(rng, 5), hardware_of(rng, real, setup)
    for cut in cuts_of(layer, Wish(), hardware):
        ground = Ground(layer, cut, Wish(), Spaces(hardware, Limits()), energy=True)
        for lot in ground.lots:
            if lot.family.whole:
                continue
            for laid_out in (False, True):
                if laid_out:
                    ground.lay_out(lot, np.arange(len(lot.tiles)))
                for count in range(1, cut.size + 1):
                    fits = lot.width <= count
                    if lot.where == DIVIDED:
                        fits &= count % lot.width == 0
                    if not fits.any():
                        continue
                    cost = batch_cost(lot.family.nest_of(count), hardware, lot.tiles[fits])
                    iterations = -(-count // lot.width)
                    assert (lot.cycles.at(iterations, count)[fits] <= cost.least_cycles * SLACK).all()
                    assert (lot.energy.at(iterations, count)[fits] <= cost.dynamic_energy * SLACK).all()
