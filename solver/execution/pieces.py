"""A layer in pieces, executed: every piece on its range of the operands, the outputs put together as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.answers.displayed import Shown
from solver.arithmetic.arrays import IntArray
from solver.cost.result import Method
from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import Execution, execute, form_of, total_sent
from solver.execution.levels.execute import execute_schedule
from solver.execution.levels.verify import LevelSimulation, checked_schedule
from solver.execution.lowering import Tensors, layer_output, nest_operands
from solver.execution.reference import reference
from solver.execution.verify import Simulation, checked
from solver.layer import LoopNest, Primitive
from solver.pieces.piece import Piece, Range
from solver.pieces.ranges import check_ranges
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import Array, SwitchConfig

OUTPUT_AXES = ("N", "G", "K", "X", "Y")


@dataclass(frozen=True)
class PieceConfig(Range):
    """The configuration of a range of a layer, see `solver.pieces.piece.Piece`."""

    form: str
    config: SwitchConfig | Schedule

    def layer(self, whole: Primitive) -> Piece:
        """Return the piece as a layer.

        Raises
        ------
        InputError
            If the layer has no such form or range.
        """
        return self.piece_in(whole, self.config.name)


@dataclass(frozen=True)
class PiecesConfig:
    """The configurations of a layer's pieces, in the order in which they run.

    `name` is that of the layer.
    """

    name: str
    pieces: tuple[PieceConfig, ...]


@dataclass(frozen=True, repr=False)
class PiecesSimulation(Shown):
    """Configurations that compute their layer one after the other.

    Attributes
    ----------
    layer, arithmetic
        What was executed, and how.
    parts
        The execution of every piece.
    execution
        The layer's outputs, and the sums of what the pieces took.
    notes
        Sentences that the reader should see.
    """

    layer: Primitive
    arithmetic: Arithmetic
    parts: tuple[Simulation | LevelSimulation, ...]
    execution: Execution
    notes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What ran, and that it is right, in a few words."""
        name = self.layer.title
        return f"{name}: {self.mapping}, {self.execution.cycles:,} cycles, every output right"

    @property
    def mapping(self) -> str:
        """What was executed."""
        return " + ".join(str(part.mapping) for part in self.parts)

    @property
    def array(self) -> Array:
        """The array that the pieces run on."""
        first = self.parts[0]
        if isinstance(first, Simulation):
            return first.config.array
        return next(iter(first.schedule.configs.values())).array

    @property
    def array_cycles(self) -> tuple[int, int] | None:
        """Cycles of the array, executed and by the cost model, where pieces wait for a buffer besides."""
        found = [
            (part.execution.array_cycles, part.levels.array_cycles)
            for part in self.parts
            if isinstance(part, LevelSimulation)
        ]
        return (sum(run for run, _ in found), sum(model for _, model in found)) if found else None

    @property
    def model_cycles(self) -> int | None:
        """What the cost model says, None if it does not know a piece's mapping."""
        known = [part.model_cycles for part in self.parts if part.model_cycles is not None]
        return sum(known) if len(known) == len(self.parts) else None

    @property
    def method(self) -> Method | None:
        """How the cost model says it; the closed form if it says so of a piece."""
        methods = {p.method if isinstance(p, Simulation) else p.cost.method for p in self.parts}
        return methods.pop() if len(methods) == 1 else "closed form"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        execution = self.execution
        return {
            "layer": self.layer.to_dict(),
            "reduction": self.array.reduction,
            "arithmetic": str(self.arithmetic),
            **execution.to_dict(),
            "cycles": execution.cycles,
            **({"array_cycles": array[0]} if (array := self.array_cycles) else {}),
            "model": {
                **({"array_cycles": array[1]} if array else {}),
                "cycles": self.model_cycles,
                "method": self.method,
            },
            "pieces": [part.to_dict() for part in self.parts],
            "notes": list(self.notes),
        }


