"""Sizes of tensors as values of the program, and items of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.common import host
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments
from solver.readers.tensorflow.tensor import Open, Size, Tensor
from solver.readers.tensorflow.values import Shape, Unknown, Value

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


@op("tf.shape", "input name=None out_type=None")
def shape(reader: Calls, a: Arguments) -> Value:
    """Return the sizes of a tensor; those left open are unknown."""
    value = a.get("input")
    if isinstance(value, Unknown):
        return value
    x = a.tensor("input")
    if x.shape is None:
        return Unknown("the shape of a tensor that is not known", reader.line)
    if all(isinstance(size, int) for size in x.shape):
        return Tensor((len(x.shape),), fixed=True, value=list(x.shape))
    return Shape(
        tuple(Unknown(f"the size {s.name}", reader.line) if isinstance(s, Open) else s for s in x.shape)
    )


@op("tf.rank", "input name=None")
def rank(reader: Calls, a: Arguments) -> Value:
    """Return the number of axes."""
    x = a.tensor("input")
    return Unknown("the rank of a tensor", reader.line) if x.shape is None else len(x.shape)


@op("tf.size", "input name=None out_type=None")
def size(reader: Calls, a: Arguments) -> Value:
    """Return the number of words."""
    return a.tensor("input").elements or Unknown("the size of a tensor", reader.line)


def item(reader: Calls, x: Tensor, index: Value) -> Value:
    """Return ``x[index]``."""
    parts = list(index) if isinstance(index, tuple) else [index]
    if isinstance(x.value, (list, tuple)) and len(parts) == 1:
        number = parts[0].value if isinstance(parts[0], Tensor) else parts[0]
        if isinstance(number, int) and -len(x.value) <= number < len(x.value):
            return x.value[number]
        if isinstance(number, slice):
            cut = list(x.value[number])
            return Tensor((len(cut),), fixed=True, value=cut)
    if x.shape is None:
        return host(reader, "slice", [x], None)
    if Ellipsis in [part for part in parts if not isinstance(part, Tensor)]:
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        axes = len([part for part in parts if part is not None and part is not Ellipsis])
        parts[at : at + 1] = [slice(None)] * (len(x.shape) - axes)
    shape: list[Size] = []
    left = list(x.shape)
    for part in parts:
        if part is None:
            shape.append(1)
        elif not left:
            raise InputError("an item of a tensor with fewer axes", found=f"{len(parts)} indices")
        elif isinstance(part, slice):
            shape.append(_sliced(left.pop(0), part))
        elif isinstance(part, int) or (isinstance(part, Tensor) and part.shape == ()):
            left.pop(0)
        else:  # a mask, or something that is not read
            return host(reader, "slice", [x], None)
    result = host(reader, "slice", [x], (*shape, *left))
    return result


def _sliced(size: Size, part: slice) -> Size:
    bounds = [b.value if isinstance(b, Tensor) else b for b in (part.start, part.stop, part.step)]
    if bounds == [None, None, None]:
        return size
    if isinstance(size, Open) or any(b is not None and not isinstance(b, int) for b in bounds):
        return Open("slice")
    return len(range(*slice(*bounds).indices(size)))
