"""Certificates behind a prefetch buffer: every kind of accelerator, forms that only buffers tell apart."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from solver.certificates import check_certificate as checker
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.words import WordBytes
from solver.layer import Conv, LoopNest, Loops, Primitive
from solver.legal.tiles import Limits
from solver.questions.certified import machine_of
from solver.questions.certify import certificate_of, digest
from tests.support.examples.certificate_cases import (
    answered,
    checker_nest,
    question_of,
    verdict,
)
from tests.support.examples.level_questions import small_hardware, small_question, small_real_hardware

LAYER = Conv(input=(4, 5, 5), filters=4, kernel=(3, 3))
SIZES = WordBytes(weights=1, inputs=2, outputs=4)
BUFFERS = {
    "words of one size": PrefetchBuffer(capacity=160),
    "words of several sizes": PrefetchBuffer(capacity=400, word_bytes=SIZES, double_buffered=False),
    "sums that come back": PrefetchBuffer(capacity=100, adder=False),
}


def _hardware(buffer: PrefetchBuffer, **rest: Any) -> Hardware:
    hardware = read_hardware(num_ms=8, dn_bw=4, rn_bw=4)
    return replace(hardware, memory=Memory(buffer=buffer, dram_bandwidth=2), **rest)


def _paper(layer: Primitive, hardware: Hardware, *, front: bool = False, **rest: Any) -> Any:
    question = replace(question_of(layer, hardware, Objective.LATENCY, Limits(), None), **rest)
    answer = answered(layer, question, front)
    assert answer is not None
    return json.loads(json.dumps(certificate_of(answer, question)))


@pytest.mark.parametrize("buffer", BUFFERS.values(), ids=BUFFERS)
def test_the_simulators_array_behind_a_buffer_is_verified(buffer: PrefetchBuffer) -> None:
    _accepted_but_not_with_another_value(_paper(LAYER, _hardware(buffer)))


def test_the_real_hardware_behind_a_buffer_is_verified() -> None:
    real = {"reduction": "rtl", "forwarding": "none", "accumulation_buffer": False}
    _accepted_but_not_with_another_value(_paper(LAYER, _hardware(PrefetchBuffer(capacity=160), **real)))


def _accepted_but_not_with_another_value(paper: Any) -> None:
    assert verdict(paper) == "VERIFIED"
    for by in (-1, 1):
        other = json.loads(json.dumps(paper))
        answer = other["answer"]
        answer["value"] = answer["bound"] = str(int(answer["value"]) + by)
        assert "the answer's latency is" in verdict(other)
    paper["answer"] |= {"proved": False, "bound": str(int(paper["answer"]["value"]) - 1)}
    paper["digest"] = digest({key: paper[key] for key in ("question", "answer", "forms")})
    assert verdict(paper) == "VERIFIED"


def test_an_image_of_a_product_is_one_of_the_forms() -> None:
    hardware = replace(
        read_hardware(num_ms=32, dn_bw=8, rn_bw=8),
        memory=Memory(buffer=PrefetchBuffer(capacity=256), dram_bandwidth=2),
    )
    layer = Loops(loops=LoopNest(S=20, K=6, G=3, X=21))
    paper = _paper(layer, hardware, forms="product")
    assert paper["question"]["forms"]["columns"] == [3]
    assert "image of 3 columns" in paper["forms"][paper["answer"]["form"]]["name"]
    assert verdict(paper) == "VERIFIED"


def test_a_front_that_is_not_proved_has_a_certificate_of_what_is_left_open() -> None:
    paper = _paper(LAYER, _hardware(PrefetchBuffer(capacity=400)), front=True, time_limit=1e-6)
    assert paper["answer"]["open"] and verdict(paper) == "VERIFIED"
    del paper["answer"]["open"]
    paper["answer"]["points"] = paper["answer"]["points"][-1:]
    assert "is better than the front of" in verdict(paper)


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("behind", [False, True])
def test_set_up_counts_where_the_hardware_says_so(behind: bool, real: bool) -> None:
    rest = {"reduction": "rtl", "forwarding": "none", "accumulation_buffer": False} if real else {}
    hardware = _hardware(PrefetchBuffer(capacity=160), count_setup=True, **rest)
    hardware = hardware if behind else replace(hardware, memory=None)
    paper = _paper(LAYER, hardware)
    assert verdict(paper) == "VERIFIED"
    del paper["question"]["hardware"]["count_setup"]
    assert "; the certificate: takes" in verdict(paper)


def test_a_layer_with_many_refill_counts_is_verified() -> None:
    """SqueezeNet's conv10 has so many that those of each loop are bounded before they are combined."""
    layer = Conv(input=(512, 13, 13), filters=1000, kernel=(1, 1))
    assert verdict(_paper(layer, read_hardware("maeri-256-dram"))) == "VERIFIED"


