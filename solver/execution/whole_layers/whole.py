"""A layer made of parts: every part executed switch by switch, the host's steps between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.answers.displayed import Shown
from solver.arithmetic.arrays import IntArray
from solver.errors import InternalError
from solver.execution.arithmetic import Arithmetic
from solver.execution.faults import SwitchFaultError
from solver.execution.levels.verify import LevelSimulation, verify_schedule
from solver.execution.lowering import Tensors
from solver.execution.pieces import (
    PieceConfig,
    PiecesConfig,
    PiecesSimulation,
    verify_piece,
    verify_pieces,
)
from solver.execution.verify import Simulation, verify
from solver.execution.whole_layers.parts import operand_shapes, run_parts
from solver.execution.whole_layers.reference import whole_reference
from solver.keyed import keyed
from solver.layer import Decomposition, HostOperation, Layer, Primitive
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig

AnyConfig = SwitchConfig | Schedule | PiecesConfig | PieceConfig
"""What the mapping of one layer is configured to, or that of a piece."""

AnySimulation = Simulation | LevelSimulation | PiecesSimulation
"""What executing the mapping of one layer gives."""

LARGEST = 300
"""Random operands lie between -300 and 300: a little more than 1 in the host's fixed point."""


@dataclass(frozen=True)
class PartRuns:
    """The runs of one part.

    Attributes
    ----------
    name, layer
        The part.
    first
        Its first run; all runs take the same cycles.
    runs
        How often it ran.
    """

    name: str
    layer: Primitive
    first: AnySimulation
    runs: int


@dataclass(frozen=True, repr=False)
class WholeSimulation(Shown):
    """A layer whose parts compute it.

    Attributes
    ----------
    layer
        What was executed.
    decomposition
        The way in which it was taken apart, empty if there is one only.
    parts
        What ran on the array, in the order of the layer's parts.
    host
        What the host did between them.
    outputs
        The layer's output, equal to the layer's definition in fixed point.
    notes
        Sentences that the reader should see.
    """

    layer: Layer
    decomposition: str
    parts: tuple[PartRuns, ...]
    host: tuple[str, ...]
    outputs: IntArray
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What ran, and that it is right, in a few words."""
        name = self.layer.title
        return f"{name}: {len(self.parts)} parts, {self.cycles:,} cycles, every output right"

    @property
    def cycles(self) -> int:
        """Cycles on the array, all runs one after the other."""
        return sum(part.first.execution.cycles * part.runs for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: that of each part's first run, and how often it ran."""
        return {
            "layer": self.layer.to_dict(),
            "verdict": "correct",
            **keyed(self, "decomposition outputs=outputs.size cycles host notes"),
            "parts": [keyed(p, "part=name repeats=runs") | p.first.to_dict() for p in self.parts],
        }


def verify_loaded(
    config: AnyConfig,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
    *,
    notes: tuple[str, ...] = (),
    on_stage: Callable[[str], None] | None = None,
) -> AnySimulation:
    """Execute a configuration, a schedule of them, or those of pieces or one piece; compare every output.

    Parameters
    ----------
    on_stage
        Told which buffer tile of a schedule is running; the others are those of `verify`.
    """
    if isinstance(config, Schedule):
        return verify_schedule(config, layer, tensors, arithmetic, notes=notes, on_stage=on_stage)
    if isinstance(config, PiecesConfig):
        return verify_pieces(config, layer, tensors, arithmetic, notes=notes)
    if isinstance(config, PieceConfig):
        return verify_piece(config, layer, tensors, arithmetic, notes=notes)
    return verify(config, layer, tensors, arithmetic, notes=notes)


def random_operands(layer: Layer, seed: int) -> dict[str, IntArray]:
    """Return random operands of a layer made of parts."""
    rng = np.random.default_rng(seed)
    shapes = operand_shapes(layer)
    return {name: rng.integers(-LARGEST, LARGEST, shape, endpoint=True) for name, shape in shapes.items()}


def verify_whole(
    layer: Layer,
    way: Decomposition,
    configs: Mapping[Primitive, SwitchConfig | Schedule | PiecesConfig],
    operands: Mapping[str, IntArray],
) -> WholeSimulation:
    """Execute a layer part by part and compare its output with its definition.

    Parameters
    ----------
    layer, way
        The layer, and how it is taken apart.
    configs
        The configuration or schedule of every primitive among the parts.
    operands
        In the shapes of `operand_shapes`.

    Raises
    ------
    SwitchFaultError
        If a part does not compute what it should; the message names the switch.
    InternalError
        If all parts are right and the layer is not.
    """
    first: dict[Primitive, AnySimulation] = {}
    runs: dict[Primitive, int] = {}

    def run(primitive: Primitive, tensors: Tensors) -> IntArray:
        try:
            simulation = verify_loaded(configs[primitive], primitive, tensors)
        except SwitchFaultError as error:
            raise error.within(next(p.name for p in way.parts if p.layer == primitive)) from None
        first.setdefault(primitive, simulation)
        runs[primitive] = runs.get(primitive, 0) + 1
        return simulation.execution.outputs

    outputs = run_parts(layer, operands, run, way.name)
    if not np.array_equal(outputs, whole_reference(layer, operands)):
        raise InternalError(f"{layer.title}: every part is right, and the whole layer is not")
    # Parts of equal loops share their configuration, and their runs.
    shared = {p: sum(part.layer == p for part in way.parts) for p in runs}
    parts = [
        PartRuns(part.name, part.layer, first[part.layer], runs[part.layer] // shared[part.layer])
        for part in way.parts
        if isinstance(part.layer, Primitive)
    ]
    host = tuple(part.layer.operation for part in way.parts if isinstance(part.layer, HostOperation))
    return WholeSimulation(layer, way.name, tuple(parts), host, outputs)
