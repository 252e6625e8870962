"""The checker of certificates: its costs are the program's, and no changed certificate is believed."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.certificates import check_certificate as checker
from solver.cost.batch import batch_cost
from solver.cost.evaluate import evaluate
from solver.cost.overtaking import may_overtake
from solver.cost.result import Objective
from solver.hardware import Hardware, read_hardware
from solver.layer import Conv, LoopNest, Loops
from solver.legal.right import overtaking
from solver.legal.tiles import Limits, candidate_tiles
from solver.mapping.tile import Tile
from solver.questions.certify import certificate_of, network_manifest
from solver.questions.network.run import run_network
from tests.support.examples.certificate_cases import (
    CHANGES,
    Change,
    answered,
    changed,
    checker_machine,
    checker_nest,
    question_of,
    random_papers,
    verdict,
)
from tests.support.examples.questions import random_hardware, random_question, random_real_hardware
from tests.support.reduction_reference import reduce_by_hand
from tests.support.simulator_data import hardware_of, nest_of, rows, tile_of

FILE = Path(checker.__file__)
SMALL = Conv(name="small", input=(6, 9, 9), filters=5, kernel=(3, 3))
HARDWARE = read_hardware(num_ms=16, dn_bw=8, rn_bw=8)
DRAWN = random_papers(Random(8))
PAPERS: list[tuple[Any, str]] = []
"""Certificates of random questions that were drawn so far, each once for all tests, with their verdicts."""
BATCH = LoopNest(S=3, K=4, N=3, X=3, Y=8)


def _compared(nest: LoopNest, hardware: Hardware, tile: Tile) -> None:
    found = checker.cost_of(checker_nest(nest), checker_machine(hardware), np.array(tile.sizes))
    cost = evaluate(nest, hardware, tile)
    assert found is not None
    assert found.cycles == cost.cycles
    assert found.energy == cost.energy * checker_machine(hardware).unit


@pytest.mark.parametrize("seed", range(6))
def test_spaces_bounds_and_costs_are_those_of_the_program(seed: int) -> None:
    rng = Random(seed)
    draw = random_real_hardware if seed % 3 == 2 else random_hardware
    asked = random_question(rng, (8, 16), draw)
    nest, machine = checker_nest(asked.nest), checker_machine(asked.hardware)
    limits = {"lower": dict(asked.limits.lower), "upper": dict(asked.limits.upper)}
    tiles = candidate_tiles(asked.nest, asked.hardware, asked.limits)
    space = checker.Space(nest, machine, limits)
    assert np.array_equal(checker.legal_tiles(nest, machine, limits), tiles)
    assert np.array_equal(
        checker.doubtful(nest, machine, tiles), may_overtake(asked.nest, asked.hardware, tiles)
    )
    assert space.count == len(tiles)
    found = checker.bounds_of(nest, machine, checker.lay(nest, machine, tiles))
    rough = checker.bounds_of(nest, machine, checker.lay(nest, machine, tiles, rough=True))
    assert (rough.cycles <= found.cycles).all() and (rough.energy <= found.energy * (1 + 1e-9)).all()
    least = batch_cost(asked.nest, asked.hardware, tiles).least_cycles
    assert np.array_equal(found.cycles, least)
    for at in rng.sample(range(len(tiles)), min(len(tiles), 4)):
        tile = Tile.of(tiles[at])
        if overtaking(asked.nest, asked.hardware, tile) is None:
            _compared(asked.nest, asked.hardware, tile)
            assert evaluate(asked.nest, asked.hardware, tile).cycles >= found.cycles[at]


@given(st.integers(1, 9), st.data())
def test_all_virtual_neurons_of_a_size_are_summed_as_one_by_one(height: int, data: st.DataObject) -> None:
    leaves = 2**height
    size = data.draw(st.integers(1, leaves))
    found = checker.summed_by_simulator(leaves, size)
    place = data.draw(st.integers(0, leaves // size - 1))
    level, adder, path, twos, threes, wires = (column[place].tolist() for column in found)
    said = reduce_by_hand(leaves, place * size, size)
    assert (level, adder, tuple(path)) == (said.level, said.adder, said.paths)
    assert (twos, threes, wires) == (said.adds_2_1, said.adds_3_1, said.wires)


WORDS = st.tuples(*[st.integers(0, 9)] * 4)


@given(st.lists(WORDS, min_size=1, max_size=12, unique=True), WORDS, st.sampled_from([10, 257, 32769]))
def test_ports_that_others_exceed_never_have_the_most_words(
    ports: list[tuple[int, ...]], steps: tuple[int, ...], base: int
) -> None:
    kept = [tuple(port) for port in checker.busiest(np.array(ports).T[:, None], base)[:, 0].T.tolist()]
    assert set(kept) <= set(ports)
    assert max(np.dot(kept, steps)) == max(np.dot(ports, steps))
    pairs = itertools.permutations(kept, 2)
    assert not any(all(x >= y for x, y in zip(one, other, strict=True)) for one, other in pairs)


def test_one_port_of_all_multipliers_is_kept() -> None:
    port = np.array([[[60_000]], [[65_536]], [[65_535]], [[7]]])
    assert np.array_equal(checker.busiest(port, 65_537), port)


@pytest.mark.parametrize(
    ("nest", "flags", "tile", "least", "cycles"),
    [
        # Sums on the busiest line follow the first one, over all iterations.
        (LoopNest(K=7, N=2, X=6), {"num_ms": 16, "dn_bw": 2, "rn_bw": 4}, {"K": 7, "X": 2}, 43, 45),
        # The last step of all iterations is as long as its busiest port (and outputs are wrong: T11).
        (
            LoopNest(S=3, K=2, G=9, N=3, X=5, Y=5),
            {"num_ms": 8, "dn_bw": 4, "rn_bw": 4, "accumulation_buffer": True},
            {"S": 3},
            1411,
            1548,
        ),
    ],
)
def test_least_cycles_of_both_programs_look_at_all_iterations(
    nest: LoopNest, flags: dict[str, Any], tile: dict[str, int], least: int, cycles: int
) -> None:
    """The cycles are those that the simulator counts."""
    hardware = read_hardware(**({"accumulation_buffer": False} | flags))
    chosen = Tile(**tile)
    tiles = np.array([chosen.sizes])
    loops, machine = checker_nest(nest), checker_machine(hardware)
    assert batch_cost(nest, hardware, tiles).least_cycles.tolist() == [least]
    assert checker.bounds_of(loops, machine, checker.lay(loops, machine, tiles)).cycles.tolist() == [least]
    assert evaluate(nest, hardware, chosen).cycles == cycles


def test_measured_runs_cost_what_was_measured() -> None:
    for row in rows("stonne_sims.csv")[::40]:
        if row["status"] != "OK":
            continue
        found = checker.cost_of(
            checker_nest(nest_of(row)), checker_machine(hardware_of(row)), np.array(tile_of(row).sizes)
        )
        assert found is not None and found.cycles == int(row["cycles"])


def test_weights_that_overtake_are_seen() -> None:
    hardware = read_hardware(num_ms=16, dn_bw=8, rn_bw=8)
    tiles = candidate_tiles(BATCH, hardware)
    some = tiles[may_overtake(BATCH, hardware, tiles)]
    found = {
        checker.cost_of(checker_nest(BATCH), checker_machine(hardware), tile) is None
        for tile in some
        if overtaking(BATCH, hardware, Tile.of(tile)) is not None
    }
    assert found == {True}


def papers() -> Iterator[tuple[Any, str]]:
    """Yield copies of certificates, and what the checker says of them."""
    for number in itertools.count():
        if number == len(PAPERS):
            paper = next(DRAWN)
            PAPERS.append((paper, verdict(paper)))
        paper, said = PAPERS[number]
        yield deepcopy(paper), said


WHOLE = [one for one in CHANGES if "piece" not in one.__name__ and one.__name__ != "point_dropped"]
"""Changes of certificates in one piece; those of several are in test_pieces.py, those of fronts below."""


@pytest.mark.parametrize("change", WHOLE, ids=lambda change: change.__name__)
def test_a_certificate_with_one_thing_changed_is_not_believed(change: Change) -> None:
    rng = Random(5)
    for paper, said in papers():
        other = changed(paper, change, rng)
        if other is not None:
            assert said == "VERIFIED"
            assert verdict(other) != "VERIFIED"
            return


def test_a_front_without_one_of_its_points_is_refused() -> None:
    layer, hardware = (
        Conv(input=(3, 6, 6), filters=5, kernel=(3, 3)),
        read_hardware(num_ms=8, dn_bw=2, rn_bw=2),
    )
    question = question_of(layer, hardware, Objective.EDP, Limits(), "direct")
    answer = answered(layer, question, True)
    assert answer is not None
    paper = json.loads(json.dumps(certificate_of(answer, question)))
    assert verdict(paper) == "VERIFIED" and len(paper["answer"]["points"]) > 1
    paper["answer"]["points"].pop()
    assert "is better than the front of" in verdict(paper)


def test_a_missing_mapping_is_named() -> None:
    for paper, _ in papers():
        listed = [(form, row) for form in paper["forms"] for row in form["timed"] or ()]
        if listed:
            form, row = listed[0]
            form["timed"].remove(row)
            reason = verdict(paper)
            assert "is not ruled out by its bounds" in reason and "does not time it" in reason
            assert checker.spelled(row["tile"]) in reason
            return


def test_networks_have_a_manifest_with_their_total() -> None:
    question = question_of(SMALL, HARDWARE, Objective.LATENCY, Limits(), None)
    network = run_network("two", [SMALL, SMALL], question)
    paper = json.loads(json.dumps(network_manifest([network], question)))
    assert len(paper["certificates"]) == 1 and paper["certificates"][0]["repeats"] == 2
    assert checker.check(paper).startswith("1 layers; no mappings of them cost less than")
    paper["total"]["value"] = str(int(paper["total"]["value"]) - 1)
    assert "the layers add up to" in verdict(paper)


def test_the_file_runs_by_itself(tmp_path: Path) -> None:
    question = question_of(SMALL, HARDWARE, Objective.LATENCY, Limits(), None)
    answer = answered(SMALL, question, False)
    assert answer is not None
    paper = certificate_of(answer, question)
    alone, file = tmp_path / "checker.py", tmp_path / "small.cert"
    alone.write_bytes(FILE.read_bytes())

    def run() -> tuple[int, str]:
        command = [sys.executable, "-I", str(alone), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        return done.returncode, done.stdout + done.stderr

    file.write_text(json.dumps(paper))
    code, said = run()
    assert code == 0 and said.startswith("VERIFIED: no mapping of ")
    paper["answer"]["bound"] = "1e9"
    file.write_text(json.dumps(paper))
    code, said = run()
    assert code == 1 and said.startswith("NOT VERIFIED: the bound 1,000,000,000 exceeds")
    paper["question"]["layer"]["kind"] = "9" * 5000
    file.write_text(json.dumps(paper))
    code, said = run()
    assert code == 1 and len(said) < 600


def test_a_mapping_whose_replay_ended_early_is_timed_for_the_certificate() -> None:
    layer = Loops(loops=LoopNest(R=2, C=5, K=10, G=3, Y=7, stride=(3, 1)))
    hardware = read_hardware(num_ms=32, dn_bw=4, rn_bw=8, accumulation_buffer=False)
    question = question_of(layer, hardware, Objective.LATENCY, Limits(), "direct", 1)
    answer = answered(layer, question, False)
    assert answer is not None and answer.evidence is not None
    (found,) = answer.evidence.values()
    assert found.timed is not None and found.slower and not set(found.slower) & set(found.timed)
    paper = json.loads(json.dumps(certificate_of(answer, question)))
    assert {tuple(tile.sizes) for tile in found.slower} <= {
        tuple(row["tile"]) for form in paper["forms"] for row in form["timed"]
    }
    assert verdict(paper) == "VERIFIED"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "x"}', '{"format": 1, "version": 1}', "9" * 5000]
)
def test_other_files_are_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "other"
    file.write_text(text)
    assert checker.main([str(file)]) == 2
    assert "not a certificate" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["question", "answer", "forms", "kind", "digest"])
def test_what_is_missing_is_said(key: str) -> None:
    paper, _ = next(papers())
    del paper[key]
    assert "not complete" in verdict(paper)
