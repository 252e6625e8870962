"""Operations that move, cut and join tensors: work of the host, and the shapes that come out."""

from __future__ import annotations

import math

from solver.errors import InputError
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.graph.sizes import as_integer, as_tensor, normal_axis, replaced
from solver.readers.tensorflow.library.call import Call, shape_argument
from solver.readers.tensorflow.library.registry import host_op, op
from solver.readers.tensorflow.place import check_items
from solver.readers.tensorflow.values import (
    List,
    Open,
    Size,
    Tensor,
    Unknown,
    Value,
    first_unknown,
    is_sequence,
    items_of,
    listed,
    shape_value,
    type_name,
)

Sizes = tuple[Size, ...] | None


@op("tf.shape", "input name=None out_type=None")
def shape(a: Call) -> Value:
    """Return the sizes of a tensor; those left open are unknown."""
    if isinstance(a.get("input"), Unknown):
        return a.get("input")
    x = a.tensor("input")
    if x.shape is not None and all(isinstance(size, int) for size in x.shape):
        return Tensor((len(x.shape),), fixed=True, value=list(x.shape))
    return shape_value(x, a.line, advise=False)


@op("tf.rank", "input name=None")
def rank(a: Call) -> Value:
    """Return the number of axes."""
    x = a.tensor("input")
    return a.unknown("the rank of a tensor") if x.shape is None else len(x.shape)


op("tf.size", "input name=None out_type=None")(
    lambda a: a.tensor("input").elements or a.unknown("the size of a tensor")
)


def reshaped(x: Tensor, wanted: list[Value], function: str) -> tuple[Size, ...]:
    """Return the shape of a tensor reshaped; a single size that is open is what is left.

    Raises
    ------
    InputError
        If the words of the tensor do not fit.
    """
    sizes: list[Value] = [None if not isinstance(size, int) or size == -1 else size for size in wanted]
    missing = [axis for axis, size in enumerate(sizes) if size is None]
    total = math.prod(size for size in sizes if size is not None)
    text = "[" + ", ".join(str(size) if isinstance(size, int) else "?" for size in wanted) + "]"
    if not x.elements:
        return tuple(
            Open(f"{x.name or 'reshape'}:{axis}") if size is None else size for axis, size in enumerate(sizes)
        )
    if len(missing) > 1:
        raise InputError(f"{function}: more than one size is not known", found=text, expected="one")
    if missing and total and x.elements % total == 0:
        sizes[missing[0]] = x.elements // total
    elif missing or total != x.elements:
        raise InputError(
            f"{function}: the words do not fit",
            found=f"{'x'.join(map(str, x.shape or ()))} to {text}",
            expected=f"{x.elements} words",
        )
    return tuple(sizes)


@op("tf.reshape", "tensor shape name=None")
def reshape(a: Call) -> Value:
    """Give a tensor another shape."""
    wanted = shape_argument(a.get("shape"), a.function)
    if isinstance(a.get("tensor"), Unknown):
        return _stated_input(a, a.get("tensor"), wanted)
    x = a.tensor("tensor")
    shape = None if wanted is None else reshaped(x, wanted, a.function)
    result = a.host("reshape", [x], shape)
    result.value = x.value if shape == x.shape else None
    return result


def _stated_input(a: Call, data: Unknown, wanted: list[Value] | None) -> Value:
    """Return data that is fed, in the shape that the program states for it; how many may be left open.

    What was made of other activations is none, nor what NumPy read from a file: weights; nor the batches of a
    training loop.
    """
    made = data in a.graph.unknowns or data.reason.startswith("np.")
    if made or a.reader.place.doubts or wanted is None or len(wanted) < 2:
        return data
    if not all(isinstance(size, int) and size > 0 for size in wanted[1:]):
        return data
    batch = wanted[0] if isinstance(wanted[0], int) and wanted[0] > 0 else None
    return Tensor(a.graph.placeholder("reshape", [batch, *wanted[1:]]), name="reshape")


