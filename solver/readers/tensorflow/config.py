"""Keras models by their configuration: the JSON of ``to_json``, which ``.keras`` and ``.h5`` files hold too.

Weights are not read, and nothing of a configuration is executed: it names layers and their arguments,
which are applied as if a program did it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from solver.errors import InputError
from solver.readers.dims import Dims
from solver.readers.reading import Reading
from solver.readers.tensorflow.language.interpreter import Interpreter
from solver.readers.tensorflow.library.external import PRODUCTS, is_known
from solver.readers.tensorflow.library.keras_layers import INPUT_KEYWORDS, KINDS
from solver.readers.tensorflow.library.keras_models import make_batch
from solver.readers.tensorflow.library.registry import OPS
from solver.readers.tensorflow.read import check_dims
from solver.readers.tensorflow.values import External, List, Tensor, Value, tensors_in

Key = tuple[str, int, int]
"""A tensor of a configuration: the layer that makes it, which call of it, which of its results."""

FUNCTIONS = {
    "Absolute": "tf.abs",
    "Add": "tf.add",
    "Subtract": "tf.subtract",
    "Multiply": "tf.multiply",
    "Divide": "tf.divide",
    "TrueDivide": "tf.divide",
    "Matmul": "tf.matmul",
    "Mean": "tf.reduce_mean",
    "Reshape": "tf.reshape",
    "Relu": "tf.nn.relu",
    "Sigmoid": "tf.sigmoid",
    "Softmax": "tf.nn.softmax",
}
"""What operations of ``keras.ops`` are called in programs."""


def read_config(
    config: Mapping[str, Any], dims: Dims, *, file: str, input_shape: Sequence[int] | None = None
) -> Reading:
    """Return the layers of a Keras model.

    Parameters
    ----------
    config
        ``{"class_name": ..., "config": ...}`` of a sequential or functional model of Keras 2 or 3.
    dims
        The sizes that its inputs leave open.
    file
        What to call it in messages.
    input_shape
        The shape, batch included, of the input of a sequential model that states none.

    Raises
    ------
    InputError
        If it is a model of another kind, sizes are missing, or a layer cannot be followed.
    """
    dims.refuse("--value", "--call", file=file, why="the model has its own inputs and outputs")
    reader = Interpreter(file, dims)
    builder = _Builder(reader)
    try:
        model = builder.make(config)
        if input_shape is not None:
            reader.call(reader.attribute(model, "build", 1), [tuple(input_shape)], {}, 1)
        for finish in reader.graph.finishers:
            finish()
        check_dims(reader.graph, dims, file)
    except InputError as error:
        error.line = None
        return reader.graph.gathering.reading(error.at(file=file))
    reading = reader.graph.gathering.reading()
    if not reading.layers:
        raise InputError(
            file=file, found="a model without an input shape", expected="a model that has been built"
        )
    return Reading(reading.layers, _unplaced(reading.notes), (), _unplaced(reading.uncounted))


def _unplaced(notes: Sequence[str]) -> tuple[str, ...]:
    """Return notes without the line of a program."""
    return tuple(re.sub(r"^line \d+: ", "", note) for note in notes)


class _Builder:
    """Makes layers and models of their configurations."""

    def __init__(self, reader: Interpreter) -> None:
        self._reader = reader

    def make(self, given: Mapping[str, Any]) -> Value:
        """Return the layer or model of a configuration."""
        kind, config = _part(given, "class_name", str), _part(given, "config", Mapping | list)
        if isinstance(config, list):  # a sequential model of Keras 1
            config = {"layers": config}
        if kind == "Sequential":
            return self._sequential(config)
        if "input_layers" in config and "layers" in config:
            return self._functional(config)
        if "layers" in config and kind in ("Functional", "Model"):
            raise _not_a_model(f"the class {kind} without input_layers")
        module = str(given.get("module"))
        if ".ops" in module and kind in FUNCTIONS:
            return External(FUNCTIONS[kind])
        if kind == "CustomScaleLayer" and module.endswith(".inception_resnet_v2"):
            kind = "Add"  # of Inception-ResNet-v2: the second operand is scaled on the way
        return self._layer(kind, config)

    def _sequential(self, config: Mapping[str, Any]) -> Value:
        layers = [self._first_or_layer(layer) for layer in _part(config, "layers", list, missing=[])]
        named = {"layers": List(layers), "name": config.get("name")}
        model = self._call(External("tf.keras.Sequential"), [], named)
        shape = config.get("build_input_shape")
        if shape and not self._reader.attribute(model, "inputs", 1):
            self._call(self._reader.attribute(model, "build", 1), [_sizes(shape)], {})
        return model

    def _first_or_layer(self, layer: Mapping[str, Any]) -> Value:
        if _part(layer, "class_name", str) == "InputLayer":
            return self._input(_part(layer, "config", Mapping))
        return self.make(layer)

    def _input(self, config: Mapping[str, Any]) -> Tensor:
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        name = str(config.get("name", "input"))
        if not shape:
            raise InputError("an input without a shape", field=name, found="none")
        return make_batch(self._reader.graph, name, _sizes(shape))

    def _layer(self, kind: str, config: Mapping[str, Any]) -> Value:
        if kind in ("TFOpLambda", "SlicingOpLambda"):
            return External(f"tf.{config.get('function', '')}")
        if kind not in KINDS:
            return External(f"tf.keras.layers.{kind}")
        wanted = (*KINDS[kind].parameters, *INPUT_KEYWORDS)
        keywords = {key: self._plain(value) for key, value in config.items() if key in wanted}
        if kind == "Bidirectional":
            _check_backward(config)
            keywords.pop("backward_layer", None)
        return self._call(External(f"tf.keras.layers.{kind}"), [], keywords)

    def _plain(self, value: Any) -> Value:
        """Return an argument as a program would write it."""
        if isinstance(value, Mapping):
            if isinstance(value.get("config"), str):  # a function by its name
                return value["config"]
            return self.make(value) if "class_name" in value and "config" in value else None
        return tuple(map(self._plain, value)) if isinstance(value, list) else value

    def _functional(self, config: Mapping[str, Any]) -> Value:
        tensors: dict[Key, Value] = {}
        shapes: dict[Key, list[Any]] = {}
        waiting: list[tuple[str, int, Value, list[Any], dict[str, Any], Mapping[str, Any]]] = []
        for given in _part(config, "layers", list):
            name = _name(given)
            if _part(given, "class_name", str) == "InputLayer":
                tensors[name, 0, 0] = self._input(_part(given, "config", Mapping))
                continue
            made = self.make(given)
            for number, node in enumerate(_part(given, "inbound_nodes", list, missing=[])):
                args, keywords = _arguments(node, shapes)
                waiting.append((name, number, made, args, keywords, given))
        while waiting:
            ready = [call for call in waiting if _used([call[3], call[4]]) <= tensors.keys()]
            if not ready:
                raise _not_a_model(f"calls that wait for each other, such as that of {waiting[0][0]}")
            name, number, made, args, keywords, given = ready[0]
            waiting.remove(ready[0])
            filled = (_filled(args, tensors), _filled(keywords, tensors))
            result = self._apply(given, made, *filled, shapes.get((name, number, 0)))
            several = result if isinstance(result, list | tuple) else [result]
            tensors |= {(name, number, place): value for place, value in enumerate(several)}
        ends = {}
        for key in ("input_layers", "output_layers"):
            named = _keys(_part(config, key, Mapping | list))
            if not named or not {*named} <= tensors.keys():
                raise _not_a_model(f"{key} that name none of its tensors")
            ends[key] = [tensors[k] for k in named]
        words = {"inputs": List(ends["input_layers"]), "outputs": List(ends["output_layers"])}
        return self._call(External("tf.keras.Model"), [], {**words, "name": config.get("name")})

    def _apply(
        self, given: Mapping[str, Any], made: Value, args: list[Value], keywords: dict[str, Any], shape: Any
    ) -> Value:
        name, kind = _name(given), given["class_name"]
        if kind in FUNCTIONS and len(args) > 1:  # .h5 files do not tell operations from layers of the name
            made = External(FUNCTIONS[kind])
        if isinstance(made, External) and not is_known(made.path) and made.path not in OPS:
            return self._unknown(name, given, args, shape)
        try:
            keywords = {key: value for key, value in keywords.items() if key not in ("training", "mask")}
            return self._call(made, args, keywords)
        except InputError as error:
            error.field = error.field or name
            raise

    def _unknown(self, name: str, given: Mapping[str, Any], args: list[Value], shape: Any) -> Value:
        """Return what a layer that is not known makes, if a later layer tells its shape."""
        kind, graph = str(given["class_name"]), self._reader.graph
        inputs = tensors_in(args)
        if shape is None or not inputs or inputs[0].shape is None:
            raise InputError(
                "a layer that is not known", field=name, found=kind, expected="a layer of Keras itself"
            )
        batch = inputs[0].shape[0]
        result = graph.host(kind, inputs, (batch, *_sizes(shape)[1:]), name)
        own = ">" in str(given.get("registered_name") or "")
        if own or PRODUCTS.search(kind):
            graph.gathering.unlowered(name, kind)
        return result

    def _call(self, value: Value, args: list[Value], keywords: dict[str, Any]) -> Value:
        return self._reader.call(value, args, keywords, 1)


def _check_backward(config: Mapping[str, Any]) -> None:
    """Refuse a bidirectional layer whose way back is another layer."""
    forward, backward = _part(config, "layer", Mapping), config.get("backward_layer")
    if backward is None:
        return
    for key in ("class_name", "units"):
        both = forward, _part(config, "backward_layer", Mapping)
        pair = [(each if key in each else _part(each, "config", Mapping)).get(key) for each in both]
        if pair[0] != pair[1]:
            found = f"{pair[0]} and {pair[1]}"
            raise InputError("both ways must have the same layer", field=str(config.get("name")), found=found)


def _arguments(node: Any, shapes: dict[Key, list[Any]]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call, each tensor as its `Key`; shapes that the file states are kept."""
    if isinstance(node, Mapping):  # Keras 3
        args, keywords = _part(node, "args", list, missing=[]), _part(node, "kwargs", Mapping, missing={})
        return _parsed(args, shapes), _parsed(keywords, shapes)
    if not isinstance(node, list):
        raise _not_a_model(f"a call of {node!r:.60}")
    entries = [node] if node and isinstance(node[0], str) else node
    inputs = [_key(entry) for entry in entries]
    more = entries[0][3] if entries and len(entries[0]) > 3 else None
    keywords = dict(more) if isinstance(more, Mapping) else {}
    keywords = {key: _keyed(value) for key, value in keywords.items() if key != "name"}
    return [inputs[0] if len(inputs) == 1 else inputs], keywords


