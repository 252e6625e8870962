"""Keras layers over sequences: recurrent layers, attention, wrappers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.layer import GRU, LSTM, RNN, Attention, BatchMatmul, Recurrent
from solver.readers.tensorflow.common import host, sizes_of
from solver.readers.tensorflow.keras_layers import KerasLayer, layer, tensor_of
from solver.readers.tensorflow.ops_math import multiply_matrices
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.rnn import Cell, as_cell, keras_cell
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import List, Unknown, Value, is_sequence, items_of

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

RECURRENT = (
    "units=None activation='tanh' recurrent_activation=None use_bias=True unit_forget_bias=True dropout=0 "
    "recurrent_dropout=0 return_sequences=False return_state=False go_backwards=False stateful=False "
    "time_major=False reset_after=True cell=None"
)


def run_cell(reader: Calls, a: Arguments, cell: Cell, value: Value, name: str, directions: int = 1) -> Value:
    """Record a recurrent layer over the time axis and return its output (and states)."""
    if is_sequence(value) and items_of(value):  # [inputs, initial states]
        value = items_of(value)[0]
    x = tensor_of(value, name)
    first, second, words = sizes_of(x, name, 3)
    steps, batch = (first, second) if a.flag("time_major") else (second, first)
    cell.run(reader, batch, words, steps, name, directions)
    units = cell.output_size * directions
    output = Tensor((first, second, units) if a.flag("return_sequences") else (batch, units))
    if not a.flag("return_state"):
        return output
    states: list[Value] = []
    for _ in range(directions):
        state = cell.state(batch)
        # Keras gives the states of an LSTM as h, c.
        states += items_of(state)[::-1] if not isinstance(state, Tensor) else [state]
    return List([output, *states])


def _recurrent(names: str, kind: type[Recurrent]) -> None:
    @layer(names, RECURRENT)
    def build(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
        return run_cell(reader, a, keras_cell(kind, a), value, name)


_recurrent("LSTM CuDNNLSTM", LSTM)
_recurrent("GRU CuDNNGRU", GRU)
_recurrent("SimpleRNN", RNN)


@layer("RNN", f"cell {RECURRENT.removesuffix(' cell=None')}")
def rnn(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Run a cell, or a list of cells, over the time axis."""
    given = a.known("cell", "a cell")
    cells = [as_cell(item) for item in items_of(given)] if is_sequence(given) else [as_cell(given)]
    cell = cells[0] if len(cells) == 1 else Cell(cells[0].kind, cells[-1].output_size, stacked=cells)
    return run_cell(reader, a, cell, value, name)


for _name, _kind in (("LSTMCell", LSTM), ("GRUCell", GRU), ("SimpleRNNCell", RNN)):

    def _make(reader: Calls, a: Arguments, kind: type[Recurrent] = _kind) -> Value:
        return keras_cell(kind, a)

    op(f"tf.keras.layers.{_name}", RECURRENT)(_make)


@layer("Bidirectional", "layer merge_mode='concat' weights=None backward_layer=None")
def bidirectional(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Run a recurrent layer both ways."""
    inner = _inner(a, name)
    kinds: dict[str, type[Recurrent]] = {"LSTM": LSTM, "GRU": GRU, "SimpleRNN": RNN, "CuDNNLSTM": LSTM}
    if inner.kind.name not in kinds or a.given("backward_layer"):
        raise InputError("what runs both ways is not followed", field=name, found=inner.kind.name)
    cell = keras_cell(kinds[inner.kind.name], inner.arguments)
    result = run_cell(reader, inner.arguments, cell, value, inner.name or name, directions=2)
    if a.get("merge_mode") == "concat" or not isinstance(result, Tensor) or result.shape is None:
        return result
    half = Tensor((*result.shape[:-1], cell.output_size))
    if a.get("merge_mode") is None:
        return List([half, Tensor(half.shape)])
    from solver.readers.tensorflow.ops_math import combine

    operation = {"sum": "add", "mul": "multiply", "ave": "average"}.get(str(a.get("merge_mode")), "add")
    return combine(reader, operation, [half, Tensor(half.shape)], f"{name}/merge/")


@layer("TimeDistributed", "layer")
def time_distributed(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Run a layer on every step as if it were another image of the batch."""
    x = tensor_of(value, name)
    batch, steps, *rest = sizes_of(x, name)
    inner = a.get("layer")
    if isinstance(inner, KerasLayer) and not inner.name:
        inner.name = name.rpartition("/")[2]
    result = reader.call(inner, [Tensor((batch * steps, *rest))], {}, reader.line)
    if not isinstance(result, Tensor) or result.shape is None:
        return Unknown("a TimeDistributed layer", reader.line)
    return Tensor((batch, steps, *result.shape[1:]))


def _inner(a: Arguments, name: str) -> KerasLayer:
    inner = a.known("layer", "a layer")
    if not isinstance(inner, KerasLayer):
        raise InputError("the layer inside is not followed", field=name, found=type(inner).__name__.lower())
    return inner


@layer(
    "MultiHeadAttention",
    "num_heads key_dim value_dim=None dropout=0 use_bias=True output_shape=None attention_axes=None",
)
def multi_head_attention(reader: Calls, a: Arguments, value: Value, name: str) -> Value:
    """Attend: projections, scores and context, and the projection of the output.

    The input is (query, value) or (query, value, key).
    """
    given = [tensor_of(item, name) for item in items_of(value) if item is not None]
    if len(given) < 2:
        raise InputError("attention is called without its values", field=name, found="one tensor")
    query, values = given[0], given[1]
    keys = given[2] if len(given) > 2 else values
    batch, queries, width = sizes_of(query, name, 3)
    _, attended, _ = sizes_of(values, name, 3)
    heads, size = a.integer("num_heads"), a.integer("key_dim")
    value_size = a.integer("value_dim") if a.given("value_dim") else size
    if a.given("attention_axes"):
        raise InputError("attention over other axes is not followed", field=name, found="attention_axes")
    for label, x, words in (("query", query, size), ("key", keys, size), ("value", values, value_size)):
        wide = sizes_of(x, name)[-1]
        multiply_matrices(
            reader, f"{name}/{label}", x, Tensor((wide, heads * words), fixed=True, weights=True)
        )
    if value_size == size:
        core = Attention(
            name=name,
            batch=batch,
            heads=heads,
            head_size=size,
            queries=queries,
            keys=attended if attended != queries else None,
        )
        reader.graph.add(reader, core)
    else:
        pairs = batch * heads
        scores = BatchMatmul(name=f"{name}/scores", batch=pairs, m=queries, n=attended, k=size)
        reader.graph.add(reader, scores)
        host(
            reader,
            "softmax",
            [Tensor((pairs, queries, attended))],
            (pairs, queries, attended),
            f"{name}/softmax",
        )
        context = BatchMatmul(name=f"{name}/context", batch=pairs, m=queries, n=value_size, k=attended)
        reader.graph.add(reader, context)
    result = a.integers("output_shape")[-1] if a.given("output_shape") else width
    context_ = Tensor((batch, queries, heads * value_size))
    weights = Tensor((heads * value_size, result), fixed=True, weights=True)
    return multiply_matrices(reader, f"{name}/attention_output", context_, weights)
