import csv
import io
from itertools import product

import pytest

from solver.answers.network import IN_TOTAL
from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.layer import Conv, FullyConnected
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of
from solver.questions.map_layer import Question
from solver.questions.network.run import run_network
from solver.tables import csv_text
from solver.writers.network_table import network_columns
from tests.oracles.pieces import piece_fronts, splits

LAYERS = (
    Conv(name="a", input=(2, 5, 5), filters=3, kernel=(2, 2)),
    FullyConnected(name="c", inputs=8, outputs=4),
)


@pytest.mark.parametrize("pieces", ["1", "all"])
def test_the_product_of_a_network_is_the_least_of_all_choices(pieces: str) -> None:
    hardware = read_hardware(num_ms=8, dn_bw=4, rn_bw=2)
    question = Question(
        hardware=hardware,
        objective=Objective.EDP,
        limits=Limits(),
        workers=1,
        baselines=False,
        forms="direct,product",
        pieces=pieces,
    )
    answer = run_network("two", LAYERS, question)
    most = question.most_pieces
    fronts = [
        [
            point
            for cut in cuts_of(layer, question.wish, hardware)
            for point in splits(piece_fronts(layer, cut, hardware, question.wish), most)
        ]
        for layer in LAYERS
    ]
    least = min(sum(c for c, _ in way) * sum(e for _, e in way) for way in product(*fronts))
    assert answer.bound == answer.figures.edp == least
    assert answer.proved and answer.gap == 0
    written = answer.to_dict()
    assert written["total"]["proved"] and written["total"]["bound"] == least
    rows = [
        *written["layers"],
        *csv.DictReader(io.StringIO(csv_text([network_columns([answer])]))),
        *answer.records(),
    ]
    assert {row["status"] for row in rows} <= {"optimal", IN_TOTAL}
