from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest

from solver.answers.evaluation import parts_of
from solver.answers.solution import Solution
from solver.cost.result import Objective
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.build import build_config, build_levels
from solver.execution.pieces import PiecesConfig, verify_pieces
from solver.execution.reference import reference
from solver.execution.tensors import make_tensors
from solver.forms.wish import Wish
from solver.hardware import read_hardware
from solver.search.solve import solve
from solver.writers.pieces_folder import piece_config
from tests.oracles.pieces import random_hardware, random_layer, uneven_levels


@cache
def _answers() -> list[Solution]:
    """Return answers of random layers that are best in pieces."""
    found: list[Solution] = []
    for seed in (11, 13, 19, 26):
        rng = Random(seed)
        layer, hardware = random_layer(rng, 9), random_hardware(rng)
        found.append(solve(layer, hardware, Objective.LATENCY, workers=1, wish=Wish(), pieces=None))
    assert all(answer.pieces for answer in found)
    return found


def test_pieces_compute_their_layer_in_the_cycles_of_their_sum() -> None:
    loops = set()
    for answer in _answers():
        layer = answer.layer
        parts = parts_of(answer, answer.cost)
        configs = [build_config(p.nest, p.hardware, p.tile, name=p.layer.name) for p in parts]
        pieces = tuple(piece_config(part, config) for part, config in zip(parts, configs, strict=True))
        tensors = make_tensors(layer, Arithmetic.EXACT, seed=1)
        run = verify_pieces(PiecesConfig("x", pieces), layer, tensors)
        assert np.array_equal(run.execution.outputs, reference(layer, tensors))
        assert run.execution.cycles == run.model_cycles == answer.cost.cycles
        loops.add(answer.pieces[0].dim)
        other = make_tensors(layer, Arithmetic.EXACT, seed=2)
        assert not np.array_equal(run.execution.outputs, reference(layer, other))
    assert len(loops) > 1


@pytest.mark.parametrize(("seed", "real"), [(11, False), (24, False), (14, True), (33, True)])
def test_pieces_behind_a_buffer_compute_their_layer_in_the_cycles_of_their_sum(seed: int, real: bool) -> None:
    layer, hardware = uneven_levels(Random(seed))
    assert hardware.memory is not None
    if real:
        memory = replace(hardware.memory, buffer=replace(hardware.memory.buffer, adder=True))
        sizes = {name: getattr(hardware, name) for name in ("num_ms", "dn_bw", "rn_bw")}
        hardware = replace(read_hardware(**sizes, reduction="rtl"), memory=memory)
    wish = Wish(frozenset({"direct"}))
    answer = solve(layer, hardware, Objective.LATENCY, workers=1, wish=wish, pieces=None)
    assert len(answer.pieces) > 1
    pieces, array = [], 0
    for part in parts_of(answer, answer.cost):
        assert part.levels is not None
        config = build_levels(part.nest, part.hardware, part.levels.mapping, name=part.layer.name)
        pieces.append(piece_config(part, config))
        array += part.levels.array_cycles
    tensors = make_tensors(layer, Arithmetic.EXACT, seed=1)
    run = verify_pieces(PiecesConfig("x", tuple(pieces)), layer, tensors)
    assert np.array_equal(run.execution.outputs, reference(layer, tensors))
    # Transfers are in lockstep with the array there, so its own cycles are compared.
    assert run.array_cycles == (array, array)
    assert run.model_cycles == answer.cost.cycles == sum(piece.cost.cycles for piece in answer.pieces)


def test_pieces_that_do_not_make_up_their_layer_are_refused() -> None:
    answer = _answers()[0]
    parts = parts_of(answer, answer.cost)
    pieces = [
        piece_config(part, build_config(part.nest, part.hardware, part.tile, name=part.layer.name))
        for part in parts
    ]
    first = pieces[0]
    shifted = type(first)(first.base, first.dim, 1, first.count, first.form, first.config)
    tensors = make_tensors(answer.layer, Arithmetic.EXACT, seed=1)
    with pytest.raises(InputError, match="begin 1"):
        verify_pieces(PiecesConfig("x", (shifted, *pieces[1:])), answer.layer, tensors)