def verify_pieces(
    configs: PiecesConfig,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
    *,
    notes: tuple[str, ...] = (),
) -> PiecesSimulation:
    """Execute the pieces of a layer and compare every output with the layer's definition.

    Parameters
    ----------
    configs, layer, tensors, arithmetic
        What to execute, on what, and how.
    notes
        Sentences to hand on to the reader.

    Raises
    ------
    InputError
        If a configuration is for another layer, or the pieces do not make it up.
    SwitchFaultError
        If something gets lost or stuck, or an output is wrong; the message names the piece and the switch.
    """
    check_ranges(layer, configs.pieces)
    expected = _in_base(layer, configs.pieces[0].layer(layer), reference(layer, tensors, arithmetic))
    parts = []
    for entry in configs.pieces:
        piece = entry.layer(layer)
        parts.append(_on_its_range(entry.config, piece, tensors, expected, arithmetic))
    first = configs.pieces[0].layer(layer)
    axis = OUTPUT_AXES.index(first.dim)
    joined = np.concatenate([part.execution.outputs for part in parts], axis=axis)
    runs = [part.execution for part in parts]
    execution = Execution(
        outputs=layer_output(layer, joined, first.form),
        cycles=sum(run.cycles for run in runs),
        **vars(total_sent((run, 1) for run in runs)),
    )
    return PiecesSimulation(layer, arithmetic, tuple(parts), execution, notes)


def verify_piece(
    entry: PieceConfig,
    layer: Primitive,
    tensors: Tensors,
    arithmetic: Arithmetic = Arithmetic.EXACT,
    *,
    notes: tuple[str, ...] = (),
) -> Simulation | LevelSimulation:
    """Execute one piece of a layer and compare its range of the outputs with the layer's definition.

    Operands are those of the whole layer. Parameters and errors are those of `verify_pieces`.
    """
    piece = entry.layer(layer)
    expected = _in_base(layer, piece, reference(layer, tensors, arithmetic))
    return replace(_on_its_range(entry.config, piece, tensors, expected, arithmetic), notes=notes)


def _on_its_range(
    config: SwitchConfig | Schedule,
    piece: Piece,
    tensors: Tensors,
    expected: IntArray,
    arithmetic: Arithmetic,
) -> Simulation | LevelSimulation:
    """Execute a piece; `expected` has the outputs of the whole layer, along the loops that are cut."""
    own, wanted = piece_tensors(piece, tensors, arithmetic), expected[_range_of(piece)]
    if isinstance(config, Schedule):
        run = execute_schedule(config, piece, own, arithmetic)
        return checked_schedule(config, piece, run, wanted, arithmetic)
    return checked(config, piece, execute(config, piece, own, arithmetic), wanted, arithmetic)


def piece_tensors(piece: Piece, tensors: Tensors, arithmetic: Arithmetic) -> Tensors:
    """Return the operands of a piece, along its loops, from those of the layer that it is of."""
    inputs, weights = nest_operands(piece.whole, tensors, piece.form, arithmetic)
    chosen = slice(piece.begin, piece.begin + piece.count)
    if piece.dim == "K":
        return Tensors(inputs, weights[:, chosen])
    if piece.dim == "G":
        return Tensors(inputs[:, chosen], weights[chosen])
    return Tensors(inputs[:, :, :, chosen], weights)  # outputs of a product: a row each


def own_output(layer: Primitive, nest: LoopNest, place: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return where an output of some loops stands in the layer's own; a piece's in that of the whole layer.

    Parameters
    ----------
    layer, nest
        The layer or piece, and the loops of a form of it.
    place
        The output (n, g, k, x, y) of the loops. None is returned if the form computes it in vain.
    """
    marked = np.zeros((nest.N, nest.G, nest.K, nest.X, nest.Y), dtype=np.int64)
    marked[place] = 1
    own = layer_output(layer, marked, form_of(layer, nest))
    if isinstance(layer, Piece):
        base = layer.form.nest
        whole = np.zeros((base.N, base.G, base.K, base.X, base.Y), dtype=np.int64)
        whole[_range_of(layer)] = own
        own = layer_output(layer.whole, whole, layer.form)
    found = np.argwhere(own)
    return tuple(found[0].tolist()) if len(found) else None


def _in_base(layer: Primitive, piece: Piece, outputs: IntArray) -> IntArray:
    """Return a layer's output along the loops of the form that its pieces are cut from."""
    nest = piece.form.nest
    places = np.arange(nest.outputs).reshape(nest.N, nest.G, nest.K, nest.X, nest.Y)
    found = np.empty(nest.outputs, dtype=outputs.dtype)
    found[layer_output(layer, places, piece.form).ravel()] = outputs.ravel()
    return found.reshape(places.shape)


def _range_of(piece: Piece) -> tuple[slice, ...]:
    chosen = [slice(None)] * len(OUTPUT_AXES)
    chosen[OUTPUT_AXES.index(piece.dim)] = slice(piece.begin, piece.begin + piece.count)
    return tuple(chosen)
