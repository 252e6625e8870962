"""The profile of a mapping counts what the rules send."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.answers.evaluation import Evaluation
from solver.answers.profile import Profile
from solver.arithmetic.exact import total
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.legal.tiles import legal_tiles
from solver.mapping.tile import Tile, folds, trips
from solver.questions.evaluate import evaluate_mapping
from solver.questions.profile import profile
from solver.views.text.profile_fields import sections

NUM_MS = 16


@st.composite
def mappings(draw: st.DrawFn) -> Evaluation:
    bandwidth = draw(st.sampled_from([1, 2, 4, 8, 16]))
    hardware = read_hardware(
        None, num_ms=NUM_MS, dn_bw=bandwidth, rn_bw=4, accumulation_buffer=draw(st.booleans())
    )
    size = st.integers(1, 3)
    kernel, stride = (draw(size), draw(size)), draw(st.sampled_from([(1, 1), (1, 1), (2, 2)]))
    groups = draw(st.integers(1, 2))
    layer = Conv(
        input=(groups * draw(size), kernel[0] + draw(st.integers(0, 5)), kernel[1] + draw(st.integers(0, 5))),
        filters=groups * draw(size),
        kernel=kernel,
        stride=stride,
        groups=groups,
    )
    tiles = legal_tiles(layer.nest(), hardware)
    return evaluate_mapping(layer, hardware, Tile.of(tiles[draw(st.integers(0, len(tiles) - 1))]))


def words_by_port(result: Evaluation, operand: str, slides: bool) -> dict[int, Counter[tuple[int, ...]]]:
    """Go through the multipliers one by one and note which word each wants (rules T2 to T4)."""
    nest, hardware, t = result.nest, result.hardware, result.tile
    aux = int(folds(nest, t) > 1 and not hardware.accumulation_buffer)
    forwards = t.Y == 1 and t.S > 1 and nest.stride == (1, 1) and nest.S % t.S == 0
    ports: dict[int, Counter[tuple[int, ...]]] = defaultdict(Counter)
    position = 0
    for g in range(t.G):
        for k in range(t.K):
            for x in range(t.X):
                for y in range(t.Y):
                    position += aux
                    for c in range(t.C):
                        for r in range(t.R):
                            for s in range(t.S):
                                row, col = x * nest.stride[0] + r, y * nest.stride[1] + s
                                word = (g, k, c, r, s) if operand == "weights" else (g, c, row, col)
                                if not (slides and forwards and s < t.S - 1):
                                    ports[position * hardware.dn_bw // NUM_MS][word] += 1
                                position += 1
    return ports


@given(mappings())
def test_every_phase_sends_what_its_multipliers_want(result: Evaluation) -> None:
    found = {phase.name: phase for phase in profile(result).phases}
    for name, operand, slides in (
        ("weights", "weights", False),
        ("row starts", "inputs", False),
        ("windows", "inputs", True),
    ):
        if name in found:
            ports = words_by_port(result, operand, slides)
            sizes = Counter(count for words in ports.values() for count in words.values())
            assert found[name].sends.sizes == tuple(sorted(sizes.items()))
            assert found[name].busiest_port == max(map(len, ports.values()))


@given(mappings())
def test_steps_and_work_add_up_to_the_counters(result: Evaluation) -> None:
    found, counts, trip = profile(result), result.cost.counts, trips(result.nest, result.tile)
    rounds = trip["G"] * trip["K"] * folds(result.nest, result.tile)
    assert found.control_steps == rounds * (1 + trip["X"] * trip["Y"])
    assert sum(p.steps * p.multiplications for p in found.phases) == counts.multiplications
    assert sum(p.steps * p.forwards for p in found.phases) == counts.mn_wires
    assert sum(p.steps * p.sends.words for p in found.phases if p.operand == "partial sums") == (
        counts.psum_reads
    )
    if result.hardware.port_width == 1:  # then every word that is sent crosses one wire
        assert sum(p.steps * p.sends.words for p in found.phases) == counts.dn_wires


@given(mappings())
def test_the_energies_add_up_to_the_total(result: Evaluation) -> None:
    assert total(list(profile(result).energy_by_event.values())) == result.cost.energy


def example() -> Profile:
    layer = Conv(name="net/7", input=(4, 8, 8), filters=6, kernel=(3, 3))
    hardware = read_hardware(None, num_ms=64, dn_bw=16, rn_bw=8)
    return profile(evaluate_mapping(layer, hardware, Tile(R=3, S=3, K=6)))


@pytest.mark.parametrize("repeats", [1, 20])
def test_totals_cover_all_runs(repeats: int) -> None:
    result = example().result
    totals = dict(dict(sections(profile(result, repeats)))["Totals"])
    assert totals["cycles"] == f"{result.cost.cycles * repeats:,}"
