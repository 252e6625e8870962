"""Keras models: sequential and functional, their inputs, and classes of the program that extend them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.graph.graph import Entry, Graph
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.keras_layers import KerasLayer
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    External,
    Instance,
    List,
    Method,
    Native,
    Shape,
    Tensor,
    Unknown,
    Value,
    giving,
    is_sequence,
    items_of,
    shape_value,
    tensors_in,
    type_name,
)

IDLE = words(
    "compile fit fit_generator train_on_batch evaluate predict summary save save_weights load_weights "
    "get_config to_json reset_states predict_on_batch"
)
"""Methods of models that build nothing."""


def make_input(graph: Graph, name: str, shape: Value, batch: Value = None) -> Tensor:
    """Return an input of a model: a batch of things of a shape."""
    if isinstance(shape, (Unknown, Instance)):
        return Tensor(None, name=name)
    sizes = [shape] if isinstance(shape, int) else items_of(shape) if is_sequence(shape) else None
    wanted = None if sizes is None else [batch, *sizes]
    return Tensor(graph.placeholder(name, wanted), name=name)


def make_batch(graph: Graph, name: str, shape: Value) -> Tensor:
    """Return an input of a model whose shape has the batch in front."""
    batch, *rest = items_of(shape)
    return make_input(graph, name, tuple(rest), batch)


@op(
    "tf.keras.Input tf.keras.layers.Input",
    "shape=None batch_size=None name=None dtype=None sparse=None tensor=None batch_shape=None ragged=None",
)
def keras_input(a: Call) -> Value:
    """Return an input."""
    if isinstance(a.get("tensor"), Tensor):
        return a.get("tensor")
    name = a.get("name") if isinstance(a.get("name"), str) else "input"
    if a.given("batch_shape"):
        return make_batch(a.graph, name, a.known("batch_shape", "a shape"))
    return make_input(a.graph, name, a.get("shape"), a.get("batch_size"))


def only_trains(graph: Graph, value: Value) -> Unknown | None:
    """Return what is unknown about a call of a model that is no part of the network itself.

    A training loop calls models on data that is not known, or that many times: the model is built already.
    """
    return value if isinstance(value, Unknown) else graph.place.doubt


@contextmanager
def once_in_training(graph: Graph, model: object, name: str, *, built: bool = False) -> Iterator[None]:
    """Call a model, which a loop that trains calls as often as it likes: it is counted once.

    Calls inside a model's own call are its computation, and count.
    """
    called: dict[int, object] = graph.objects.setdefault("called", {})
    inside: list[object] = graph.objects.setdefault("inside", [])
    outermost = not inside and not graph.copies
    with ExitStack() as stack:
        if graph.training and outermost and (built or id(model) in called):
            why = f"line {graph.place.line}: {name} is called again in a loop that trains; it is counted once"
            stack.enter_context(graph.again(why))
        inside.append(model)
        stack.callback(inside.pop)
        yield
        called[id(model)] = model


class Model(LayerObject):
    """What sequential and functional models have in common."""

    def __init__(self, graph: Graph, name: Value) -> None:
        self.graph = graph
        self.name = name if isinstance(name, str) else ""
        self.built: list[Entry] = []
        graph.objects.setdefault("models", []).append(self)

    def inputs(self) -> list[Tensor]:
        """Return the model's own inputs."""
        raise NotImplementedError

    def outputs(self, reader: Reader) -> Value:
        """Return what the model makes of its own inputs."""
        raise NotImplementedError

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return inputs, outputs, shapes; methods that train or print do nothing."""
        if name in IDLE:
            return giving(name, Unknown(name, line))
        if name in ("input", "inputs"):
            inputs = self.inputs()
            return inputs[0] if name == "input" and len(inputs) == 1 else List(inputs)
        if name in ("output", "outputs"):
            outputs = self.outputs(reader)
            return outputs if name == "output" or isinstance(outputs, list) else List([outputs])
        if name in ("input_shape", "output_shape"):
            value = self.inputs() if name == "input_shape" else tensors_in(self.outputs(reader))
            shape = shape_value(value[0], line) if value else Unknown(name, line)
            return tuple(shape.sizes) if isinstance(shape, Shape) else shape
        if name in ("call", "__call__"):
            return Native(name, lambda reader, args, keywords: reader.call(self, args, keywords, line))
        return super().attribute(reader, name, line)

    def give_up_own(self) -> None:
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

    def add(self, layer: Value) -> None:
        """Append a layer; the first one may tell the input."""
        self._changed()
        if isinstance(layer, Tensor):  # an Input
            self.own_input = layer
            return
        if doubt := self.graph.place.doubt:
            raise InputError("a layer is added depending on something that is not known", found=doubt.reason)
        if isinstance(layer, Unknown):
            self.graph.unknowns.append(layer)
        if isinstance(layer, KerasLayer) and not self.layers and self.own_input is None:
            self.own_input = _stated_input(self.graph, layer)
        if isinstance(layer, Model) and not self.layers and self.own_input is None:
            own = layer.inputs()
            self.own_input = own[0] if len(own) == 1 else None
        self.layers.append(layer)

    def _changed(self) -> None:
        """Forget the outputs that were asked for before: they lack what is added now."""
        if self.own_output is not None:
            self.give_up_own()
            self.own_output = None

    def _pop(self) -> Value:
        self._changed()
        return self.layers.pop() if self.layers else None

    def _build(self, shape: Value) -> None:
        if is_sequence(shape):
            self.own_input = make_batch(self.graph, self.name or "input", shape)

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run the layers on a tensor."""
        value = args[0] if args else keywords.get("inputs")
        if self.own_input is not None and (unknown := only_trains(self.graph, value)):
            return unknown
        built = self.called or self.own_input is not None
        with once_in_training(self.graph, self, self.name or "this model", built=built):
            if not self.graph.copies:
                self.called = True
                self.give_up_own()
            return self._run(reader, value)

    def _run(self, reader: Reader, value: Value) -> Value:
        for layer in self.layers:
            value = reader.call(layer, [value], {}, reader.place.line)
        return value

    def inputs(self) -> list[Tensor]:
        """Return the input that the first layer states."""
        return [] if self.own_input is None else [self.own_input]

    def outputs(self, reader: Reader) -> Value:
        """Return what the layers make of the stated input; they are recorded now."""
        if self.own_input is None:
            return Unknown("the output of a model without an input shape", reader.place.line)
        if self.own_output is None:
            first = len(self.graph.tape)
            self.own_output = self._run(reader, self.own_input)
            self.built = self.graph.tape[first:]
        return self.own_output

    def finish(self, reader: Reader) -> None:
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

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return layers and what adds them."""
        if name == "add":
            return Native(name, lambda _, args, keywords: self.add((args or [keywords.get("layer")])[0]))
        if name == "pop":
            return Native(name, lambda *_: self._pop())
        if name == "layers":
            return List(self.layers)
        if name == "build":
            return Native(name, lambda _, args, keywords: self._build((args or list(keywords.values()))[0]))
        return super().attribute(reader, name, line)


class Functional(Model):
    """A model from some tensors to others."""

    def __init__(self, graph: Graph, name: Value, inputs: Value, outputs: Value) -> None:
        super().__init__(graph, name)
        self._inputs, self._outputs = inputs, outputs
        self.entries = graph.path(tensors_in(inputs), tensors_in(outputs))
        self.built = self.entries

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run the model's operations on other tensors."""
        value = args[0] if args else keywords.get("inputs")
        if unknown := only_trains(self.graph, value):
            return unknown
        given, own = tensors_in(value), self.inputs()
        if len(given) != len(own):
            raise InputError(
                "a model is called with other inputs", found=f"{len(given)}", expected=f"{len(own)}"
            )
        mapping: dict[int, Value] = {id(old): new for old, new in zip(own, given, strict=True)}
        with once_in_training(self.graph, self, self.name or "this model", built=True):
            if not self.graph.copies:
                self.give_up_own()
            return self.graph.rerun(self.entries, mapping, self._outputs)

    def inputs(self) -> list[Tensor]:
        """Return the inputs."""
        return tensors_in(self._inputs)

    def outputs(self, reader: Reader) -> Value:
        """Return the outputs."""
        return self._outputs


