"""Values and tensors read as the sizes that a function wants them to be."""

from __future__ import annotations

from collections.abc import Sequence

from solver.errors import InputError
from solver.readers.tensorflow.values import External, Open, Shape, Size, Tensor, Unknown, Value, type_name


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
            found="x".join(str(s) if isinstance(s, int) else "?" for s in tensor.shape) or "a scalar",
            expected=" or ".join(map(str, ranks)) + " axes",
        )
    if opened := [size for size in tensor.shape if isinstance(size, Open)]:
        raise _left_open(opened)
    return tuple(as_integer(function, "input", size, 0) for size in tensor.shape)


def _left_open(sizes: Sequence[Open]) -> InputError:
    names = [size.name for size in sizes]
    flags = " ".join(f"--dim {name}=SIZE" for name in names)
    return InputError("a size that the program leaves open", found=", ".join(names), expected=flags)


def normal_axis(axis: int, rank: int, function: str) -> int:
    """Return an axis counted from the front."""
    if not -rank <= axis < rank:
        raise InputError(f"{function}: no such axis", found=str(axis), expected=f"less than {rank}")
    return axis % rank


def replaced(shape: tuple[Size, ...], axis: int, *sizes: Size) -> tuple[Size, ...]:
    """Return a shape with other sizes in place of one axis."""
    return (*shape[:axis], *sizes, *shape[axis + 1 :])


def as_tensor(value: Value) -> Tensor | None:
    """Return a value as a tensor, or None if it is nothing like one."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (bool, int, float, str)):
        return Tensor((), fixed=True, value=value if isinstance(value, int) else None)
    if isinstance(value, Shape):
        value = list(value.sizes)
    if not isinstance(value, (list, tuple)):
        return None
    if all(isinstance(item, int) for item in value):
        return Tensor((len(value),), fixed=True, value=list(value))
    found = [as_tensor(item) for item in value]
    items = [item for item in found if item is not None]
    shape = items[0].shape if items else None
    if len(items) < len(found) or shape is None or any(item.shape != shape for item in items):
        return None
    return Tensor((len(items), *shape), fixed=all(item.fixed for item in items))


def as_integer(function: str, name: str, value: Value, least: int = 1) -> int:
    """Return a value as an integer of at least `least`, or raise an `InputError`."""
    expected = f"an integer of at least {least}"
    if isinstance(value, Tensor) and isinstance(value.value, int):
        value = value.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, Open):
        raise _left_open([value])
    check_known(function, name, value, expected)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{function}: a wrong size", field=name, found=type_name(value), expected=expected)
    return value


def check_known(function: str, name: str, value: Value, expected: str) -> None:
    """Refuse an argument that is unknown, or is of a library where no tensor is expected."""
    if isinstance(value, Unknown):
        found, expected = (
            f"{value.reason}, from line {value.line}",
            f"{expected} that the program itself states",
        )
    elif "tensor" in expected:
        return
    elif isinstance(value, Tensor) and value.value is None:
        found, expected = "the content of a tensor", f"{expected} that the program itself states"
    elif isinstance(value, External):
        found = value.path
    else:
        return
    raise InputError(
        f"{function} depends on something that cannot be followed", field=name, found=found, expected=expected
    )
