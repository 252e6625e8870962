"""Certificates of networks: the total of their layers, of a product by weighted sums that all layers have."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from solver.certificates.check_certificate import Claim, Disbelief, check
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, FullyConnected, HostOperation
from solver.legal.tiles import Limits
from solver.questions.certify import digest, network_manifest
from solver.questions.network.run import run_network
from tests.support.examples.certificate_cases import question_of

LAYERS = [
    Conv(name="one", input=(2, 6, 6), filters=7, kernel=(3, 3)),
    FullyConnected(name="two", inputs=24, outputs=5),
    Conv(name="one again", input=(2, 6, 6), filters=7, kernel=(3, 3)),
]
ARRAY = read_hardware(num_ms=16, dn_bw=4, rn_bw=4)
BEHIND = read_hardware("maeri-64-dram", buffer=1024)


def _manifest(objective: Objective, hardware: Hardware, pieces: str | int, networks: int = 1) -> Any:
    question = question_of(None, hardware, objective, Limits(), None, pieces)
    answers = [run_network(str(n), LAYERS[n:], question) for n in range(networks)]
    return json.loads(json.dumps(network_manifest(answers, question))), answers[0]


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize(("hardware", "pieces"), [(ARRAY, 1), (ARRAY, "all"), (BEHIND, 1)])
def test_the_total_of_a_network_is_verified(objective: Objective, hardware: Hardware, pieces: Any) -> None:
    paper, answer = _manifest(objective, hardware, pieces)
    assert answer.proved
    assert Decimal(paper["total"]["bound"]) == Decimal(paper["total"]["value"])
    assert Decimal(paper["total"]["value"]) == answer.figures.value(objective)
    assert "2 layers; no mappings of them cost less than" in check(paper)


@pytest.mark.parametrize("objective", [Objective.LATENCY, Objective.ENERGY])
def test_a_network_of_the_host_costs_nothing(objective: Objective) -> None:
    question = question_of(None, ARRAY, objective, Limits(), None, 1)
    host = HostOperation(name="softmax", operation="softmax", elements=10)
    paper = json.loads(json.dumps(network_manifest([run_network("net", [host], question)], question)))
    assert check(paper).startswith("0 layers; no mappings of them cost less than 0 ")
    paper["total"]["bound"] = "1"
    with pytest.raises(Disbelief, match="the layers add up to 0"):
        check(paper)


def test_the_total_says_which_layers_were_too_large_to_be_searched_in_pieces() -> None:
    huge = FullyConnected(name="huge", inputs=2**30, outputs=2**21)
    question = question_of(None, ARRAY, Objective.LATENCY, Limits(), None, "all")
    answer = run_network("net", [LAYERS[1], huge], question)
    paper = json.loads(json.dumps(network_manifest([answer], question)))
    assert [one["question"]["pieces"] for one in paper["certificates"]] == ["all", 1]
    assert check(paper).startswith("2 layers (1 of them in one piece only); no mappings of them cost less")
    paper["certificates"][1]["question"]["pieces"] = "all"
    with pytest.raises(Disbelief, match="pieces of so large a layer are not checked"):
        check(paper)


def test_a_product_that_is_not_what_the_sums_allow_is_refused() -> None:
    right = json.dumps(_manifest(Objective.EDP, ARRAY, 1)[0])

    def reason(change: Any) -> str:
        paper = json.loads(right)
        change(paper)
        for one in paper["certificates"]:
            one["digest"] = digest({key: one[key] for key in ("question", "answer", "forms")})
        with pytest.raises(Disbelief) as found:
            check(paper)
        return str(found.value)

    def moved(key: str, add: int) -> Any:
        return lambda p: p["total"].update({key: str(Decimal(p["total"][key]) + add)})

    def line(add: int) -> Any:
        def change(paper: Any) -> None:
            for row in paper["certificates"][1]["answer"]["lines"]:
                row[2] = str(int(row[2]) * (1000 + add) // 1000)

        return change

    assert check(json.loads(right))
    assert "the lines allow a product of" in reason(lambda p: [moved(k, 1)(p) for k in ("value", "bound")])
    assert "add up to" in reason(moved("value", 1))
    assert "add up to" in reason(moved("value", -1))
    assert "add up to" in reason(moved("bound", 1))
    assert "costs less than" in reason(line(1))
    assert "the lines allow a product of" in reason(line(-1))
    assert "do not bound" in reason(lambda p: p["certificates"][1]["answer"].pop("lines"))
    assert "the lines allow a product of" in reason(lambda p: p["certificates"][0].update(repeats=1))
    assert "add up to" in reason(lambda p: p["certificates"][0].update(repeats=3))


def test_a_lower_bound_of_the_product_may_be_claimed() -> None:
    paper, answer = _manifest(Objective.EDP, ARRAY, 1)
    paper["total"]["bound"] = str(answer.figures.edp - 1)
    assert str(f"{answer.figures.edp - 1:,}") in check(paper)


def test_the_product_of_several_networks_is_not_claimed() -> None:
    paper, _ = _manifest(Objective.EDP, ARRAY, 1, networks=2)
    assert "total" not in paper and check(paper) == "2 layers"


def test_weighted_sums_of_bounds_do_not_overflow() -> None:
    """Wrapped at 64 bits they were far too low, and everything had to be timed."""
    claim = Claim(lambda cycles, energy: 10**16 * cycles + 10**12 * energy, 10**20, "")
    cycles, energy = np.array([9_000, 11_000]), np.array([9_000.0, 1.0])
    assert claim.about(cycles, energy).tolist() == [1e16 * 9_000 + 1e12 * 9_000, 1e16 * 11_000 + 1e12]
    assert claim.spares(cycles, energy).tolist() == [True, False]
