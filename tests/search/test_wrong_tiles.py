"""Tiles that a search knows to be wrong although it would not replay them."""

from __future__ import annotations

from solver.cost.result import Objective
from solver.forms.wish import Wish
from solver.layer import Loops
from solver.legal.right import surely_overtaken
from solver.legal.tiles import Limits
from solver.pieces.cuts import uncut
from solver.search.hunt import Hunt
from solver.search.pieces.ground import Ground
from solver.search.presolve import presolve
from solver.search.progress import Clock
from solver.search.spaces import Spaces
from tests.support.examples.doubtful import doubtful


def test_what_is_surely_wrong_is_not_left_open_where_its_like_were_too_long_to_replay() -> None:
    """In one piece and in several; others that are wired alike stay open."""
    found = {True: 0, False: 0}
    for nest, hardware, tile in doubtful(4, 40):
        wired, wrong = (tile.vn_size, tile.num_vns), surely_overtaken(nest, hardware, tile)
        left = presolve(nest, hardware, Objective.ENERGY, Limits())
        hunt = Hunt(nest, hardware, Objective.ENERGY, Clock(None, None), left, "bounds")
        hunt.long.add(wired)
        hunt._replay(tile)
        assert (tile in hunt.seen) == wrong == (tile not in hunt.unreplayed)
        layer = Loops(loops=nest)
        spaces = Spaces(hardware, Limits())
        ground = Ground(layer, uncut(layer), Wish.of("direct"), spaces, energy=False)
        ground._long[wired] = 1
        (family,) = {lot.family for lot in ground.lots}
        try:
            assert ground.figures(family, nest.K, tile) is None and wrong
        except OverflowError:
            assert not wrong
        found[wrong] += 1
    assert min(found.values()) >= 5