def test_no_order_moves_less_than_the_cheapest_of_each_innermost_loop() -> None:
    """Whatever is refilled: words of each operand, and whether input overlaps stay if there are any."""
    case = checker.Case(_paper(LAYER, _hardware(BUFFERS["words of one size"]))["question"])
    levels = case.space(case.direct)
    o = np.array([sizes for sizes in itertools.product((1, 2, 3), repeat=8)])
    overlap = o[:, [checker.N, checker.X, checker.Y]].max(axis=1) > 1
    figures = {
        order: np.stack([*moved[:3], overlap & ~moved[3]])
        for order, moved in ((order, levels.moves(o, order)) for order in checker.ORDERS)
    }
    for figure in figures.values():
        beaten = [(figures[order] <= figure).all(axis=0) for order in checker.CHEAPEST]
        assert np.logical_or.reduce(beaten).all()
    assert {order[-1] for order in checker.CHEAPEST} == set("KPQ")


NO_LIMITS: dict[str, Any] = {"lower": {}, "upper": {}}


def _space(rng: Random) -> checker.Levels:
    """Return the mappings of a small layer; most overlap filter iterations somewhere."""
    while True:
        if rng.random() < 0.5:
            array = small_real_hardware if rng.random() < 0.2 else small_hardware
            asked = small_question(rng, array=array)
            nest, hardware = asked.nest, asked.hardware
        else:
            nest = LoopNest(
                R=rng.choice((1, 1, 1, 2, 3)),
                S=rng.randint(1, 8),
                K=rng.randint(3, 9),
                G=rng.choice((1, 1, 2, 3)),
                N=rng.choice((1, 1, 2)),
                X=rng.randint(3, 7),
                Y=rng.choice((1, 1, 3, 5)),
            )
            adder = rng.random() < 0.5
            buffer = PrefetchBuffer(capacity=rng.randint(80, 400), adder=adder)
            hardware = small_hardware(rng, Memory(buffer=buffer, dram_bandwidth=rng.choice((4, 64))))
        if hardware.memory is not None and hardware.memory.controller == "fixed":
            facts = json.loads(json.dumps(machine_of(hardware)))
            machine = checker.machine_of(facts["hardware"], facts["energy_table"])
            return checker.Levels(checker_nest(nest), machine, NO_LIMITS)


def _mappings(rng: Random, space: checker.Levels, count: int) -> list[tuple[Any, checker.Cost]]:
    """Return random mappings that compute the layer, with their costs."""
    found: list[tuple[Any, checker.Cost]] = []
    tiles = space.kept[0]
    for _ in range(40 * count if len(tiles) else 0):
        T = tiles[rng.randrange(len(tiles))]
        B = np.array([rng.choice(axis.B) for axis in space.axes])
        B = np.where(rng.random() < 0.5, B, np.maximum(B, T))
        if not space.legal(T[None], B[None])[0]:
            continue
        mapping = tuple(T.tolist()), tuple(B.tolist()), rng.choice(checker.ORDERS)
        cost = space.cost(mapping)
        if cost is not None:
            found.append((mapping, cost))
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize(("seed", "many"), [*((seed, 1 << 16) for seed in range(8)), (1, 1), (2, 1), (4, 1)])
def test_no_mapping_behind_a_buffer_is_ruled_out_by_what_it_costs(
    seed: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether buffer tiles are chosen loop by loop (many pairs at once do not fit) or all at once."""
    rng, compared, held = Random(seed), 0, 0
    for _ in range(2):
        space = _space(rng)
        drawn = _mappings(rng, space, 30)
        if not drawn:
            continue
        for name in ("latency", "energy"):
            value = checker.VALUES[name]
            costs = sorted(value(*cost) for _, cost in drawn)
            least = costs[len(costs) // 4] + 1
            with monkeypatch.context() as patched:
                patched.setattr(checker, "PAIRS", max(many, 50))
                found: dict[Any, Any] = {}
                for (T, B, _), _, bound in space.open(checker.Claim(value, least, "")):
                    at = float(value(*bound)) * (1 - 2 * checker.ROUNDING)
                    found[T, B] = min(found.get((T, B), at), at)
            for (T, B, _), cost in drawn:
                if value(*cost) < least:
                    assert found[T, B] <= value(*cost)
                    compared += 1
        for (T, B, _), _ in drawn:
            sizes = np.array([B])
            back = space.back(-(-space.size // sizes)).astype(np.int64)
            laid = checker.lay(space.nest, space.machine, np.array([T]), back)
            if not space.machine.real:
                passes = checker.passes(space.size, sizes, laid.T)
                held += bool(space.held(laid, sizes, passes, np.array([False])).any())
    assert compared and held