def _keyed(value: Any) -> Any:
    is_key = isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str)
    return _key(value) if is_key and all(isinstance(n, int) for n in value[1:3]) else value


def _parsed(value: Any, shapes: dict[Key, list[Any]]) -> Any:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            config = _part(value, "config", Mapping)
            key = _key(_part(config, "keras_history", list))
            shapes[key] = _part(config, "shape", list)
            return key
        return {name: _parsed(item, shapes) for name, item in value.items()}
    return [_parsed(item, shapes) for item in value] if isinstance(value, list) else value


def _key(entry: Any) -> Key:
    if not isinstance(entry, list) or [type(item) for item in entry[:3]] != [str, int, int]:
        raise _not_a_model(f"a tensor called {entry!r:.60}")
    return entry[0], entry[1], entry[2]


def _is_key(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and isinstance(value[0], str)


def _used(value: Any) -> set[Key]:
    if _is_key(value):
        return {value}
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return set().union(*map(_used, items))


def _filled(value: Any, tensors: Mapping[Key, Value]) -> Any:
    if _is_key(value):
        return tensors[value]
    if isinstance(value, dict):
        return {key: _filled(item, tensors) for key, item in value.items()}
    return List(_filled(item, tensors) for item in value) if isinstance(value, list) else value


def _keys(given: Any) -> list[Key]:
    """Return the tensors of ``input_layers`` or ``output_layers``: one, a list or a mapping of them."""
    if isinstance(given, Mapping):
        return [key for item in given.values() for key in _keys(item)]
    if not isinstance(given, list) or (given and isinstance(given[0], str)):
        return [_key(given)]
    return [key for item in given for key in _keys(item)]


def _part(given: Any, key: str, kind: Any, missing: Any = None) -> Any:
    """Return a part of a configuration that must be of some kind, or raise an `InputError`."""
    value = given.get(key, missing) if isinstance(given, Mapping) else None
    if not isinstance(value, kind):
        raise _not_a_model(f"a part without its {key}: {given!r:.60}")
    return value


def _name(given: Mapping[str, Any]) -> str:
    return str(given.get("name") or _part(given, "config", Mapping).get("name"))


def _sizes(given: Any) -> tuple[Any, ...]:
    """Return a shape, whose open sizes are None."""
    if not isinstance(given, list) or not all(type(size) in (int, type(None)) for size in given):
        raise _not_a_model(f"a shape of {given!r:.60}")
    return tuple(given)


def _not_a_model(found: str) -> InputError:
    return InputError(
        "not the configuration of a Keras model", found=found, expected="a sequential or functional model"
    )
