"""Keras models: sequential and functional, and their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.graph import Entry, Graph
from solver.readers.tensorflow.keras_layers import KerasLayer
from solver.readers.tensorflow.objects import LayerObject
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.tensor import Tensor
from solver.readers.tensorflow.values import (
    Instance,
    List,
    Native,
    Shape,
    Unknown,
    Value,
    is_sequence,
    items_of,
    tensors_in,
    type_name,
)
from solver.readers.tensorflow.words import words

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

IDLE = words(
    "compile fit fit_generator train_on_batch evaluate predict summary save save_weights load_weights "
    "get_config to_json reset_states predict_on_batch"
)
"""Methods of models that build nothing."""


def make_input(reader: Calls, name: str, shape: Value, batch: Value = None) -> Tensor:
    """Return an input of a model: a batch of things of a shape."""
    if isinstance(shape, (Unknown, Instance)):
        return Tensor(None, name=name)
    sizes = [shape] if isinstance(shape, int) else items_of(shape) if is_sequence(shape) else None
    wanted = None if sizes is None else [batch, *sizes]
    return Tensor(reader.graph.placeholder(name, wanted), name=name)


@op(
    "tf.keras.Input tf.keras.layers.Input",
    "shape=None batch_size=None name=None dtype=None sparse=None tensor=None batch_shape=None ragged=None",
)
def keras_input(reader: Calls, a: Arguments) -> Value:
    """Return an input."""
    if isinstance(a.get("tensor"), Tensor):
        return a.get("tensor")
    name = a.get("name") if isinstance(a.get("name"), str) else "input"
    if a.given("batch_shape"):
        batch, *rest = items_of(a.known("batch_shape", "a shape"))
        return make_input(reader, name, tuple(rest), batch)
    return make_input(reader, name, a.get("shape"), a.get("batch_size"))


def only_trains(reader: Calls, value: Value) -> Unknown | None:
    """Return what is unknown about a call of a model that is no part of the network itself.

    A training loop calls models on data that is not known, or that many times: the model is built already.
    """
    if isinstance(value, Unknown):
        return value
    return reader.doubts[-1].unknown if reader.doubts else None


class Model(LayerObject):
    """What sequential and functional models have in common."""

    def __init__(self, graph: Graph, name: Value) -> None:
        self.graph = graph
        self.name = name if isinstance(name, str) else ""
        self.built: list[Entry] = []
        graph.objects.setdefault("models", []).append(self)

    def inputs(self, interpreter: Calls) -> list[Tensor]:
        """Return the model's own inputs."""
        raise NotImplementedError

    def outputs(self, interpreter: Calls) -> Value:
        """Return what the model makes of its own inputs."""
        raise NotImplementedError

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return inputs, outputs, shapes; methods that train or print do nothing."""
        if name in IDLE:
            return Native(name, lambda reader, args, keywords: Unknown(name, line))
        if name in ("input", "inputs"):
            inputs = self.inputs(interpreter)
            return inputs[0] if name == "input" and len(inputs) == 1 else List(inputs)
        if name in ("output", "outputs"):
            outputs = self.outputs(interpreter)
            return outputs if name == "output" or isinstance(outputs, list) else List([outputs])
        if name in ("input_shape", "output_shape"):
            value = (
                self.inputs(interpreter) if name == "input_shape" else tensors_in(self.outputs(interpreter))
            )
            shape = interpreter.attribute(value[0], "shape", line) if value else Unknown(name, line)
            return tuple(shape.sizes) if isinstance(shape, Shape) else shape
        if name in ("call", "__call__"):
            return Native(name, lambda reader, args, keywords: reader.call(self, args, keywords, line))
        return super().attribute(interpreter, name, line)

    def give_up_own(self, interpreter: Calls) -> None:
        """Forget the layers of the model by itself: it runs as a part of another one.

        Layers that other models share stay.
        """
        others = [model for model in self.graph.objects["models"] if model is not self]
        shared = {id(entry) for model in others for entry in model.built}
        self.graph.drop([entry for entry in self.built if id(entry) not in shared])
        self.built = []


class Sequential(Model):
    """Layers one after the other."""

    def __init__(self, graph: Graph, name: Value) -> None:
        super().__init__(graph, name)
        self.layers: list[Value] = []
        self.own_input: Tensor | None = None
        self.own_output: Value = None
        self.called = False

    def add(self, reader: Calls, layer: Value) -> None:
        """Append a layer; the first one may tell the input."""
        self._changed(reader)
        if isinstance(layer, Tensor):  # an Input
            self.own_input = layer
            return
        if reader.doubts:
            raise InputError(
                "a layer is added depending on something that is not known",
                found=reader.doubts[-1].unknown.reason,
            )
        if isinstance(layer, Unknown):
            self.graph.unknowns.append(layer)
        if isinstance(layer, KerasLayer) and not self.layers and self.own_input is None:
            self.own_input = _stated_input(reader, layer)
        self.layers.append(layer)

    def _changed(self, reader: Calls) -> None:
        """Forget the outputs that were asked for before: they lack what is added now."""
        if self.own_output is not None:
            self.give_up_own(reader)
            self.own_output = None

    def _pop(self, reader: Calls) -> Value:
        self._changed(reader)
        return self.layers.pop() if self.layers else None

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run the layers on a tensor."""
        value = args[0] if args else keywords.get("inputs")
        if self.own_input is not None and (unknown := only_trains(interpreter, value)):
            return unknown
        self.called = True
        self.give_up_own(interpreter)
        return self._run(interpreter, value)

    def _run(self, reader: Calls, value: Value) -> Value:
        for layer in self.layers:
            value = reader.call(layer, [value], {}, reader.line)
        return value

    def inputs(self, interpreter: Calls) -> list[Tensor]:
        """Return the input that the first layer states."""
        return [] if self.own_input is None else [self.own_input]

    def outputs(self, interpreter: Calls) -> Value:
        """Return what the layers make of the stated input; they are recorded now."""
        if self.own_input is None:
            return Unknown("the output of a model without an input shape", interpreter.line)
        if self.own_output is None:
            first = len(self.graph.tape)
            self.own_output = self._run(interpreter, self.own_input)
            self.built = self.graph.tape[first:]
        return self.own_output

    def finish(self, reader: Calls) -> None:
        """Record the layers at the end of the program, if nothing has run them yet."""
        if self.called or not self.layers:
            return
        if self.own_input is not None:
            self.outputs(reader)
        else:
            name = self.name or "a sequential model"
            self.graph.gathering.miss(
                f"{name} never gets an input of known shape; its layers are not counted"
            )

    def attribute(self, interpreter: Calls, name: str, line: int) -> Value:
        """Return layers and what adds them."""
        if name == "add":
            return Native(
                name, lambda reader, args, keywords: self.add(reader, (args or [keywords.get("layer")])[0])
            )
        if name == "pop":
            return Native(name, lambda reader, args, keywords: self._pop(reader))
        if name == "layers":
            return List(self.layers)
        if name == "build":
            return Native(
                name, lambda reader, args, keywords: self._build(reader, (args or list(keywords.values()))[0])
            )
        return super().attribute(interpreter, name, line)

    def _build(self, reader: Calls, shape: Value) -> None:
        if is_sequence(shape):
            batch, *rest = items_of(shape)
            self.own_input = make_input(reader, self.name or "input", tuple(rest), batch)