@op("tf.keras.Sequential", "layers=None name=None")
def sequential(a: Call) -> Value:
    """Return a model of layers one after the other."""
    model = Sequential(a.graph, a.get("name"))
    a.graph.finishers.append(lambda: model.finish(a.reader))
    layers = a.get("layers")
    if isinstance(layers, Unknown):
        raise InputError(
            "the layers of this model cannot be followed", found=layers.reason, expected="a list"
        )
    for item in items_of(layers) if is_sequence(layers) else []:
        model.add(item)
    return model


@op("tf.keras.Model", "inputs=None outputs=None name=None input=None output=None")
def functional(a: Call) -> Value:
    """Return a model from some tensors to others; Keras 1 called them input and output."""
    keys = (key if a.given(key) else f"{key}s" for key in ("input", "output"))
    inputs, outputs = (a.known(key, "tensors") for key in keys)
    for key, value in (("inputs", inputs), ("outputs", outputs)):
        if not tensors_in(value):
            raise InputError("a model without tensors", field=key, found=type_name(value), expected="tensors")
    return Functional(a.graph, a.get("name"), inputs, outputs)


def _stated_input(graph: Graph, layer: KerasLayer) -> Tensor | None:
    """Return the input that a first layer states by its keywords."""
    words = layer.keywords
    name = layer.name or "input"
    if is_sequence(words.get("batch_input_shape")):
        return make_batch(graph, name, words["batch_input_shape"])
    if "input_shape" in words or (layer.kind.name == "InputLayer" and "shape" in words):
        return make_input(graph, name, words.get("input_shape", words.get("shape")), words.get("batch_size"))
    if layer.kind.name == "Embedding":
        return make_input(graph, name, (words.get("input_length"),))
    if "input_dim" in words:
        length = [words["input_length"]] if "input_length" in words else []
        return make_input(graph, name, (*length, words["input_dim"]))
    return None


