"""Data sets that Keras brings along: their content is not known, the sizes of an example are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.values import Data, Native, Shape, Unknown, Value, is_sequence, items_of

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

EXAMPLES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "mnist": ((28, 28), ()),
    "fashion_mnist": ((28, 28), ()),
    "cifar10": ((32, 32, 3), (1,)),
    "cifar100": ((32, 32, 3), (1,)),
    "boston_housing": ((13,), ()),
}
"""Sizes of one example and of its label, from Keras' documentation; texts have no common length."""


@op(
    " ".join(f"tf.keras.datasets.{name}.load_data" for name in EXAMPLES),
    "path=None label_mode=None test_split=None",
)
def load_data(reader: Calls, a: Arguments) -> Value:
    """Return the arrays for training and for testing; how many examples they have is taken as unknown.

    Only training loops depend on the number, and they are not followed example by example.
    """
    example, label = EXAMPLES[a.function.split(".")[-2]]
    count = Unknown(f"the number of examples of {a.function}", reader.line)
    pair = tuple(Data(a.function, reader.line, (count, *sizes)) for sizes in (example, label))
    return (pair, pair)


def data_attribute(data: Data, name: str, line: int) -> Value:
    """Return an attribute of an array of examples: shapes and what changes them, the rest is unknown."""
    if name == "shape":
        return Shape(data.sizes)
    if name == "ndim":
        return len(data.sizes)
    if name == "astype":
        return Native(name, lambda reader, args, keywords: data)
    if name == "reshape":
        return Native(name, lambda reader, args, keywords: _reshaped(data, args))
    return data.forgotten()


def data_item(data: Data, index: Value) -> Value:
    """Return ``data[index]``; only an axis more at the end (``data[..., None]``) is followed."""
    parts = index if isinstance(index, tuple) else (index,)
    rest = len(parts) == 2 and parts[0] is Ellipsis
    whole = len(parts) == len(data.sizes) + 1 and all(part == slice(None) for part in parts[:-1])
    return data.with_sizes((*data.sizes, 1)) if parts[-1] is None and (rest or whole) else data.forgotten()


@op("np.expand_dims", "a axis")
def expand_dims(reader: Calls, a: Arguments) -> Value:
    """Give an array of examples another axis."""
    data, axis = a.get("a"), a.get("axis")
    if not isinstance(data, Data):
        return Unknown(a.function, reader.line)
    rank = len(data.sizes) + 1
    if not isinstance(axis, int) or axis % rank == 0:
        return data.forgotten()
    return data.with_sizes((*data.sizes[: axis % rank], 1, *data.sizes[axis % rank :]))


def _reshaped(data: Data, args: list[Value]) -> Value:
    sizes = items_of(args[0]) if len(args) == 1 and is_sequence(args[0]) else args
    if not sizes or not all(isinstance(size, int) and size > 0 for size in sizes[1:]):
        return data.forgotten()
    return data.with_sizes((data.sizes[0], *sizes[1:]))


def forget_data(value: Value) -> Value:
    """Return a value with the sizes of examples forgotten: what a library makes of them may have others."""
    if isinstance(value, Data):
        return value.forgotten()
    if type(value) is tuple:
        return tuple(map(forget_data, value))
    return value
