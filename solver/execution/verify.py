"""The proof of a configuration: executed, compared with direct convolution, and with the cost model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import numpy as np

from solver.answers.displayed import Shown
from solver.arithmetic.arrays import IntArray
from solver.cost.evaluate import evaluate
from solver.cost.result import Method
from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import Execution, execute, form_of
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.lowering import Tensors, layer_output
from solver.execution.reference import reference
from solver.forms.form import Form
from solver.hardware import Hardware, read_energy_table
from solver.hardware.read import DEFAULT_TABLE
from solver.keyed import keyed
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from solver.switches.switch_config import SwitchConfig


@dataclass(frozen=True)
class CheckedRun:
    """A run on the ports of the real hardware, played here or logged, with the expected results.

    Parameters
    ----------
    source
        ``program``, or the file of the log.
    cycles
        Of the run, the start-up included.
    results
        Values on the buses, all right.
    """

    source: str
    cycles: int
    results: int


@dataclass(frozen=True, repr=False)
class Simulation(Shown):
    """A configuration that computes its layer.

    Parameters
    ----------
    layer, config, arithmetic
        What was executed, and how.
    execution
        Outputs, cycles and traffic.
    model_cycles, method
        What the cost model says of the same mapping, and by which of its methods; None where the mapping is
        not one that it knows.
    notes
        Sentences that the reader should see.
    run
        What came of the program for the hardware's ports, if there is one.
    """

    layer: Primitive
    config: SwitchConfig
    arithmetic: Arithmetic
    execution: Execution
    model_cycles: int | None
    method: Method | None
    notes: tuple[str, ...] = ()
    run: CheckedRun | None = None

    @property
    def summary(self) -> str:
        """What ran, and that it is right, in a few words."""
        name = self.layer.title
        return f"{name}: {self.mapping}, {self.execution.cycles:,} cycles, every output right"

    @property
    def mapping(self) -> Tile:
        """What was executed."""
        return self.config.tile

    @property
    def form(self) -> Form:
        """The form of the layer that ran."""
        return form_of(self.layer, self.config.nest)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "layer": self.layer.to_dict(),
            "loops": dict(zip("RSCKGNXY", self.config.nest.sizes, strict=True)),
            **keyed(self, "form reduction=config.array.reduction"),
            "mapping": {"tile": self.config.tile.to_dict()},
            "arithmetic": str(self.arithmetic),
            **self.execution.to_dict(),
            "cycles": self.execution.cycles,
            "model": keyed(self, "cycles=model_cycles method"),
            "notes": list(self.notes),
            **({} if self.run is None else {"run": asdict(self.run)}),
        }


def verify(
    config: SwitchConfig,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
    *,
    notes: tuple[str, ...] = (),
) -> Simulation:
    """Execute a configuration and compare every output with direct convolution.

    Parameters
    ----------
    config, layer, tensors, arithmetic
        What to execute, on what, and how.
    notes
        Sentences to hand on to the reader.

    Returns
    -------
    Simulation
        Only if every output is right.

    Raises
    ------
    InputError
        If the configuration is for another layer.
    SwitchFaultError
        If something gets lost or stuck, or an output is wrong; the message names the switch.
    """
    execution = execute(config, layer, tensors, arithmetic)
    expected = reference(layer, tensors, arithmetic)
    return checked(config, layer, execution, expected, arithmetic, notes=notes)


def checked(
    config: SwitchConfig,
    layer: Primitive,
    execution: Execution,
    expected: IntArray,
    arithmetic: Arithmetic,
    *,
    notes: tuple[str, ...] = (),
) -> Simulation:
    """Compare what a configuration computed with the outputs expected, and its cycles with the cost model's.

    Raises
    ------
    SwitchFaultError
        If an output is wrong; the message names the switch.
    """
    if not np.array_equal(execution.outputs, expected):
        raise SwitchFaultError(
            faults_of(config, wrong_outputs(config.nest, layer, execution.outputs, expected))
        )
    hardware = hardware_of(config)
    if legality(config.nest, hardware, config.tile) is not None:
        return Simulation(layer, config, arithmetic, execution, None, None, notes)
    cost = evaluate(config.nest, hardware, config.tile)
    return Simulation(layer, config, arithmetic, execution, cost.run_cycles, cost.method, notes)


def hardware_of(config: SwitchConfig) -> Hardware:
    """Return the hardware of a configuration, with the default energy table, which no cycle depends on."""
    table = read_energy_table(DEFAULT_TABLE)
    return Hardware(name="configuration", energy_table=table, **asdict(config.array))


@dataclass(frozen=True)
class WrongOutput:
    """An output that is not what the layer's definition gives.

    Parameters
    ----------
    at
        Its place along the loops n, g, k, x, y.
    found, expected
        The two values.
    """

    at: tuple[int, ...]
    found: int
    expected: int

    def __str__(self) -> str:
        where = ", ".join(f"{loop} = {index}" for loop, index in zip("ngkxy", self.at, strict=True))
        return f"{where}: {self.found}, not {self.expected}"


def wrong_outputs(
    nest: LoopNest, layer: Primitive, found: IntArray, expected: IntArray
) -> Iterator[WrongOutput]:
    """Yield every wrong output of a layer that ran as a nest.

    Parameters
    ----------
    nest, layer
        The loops that ran, and the layer that they are a form of.
    found, expected
        In the layer's own shape.
    """
    # The place in the layer's output of every output of the nest.
    shape = (nest.N, nest.G, nest.K, nest.X, nest.Y)
    wrong = (found != expected).ravel()
    order = layer_output(layer, np.arange(prod(shape)).reshape(shape), form_of(layer, nest)).ravel()
    at = np.stack(np.unravel_index(order[wrong], shape), axis=1).tolist()
    values = zip(found.ravel()[wrong].tolist(), expected.ravel()[wrong].tolist(), strict=True)
    for indices, (got, wanted) in zip(at, values, strict=True):
        yield WrongOutput(tuple(indices), got, wanted)


def faults_of(config: SwitchConfig, wrong: Iterable[WrongOutput]) -> tuple[Fault, ...]:
    """Return a fault for every tree output that emits a wrong value, with its first one."""
    tile = config.tile
    sizes = (tile.N, tile.G, tile.K, tile.X, tile.Y)
    emits: dict[tuple[int, ...], str] = {output.offset: output.output for output in config.outputs}
    faults: dict[str, Fault] = {}
    for output in wrong:
        offset = tuple(index % size for index, size in zip(output.at, sizes, strict=True))
        place = emits.get(offset, "no switch")
        faults.setdefault(place, Fault(FaultKind.WRONG_OUTPUT, place, (), (str(output),)))
    return tuple(faults.values())
