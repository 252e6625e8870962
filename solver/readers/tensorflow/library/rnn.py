"""Recurrent cells and what unrolls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from solver.errors import InputError
from solver.layer import GRU, LSTM, RNN, Recurrent
from solver.readers.tensorflow.graph.sizes import as_integer, sizes_of
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.registry import add_rows, op
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    List,
    Native,
    Record,
    Size,
    Tensor,
    Unknown,
    Value,
    items_of,
    type_name,
)


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
            return _lstm_state(*(Tensor((batch, self.units)) for _ in "ch"))
        return Tensor((batch, self.units))

    def run(
        self, reader: Reader, batch: int, inputs: int, steps: int, name: str = "", directions: int = 1
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
            if doubt := reader.place.doubt:
                raise InputError(
                    "how often a recurrent cell runs depends on something that is not known",
                    field=self.name or None,
                    found=doubt.reason,
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
        self.position, self.sizes, self.steps = graph.add(layer), (batch, inputs), steps
        return self.units * directions

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run one step: (inputs, state) to (output, new state)."""
        value = args[0] if args else keywords.get("inputs")
        if not isinstance(value, Tensor):
            raise InputError(
                "a recurrent cell is called with something that cannot be followed",
                found=value.reason if isinstance(value, Unknown) else type_name(value),
                expected="a tensor",
            )
        batch, inputs = sizes_of(value, "a recurrent cell", 2)
        units = self.run(reader, batch, inputs, 1)
        return (Tensor((batch, units)), self.state(batch))

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return sizes and the initial state."""
        if name == "output_size":
            return self.output_size
        if name == "state_size":
            return tuple(cell.units for cell in self.stacked) if self.stacked else self.units
        if name in ("zero_state", "get_initial_state"):
            return Native(name, lambda _, args, keywords: self.state(_batch(args, keywords)))
        return super().attribute(reader, name, line)


def _lstm_state(*values: Value) -> Record:
    return Record("LSTMStateTuple", ("c", "h"), values)


def _batch(args: list[Value], keywords: dict[str, Value]) -> int:
    value = args[0] if args else keywords.get("batch_size", 1)
    if isinstance(value, Tensor):
        value = value.value if isinstance(value.value, int) else (value.shape or (1,))[0]
    return value if isinstance(value, int) else 1


CELLS: dict[type[Recurrent], str] = {
    LSTM: "tf.rnn.BasicLSTMCell tf.rnn.LSTMCell tf.rnn.LSTMBlockCell tf.rnn.LayerNormBasicLSTMCell "
    "tf.rnn.CoupledInputForgetGateLSTMCell",
    GRU: "tf.rnn.GRUCell tf.rnn.GRUBlockCell tf.rnn.GRUBlockCellV2",
    RNN: "tf.rnn.BasicRNNCell",
}
"""Cells of TensorFlow 1."""


def _cell(kind: type[Recurrent], a: Call) -> Value:
    if a.given("num_proj"):
        raise a.error(": projections are not followed", field="num_proj", expected="none")
    return Cell(kind, a.integer("num_units"))


for _kind, _names in CELLS.items():
    op(
        _names,
        "num_units input_size=None forget_bias=1 state_is_tuple=True activation=None use_peepholes=False "
        "cell_clip=None num_proj=None proj_clip=None layer_norm=True dropout_keep_prob=1 norm_gain=1 "
        "norm_shift=0",
    )(partial(_cell, _kind))


@op("tf.rnn.MultiRNNCell tf.keras.layers.StackedRNNCells", "cells state_is_tuple=True")
def multi_cell(a: Call) -> Value:
    """Return a stack of cells; one that stands in it several times is as many cells."""
    cells = [as_cell(item) for item in items_of(a.known("cells", "a list of cells"))]
    if not cells:
        raise InputError("a stack without cells", field="cells")
    own: list[Cell] = []
    for cell in cells:
        own.append(Cell(cell.kind, cell.units, cell.name, cell.stacked, cell.extra) if cell in own else cell)
    return Cell(own[0].kind, own[-1].output_size, stacked=own)


def cell_of(a: Call, key: str = "cell") -> Cell:
    """Return an argument that is a cell."""
    return as_cell(a.known(key, "a cell"))


def as_cell(value: Value) -> Cell:
    """Return a value as a cell, or raise an `InputError`."""
    if isinstance(value, Cell):
        return value
    found = value.reason if isinstance(value, Unknown) else type_name(value)
    raise InputError(
        "not a recurrent cell that can be followed", found=found, expected="a cell of TensorFlow"
    )


def time_axes(a: Call, sizes: tuple[int, ...]) -> tuple[int, int, int]:
    """Return batch, steps and words of a tensor of three axes, whose first two are in either order."""
    first, second, words = sizes
    return (second, first, words) if a.flag("time_major") else (first, second, words)


def _inputs(a: Call, key: str) -> tuple[int, int, int, Callable[[int], Value]]:
    """Return batch, steps and words of a tensor or a list of tensors, and what gives outputs like it."""
    if "time_major" in a.parameters:
        sizes = a.sizes(key, 3)
        return *time_axes(a, sizes), lambda units: Tensor((*sizes[:2], units))
    steps = a.tensors(key)
    batch, words = sizes_of(steps[0], a.function, 2)
    return batch, len(steps), words, lambda units: List(Tensor((batch, units)) for _ in steps)


def _one_way(inputs: str, a: Call) -> Value:
    """Run a cell over the time axis of a tensor or over a list of tensors."""
    if a.get("loop_function") is not None:
        return a.unknown("a decoder that is fed its own outputs")
    cell = cell_of(a)
    batch, steps, words, outputs = _inputs(a, inputs)
    named = isinstance(a.get("scope"), str) or a.graph.scopes
    units = cell.run(a.reader, batch, words, steps, a.name("rnn", "scope") if named else "")
    return (outputs(units), cell.state(batch))


def _both_ways(a: Call) -> Value:
    """Run two cells, one of them backwards; over a list, the outputs are joined."""
    batch, steps, words, outputs = _inputs(a, "inputs")
    name = a.name("rnn", "scope")
    cells = [(cell_of(a, key), f"{name}/{key[-2:]}") for key in ("cell_fw", "cell_bw")]
    units = [cell.run(a.reader, batch, words, steps, label) for cell, label in cells]
    states = tuple(cell.state(batch) for cell, _ in cells)
    if "time_major" in a.parameters:
        return (tuple(map(outputs, units)), states)
    return (outputs(sum(units)), *states)


add_rows(
    {
        "tf.rnn.dynamic_rnn tf.nn.dynamic_rnn": (
            "cell inputs sequence_length=None initial_state=None dtype=None parallel_iterations=None "
            "swap_memory=False time_major=False scope=None",
            partial(_one_way, "inputs"),
        ),
        "tf.rnn.static_rnn tf.nn.static_rnn tf.rnn.rnn tf.nn.rnn": (
            "cell inputs initial_state=None dtype=None sequence_length=None scope=None",
            partial(_one_way, "inputs"),
        ),
        "tf.rnn.rnn_decoder": (
            "decoder_inputs initial_state cell loop_function=None scope=None",
            partial(_one_way, "decoder_inputs"),
        ),
        "tf.rnn.bidirectional_dynamic_rnn tf.nn.bidirectional_dynamic_rnn": (
            "cell_fw cell_bw inputs sequence_length=None initial_state_fw=None initial_state_bw=None "
            "dtype=None parallel_iterations=None swap_memory=False time_major=False scope=None",
            _both_ways,
        ),
        "tf.rnn.static_bidirectional_rnn tf.nn.static_bidirectional_rnn tf.rnn.bidirectional_rnn "
        "tf.nn.bidirectional_rnn": (
            "cell_fw cell_bw inputs initial_state_fw=None initial_state_bw=None dtype=None "
            "sequence_length=None scope=None",
            _both_ways,
        ),
        # What is around a cell does not run on the array.
        "tf.rnn.DropoutWrapper tf.rnn.ResidualWrapper tf.rnn.DeviceWrapper tf.rnn.HighwayWrapper": (
            "cell input_keep_prob=1 output_keep_prob=1 state_keep_prob=1 seed=None "
            "variational_recurrent=False input_size=None device=None",
            cell_of,
        ),
        "tf.rnn.LSTMStateTuple": ("c h", lambda a: _lstm_state(a.get("c"), a.get("h"))),
    }
)


def keras_cell(kind: type[Recurrent], a: Call) -> Cell:
    """Return a cell of Keras."""
    extra = {"reset_after": a.flag("reset_after")} if kind is GRU else {}
    return Cell(kind, as_integer(a.function, "units", a.get("units")), extra=extra)