class Functional(Model):
    """A model from some tensors to others."""

    def __init__(self, graph: Graph, name: Value, inputs: Value, outputs: Value) -> None:
        super().__init__(graph, name)
        self._inputs, self._outputs = inputs, outputs
        self.entries = graph.path(tensors_in(inputs), tensors_in(outputs))
        self.built = self.entries

    def call(self, interpreter: Calls, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run the model's operations on other tensors."""
        value = args[0] if args else keywords.get("inputs")
        if unknown := only_trains(interpreter, value):
            return unknown
        given = tensors_in(value)
        own = tensors_in(self._inputs)
        if len(given) != len(own):
            raise InputError(
                "a model is called with other inputs", found=f"{len(given)}", expected=f"{len(own)}"
            )
        self.give_up_own(interpreter)
        mapping: dict[int, Value] = {id(old): new for old, new in zip(own, given, strict=True)}
        return self.graph.rerun(self.entries, mapping, self._outputs)

    def inputs(self, interpreter: Calls) -> list[Tensor]:
        """Return the inputs."""
        return tensors_in(self._inputs)

    def outputs(self, interpreter: Calls) -> Value:
        """Return the outputs."""
        return self._outputs


@op("tf.keras.Sequential", "layers=None name=None")
def sequential(reader: Calls, a: Arguments) -> Value:
    """Return a model of layers one after the other."""
    model = Sequential(reader.graph, a.get("name"))
    reader.graph.finishers.append(lambda: model.finish(reader))
    layers = a.get("layers")
    if isinstance(layers, Unknown):
        raise InputError(
            "the layers of this model cannot be followed", found=layers.reason, expected="a list"
        )
    for item in items_of(layers) if is_sequence(layers) else []:
        model.add(reader, item)
    return model


@op("tf.keras.Model", "inputs=None outputs=None name=None input=None output=None")
def functional(reader: Calls, a: Arguments) -> Value:
    """Return a model from some tensors to others; Keras 1 called them input and output."""
    keys = (key if a.given(key) else f"{key}s" for key in ("input", "output"))
    inputs, outputs = (a.known(key, "tensors") for key in keys)
    for key, value in (("inputs", inputs), ("outputs", outputs)):
        if not tensors_in(value):
            raise InputError("a model without tensors", field=key, found=type_name(value), expected="tensors")
    return Functional(reader.graph, a.get("name"), inputs, outputs)


def _stated_input(reader: Calls, layer: KerasLayer) -> Tensor | None:
    """Return the input that a first layer states by its keywords."""
    words = layer.keywords
    name = layer.name or "input"
    if is_sequence(words.get("batch_input_shape")):
        batch, *rest = items_of(words["batch_input_shape"])
        return make_input(reader, name, tuple(rest), batch)
    if "input_shape" in words or (layer.kind.name == "InputLayer" and "shape" in words):
        return make_input(reader, name, words.get("input_shape", words.get("shape")), words.get("batch_size"))
    if layer.kind.name == "Embedding":
        return make_input(reader, name, (words.get("input_length"),))
    if "input_dim" in words:
        length = [words["input_length"]] if "input_length" in words else []
        return make_input(reader, name, (*length, words["input_dim"]))
    return None
