"""The profile of a two-level mapping counts what the array does over all buffer tiles."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.answers.evaluation import Evaluation
from solver.arithmetic.exact import total
from solver.execution.execute import sent_by
from solver.forms.wish import Wish, form_with
from solver.layer import Loops
from solver.legal.levels import level_legality
from solver.questions.evaluate import evaluate_mapping
from solver.questions.profile import profile
from solver.switches.switch_config import Operand
from tests.support.examples.level_questions import random_mapping, small_hardware, small_memory, small_nest
from tests.support.schedule_checks import level_cases


def any_order(seed: int) -> Evaluation:
    """Return a random two-level mapping under any array order."""
    rng = Random(seed)
    while True:
        nest = small_nest(rng)
        hardware = small_hardware(rng, small_memory(rng))
        mapping = random_mapping(rng, nest, hardware)
        if mapping is not None and level_legality(nest, hardware, mapping) is None:
            return evaluate_mapping(Loops(loops=nest), hardware, mapping)


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_energies_and_counters_add_up(seed: int) -> None:
    result = any_order(seed)
    found, counts = profile(result), result.cost.counts
    assert total(list(found.energy_by_event.values())) == result.cost.energy
    assert sum(p.steps * p.multiplications for p in found.phases) == counts.multiplications
    assert sum(p.steps * p.forwards for p in found.phases) == counts.mn_wires
    if result.hardware.port_width == 1:  # then every word that is sent crosses one wire
        assert sum(p.steps * p.sends.words for p in found.phases) == counts.dn_wires
    assert result.levels is not None
    assert found.dram_energy == total(list(result.levels.energy["DRAM"].values()))


def test_the_words_sent_are_those_of_the_decoded_configurations() -> None:
    for case in level_cases(21, 40):
        schedule = case.schedule()
        found = profile(evaluate_mapping(case.layer, case.hardware, case.mapping, Wish(only=_form(case))))
        for name, operand in (("weights", Operand.WEIGHT), ("inputs", Operand.INPUT)):
            phases = [phase for phase in found.phases if phase.operand == name]
            runs = [(sent_by(config), schedule.runs(title)) for title, config in schedule.configs.items()]
            words = sum(phase.sends.words * phase.steps for phase in phases)
            assert words == sum(sent.words[operand] * count for sent, count in runs)
            deliveries = sum(phase.sends.deliveries * phase.steps for phase in phases)
            assert deliveries == sum(sent.deliveries[operand] * count for sent, count in runs)


def _form(case) -> str:
    return form_with(case.layer, case.nest).name