@host_op(
    "tf.slim.flatten tf.layers.flatten tf.contrib.layers.flatten",
    "inputs scope=None name=None data_format=None",
    "reshape",
)
def flatten(a: Call, x: Tensor) -> Sizes:
    """Keep the first axis, join the others."""
    batch, *rest = a.sizes("inputs")
    return (batch, math.prod(rest))


@host_op("tf.transpose", "a perm=None name=None conjugate=False", "transpose")
def transpose(a: Call, x: Tensor) -> Sizes:
    """Change the order of the axes."""
    if x.shape is None:
        return None
    axes = list(range(len(x.shape)))
    order = a.integers("perm", least=0) if a.given("perm") else axes[::-1]
    if sorted(order) != axes:
        raise a.error(": no order of the axes", field="perm", found=str(order))
    return tuple(x.shape[axis] for axis in order)


@op("tf.concat tf.concat_v2", "values axis=None name=None concat_dim=None")
def concat(a: Call) -> Value:
    """Join tensors along an axis; TensorFlow before 1.0 names the axis first."""
    values, axis = a.get("values"), a.get("axis")
    if isinstance(values, int):
        values, axis = axis, values
    axis = a.get("concat_dim") if axis is None else axis
    if unknown := first_unknown(listed(values)):
        return unknown
    tensors = [as_tensor(item) for item in listed(values)]
    known = [tensor for tensor in tensors if tensor is not None]
    if len(known) < len(tensors):
        wrong = next(item for item in listed(values) if as_tensor(item) is None)
        raise a.error(" joins something else than tensors", found=type_name(wrong), expected="tensors")
    return joined(a.graph, known, as_integer(a.function, "axis", axis, -9), a.get("name"))


def joined(graph: Graph, tensors: list[Tensor], axis: int, name: Value = None) -> Tensor:
    """Return tensors joined along an axis."""
    shapes = [tensor.shape for tensor in tensors if tensor.shape is not None]
    if len(shapes) < len(tensors) or not shapes:
        return graph.host("concat", tensors, None, name)
    axis = normal_axis(axis, len(shapes[0]), "concat")
    total: Size = 0
    for shape in shapes:
        if len(shape) != len(shapes[0]) or replaced(shape, axis) != replaced(shapes[0], axis):
            found = " and ".join("x".join(map(str, s)) for s in (shapes[0], shape))
            raise InputError(
                "tensors that cannot be joined", found=found, expected=f"equal but for axis {axis}"
            )
        size = shape[axis]
        total = size if isinstance(size, Open) or isinstance(total, Open) else total + size
    result = graph.host("concat", tensors, replaced(shapes[0], axis, total), name)
    if all(isinstance(tensor.value, list) for tensor in tensors):
        result.value = [item for tensor in tensors for item in tensor.value]
    return result


@op("tf.stack tf.pack tf.parallel_stack", "values axis=0 name=None")
def stack(a: Call) -> Value:
    """Join tensors along a new axis."""
    value = a.get("values")
    if is_sequence(value) and value and all(isinstance(item, (int, Tensor)) for item in items_of(value)):
        numbers = [item.value if isinstance(item, Tensor) else item for item in items_of(value)]
        if all(isinstance(number, int) for number in numbers):
            return Tensor((len(numbers),), fixed=True, value=numbers)
    tensors = a.tensors("values")
    shape: Sizes = tensors[0].shape
    if shape is not None:
        axis = a.axis("axis", rank=len(shape) + 1)
        shape = (*shape[:axis], len(tensors), *shape[axis:])
    return a.host("stack", tensors, shape)


