"""Keras layers over sequences: recurrent layers, attention, wrappers."""

from __future__ import annotations

from functools import partial

from solver.errors import InputError
from solver.layer import GRU, LSTM, RNN, Attention, BatchMatmul, Recurrent
from solver.readers.tensorflow.graph.products import combine, weigh
from solver.readers.tensorflow.graph.sizes import sizes_of
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.keras_layers import KerasLayer, layer, tensor_of
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.library.rnn import Cell, as_cell, keras_cell, time_axes
from solver.readers.tensorflow.values import List, Tensor, Value, is_sequence, items_of, listed

RECURRENT = (
    "units=None activation='tanh' recurrent_activation=None use_bias=True unit_forget_bias=True dropout=0 "
    "recurrent_dropout=0 return_sequences=False return_state=False go_backwards=False stateful=False "
    "time_major=False reset_after=True"
)

KINDS: dict[str, type[Recurrent]] = {"LSTM": LSTM, "GRU": GRU, "SimpleRNN": RNN, "CuDNNLSTM": LSTM}


def _run_cell(a: Call, cell: Cell, value: Value, name: str, directions: int = 1) -> Value:
    """Record a recurrent layer over the time axis and return its output (and states)."""
    if is_sequence(value) and items_of(value):  # [inputs, initial states]
        value = items_of(value)[0]
    sizes = sizes_of(tensor_of(value, name), name, 3)
    batch, steps, words = time_axes(a, sizes)
    cell.run(a.reader, batch, words, steps, name, directions)
    units = cell.output_size * directions
    output = Tensor((*sizes[:2], units) if a.flag("return_sequences") else (batch, units))
    if not a.flag("return_state"):
        return output
    states: list[Value] = []
    for _ in range(directions):
        state = cell.state(batch)
        # Keras gives the states of an LSTM as h, c.
        states += items_of(state)[::-1] if not isinstance(state, Tensor) else [state]
    return List([output, *states])


def _recurrent(kind: type[Recurrent], a: Call, value: Value, name: str) -> Value:
    return _run_cell(a, keras_cell(kind, a), value, name)


for _name, _kind in (KINDS | {"CuDNNGRU": GRU}).items():
    layer(_name, f"{RECURRENT} cell=None")(partial(_recurrent, _kind))
    if not _name.startswith("CuDNN"):
        op(f"tf.keras.layers.{_name}Cell", f"{RECURRENT} cell=None")(partial(keras_cell, _kind))


@layer("RNN", f"cell {RECURRENT}")
def rnn(a: Call, value: Value, name: str) -> Value:
    """Run a cell, or a list of cells, over the time axis."""
    cells = [as_cell(item) for item in listed(a.known("cell", "a cell"))]
    cell = cells[0] if len(cells) == 1 else Cell(cells[0].kind, cells[-1].output_size, stacked=cells)
    return _run_cell(a, cell, value, name)


@layer("Bidirectional", "layer merge_mode='concat' weights=None backward_layer=None")
def bidirectional(a: Call, value: Value, name: str) -> Value:
    """Run a recurrent layer both ways."""
    inner, mode = a.known("layer", "a layer"), a.get("merge_mode")
    if not isinstance(inner, KerasLayer):
        raise InputError("the layer inside is not followed", field=name, found=type(inner).__name__.lower())
    if inner.kind.name not in KINDS or a.given("backward_layer"):
        raise InputError("what runs both ways is not followed", field=name, found=inner.kind.name)
    cell = keras_cell(KINDS[inner.kind.name], inner.arguments)
    result = _run_cell(inner.arguments, cell, value, inner.name or name, directions=2)
    if mode == "concat" or not isinstance(result, Tensor) or result.shape is None:
        return result
    halves = [Tensor((*result.shape[:-1], cell.output_size)) for _ in range(2)]
    if mode is None:
        return List(halves)
    operation = {"sum": "add", "mul": "multiply", "ave": "average"}.get(str(mode), "add")
    return combine(a.graph, operation, halves, f"{name}/merge/")


@layer("TimeDistributed", "layer")
def time_distributed(a: Call, value: Value, name: str) -> Value:
    """Run a layer on every step as if it were another image of the batch."""
    x = tensor_of(value, name)
    batch, steps, *rest = sizes_of(x, name)
    inner = a.get("layer")
    if isinstance(inner, KerasLayer) and not inner.name:
        inner.name = name.rpartition("/")[2]
    result = a.reader.call(inner, [Tensor((batch * steps, *rest))], {}, a.line)
    if not isinstance(result, Tensor) or result.shape is None:
        return a.unknown("a TimeDistributed layer")
    return Tensor((batch, steps, *result.shape[1:]))


@layer(
    "MultiHeadAttention",
    "num_heads key_dim value_dim=None dropout=0 use_bias=True output_shape=None attention_axes=None",
)
def multi_head_attention(a: Call, value: Value, name: str) -> Value:
    """Attend: projections, scores and context, and the projection of the output.

    The input is (query, value) or (query, value, key).
    """
    given = [tensor_of(item, name) for item in items_of(value) if item is not None]
    if len(given) < 2:
        raise InputError("attention is called without its values", field=name, found="one tensor")
    query, values = given[:2]
    keys = given[2] if len(given) > 2 else values
    batch, queries, width = sizes_of(query, name, 3)
    attended = sizes_of(values, name, 3)[1]
    heads, size = a.integer("num_heads"), a.integer("key_dim")
    value_size = a.integer("value_dim") if a.given("value_dim") else size
    if a.given("attention_axes"):
        raise InputError("attention over other axes is not followed", field=name, found="attention_axes")
    for label, x, words in (("query", query, size), ("key", keys, size), ("value", values, value_size)):
        weigh(a.graph, f"{name}/{label}", x, heads * words)
    if value_size == size:
        core = Attention(
            name=name,
            batch=batch,
            heads=heads,
            head_size=size,
            queries=queries,
            keys=attended if attended != queries else None,
        )
        a.graph.add(core)
    else:
        pairs = batch * heads
        a.graph.add(BatchMatmul(name=f"{name}/scores", batch=pairs, m=queries, n=attended, k=size))
        scores = Tensor((pairs, queries, attended))
        a.graph.host("softmax", [scores], scores.shape, f"{name}/softmax")
        a.graph.add(BatchMatmul(name=f"{name}/context", batch=pairs, m=queries, n=value_size, k=attended))
    result = a.integers("output_shape")[-1] if a.given("output_shape") else width
    return weigh(a.graph, f"{name}/attention_output", Tensor((batch, queries, heads * value_size)), result)
