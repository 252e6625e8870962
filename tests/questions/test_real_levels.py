"""Questions about the real hardware behind a prefetch buffer."""

from solver.cost.result import Objective
from solver.hardware import read_hardware
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question, map_layer
from solver.questions.profile import profile
from solver.readers.read import read_layers
from solver.views.text.explain import ranked_waits

HARDWARE = read_hardware("maeri-64-rtl", num_ms=16, buffer=512, dram_bandwidth=2)


def test_a_layer_is_mapped_beside_the_simulator_and_its_waits_are_ranked() -> None:
    (layer,) = read_layers("conv 2x6x6 -> 4, 3x3")
    found, _ = map_layer(
        layer,
        Question(
            hardware=HARDWARE,
            objective=Objective.LATENCY,
            limits=Limits(),
            baselines=False,
            beside_simulator=True,
        ),
    )
    assert found.proved and found.levels is not None and found.cost.method == "replay"
    # Only the array with accumulators has a model with a buffer, and it is faster.
    (other,) = found.simulator
    assert other.accumulation_buffer and other.cost.cycles < found.cost.cycles
    waits = {name: cycles for name, cycles, inside in ranked_waits(found) if inside}
    assert set(waits) == {"distribution", "drain"}
    assert sum(waits.values()) == found.levels.array_cycles
    words = profile(found)
    assert sum(words.dram_words) == sum(found.levels.words["DRAM"].values())
