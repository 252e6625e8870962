"""Every member of every registry has what a member needs: who adds one and forgets a part is told here."""

from __future__ import annotations

import inspect
from dataclasses import fields
from decimal import Decimal
from importlib import import_module
from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

import solver
import solver.layer
from solver.answers.displayed import Displayed
from solver.certificates.check_certificate import UNITS, VALUES, loops_of_layer
from solver.cli.main import COMMANDS
from solver.cost.result import Objective, value_of
from solver.execution.whole_layers.parts import operand_shapes
from solver.execution.whole_layers.reference import whole_reference
from solver.execution.whole_layers.whole import random_operands
from solver.hardware import Hardware, read_hardware
from solver.hardware.memory import Memory, PrefetchBuffer
from solver.hardware.read import HardwareChanges, HardwareFile
from solver.hardware.read_memory import BufferFile, MemoryChanges
from solver.layer import Layer, LoopNest, Primitive
from solver.readers.yaml_layers import ENTRIES
from solver.search.two_level.joint.room import room_for
from solver.views.certificate import NAMES, unit_of
from solver.views.html.write import PAGES
from solver.views.notebook import SHOWN
from tests.support.examples.layer_examples import host_operations, layers

INNER = {"loops", "piece"}
"""Kinds that the program makes itself: nobody describes them."""
EXAMPLES = layers(st.just(""), 4) | host_operations(st.just(""))
ONE = settings(
    max_examples=2000, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def kinds(base: type[Layer] = Layer) -> dict[str, type[Layer]]:
    """Return every kind of layer that there is, by its name."""
    found = {} if inspect.isabstract(base) or not base.kind else {base.kind: base}
    for each in base.__subclasses__():
        if each.__module__.startswith("solver."):
            found |= kinds(each)
    return found


def test_every_kind_of_layer_is_exported_and_can_be_described() -> None:
    described = {kind: made for kind, made in kinds().items() if kind not in INNER}
    assert all(getattr(solver.layer, made.__name__, None) is made for made in described.values())
    assert described.keys() <= ENTRIES.keys()


@pytest.mark.parametrize("kind", sorted(kinds().keys() - INNER))
def test_every_kind_of_layer_has_examples_that_can_be_executed(kind: str) -> None:
    layer = find(EXAMPLES, lambda each: each.kind == kind, settings=ONE)
    if isinstance(layer, Primitive):
        nest = layer.nest()
        ones = [np.ones(shape, dtype=np.int64) for shape in (layer.input_shape, layer.weight_shape)]
        assert loops_of_layer(layer.to_dict()).size == nest.sizes
        assert layer.loop_inputs(ones[0], 0).shape[:3] == (nest.N, nest.G, nest.C)
        assert layer.loop_weights(ones[1]).size == nest.weights == prod(layer.weight_shape)
        found = layer.definition(*ones, np.multiply, 0)
        assert found.shape == layer.output_shape
        assert layer.own_output(np.ones((nest.N, nest.G, nest.K, nest.X, nest.Y))).shape == found.shape
    elif kind != "host":
        assert operand_shapes(layer)
        assert whole_reference(layer, random_operands(layer, 0)).size


@pytest.mark.parametrize("objective", Objective)
def test_every_objective_has_a_value_a_name_and_a_unit_everywhere(objective: Objective) -> None:
    hardware = read_hardware("maeri-64")
    assert value_of(objective, 3, Decimal(2)) == VALUES[objective](3, 2)
    assert room_for(LoopNest(K=4, X=8), hardware, objective, 1e6).cycles > 0
    assert NAMES[objective] and unit_of(objective, hardware.energy_table) and UNITS[objective]
    assert objective.goal and objective.label


def test_every_parameter_of_the_hardware_has_a_key_a_flag_and_a_place_in_what_is_written() -> None:
    from solver.cli.commands.map import command

    of_array = {each.name for each in fields(Hardware)} - {"memory"}
    of_memory = {each.name for each in fields(Memory)} - {"buffer"} | {"prefetch_buffer"}
    assert HardwareFile.model_fields.keys() == of_array | of_memory
    assert BufferFile.model_fields.keys() == {each.name for each in fields(PrefetchBuffer)}
    changes = of_array | {each.name for each in fields(MemoryChanges)}
    assert HardwareChanges.model_fields.keys() == changes | {"source"}
    options = {option.name for option in command.params}
    # A whole prefetch buffer, its word sizes and the name of the hardware need a file.
    assert options >= changes - {"name", "prefetch_buffer"}
    described = read_hardware("maeri-256-dram", weights_per_switch=4, count_setup=True)
    assert described.to_dict().keys() == (of_array - {"clock"}) | of_memory


def test_every_answer_is_shown_and_has_a_page() -> None:
    def answers(base: type) -> set[type]:
        below = {each for each in base.__subclasses__() if each.__module__.startswith("solver.")}
        return below.union(*map(answers, below))

    for name in solver.__all__:
        import_module(getattr(solver, name).__module__)
    shown = {each for each in answers(Displayed) if not each.__subclasses__()}
    assert shown <= SHOWN.keys()
    assert shown <= PAGES.keys()


def test_every_command_has_a_file_and_what_python_has_is_a_command() -> None:
    for name in COMMANDS:
        assert import_module(f"solver.cli.commands.{name}").command.help
    # A front is `map --objective pareto`, a page `--report`, and what a command reads `read`.
    assert set(solver.__all__) - {"pareto", "report", "read"} <= set(COMMANDS)
