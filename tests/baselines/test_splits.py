"""The exhaustive baseline in pieces beside all splits, with every mapping replayed."""

from random import Random

import pytest

from solver.answers.mapped import IN_PIECES
from solver.answers.solution import BaselineResult
from solver.baselines import splits
from solver.baselines.splits import Splits
from solver.cost.result import Objective
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question
from solver.search.solve import solve
from tests.oracles.pieces import least_in_pieces, random_hardware, random_layer

NONE = BaselineResult("exhaustive", None, None, "nothing in one piece")
WISH = Wish.of("direct,product")
SEED = 402
"""Of a layer that runs best in two pieces, for every objective."""


@pytest.mark.parametrize("most", [None, 2])
def test_the_best_split_is_that_of_all_mappings_replayed(most: int | None) -> None:
    rng = Random(SEED)
    layer, hardware = random_layer(rng, 5), random_hardware(rng)
    least = least_in_pieces(layer, hardware, WISH, most)
    for objective in Objective:
        found = Splits(layer, hardware, objective, WISH, Limits(), most).beside(NONE, 0)
        assert found.cost is not None and found.cost.value(objective) == least[objective]
        assert found.form == IN_PIECES and len(found.pieces) == 2
        written = found.to_dict(layer)["mapping"]["pieces"]
        assert [piece["count"] for piece in written] == [piece.count for piece in found.pieces]


def test_strips_of_the_loop_that_is_cut_are_no_forms_of_pieces() -> None:
    """Nine filters have no two strips, eight of them have; with those the layer would take 539 cycles."""
    hardware = read_hardware(num_ms=8, dn_bw=8, rn_bw=4, accumulation_buffer=False, forwarding="none")
    layer = Conv(input=(11, 5, 5), filters=9, kernel=(1, 1), stride=(2, 2))
    wish = Question(hardware=hardware, objective=Objective.LATENCY, limits=Limits()).wish
    found = Splits(layer, hardware, Objective.LATENCY, wish, Limits(), None).beside(NONE, 0)
    best = solve(layer, hardware, Objective.LATENCY, wish=wish, pieces=None)
    assert found.cost is not None and best.proved and best.objective_value <= found.cost.cycles
    assert least_in_pieces(layer, hardware, wish, None)[Objective.LATENCY] == best.objective_value == 549


def test_large_layers_stay_in_one_piece_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(SEED)
    layer, hardware = random_layer(rng, 5), random_hardware(rng)
    for most, mappings in ((10, 0), (10_000, 10_001)):
        monkeypatch.setattr(splits, "MOST", most)
        found = Splits(layer, hardware, Objective.LATENCY, WISH, Limits(), None).beside(NONE, mappings)
        assert found.tile is None and f"in one piece only, as pieces have more than {most}" in found.note