@op("tf.unstack tf.unpack", "value num=None axis=0 name=None")
def unstack(a: Call) -> Value:
    """Cut a tensor into those along an axis."""
    x = a.tensor("value")
    if x.shape is None:
        return a.unknown("the pieces of a tensor of unknown shape")
    axis = a.axis("axis", rank=len(x.shape))
    count = as_integer(a.function, "num", a.get("num") if a.given("num") else x.shape[axis], 0)
    check_items(count, a.line)
    a.host("unstack", [x], x.shape)
    if isinstance(x.value, list):
        return List(Tensor((), fixed=True, value=item) for item in x.value)
    return List(Tensor(replaced(x.shape, axis), fixed=x.fixed) for _ in range(count))


@op(
    "tf.split tf.split_v",
    "value num_or_size_splits=None axis=0 num=None name=None split_dim=None num_split=None",
)
def split(a: Call) -> Value:
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
        return a.unknown("the pieces of a tensor of unknown shape")
    position = normal_axis(as_integer(a.function, "axis", axis, -9), len(x.shape), a.function)
    whole = x.shape[position]
    if is_sequence(parts):
        sizes = [as_integer(a.function, "num_or_size_splits", item, -1) for item in items_of(parts)]
        whole = as_integer(a.function, "value", whole, 0)
        sizes = [whole - sum(s for s in sizes if s > 0) if size == -1 else size for size in sizes]
    else:
        count = as_integer(a.function, "num_or_size_splits", parts)
        whole = as_integer(a.function, "value", whole, 0)
        check_items(count, a.line)
        if whole % count:
            raise a.error(": the axis does not divide", found=f"{whole} into {count}")
        sizes = [whole // count] * count
    a.host("split", [x], x.shape)
    return List(Tensor(replaced(x.shape, position, size), fixed=x.fixed) for size in sizes)


@host_op("tf.expand_dims", "input axis=None name=None dim=None", "reshape")
def expand_dims(a: Call, x: Tensor) -> Sizes:
    """Add an axis of size 1."""
    if x.shape is None:
        return None
    axis = a.axis("axis", "dim", rank=len(x.shape) + 1)
    return (*x.shape[:axis], 1, *x.shape[axis:])


@host_op("tf.squeeze", "input axis=None name=None squeeze_dims=None", "reshape")
def squeeze(a: Call, x: Tensor) -> Sizes:
    """Remove axes of size 1."""
    if x.shape is None:
        return None
    gone = {axis for axis, size in enumerate(x.shape) if size == 1}
    if a.given("axis") or a.given("squeeze_dims"):
        axes = a.integers("axis", "squeeze_dims", least=-9)
        gone = {normal_axis(axis, len(x.shape), a.function) for axis in axes}
    wrong = [axis for axis in gone if x.shape[axis] != 1]
    if wrong:
        raise a.error(": the axis has another size than 1", found=f"{x.shape[wrong[0]]}")
    return tuple(size for axis, size in enumerate(x.shape) if axis not in gone)


@host_op("tf.pad", "tensor paddings mode='CONSTANT' constant_values=0 name=None", "pad")
def pad(a: Call, x: Tensor) -> Sizes:
    """Put zeros around a tensor."""
    given = a.known("paddings", "a list of pairs")
    if x.shape is None or isinstance(given, Tensor):
        return None
    pairs = [[as_integer(a.function, "paddings", n, 0) for n in items_of(pair)] for pair in items_of(given)]
    if len(pairs) != len(x.shape):
        raise a.error(": a pair for every axis", found=f"{len(pairs)}", expected=f"{len(x.shape)}")
    zipped = zip(x.shape, pairs, strict=True)
    return tuple(size if isinstance(size, Open) else size + sum(pair) for size, pair in zipped)


@host_op("tf.slice", "input_ begin size name=None", "slice")
def slice_(a: Call, x: Tensor) -> Sizes:
    """Cut a block out of a tensor."""
    begin, size = a.integers("begin", least=0), a.integers("size", least=-1)
    if x.shape is None:
        return None
    shape: list[Size] = []
    for axis, (start, length) in enumerate(zip(begin, size, strict=True)):
        whole = x.shape[axis]
        shape.append(length if length >= 0 else whole if isinstance(whole, Open) else whole - start)
    return tuple(shape)


@host_op("tf.tile", "input multiples name=None", "tile")
def tile(a: Call, x: Tensor) -> Sizes:
    """Repeat a tensor along its axes."""
    times = shape_argument(a.get("multiples"), a.function)
    if x.shape is None or times is None or len(times) != len(x.shape):
        return None
    return tuple(
        size * count if isinstance(size, int) and isinstance(count, int) else Open(f"tile:{axis}")
        for axis, (size, count) in enumerate(zip(x.shape, times, strict=True))
    )


@host_op("tf.one_hot", "indices depth on_value=None off_value=None axis=-1 name=None", passes=True)
def one_hot(a: Call, x: Tensor) -> Sizes:
    """Turn indices into vectors."""
    return None if x.shape is None else (*x.shape, a.integer("depth"))


@host_op(
    "tf.image.resize_bilinear tf.image.resize_nearest_neighbor tf.image.resize_images tf.image.resize "
    "tf.image.resize_bicubic",
    "images size method=None align_corners=False name=None antialias=False preserve_aspect_ratio=False",
    "resize",
    passes=True,
)
def resize(a: Call, x: Tensor) -> Sizes:
    """Scale images."""
    wanted = shape_argument(a.get("size"), a.function)
    if x.shape is None or len(x.shape) != 4 or wanted is None or not all(isinstance(n, int) for n in wanted):
        return None
    return (x.shape[0], wanted[0], wanted[-1], x.shape[3])


@host_op(
    "tf.depth_to_space tf.nn.depth_to_space tf.space_to_depth tf.nn.space_to_depth",
    "input block_size name=None data_format='NHWC'",
)
def depth_to_space(a: Call, x: Tensor) -> Sizes:
    """Turn channels into pixels, or pixels into channels."""
    block, last = a.integer("block_size"), a.channels_last()
    batch, *sizes = a.sizes("input", 4)
    channels, rows, columns = [sizes[-1], *sizes[:-1]] if last else sizes
    deeper = a.function.endswith("space_to_depth")
    if (rows % block or columns % block) if deeper else channels % block**2:
        found = f"{rows}x{columns}" if deeper else f"{channels} channels"
        raise a.error(f": blocks of {block} do not fit", field="block_size", found=found)
    if deeper:
        image = (rows // block, columns // block, channels * block**2)
    else:
        image = (rows * block, columns * block, channels // block**2)
    return (batch, *image) if last else (batch, image[2], *image[:2])


@host_op("tf.nn.crelu", "features name=None axis=-1", "crelu")
def crelu(a: Call, x: Tensor) -> Sizes:
    """Apply relu to x and -x, joined along an axis."""
    axis = a.integers("axis", least=-9)[0]
    sizes = a.sizes("features")
    axis = normal_axis(axis, len(sizes), a.function)
    return replaced(sizes, axis, 2 * sizes[axis])


@host_op(
    "tf.argmax tf.argmin tf.arg_max tf.arg_min",
    "input axis=None dimension=None name=None output_type=None",
    "argmax",
    passes=True,
)
def argmax(a: Call, x: Tensor) -> Sizes:
    """Return the index of the largest word along an axis."""
    if x.shape is None:
        return None
    rank = len(x.shape)
    given = a.given("axis") or a.given("dimension")
    axis = a.integers("axis", "dimension", least=-rank)[0] if given else 0
    return replaced(x.shape, normal_axis(axis, rank, a.function))


@op("tf.nn.embedding_lookup tf.gather", "params ids axis=0 name=None indices=None")
def embedding_lookup(a: Call) -> Value:
    """Take rows of a table."""
    table, ids = a.tensor("params"), a.tensor("indices", "ids")
    if table.shape is None or ids.shape is None or a.get("axis") != 0:
        return a.host("gather", [table, ids], None)
    return a.host("gather", [table, ids], (*ids.shape, *table.shape[1:]))