def call_instance(
    reader: Reader, instance: Instance, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    """Call an object: its ``__call__``, or as Keras does ``build`` once and then ``call``."""
    cls = instance.cls
    first = args[0] if args else next(iter(keywords.values()), None)
    if _is_model(instance) and (unknown := only_trains(reader.graph, first)):
        reader.graph.unknowns.append(unknown)
        if not reader.graph.copies:  # what is built again says so itself
            reader.graph.gathering.note(
                f"line {line}: {cls.name} is called depending on {unknown.reason}, which is not known; "
                "that call is not counted"
            )
        return unknown
    if own := cls.method("__call__"):
        return reader.call(Method(own, instance), args, keywords, line)
    method = cls.method("call")
    if method is None:
        raise InputError(
            f"a {cls.name} is called, and the program does not say what it does",
            found="no method call",
            expected="def call(self, inputs)",
        )
    build = cls.method("build")
    if build is not None and not instance.names.get("built") and args:
        instance.names["built"] = True
        shape = shape_value(first, line) if isinstance(first, Tensor) else Unknown("a shape", line)
        reader.call(Method(build, instance), [shape], {}, line)
    takes = {parameter.name for parameter in method.parameters}
    takes_all = any(parameter.style == "keywords" for parameter in method.parameters)
    given = {key: value for key, value in keywords.items() if key in takes or takes_all or key != "training"}
    name = instance.names.get("name")
    with ExitStack() as stack:
        if _is_model(instance):
            stack.enter_context(once_in_training(reader.graph, instance, cls.name))
        stack.enter_context(reader.graph.scope(name if isinstance(name, str) else ""))
        return reader.call(Method(method, instance), args, given, line)


def base_attribute(reader: Reader, instance: Instance, base: str, name: str, line: int) -> Value:
    """Return an attribute that an object has from a class of another module."""
    if name in ("__init__", "build", "__call__"):
        return Native(
            name, lambda _, args, keywords: call_super(reader, instance, name, args, keywords, line)
        )
    if name in ("add_weight", "add_variable"):
        return Native(name, lambda _, args, keywords: _add_weight(reader, args, keywords, line))
    if name == "name":
        return instance.cls.name.lower()
    if name == "built":
        return False
    return giving(name, Unknown(name, line)) if name in IDLE else Unknown(f"{name} of {base}", line)


def call_super(
    reader: Reader, instance: Instance, name: str, args: list[Value], keywords: dict[str, Value], line: int
) -> Value:
    """Run a method of Keras' own classes on an object of the program."""
    if name == "__init__" and isinstance(keywords.get("name"), str):
        instance.names["name"] = keywords["name"]
    if name == "__call__":
        return call_instance(reader, instance, args, keywords, line)
    if name == "build" and _is_model(instance) and (args or keywords):
        shape = args[0] if args else next(iter(keywords.values()))
        if is_sequence(shape) and instance.cls.method("call") is not None:
            value = make_batch(reader.graph, "input", shape)
            return call_instance(reader, instance, [value], {}, line)
    return None


def _is_model(instance: Instance) -> bool:
    """Whether an object is of a class that extends ``tf.keras.Model``."""
    bases = [ancestor.path for ancestor in instance.cls.lineage() if isinstance(ancestor, External)]
    return any(path.endswith(("Model", "Sequential")) for path in bases)


def _add_weight(reader: Reader, args: list[Value], keywords: dict[str, Value], line: int) -> Value:
    """Return weights; the name may come first or, in Keras 3, the shape."""
    if args and is_sequence(args[0]):
        args = [None, *args]
    return reader.call(External("tf.get_variable"), args, dict(keywords), line)
