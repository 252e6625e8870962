from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from solver.cost.evaluate import evaluate
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.build import build_config
from solver.execution.execute import execute, run_clock
from solver.execution.faults import FaultKind, SwitchFaultError
from solver.execution.program import load
from solver.execution.tensors import make_tensors
from solver.execution.verify import verify
from solver.forms.wish import AS_WRITTEN
from solver.hardware import read_hardware
from solver.layer import Conv, Gemm
from solver.mapping.tile import Tile
from solver.switches.decode import decode
from solver.switches.switch_config import Operand, PhaseKind, SwitchConfig
from tests.support.execution_checks import ARRAYS, MUTATIONS, Case, cases, mutate, random_case

LAYER = Conv(name="small", input=(2, 6, 6), filters=3, kernel=(3, 3), padding=((1, 1), (1, 1)))
TILE = Tile(R=3, S=3, K=2)


@pytest.mark.parametrize("array", ARRAYS)
def test_random_layers_give_direct_convolution_in_the_model_s_cycles(array: str) -> None:
    for case in cases(21, 25, array):
        execution, right = case.run()
        model = evaluate(case.nest, case.hardware, case.tile)
        assert right, case
        if not case.serial and array != "repaired":
            assert (model.method, execution.cycles) == ("replay", model.cycles), case


def test_the_repaired_hardware_waits_for_no_more_hops_than_the_cost_model_says() -> None:
    for case in cases(22, 30, "repaired"):
        execution, _ = case.run()
        model = evaluate(case.nest, case.hardware, case.tile)
        per_row = case.tile.S - 1
        rows = case.config().loop_counts
        passes = rows["n"] * rows["g"] * rows["k"] * rows["fold"]
        assert 0 <= model.cycles - execution.cycles <= per_row * passes * rows["x"]


@pytest.mark.parametrize("what", [w for w in MUTATIONS if w != "operand"])
def test_every_single_mistake_is_detected(what: str) -> None:
    rng, tried = Random(5), 0
    while tried < 20:
        case = random_case(rng, rng.choice(ARRAYS))
        config = case.config()
        wrong = mutate(rng, config, what)
        if wrong == config:
            continue
        tried += 1
        with pytest.raises(SwitchFaultError):
            case.run(wrong)


def test_a_word_of_another_place_gives_wrong_outputs_or_lies_outside_the_tile() -> None:
    rng, found = Random(6), Counter[str]()
    while found.total() < 20:
        case = random_case(rng, rng.choice(ARRAYS), rng.choice(["conv", "grouped", "gemm"]))
        config = case.config()
        wrong = mutate(rng, config, "operand")
        if wrong == config or case.partial:
            continue
        try:
            right = all(case.run(wrong, seed)[1] for seed in range(2))
        except SwitchFaultError as error:
            assert error.faults[0].kind is FaultKind.OUTSIDE
            found["outside"] += 1
        else:
            found["right" if right else "wrong"] += 1
    assert found["right"] == 0
    assert found["wrong"] >= 3


def config_of(hardware: str = "maeri-64") -> SwitchConfig:
    return build_config(LAYER.nest(), read_hardware(hardware), TILE)


def without(config: SwitchConfig, kind: PhaseKind) -> SwitchConfig:
    return replace(config, phases=tuple(p for p in config.phases if p.kind is not kind))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (without(config_of(), PhaseKind.WEIGHTS), "not exactly one phase describes this step"),
        (
            without(config_of(), PhaseKind.LAST_WINDOW),
            "n = 0, g = 0, k = 0, x = 0, y = 5, fold = 0: not exactly",
        ),
        (
            without(config_of("maeri-64-rtl"), PhaseKind.CONFIGURE),
            "window 0 of a pass: not exactly one phase",
        ),
        (replace(config_of(), outputs=config_of().outputs[1:]), "not the decoded one"),
    ],
)
def test_a_configuration_that_lacks_something_is_refused(config: SwitchConfig, message: str) -> None:
    with pytest.raises(SwitchFaultError, match=message):
        execute(config, LAYER, make_tensors(LAYER, Arithmetic.EXACT))


def test_two_virtual_neurons_that_write_the_same_output_are_named() -> None:
    config = config_of()
    first, second = config.outputs
    doubled = replace(config, outputs=(first, replace(second, offset=first.offset)))
    with pytest.raises(SwitchFaultError, match=r"written twice \(S5, D1.L\)"):
        execute(doubled, LAYER, make_tensors(LAYER, Arithmetic.EXACT))


def test_a_wrong_output_names_the_switch_that_emits_it() -> None:
    config = config_of()
    weights = config.phases[0]
    words = list(weights.ports[0])
    words[0], words[1] = (
        replace(words[0], mask=words[1].mask),
        replace(words[1], mask=words[0].mask),
    )
    swapped = replace(weights, ports=(tuple(words), *weights.ports[1:]))
    vn0 = next(output.output for output in config.outputs if output.vn == 0)
    with pytest.raises(SwitchFaultError, match=f"{vn0}: the output of the layer is not what its defin"):
        verify(
            replace(config, phases=(swapped, *config.phases[1:])),
            LAYER,
            make_tensors(LAYER, Arithmetic.EXACT),
        )


def test_a_bus_that_does_not_keep_up_is_named() -> None:
    # 32 virtual neurons of one multiplier on one bus, one word per window and port.
    layer = Gemm(m=400, n=32, k=1)
    hardware = read_hardware("maeri-64-rtl", dn_bw=64, rn_bw=32)
    nest = layer.nest()
    roomy = decode(nest, hardware, Tile(K=32))
    tight = replace(
        roomy,
        array=replace(roomy.array, rn_bw=1),
        outputs=tuple(replace(output, bus=0) for output in roomy.outputs),
    )
    with pytest.raises(SwitchFaultError, match=r"[DS]\d+.*: the bus does not keep up"):
        run_clock(load(tight))


def test_a_configuration_for_another_layer_is_refused() -> None:
    with pytest.raises(InputError, match="another layer"):
        execute(config_of(), Gemm(m=2, n=2, k=2), make_tensors(Gemm(m=2, n=2, k=2), Arithmetic.EXACT))


def test_both_lowerings_of_a_product_are_executed() -> None:
    layer = Gemm(m=5, n=3, k=4)
    hardware = read_hardware("maeri-64")
    for lowering in AS_WRITTEN.forms(layer, hardware):
        case = Case("gemm", layer, lowering.nest, hardware, Tile(S=2, K=2), Arithmetic.EXACT)
        assert case.run()[1]


def test_traffic_is_that_of_the_cost_model() -> None:
    execution = execute(config_of(), LAYER, make_tensors(LAYER, Arithmetic.EXACT))
    counts = evaluate(LAYER.nest(), read_hardware("maeri-64"), TILE).counts
    assert execution.products == counts.multiplications
    # Two filter iterations, the second with a filter that does not exist.
    assert execution.words[Operand.WEIGHT] == execution.deliveries[Operand.WEIGHT] == 2 * 2 * 2 * 9
    assert execution.outputs.shape == (1, 3, 6, 6)
    assert np.unique(execution.outputs).size > 50
