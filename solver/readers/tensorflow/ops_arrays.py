"""Operations that move, cut and join tensors: work of the host, and the shapes that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.errors import InputError
from solver.readers.tensorflow.budget import Budget
from solver.readers.tensorflow.common import channels_last, host, normal_axis, sizes_of
from solver.readers.tensorflow.registry import op
from solver.readers.tensorflow.signature import Arguments, as_integer, as_tensor
from solver.readers.tensorflow.tensor import Open, Size, Tensor
from solver.readers.tensorflow.values import List, Unknown, Value, is_sequence, items_of, type_name

if TYPE_CHECKING:
    from solver.readers.tensorflow.calls import Calls


def shape_argument(value: Value, function: str) -> list[Value] | None:
    """Return the sizes that an argument states; None where it is unknown altogether."""
    if isinstance(value, Tensor) and isinstance(value.value, (list, tuple)):
        return list(value.value)
    if isinstance(value, Tensor) and isinstance(value.value, int):
        return [value.value]
    if isinstance(value, (Unknown, Tensor)):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not is_sequence(value):
        raise InputError(f"{function}: not a shape", found=type_name(value), expected="a list of integers")
    return [_whole(item) for item in items_of(value)]


def _whole(item: Value) -> Value:
    """Return a size as an integer where it is one in other clothes."""
    if isinstance(item, Tensor) and item.value is not None:
        return item.value
    return int(item) if isinstance(item, float) and item.is_integer() else item


def reshaped(x: Tensor, wanted: list[Value], function: str) -> tuple[Size, ...] | None:
    """Return the shape of a tensor reshaped; a single size that is open is what is left.

    Raises
    ------
    InputError
        If the words of the tensor do not fit.
    """
    sizes: list[Value] = [None if not isinstance(size, int) or size == -1 else size for size in wanted]
    missing = [axis for axis, size in enumerate(sizes) if size is None]
    total = 1
    for size in sizes:
        total *= size if size is not None else 1
    if not x.elements:
        return tuple(
            Open(f"{x.name or 'reshape'}:{axis}") if size is None else size for axis, size in enumerate(sizes)
        )
    if len(missing) > 1:
        raise InputError(
            f"{function}: more than one size is not known", found=str(wanted_text(wanted)), expected="one"
        )
    if missing and total and x.elements % total == 0:
        sizes[missing[0]] = x.elements // total
    elif missing or total != x.elements:
        raise InputError(
            f"{function}: the words do not fit",
            found=f"{'x'.join(map(str, x.shape or ()))} to {wanted_text(wanted)}",
            expected=f"{x.elements} words",
        )
    return tuple(sizes)


def wanted_text(wanted: list[Value]) -> str:
    """Return a wanted shape for messages."""
    return "[" + ", ".join(str(size) if isinstance(size, int) else "?" for size in wanted) + "]"


@op("tf.reshape", "tensor shape name=None")
def reshape(reader: Calls, a: Arguments) -> Value:
    """Give a tensor another shape."""
    wanted = shape_argument(a.get("shape"), a.function)
    if isinstance(a.get("tensor"), Unknown):
        return _stated_input(reader, a.get("tensor"), wanted)
    x = a.tensor("tensor")
    shape = None if wanted is None else reshaped(x, wanted, a.function)
    result = host(reader, "reshape", [x], shape, a.get("name"))
    result.value = x.value if shape == x.shape else None
    return result


def _stated_input(reader: Calls, data: Unknown, wanted: list[Value] | None) -> Value:
    """Return data that is fed, in the shape that the program states for it; how many may be left open.

    What was made of other activations is none, nor what NumPy read from a file: weights; nor the batches of a
    training loop.
    """
    made = data in reader.graph.unknowns or data.reason.startswith("np.")
    if made or reader.doubts or wanted is None or len(wanted) < 2:
        return data
    if not all(isinstance(size, int) and size > 0 for size in wanted[1:]):
        return data
    batch = wanted[0] if isinstance(wanted[0], int) and wanted[0] > 0 else None
    return Tensor(reader.graph.placeholder("reshape", [batch, *wanted[1:]]), name="reshape")


@op(
    "tf.slim.flatten tf.layers.flatten tf.contrib.layers.flatten",
    "inputs scope=None name=None data_format=None",
)
def flatten(reader: Calls, a: Arguments) -> Value:
    """Keep the first axis, join the others."""
    x = a.tensor("inputs")
    batch, *rest = sizes_of(x, a.function)
    total = 1
    for size in rest:
        total *= size
    return host(reader, "reshape", [x], (batch, total), a.get("name"))


@op("tf.transpose", "a perm=None name=None conjugate=False")
def transpose(reader: Calls, a: Arguments) -> Value:
    """Change the order of the axes."""
    x = a.tensor("a")
    if x.shape is None:
        return host(reader, "transpose", [x], None, a.get("name"))
    order = a.integers("perm", 0) if a.given("perm") else list(range(len(x.shape)))[::-1]
    if sorted(order) != list(range(len(x.shape))):
        raise InputError(f"{a.function}: no order of the axes", field="perm", found=str(order))
    return host(reader, "transpose", [x], tuple(x.shape[axis] for axis in order), a.get("name"))


@op("tf.concat tf.concat_v2", "values axis=None name=None concat_dim=None")
def concat(reader: Calls, a: Arguments) -> Value:
    """Join tensors along an axis; TensorFlow before 1.0 names the axis first."""
    values, axis = a.get("values"), a.get("axis")
    if isinstance(values, int):
        values, axis = axis, values
    axis = a.get("concat_dim") if axis is None else axis
    if isinstance(values, Unknown):
        return values
    if is_sequence(values) and any(isinstance(item, Unknown) for item in items_of(values)):
        return next(item for item in items_of(values) if isinstance(item, Unknown))
    tensors = [as_tensor(item) for item in items_of(values)] if is_sequence(values) else [as_tensor(values)]
    known = [tensor for tensor in tensors if tensor is not None]
    if len(known) < len(tensors):
        wrong = next(item for item in items_of(values) if as_tensor(item) is None)
        raise InputError(
            f"{a.function} joins something else than tensors", found=type_name(wrong), expected="tensors"
        )
    return joined(reader, known, as_integer(a.function, "axis", axis, -9), a.get("name"))


def joined(reader: Calls, tensors: list[Tensor], axis: int, name: Value = None) -> Tensor:
    """Return tensors joined along an axis."""
    shapes = [tensor.shape for tensor in tensors if tensor.shape is not None]
    if len(shapes) < len(tensors) or not shapes:
        return host(reader, "concat", tensors, None, name)
    axis = normal_axis(axis, len(shapes[0]), "concat")
    total: Size = 0
    for shape in shapes:
        if (
            len(shape) != len(shapes[0])
            or shape[:axis] + shape[axis + 1 :] != shapes[0][:axis] + shapes[0][axis + 1 :]
        ):
            found = " and ".join("x".join(map(str, s)) for s in (shapes[0], shape))
            raise InputError(
                "tensors that cannot be joined", found=found, expected=f"equal but for axis {axis}"
            )
        size = shape[axis]
        total = size if isinstance(size, Open) or isinstance(total, Open) else total + size
    known = all(isinstance(t.value, list) for t in tensors)
    result = host(reader, "concat", tensors, (*shapes[0][:axis], total, *shapes[0][axis + 1 :]), name)
    if known:
        result.value = [item for tensor in tensors for item in tensor.value]
    return result


@op("tf.stack tf.pack tf.parallel_stack", "values axis=0 name=None")
def stack(reader: Calls, a: Arguments) -> Value:
    """Join tensors along a new axis."""
    value = a.get("values")
    if is_sequence(value) and value and all(isinstance(item, (int, Tensor)) for item in items_of(value)):
        numbers = [item.value if isinstance(item, Tensor) else item for item in items_of(value)]
        if all(isinstance(number, int) for number in numbers):
            return Tensor((len(numbers),), fixed=True, value=numbers)
    tensors = a.tensors("values")
    shape = tensors[0].shape
    if shape is None:
        return host(reader, "stack", tensors, None, a.get("name"))
    axis = normal_axis(a.integers("axis", -9)[0], len(shape) + 1, a.function)
    return host(reader, "stack", tensors, (*shape[:axis], len(tensors), *shape[axis:]), a.get("name"))


@op("tf.unstack tf.unpack", "value num=None axis=0 name=None")
def unstack(reader: Calls, a: Arguments) -> Value:
    """Cut a tensor into those along an axis."""
    x = a.tensor("value")
    if x.shape is None:
        return Unknown("the pieces of a tensor of unknown shape", reader.line)
    axis = normal_axis(a.integers("axis", -9)[0], len(x.shape), a.function)
    size = a.get("num") if a.given("num") else x.shape[axis]
    count = as_integer(a.function, "num", size, 0)
    Budget.check_items(count, reader.line)
    host(reader, "unstack", [x], x.shape, a.get("name"))
    if isinstance(x.value, list):
        return List(Tensor((), fixed=True, value=item) for item in x.value)
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    return List(Tensor(shape, fixed=x.fixed) for _ in range(count))


@op(
    "tf.split tf.split_v",
    "value num_or_size_splits=None axis=0 num=None name=None split_dim=None num_split=None",
)
def split(reader: Calls, a: Arguments) -> Value:
    """Cut a tensor along an axis; TensorFlow before 1.0 has axis, number, tensor."""
    value, parts, axis = a.get("value"), a.get("num_or_size_splits"), a.get("axis")
    if isinstance(value, int) and isinstance(axis, Tensor):
        value, parts, axis = axis, parts, value
    parts = a.get("num_split") if a.given("num_split") else parts
    axis = a.get("split_dim") if a.given("split_dim") else axis
    if isinstance(value, Unknown):
        return value
    x = as_tensor(value)
    if x is None or x.shape is None:
        return Unknown("the pieces of a tensor of unknown shape", reader.line)
    position = normal_axis(as_integer(a.function, "axis", axis, -9), len(x.shape), a.function)
    if is_sequence(parts):
        sizes = [as_integer(a.function, "num_or_size_splits", item, -1) for item in items_of(parts)]
        whole = as_integer(a.function, "value", x.shape[position], 0)
        sizes = [whole - sum(s for s in sizes if s > 0) if size == -1 else size for size in sizes]
    else:
        count = as_integer(a.function, "num_or_size_splits", parts)
        whole = as_integer(a.function, "value", x.shape[position], 0)
        Budget.check_items(count, reader.line)
        if whole % count:
            raise InputError(f"{a.function}: the axis does not divide", found=f"{whole} into {count}")
        sizes = [whole // count] * count
    host(reader, "split", [x], x.shape, a.get("name"))
    return List(
        Tensor((*x.shape[:position], size, *x.shape[position + 1 :]), fixed=x.fixed) for size in sizes
    )


@op("tf.expand_dims", "input axis=None name=None dim=None")
def expand_dims(reader: Calls, a: Arguments) -> Value:
    """Add an axis of size 1."""
    x = a.tensor("input")
    if x.shape is None:
        return host(reader, "reshape", [x], None, a.get("name"))
    axis = a.integers("axis" if a.given("axis") else "dim", -9)[0]
    axis = normal_axis(axis, len(x.shape) + 1, a.function)
    return host(reader, "reshape", [x], (*x.shape[:axis], 1, *x.shape[axis:]), a.get("name"))


@op("tf.squeeze", "input axis=None name=None squeeze_dims=None")
def squeeze(reader: Calls, a: Arguments) -> Value:
    """Remove axes of size 1."""
    x = a.tensor("input")
    if x.shape is None:
        return host(reader, "reshape", [x], None, a.get("name"))
    key = "axis" if a.given("axis") else "squeeze_dims"
    if a.given(key):
        gone = {normal_axis(axis, len(x.shape), a.function) for axis in a.integers(key, -9)}
    else:
        gone = {axis for axis, size in enumerate(x.shape) if size == 1}
    wrong = [axis for axis in gone if x.shape[axis] != 1]
    if wrong:
        raise InputError(f"{a.function}: the axis has another size than 1", found=f"{x.shape[wrong[0]]}")
    shape = tuple(size for axis, size in enumerate(x.shape) if axis not in gone)
    return host(reader, "reshape", [x], shape, a.get("name"))


@op("tf.pad", "tensor paddings mode='CONSTANT' constant_values=0 name=None")
def pad(reader: Calls, a: Arguments) -> Value:
    """Put zeros around a tensor."""
    x = a.tensor("tensor")
    given = a.known("paddings", "a list of pairs")
    if x.shape is None or isinstance(given, Tensor):
        return host(reader, "pad", [x], None, a.get("name"))
    pairs = [[as_integer(a.function, "paddings", n, 0) for n in items_of(pair)] for pair in items_of(given)]
    if len(pairs) != len(x.shape):
        raise InputError(
            f"{a.function}: a pair for every axis", found=f"{len(pairs)}", expected=f"{len(x.shape)}"
        )
    sizes = [
        size if isinstance(size, Open) else size + sum(pair)
        for size, pair in zip(x.shape, pairs, strict=True)
    ]
    return host(reader, "pad", [x], tuple(sizes), a.get("name"))


@op("tf.slice", "input_ begin size name=None")
def slice_(reader: Calls, a: Arguments) -> Value:
    """Cut a block out of a tensor."""
    x = a.tensor("input_")
    begin, size = a.integers("begin", 0), a.integers("size", -1)
    if x.shape is None:
        return host(reader, "slice", [x], None, a.get("name"))
    shape: list[Size] = []
    for axis, (start, length) in enumerate(zip(begin, size, strict=True)):
        whole = x.shape[axis]
        shape.append(length if length >= 0 else whole if isinstance(whole, Open) else whole - start)
    return host(reader, "slice", [x], tuple(shape), a.get("name"))


@op("tf.tile", "input multiples name=None")
def tile(reader: Calls, a: Arguments) -> Value:
    """Repeat a tensor along its axes."""
    x = a.tensor("input")
    times = shape_argument(a.get("multiples"), a.function)
    if x.shape is None or times is None or len(times) != len(x.shape):
        return host(reader, "tile", [x], None, a.get("name"))
    sizes = tuple(
        size * count if isinstance(size, int) and isinstance(count, int) else Open(f"tile:{axis}")
        for axis, (size, count) in enumerate(zip(x.shape, times, strict=True))
    )
    return host(reader, "tile", [x], sizes, a.get("name"))


@op("tf.one_hot", "indices depth on_value=None off_value=None axis=-1 name=None")
def one_hot(reader: Calls, a: Arguments) -> Value:
    """Turn indices into vectors."""
    if isinstance(a.get("indices"), Unknown):
        return a.get("indices")
    x = a.tensor("indices")
    shape = None if x.shape is None else (*x.shape, a.integer("depth"))
    return host(reader, "one_hot", [x], shape, a.get("name"))


@op(
    "tf.image.resize_bilinear tf.image.resize_nearest_neighbor tf.image.resize_images tf.image.resize "
    "tf.image.resize_bicubic",
    "images size method=None align_corners=False name=None antialias=False preserve_aspect_ratio=False",
)
def resize(reader: Calls, a: Arguments) -> Value:
    """Scale images."""
    if isinstance(a.get("images"), Unknown):
        return a.get("images")
    x = a.tensor("images")
    wanted = shape_argument(a.get("size"), a.function)
    if x.shape is None or len(x.shape) != 4 or wanted is None or not all(isinstance(n, int) for n in wanted):
        return host(reader, "resize", [x], None, a.get("name"))
    return host(reader, "resize", [x], (x.shape[0], wanted[0], wanted[-1], x.shape[3]), a.get("name"))


@op(
    "tf.depth_to_space tf.nn.depth_to_space tf.space_to_depth tf.nn.space_to_depth",
    "input block_size name=None data_format='NHWC'",
)
def depth_to_space(reader: Calls, a: Arguments) -> Value:
    """Turn channels into pixels, or pixels into channels."""
    x, block, last = a.tensor("input"), a.integer("block_size"), channels_last(a)
    batch, *sizes = sizes_of(x, a.function, 4)
    channels, rows, columns = [sizes[-1], *sizes[:-1]] if last else sizes
    deeper = a.function.endswith("space_to_depth")
    divided = (rows, columns) if deeper else (channels / block,)
    if any(size % block for size in divided):
        found = f"{rows}x{columns}" if deeper else f"{channels} channels"
        raise InputError(f"{a.function}: blocks of {block} do not fit", field="block_size", found=found)
    if deeper:
        image = (rows // block, columns // block, channels * block**2)
    else:
        image = (rows * block, columns * block, channels // block**2)
    shape = (batch, *image) if last else (batch, image[2], *image[:2])
    return host(reader, a.function.rpartition(".")[2], [x], shape, a.get("name"))
