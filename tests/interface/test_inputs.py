"""Python calls take the keys of the YAML files and give their messages; what is wrong is a ValueError."""

import inspect
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import solver
from solver.answers.solution import Status
from solver.errors import InputError
from solver.hardware import read_hardware
from solver.interface.inputs import hardware_of, network_of, primitive_of
from solver.layer import Conv, FullyConnected
from solver.legal.tiles import Limits

SMALL = {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}
LAYER = "fc 8 -> 4"
COUNT = "expected an integer of at least 1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nm_ms": 64}, r"nm_ms: unknown key \(did you mean num_ms\?\), found nm_ms, expected one of"),
        ({"num_ms": "64"}, f'num_ms: found the text "64", {COUNT}'),
        ({"num_ms": 64.0}, f"num_ms: found 64.0, {COUNT}"),
        ({"num_ms": True}, f"num_ms: found true, {COUNT}"),
        ({"num_ms": [64]}, rf"num_ms: found \[64\], {COUNT}"),
        ({"num_ms": 0}, f"num_ms: found 0, {COUNT}"),
        ({"num_ms": 10**5000}, "num_ms: found 0x"),
        ({"num_ms": 2**70}, "num_ms: found 1180591620717411303424, expected at most 9,223,372,036"),
        ({"dn_bw": 48}, "dn_bw: found 48, expected a power of two"),
        ({"num_ms": object()}, "found the type object"),
        ({"reduction": "rtx"}, 'reduction: found the text "rtx", expected simulator or rtl'),
        ({"accumulation_buffer": "yes"}, "accumulation_buffer: found the text"),
        ({"prefetch_buffer": {"capacity": 64}}, "no dram_bandwidth"),
        ({"prefetch_buffer": 64, "dram_bandwidth": 1}, "found 64, expected a mapping with the keys capacity"),
        ({"prefetch_buffer": {"capcity": 64}, "dram_bandwidth": 1}, "unknown key .did you mean capacity"),
        ({"dram_bandwidth": 4}, "no prefetch buffer and DRAM that this could change"),
        ({"energy_table": "x"}, "energy_table: unknown energy table, found x"),
        ({"energy_table": {"buffer_read": 1}}, "energy_table: buffer_write: the key is missing"),
    ],
)
def test_hardware_that_is_wrong_is_told_as_in_a_file(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        hardware_of(changes)
    assert isinstance(caught.value, InputError)


def test_the_keys_of_a_hardware_file_and_the_flags_mean_the_same(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "num_ms: 16\ndn_bw: 4\nrn_bw: 4\nprefetch_buffer: {capacity: 4 KiB, word_bytes: 1}\n"
        "dram_bandwidth: 3\nenergy_table: mrna\n"
    )
    buffer = {"capacity": "4 KiB", "word_bytes": np.int64(1)}
    memory = {"prefetch_buffer": buffer, "dram_bandwidth": 3, "energy_table": "mrna"}
    assert hardware_of({**SMALL, **memory, "name": "mine"}) == read_hardware(file)
    flags = {"buffer": 4096, "dram_bandwidth": 3, "energy_table": "mrna"}
    assert (
        hardware_of({**SMALL, **flags}).memory == read_hardware(**SMALL, buffer=4096, dram_bandwidth=3).memory
    )
    assert hardware_of({"source": "maeri-64", "dn_bw": 8}).num_ms == 64


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"kind": "fc", "inputs": "8", "outputs": 4}, f'inputs: found the text "8", {COUNT}'),
        ({"kind": "fc", "inputs": 8}, f"outputs: the key is missing, found nothing, {COUNT}"),
        ({"kind": "fx"}, "kind: unknown kind of layer"),
        ({}, "kind: the key is missing"),
        (5, "layer: found the type int"),
        (None, "layer: found the type NoneType"),
        ([LAYER], "layer: found the type list"),
    ],
)
def test_a_layer_that_is_wrong_is_told_as_in_a_file(layer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        primitive_of(layer)


def test_a_layer_is_a_mapping_of_its_keys_too() -> None:
    conv = {"kind": "conv", "input": (4, 6, 6), "filters": np.int32(4), "kernel": 3, "name": "c"}
    assert primitive_of(conv) == Conv(name="c", input=(4, 6, 6), filters=4, kernel=(3, 3))
    fc = FullyConnected(name="layer", inputs=8, outputs=4)
    assert network_of([conv, LAYER, fc])[1] == [primitive_of(conv), fc, fc]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solver.map(LAYER, 5), "hardware: found the type int"),
        (lambda: solver.map(LAYER, SMALL, 5), "objective: found 5"),
        (lambda: solver.map(LAYER, SMALL, limits={"R": 1}), "limits: found"),
        (lambda: solver.map(LAYER, SMALL, stationary="x"), "stationary: found x"),
        (lambda: solver.map(LAYER, SMALL, prover="x"), "prover: found x"),
        (lambda: solver.map(LAYER, SMALL, prover="both", pieces="all"), "prover: found both"),
        (lambda: solver.map(LAYER, SMALL, seed="4"), "seed: found 4"),
        (lambda: solver.evaluate(LAYER, 5, SMALL), "mapping: found the type int"),
        (lambda: solver.evaluate(LAYER, SMALL), "mapping: found the type dict.*; hardware goes in hardware="),
        (
            lambda: solver.map(LAYER, {**SMALL, "prefetch_buffer": "16 KiB"}),
            'prefetch_buffer: found the text "16 KiB", expected a mapping',
        ),
        (
            lambda: solver.map(LAYER, {**SMALL, "prefetch_buffer": {"capacity": 0}}),
            "prefetch_buffer: capacity: found",
        ),
        (lambda: solver.evaluate(LAYER, "S" + "4" * 5000, SMALL), "T_S: found 444"),
        (lambda: solver.map(LAYER, SMALL, "cycles"), "objective: found cycles .did you mean latency"),
        (lambda: solver.map(LAYER, SMALL, "enrgy"), "objective: found enrgy .did you mean energy"),
        (lambda: solver.map([LAYER], SMALL), "the type list, .* solver.network takes many"),
        (lambda: solver.map(LAYER, SMALL).report("x.pdf"), "path: found x.pdf, expected .* ends in .html"),
        (lambda: solver.network(5, SMALL), "network: found the type int"),
        (lambda: solver.network([5], SMALL), "layer: found the type int"),
        (lambda: solver.network(LAYER, SMALL, jobs="2"), "jobs: found 2"),
        (lambda: solver.network(LAYER, SMALL, dims=[1]), "dims: found"),
        (lambda: solver.network(LAYER, SMALL, batch="2"), "batch: found 2"),
        (lambda: solver.sweep(LAYER, SMALL, num_ms=16), "hardware: found the type dict"),
        (lambda: solver.sweep(LAYER, num_msx=16), "unknown option .did you mean num_ms"),
        (lambda: solver.sweep(LAYER, objectives=5), "objective: found 5"),
        (lambda: solver.explore(LAYER, SMALL, samples="x"), "samples: found x"),
        (lambda: solver.explore(LAYER, SMALL, tolerance="x"), "tolerance: found x"),
        (lambda: FullyConnected(inputs=10**5000, outputs=1), "inputs: found a very long number"),
        (lambda: Conv(input=(4, 6, 6), filters=2, kernel=3), "kernel: found 3, expected a tuple of 2"),
        (lambda: Conv(input=(4, 6), filters=2, kernel=(3, 3)), "input: found .4, 6., expected a tuple of 3"),
    ],
)
def test_other_arguments_that_are_wrong_are_told(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


ENOUGH: dict[Any, tuple[Any, ...]] = {
    solver.map: (LAYER,),
    solver.evaluate: (LAYER, "S1"),
    solver.network: ([LAYER],),
    solver.explain: (LAYER,),
    solver.explore: (LAYER,),
    solver.sweep: ([LAYER],),
    solver.design: ([LAYER],),
    solver.pareto: (LAYER,),
    solver.profile: (LAYER,),
    solver.configure: (LAYER, "out"),
    solver.simulate: (LAYER,),
    solver.show: (LAYER,),
    solver.convert: (LAYER,),
    solver.read: (LAYER,),
}
"""What each function must be given at least."""


@pytest.mark.parametrize("function", ENOUGH, ids=lambda function: function.__name__)
@pytest.mark.parametrize("wrong", [object(), [object()]], ids=["object", "list"])
def test_no_argument_of_another_type_gets_past_the_door(function: Any, wrong: Any) -> None:
    enough = ENOUGH[function]
    for place, name in enumerate(inspect.signature(function).parameters):
        if name == "example_inputs":  # anything may be one
            continue
        given = [*enough[:place], wrong, *enough[place + 1 :]] if place < len(enough) else enough
        with pytest.raises(InputError):
            function(*given, **({} if place < len(enough) else {name: wrong}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solver.configure(LAYER, 3), "out: found 3, expected a text or a path"),
        (lambda: solver.simulate(LAYER, seed=-1), "seed: found -1, expected an integer of at least 0"),
        (lambda: solver.map(LAYER, SMALL, pieces=[2]), "pieces: found the type list, expected a text or an"),
        (lambda: solver.read(LAYER, layers=[3]), "layers: found 3, expected names of layers"),
        (lambda: solver.design(LAYER, fix=3), "fix: found 3, expected a mapping or None"),
        (lambda: solver.design(LAYER, fix={"K": 0}), "fix: found 0, expected "),
        (lambda: solver.map(LAYER, fix={"P": 1}), "T_P: found P, expected one of R S C K G N X Y"),
        (lambda: solver.map(LAYER, fix={"K": 1}, limits=Limits()), "limits: found fix beside it"),
        (lambda: solver.sweep(LAYER, clock="600"), "clock: found 600, expected a clock such as 600 MHz"),
    ],
)
def test_a_type_that_is_wrong_is_told_beside_the_right_one(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_latency_bounds_are_whole_numbers_rounded_up() -> None:
    from dataclasses import replace

    solution = solver.map(LAYER, SMALL, baselines=False)
    cycles = solution.cost.cycles
    for bound, whole in (("5.2", 5 + 1), ("5.0000000001", 5), ("6", 6), ("0", 0)):
        open_ = replace(solution, status=Status.FEASIBLE, bound=Decimal(bound))
        assert (open_.bound, open_.to_dict()["bound"], open_.proved) == (whole, whole, False)
    # A bound above the number before proves the mapping.
    assert replace(solution, status=Status.FEASIBLE, bound=Decimal(cycles) - Decimal("0.5")).proved
    energy = solver.map(LAYER, SMALL, "energy", baselines=False)
    assert replace(energy, status=Status.FEASIBLE, bound=Decimal("5.2")).bound == Decimal("5.2")
