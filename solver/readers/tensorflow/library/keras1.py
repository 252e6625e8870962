"""Keras 1: what its layers and arguments are called today.

Keras 2 took Keras 1's calls with a warning, so old programs are a mixture of both.
"""

from __future__ import annotations

from collections.abc import Collection

from solver.errors import InputError
from solver.readers.operators import words
from solver.readers.tensorflow.graph.products import combine
from solver.readers.tensorflow.library.arrays import joined
from solver.readers.tensorflow.library.call import Call
from solver.readers.tensorflow.library.registry import op
from solver.readers.tensorflow.values import Value

RENAMED = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "stride": "strides",
    "pool_length": "pool_size",
    "atrous_rate": "dilation_rate",
    "dim_ordering": "data_format",
    "bias": "use_bias",
    "output_dim": "units",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "p": "rate",
    "sigma": "rate",
    "stddev": "rate",
}
"""Arguments and their names of today."""

FREE = words("init inner_init forget_bias_init beta_init gamma_init weights consume_less mode")
"""Arguments that decide neither shapes nor work."""

TWO_SIZES = words("Convolution2D AtrousConvolution2D SeparableConvolution2D Deconvolution2D")
"""Layers of Keras 1 whose kernel is two arguments, rows and columns."""

ORDERINGS = {"th": "channels_first", "tf": "channels_last", "default": None}

MODES = {"sum": "add", "mul": "multiply", "ave": "average", "max": "maximum"}


def modern(
    kind: str, takes: Collection[str], args: list[Value], keywords: dict[str, Value], *, plain: bool
) -> tuple[list[Value], dict[str, Value]]:
    """Return the arguments of a layer as they are written today.

    Parameters
    ----------
    kind
        The layer.
    takes
        The arguments that it has today; these are never renamed.
    args, keywords
        The arguments as given.
    plain
        Whether the program imports Keras by itself: its names of Keras 1 are then meant as Keras 1 did.
        ``tf.keras`` has the names, too, and counts a third number as a stride.
    """
    old = {key for key in keywords if key not in takes and (key in RENAMED or key in ("nb_row", "init"))}
    found: dict[str, Value] = {}
    for key, value in keywords.items():
        new = RENAMED.get(key, key) if key not in takes else key
        if key == "stride" and "pool_size" not in takes:  # never a word of convolutions
            new = key
        if key in FREE and key not in takes:
            continue
        if key == "dim_ordering" and isinstance(value, str):
            value = ORDERINGS.get(value, value)
        found[new if new in takes else key] = value
    if "nb_row" in found and "nb_col" in found:
        found["kernel_size"] = (found.pop("nb_row"), found.pop("nb_col"))
    sizes = args[1:3]
    numbers = len(sizes) == 2 and all(isinstance(size, int) for size in sizes)
    if not numbers or (kind not in TWO_SIZES and not (kind == "Conv2D" and old)):
        return args, found
    if not plain and not old:
        raise InputError(
            "this is how Keras 1 writes a kernel",
            field="kernel_size",
            found=f"{kind} with {args[1]} and {args[2]} by themselves",
            expected=f"Conv2D with ({args[1]}, {args[2]})",
        )
    rest = ("output_shape",) if kind == "Deconvolution2D" else ()
    more = dict(zip((*rest, "init", "activation"), args[3:], strict=False))
    more.pop("init", None)
    return [args[0], tuple(sizes)], more | found


@op(
    "tf.keras.layers.merge",
    "inputs mode='sum' concat_axis=-1 dot_axes=-1 output_shape=None output_mask=None arguments=None "
    "name=None",
)
def merge(a: Call) -> Value:
    """Join tensors: their sum, product, average, maximum, or one behind the other."""
    mode, tensors = a.known("mode", "a word or a function"), a.tensors("inputs")
    name = a.name("merge")
    if mode == "concat":
        return joined(a.graph, tensors, a.integers("concat_axis", least=-9)[0], name)
    if mode in MODES:
        return combine(a.graph, MODES[mode], tensors, f"{name}/")
    if isinstance(mode, str):
        expected = f"concat or one of {', '.join(MODES)}; Dot for dot and cos"
        raise a.error(" joins in a way that is not followed", field="mode", found=mode, expected=expected)
    return a.reader.call(mode, [a.get("inputs")], {}, a.line)
