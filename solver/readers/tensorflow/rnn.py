"""Recurrent cells and what unrolls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from solver.errors import InputError
from solver.layer import GRU, LSTM, RNN, Recurrent
from solver.readers.tensorflow.common import sizes_of
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments, as_integer
from solver.readers.tensorflow.tensor import Size, Tensor
from solver.readers.tensorflow.values import List, Native, Record, Unknown, Value, items_of, type_name

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


@dataclass(eq=False)
class Cell(LayerObject):
    """A recurrent cell.

    Attributes
    ----------
    kind
        The layer that it is.
    units
        Words of its state.
    stacked
        The cells of a stack, first to last; otherwise empty.
    position
        Where its layer was recorded, for further steps of the same sizes.
    """

    kind: type[Recurrent]
    units: int
    name: str = ""
    stacked: list[Cell] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    position: int = -1
    sizes: tuple[int, int] = (0, 0)
    steps: int = 0

    @property
    def output_size(self) -> int:
        """Words of the output."""
        return self.stacked[-1].output_size if self.stacked else self.units

    def state(self, batch: Size) -> Value:
        """Return a state as programs take it apart."""
        if self.stacked:
            return tuple(cell.state(batch) for cell in self.stacked)
        if self.kind is LSTM:
            return Record("LSTMStateTuple", ("c", "h"), tuple(Tensor((batch, self.units)) for _ in "ch"))
        return Tensor((batch, self.units))

    def run(
        self, reader: Calls, batch: int, inputs: int, steps: int, name: str = "", directions: int = 1
    ) -> int:
        """Record the cell over some steps and return the words of its output.

        Another step of the same sizes is added to the layer that is there already.
        """
        for number, cell in enumerate(self.stacked):
            inputs = cell.run(reader, batch, inputs, steps, f"{name}/{number}" if name else "", directions)
        if self.stacked:
            return inputs
        graph = reader.graph
        layers = graph.gathering.layers
        if steps == 1 and self.position >= 0 and self.sizes == (batch, inputs) and layers[self.position]:
            if reader.doubts:
                raise InputError(
                    "how often a recurrent cell runs depends on something that is not known",
                    field=self.name or None,
                    found=reader.doubts[-1].unknown.reason,
                )
            self.steps += 1
            graph.change(self.position, steps=self.steps)
            return self.units
        layer = self.kind(
            name=name or graph.name(self.name, self.kind.kind),
            batch=batch,
            inputs=inputs,
            hidden=self.units,
            steps=steps,
            directions=directions,
            **self.extra,
        )
        self.position, self.sizes, self.steps = graph.add(reader, layer), (batch, inputs), steps
        return self.units * directions

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run one step: (inputs, state) to (output, new state)."""
        value = args[0] if args else keywords.get("inputs")
        if not isinstance(value, Tensor):
            raise InputError(
                "a recurrent cell is called with something that cannot be followed",
                found=value.reason if isinstance(value, Unknown) else type_name(value),
                expected="a tensor",
            )
        batch, inputs = sizes_of(value, "a recurrent cell", 2)
        units = self.run(interpreter, batch, inputs, 1)
        return (Tensor((batch, units)), self.state(batch))

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return sizes and the initial state."""
        if name == "output_size":
            return self.output_size
        if name == "state_size":
            return tuple(cell.units for cell in self.stacked) if self.stacked else self.units
        if name in ("zero_state", "get_initial_state"):
            return Native(name, lambda reader, args, keywords: self.state(_batch(args, keywords)))
        return super().attribute(interpreter, name, line)


def _batch(args: list[Value], keywords: dict[str, Value]) -> int:
    value = args[0] if args else keywords.get("batch_size", 1)
    if isinstance(value, Tensor):
        value = value.value if isinstance(value.value, int) else (value.shape or (1,))[0]
    return value if isinstance(value, int) else 1


CELLS: dict[str, type[Recurrent]] = {
    "BasicLSTMCell": LSTM,
    "LSTMCell": LSTM,
    "LSTMBlockCell": LSTM,
    "LayerNormBasicLSTMCell": LSTM,
    "CoupledInputForgetGateLSTMCell": LSTM,
    "GRUCell": GRU,
    "GRUBlockCell": GRU,
    "GRUBlockCellV2": GRU,
    "BasicRNNCell": RNN,
}
"""Cells of TensorFlow 1."""


def _cell(name: str, kind: type[Recurrent]) -> None:
    @op(
        f"tf.rnn.{name}",
        "num_units input_size=None forget_bias=1 state_is_tuple=True activation=None use_peepholes=False "
        "cell_clip=None num_proj=None proj_clip=None layer_norm=True dropout_keep_prob=1 norm_gain=1 "
        "norm_shift=0",
    )
    def run(reader: Calls, a: Arguments) -> Value:
        if a.given("num_proj"):
            raise InputError(f"{a.function}: projections are not followed", field="num_proj", expected="none")
        return Cell(kind, a.integer("num_units"))


for _cell_name, _kind in CELLS.items():
    _cell(_cell_name, _kind)


@op("tf.rnn.MultiRNNCell tf.keras.layers.StackedRNNCells", "cells state_is_tuple=True")
def multi_cell(reader: Calls, a: Arguments) -> Value:
    """Return a stack of cells; one that stands in it several times is as many cells."""
    cells = [as_cell(item) for item in items_of(a.known("cells", "a list of cells"))]
    if not cells:
        raise InputError("a stack without cells", field="cells")
    own: list[Cell] = []
    for cell in cells:
        own.append(Cell(cell.kind, cell.units, cell.name, cell.stacked, cell.extra) if cell in own else cell)
    return Cell(own[0].kind, own[-1].output_size, stacked=own)


@op(
    "tf.rnn.DropoutWrapper tf.rnn.ResidualWrapper tf.rnn.DeviceWrapper tf.rnn.HighwayWrapper",
    "cell input_keep_prob=1 output_keep_prob=1 state_keep_prob=1 seed=None variational_recurrent=False "
    "input_size=None device=None",
)
def wrapper(reader: Calls, a: Arguments) -> Value:
    """Return the cell itself: what is around it does not run on the array."""
    return as_cell(a.known("cell", "a cell"))


def as_cell(value: Value) -> Cell:
    """Return a value as a cell, or raise an `InputError`."""
    if isinstance(value, Cell):
        return value
    found = value.reason if isinstance(value, Unknown) else type_name(value)
    raise InputError(
        "not a recurrent cell that can be followed", found=found, expected="a cell of TensorFlow"
    )


RNN_ARGUMENTS = (
    "cell inputs sequence_length=None initial_state=None dtype=None parallel_iterations=None "
    "swap_memory=False time_major=False scope=None"
)


def _name(reader: Calls, a: Arguments) -> str:
    scope = a.get("scope")
    return reader.graph.name(scope, "rnn") if isinstance(scope, str) or reader.graph.scopes else ""


@op("tf.rnn.dynamic_rnn tf.nn.dynamic_rnn", RNN_ARGUMENTS)
def dynamic_rnn(reader: Calls, a: Arguments) -> Value:
    """Run a cell over the time axis of a tensor."""
    cell, x = as_cell(a.known("cell", "a cell")), a.tensor("inputs")
    first, second, words = sizes_of(x, a.function, 3)
    steps, batch = (first, second) if a.flag("time_major") else (second, first)
    units = cell.run(reader, batch, words, steps, _name(reader, a))
    return (Tensor((first, second, units)), cell.state(batch))


@op(
    "tf.rnn.static_rnn tf.nn.static_rnn tf.rnn.rnn tf.nn.rnn",
    "cell inputs initial_state=None dtype=None sequence_length=None scope=None",
)
def static_rnn(reader: Calls, a: Arguments) -> Value:
    """Run a cell over a list of tensors, one a step."""
    return _over_list(reader, a, "inputs")


@op(
    "tf.rnn.rnn_decoder",
    "decoder_inputs initial_state cell loop_function=None scope=None",
)
def rnn_decoder(reader: Calls, a: Arguments) -> Value:
    """Run a cell over a list of tensors; a function that makes inputs of outputs is not followed."""
    if a.get("loop_function") is not None:
        return Unknown("a decoder that is fed its own outputs", reader.line)
    return _over_list(reader, a, "decoder_inputs")


def _over_list(reader: Calls, a: Arguments, inputs: str) -> Value:
    cell, steps = as_cell(a.known("cell", "a cell")), a.tensors(inputs)
    batch, words = sizes_of(steps[0], a.function, 2)
    units = cell.run(reader, batch, words, len(steps), _name(reader, a))
    return (List(Tensor((batch, units)) for _ in steps), cell.state(batch))


BOTH = (
    "cell_fw cell_bw inputs sequence_length=None initial_state_fw=None initial_state_bw=None dtype=None "
    "parallel_iterations=None swap_memory=False time_major=False scope=None"
)


@op("tf.rnn.bidirectional_dynamic_rnn tf.nn.bidirectional_dynamic_rnn", BOTH)
def bidirectional_dynamic_rnn(reader: Calls, a: Arguments) -> Value:
    """Run two cells over the time axis, one of them backwards."""
    x = a.tensor("inputs")
    first, second, words = sizes_of(x, a.function, 3)
    steps, batch = (first, second) if a.flag("time_major") else (second, first)
    outputs, states = _both(reader, a, lambda cell, name: cell.run(reader, batch, words, steps, name), batch)
    return (tuple(Tensor((first, second, units)) for units in outputs), states)


@op(
    "tf.rnn.static_bidirectional_rnn tf.nn.static_bidirectional_rnn tf.rnn.bidirectional_rnn "
    "tf.nn.bidirectional_rnn",
    "cell_fw cell_bw inputs initial_state_fw=None initial_state_bw=None dtype=None sequence_length=None "
    "scope=None",
)
def static_bidirectional_rnn(reader: Calls, a: Arguments) -> Value:
    """Run two cells over a list of tensors, one of them backwards; the outputs are joined."""
    steps = a.tensors("inputs")
    batch, words = sizes_of(steps[0], a.function, 2)
    outputs, states = _both(
        reader, a, lambda cell, name: cell.run(reader, batch, words, len(steps), name), batch
    )
    return (List(Tensor((batch, sum(outputs))) for _ in steps), *states)


def _both(
    reader: Calls, a: Arguments, run: Callable[[Cell, str], int], batch: int
) -> tuple[list[int], tuple[Value, ...]]:
    name = reader.graph.name(a.get("scope"), "rnn")
    cells = [(as_cell(a.known(key, "a cell")), f"{name}/{key[-2:]}") for key in ("cell_fw", "cell_bw")]
    outputs = [run(cell, label) for cell, label in cells]
    return outputs, tuple(cell.state(batch) for cell, _ in cells)


@op("tf.rnn.LSTMStateTuple", "c h")
def state_tuple(reader: Calls, a: Arguments) -> Value:
    """Return a state of an LSTM."""
    return Record("LSTMStateTuple", ("c", "h"), (a.get("c"), a.get("h")))


def keras_cell(kind: type[Recurrent], a: Arguments) -> Cell:
    """Return a cell of Keras."""
    extra = {"reset_after": a.flag("reset_after")} if kind is GRU else {}
    return Cell(kind, as_integer(a.function, "units", a.get("units")), extra=extra)
