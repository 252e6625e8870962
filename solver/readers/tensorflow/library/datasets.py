"""Data sets whose examples have a shape that the program tells: ``Dataset.from_tensor_slices``."""

from __future__ import annotations

from collections.abc import Callable

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.examples import Data, Examples
from solver.readers.tensorflow.graph.sizes import as_tensor
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.reader import LayerObject, Reader
from solver.readers.tensorflow.values import (
    Dict,
    Native,
    Tensor,
    Unknown,
    Value,
    giving,
)

SAME = words(
    "shuffle repeat prefetch cache take skip filter with_options shard make_one_shot_iterator "
    "make_initializable_iterator apply"
)
"""Methods that leave the shapes of the examples as they are."""


class DataSet(LayerObject):
    """A data set; `element` is one of its examples, or a batch of them."""

    def __init__(self, element: Value) -> None:
        self.element = element

    def call(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Refuse: a data set is no function."""
        raise InputError("a data set is called", found="a data set", expected="a layer or function")

    def attribute(self, reader: Reader, name: str, line: int) -> Value:
        """Return a method: batches, maps, and the next element."""
        if name in SAME:
            return giving(name, self)
        if name == "get_next":
            return giving(name, self.element)
        if name in ("batch", "padded_batch"):
            return Native(
                name, lambda reader, args, named: self._batched(args[0] if args else named.get("batch_size"))
            )
        if name == "map":
            return Native(name, self._mapped)
        return super().attribute(reader, name, line)

    def items(self, line: int) -> Unknown:
        """Return its examples."""
        reason = f"the items of {self.name}" if self.name else "the items of a data set"
        unknown = isinstance(self.element, Unknown)
        return Unknown(reason, line) if unknown else Examples(reason, line, self.element)

    def _batched(self, size: Value) -> Value:
        if not isinstance(size, int) or size < 1:
            return DataSet(Unknown("the batch size of a data set", 0))
        return DataSet(_each(self.element, lambda x: Tensor(None if x.shape is None else (size, *x.shape))))

    def _mapped(self, reader: Reader, args: list[Value], keywords: dict[str, Value]) -> Value:
        function = args[0] if args else keywords.get("map_func")
        given = list(self.element) if isinstance(self.element, tuple) else [self.element]
        return DataSet(reader.call(function, given, {}, reader.place.line))


def _each(value: Value, change: Callable[[Tensor], Tensor]) -> Value:
    if isinstance(value, tuple):
        return tuple(_each(item, change) for item in value)
    if isinstance(value, dict):
        return Dict({key: _each(item, change) for key, item in value.items()})
    return change(value) if isinstance(value, Tensor) else value


def _slices(value: Value) -> Value:
    """Return one example: the arrays without their first axis."""
    if isinstance(value, (tuple, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        found = {key: _slices(item) for key, item in items}
        return Dict(found) if isinstance(value, dict) else tuple(found.values())
    if isinstance(value, Data):
        return Tensor(tuple(value.sizes[1:]))
    tensor = as_tensor(value)
    if tensor is None:
        return value if isinstance(value, Unknown) else Unknown("an example of a data set", 0)
    return Tensor(None if tensor.shape is None else tensor.shape[1:])


@op("tf.data.Dataset.from_tensor_slices", "tensors name=None")
def from_tensor_slices(a: Call) -> Value:
    """Return a data set whose examples are the slices of some arrays."""
    return DataSet(_slices(a.get("tensors")))


@op("tf.data.Dataset.from_tensors", "tensors name=None")
def from_tensors(a: Call) -> Value:
    """Return a data set of one example."""
    return DataSet(_each(a.get("tensors"), lambda x: Tensor(x.shape)))
