"""What the library functions have in common: sizes, host operations, activation functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.layer import HostOperation, Layer
from solver.readers.tensorflow.signature import Arguments, as_integer
from solver.readers.tensorflow.tensor import Size, Tensor
from solver.readers.tensorflow.values import External, Unknown, Value

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls

LINEAR = ("linear", "tf.identity", "tf.keras.activations.linear")


def sizes_of(tensor: Tensor, function: str, *ranks: int) -> tuple[int, ...]:
    """Return the shape of a tensor, every size known.

    Parameters
    ----------
    tensor
        The tensor.
    function
        What needs the shape, for messages.
    ranks
        The numbers of axes that are right; any if there are none.

    Raises
    ------
    InputError
        If the shape or a size is not known, or the rank is wrong.
    """
    if tensor.shape is None:
        raise InputError(
            f"{function} works on a tensor whose shape is not known",
            field=tensor.name or None,
            found="a tensor of unknown rank",
            expected="shapes that the program itself states",
        )
    if ranks and len(tensor.shape) not in ranks:
        raise InputError(
            f"{function} works on a tensor of another rank",
            found="x".join(map(written, tensor.shape)) or "a scalar",
            expected=" or ".join(map(str, ranks)) + " axes",
        )
    return tuple(as_integer(function, "input", size, 0) for size in tensor.shape)


def written(size: Size) -> str:
    """Return a size as text; one that is left open as ``?``."""
    return str(size) if isinstance(size, int) else "?"


def host(
    reader: Calls,
    operation: str,
    inputs: list[Tensor],
    shape: tuple[Size, ...] | None,
    name: Value = None,
) -> Tensor:
    """Return the result of an operation that the host runs, and list it if it works on activations."""
    fixed = all(tensor.fixed for tensor in inputs)
    result = Tensor(shape, fixed=fixed, weights=fixed and any(tensor.weights for tensor in inputs))
    if not result.fixed:
        given = reader.graph.name(name, operation.lower())
        own = isinstance(name, str) and name != "" and not name.endswith("/")
        if not own and given != operation.lower():  # the name of a scope
            given += f"/{operation.lower()}"
        reader.graph.add(reader, HostOperation(name=given, operation=operation, elements=result.elements))
    return result


def record(reader: Calls, layer: Layer, shape: tuple[Size, ...]) -> Tensor:
    """Add a layer for the array and return its result."""
    reader.graph.add(reader, layer)
    return Tensor(shape)


def activate(reader: Calls, activation: Value, tensor: Tensor, name: str = "") -> Tensor:
    """Return a tensor behind an activation function, which the host applies.

    Parameters
    ----------
    activation
        None, a name such as ``relu``, or a function.
    tensor
        What it is applied to.
    name
        Of the layer in front.
    """
    if activation is None or activation in LINEAR:
        return tensor
    if isinstance(activation, External) and activation.path in LINEAR:
        return tensor
    if isinstance(activation, str):
        return host(reader, activation, [tensor], tensor.shape, f"{name}/" if name else None)
    if isinstance(activation, External):
        operation = activation.path.rpartition(".")[2]
        return host(reader, operation, [tensor], tensor.shape, f"{name}/" if name else None)
    result = reader.call(activation, [tensor], {}, reader.line)
    if isinstance(result, Tensor):
        return result
    found = result.reason if isinstance(result, Unknown) else "something else"
    raise InputError("an activation function that is not followed", field=name or None, found=found)


def channels_last(a: Arguments, name: str = "data_format") -> bool:
    """Return whether a call says that channels are the last axis (the default)."""
    value = a.get(name)
    if value is None or isinstance(value, Unknown):
        if isinstance(value, Unknown):
            a.known(name, "NHWC or NCHW")
        return True
    return not a.text(name).startswith(("nc", "channels_first"))


def normal_axis(axis: int, rank: int, function: str) -> int:
    """Return an axis counted from the front."""
    if not -rank <= axis < rank:
        raise InputError(f"{function}: no such axis", found=str(axis), expected=f"less than {rank}")
    return axis % rank
