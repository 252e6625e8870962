"""Layers in mRNA's block format: what a description means, and whether it is right."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from solver.arithmetic.numbers import sizes_text
from solver.errors import InputError, placed, unknown
from solver.layer import LSTM, RNN, Conv, FullyConnected, Layer, MaxPool
from solver.parsing.blocks import BLOCKS, ENTRIES, BlockDescription, parse_block
from solver.readers.padding import Padding, Pair, Sides, least_padding, padded_sides


def is_block(text: str) -> bool:
    """Whether a text is meant to be a layer in the block format, right or wrong."""
    first = re.search(r"^\s*(\w+)\s*([={])?", re.sub(r"(#|//).*", "", text))
    return first is not None and (bool(first[2]) or first[1] in (*ENTRIES, *BLOCKS))


def read_block(text: str, notes: list[str] | None = None) -> Layer:
    """Return the layer of a text in the block format.

    Parameters
    ----------
    text
        The whole file. X runs along rows and Y along columns; ``weight_x`` of a fully connected layer are its
        outputs and ``weight_y`` its inputs.
    notes
        Gets a sentence for what is read otherwise than the file's own tool does.

    Returns
    -------
    Layer
        Named ``<Model_Name>/<Layer_Number>``.

    Raises
    ------
    InputError
        If the text is not in the format, its sizes contradict each other, or its kind is not supported.
    """
    block = parse_block(text)
    kind = block.layer_type if block.layer_type in _KINDS else _kind_by_sizes(block)
    _expect(block, "output_batch", block.sizes["input_batch"], "input_batch")
    with placed(line=block.lines["Layer_Type"]):
        layer, *told = _KINDS[kind](block)
    if kind != block.layer_type:
        told.insert(0, f"its Layer_Type repeats its name, {block.layer_type}; only {kind} has its sizes")
    if notes is not None:
        notes += [f"{layer.name}: {note}" for note in told if note]
    return layer


Read = tuple[Layer, *tuple[str, ...]]
"""A layer and notes, of which those are empty for which there is no reason."""


def _kind_by_sizes(block: BlockDescription) -> str:
    """Return the only kind that the sizes fit, if the layer's own name stands where its kind should."""
    wrong = unknown("Layer_Type", block.layer_type, _KINDS)
    if block.layer_number.startswith(block.layer_type):
        fitting = []
        for kind, read in _KINDS.items():
            with contextlib.suppress(InputError):
                read(block)
                fitting.append(kind)
        if len(fitting) == 1:
            return fitting[0]
    raise wrong.at(line=block.lines["Layer_Type"], field="Layer_Type")


def _conv(block: BlockDescription) -> Read:
    sizes = block.sizes
    for key in ("hidden_x", "hidden_y", "hidden_channel"):
        _expect(block, key, 0, why="hidden sizes are for RNN only")
    # The format has no groups: every one of mRNA's files describes a grouped convolution one group a file.
    _expect(block, "weight_channel", sizes["input_channel"], "input_channel", why="the format has no groups")
    window, note = _window(block)
    # Its own tool computes with both, a part with either. Neither is sure, so no work is left out.
    counts = sizes["weight_number"], sizes["output_channel"]
    other = f"weight_number = {counts[0]} contradicts output_channel = {counts[1]}; read with the larger"
    return Conv(filters=max(counts), **window), note, other if counts[0] != counts[1] else ""


def _window(block: BlockDescription) -> tuple[dict[str, Any], str]:
    """Return what convolutions and pooling have in common, and a note on padding that is a guess."""
    sizes = block.sizes
    kernel = (sizes["weight_x"], sizes["weight_y"])
    stride = (sizes["stride_x"], sizes["stride_y"])
    size = (sizes["input_x"], sizes["input_y"])
    padding, note = _padding(block, size, kernel, stride)
    return {
        "name": _name(block),
        "batch": sizes["input_batch"],
        "input": (sizes["input_channel"], *size),
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
    }, note


def _padding(block: BlockDescription, size: Pair, kernel: Pair, stride: Pair) -> tuple[Sides, str]:
    """Return the padding, which the format does not state, that the output size tells."""
    output = (block.sizes["output_x"], block.sizes["output_y"])
    valid = ((size[0] - kernel[0]) // stride[0] + 1, (size[1] - kernel[1]) // stride[1] + 1)
    same = (-(-size[0] // stride[0]), -(-size[1] // stride[1]))
    schemes: tuple[tuple[Padding, Pair], ...] = (("valid", valid), ("same", same))
    for scheme, fitting in schemes:
        if output == fitting:
            return padded_sides(scheme, size=size, kernel=kernel, stride=stride), ""
    if all(1 <= valid[axis] <= output[axis] <= same[axis] for axis in (0, 1)):
        rows, columns = (least_padding(output[a], size[a], kernel[a], stride[a]) for a in (0, 1))
        around = f"{rows[0]} and {rows[1]} rows, {columns[0]} and {columns[1]} columns"
        note = (
            f"{sizes_text(output)} outputs fit neither VALID nor SAME padding; read with the least, {around}"
        )
        return (rows, columns), note
    key = "output_x" if output[0] not in (valid[0], same[0]) else "output_y"
    without, padded = f"{sizes_text(valid)} without padding (VALID)", f"{sizes_text(same)} with SAME"
    told = f"{without}, {padded}, or between" if min(valid) > 0 else f"no output without padding or {padded}"
    raise InputError(
        "the output size fits no padding up to SAME",
        line=block.lines[key],
        field=key,
        found=sizes_text(output),
        expected=f"{told}; YAML and the one-line notation can state any padding",
    )


def _fully_connected(block: BlockDescription) -> Read:
    sizes = block.sizes
    for key in ("hidden_x", "hidden_y", "hidden_channel"):
        _expect(block, key, 0, why="hidden sizes are for RNN only")
    for key in ("input_y", "input_channel", "output_y", "output_channel", "weight_channel", "weight_number"):
        _expect(block, key, 1, why="FC has x sizes only")
    layer = FullyConnected(
        name=_name(block), batch=sizes["input_batch"], inputs=sizes["input_x"], outputs=sizes["output_x"]
    )
    if (sizes["weight_x"], sizes["weight_y"]) == (sizes["input_x"], sizes["output_x"]):
        # Inputs and outputs are stated twice, so nothing is open. Equal sizes are transposed to themselves.
        square = sizes["input_x"] == sizes["output_x"]
        sides = f"{layer.inputs} inputs and {layer.outputs} outputs"
        return layer, "" if square else f"its weights are transposed; read with the {sides} that it states"
    _expect(block, "weight_y", sizes["input_x"], "input_x")
    _expect(block, "weight_x", sizes["output_x"], "output_x")
    return layer, ""


def _recurrent(block: BlockDescription) -> Read:
    inputs, hidden = block.sizes["input_x"], block.sizes["hidden_x"]
    if hidden < 1:
        raise _wrong(block, "hidden_x", "an integer of at least 1: RNN has a hidden state")
    _expect(block, "output_x", hidden, "hidden_x")
    _expect(block, "weight_y", inputs + hidden, "input_x + hidden_x")
    # The format tells one step of a sequence.
    step: dict[str, Any] = {
        "name": _name(block),
        "batch": block.sizes["input_batch"],
        "inputs": inputs,
        "hidden": hidden,
    }
    if block.sizes["weight_x"] == hidden:
        return RNN(
            **step
        ), f"one matrix of {inputs + hidden} x {hidden}: a plain RNN, not the four gates of an LSTM"
    why = "an LSTM step has four gates; hidden_x would be a plain RNN"
    _expect(block, "weight_x", 4 * hidden, "4 x hidden_x", why=why)
    return LSTM(**step), ""


def _pooling(block: BlockDescription) -> Read:
    for key in ("hidden_x", "hidden_y", "hidden_channel"):
        _expect(block, key, 0, why="hidden sizes are for RNN only")
    for key in ("weight_channel", "weight_number"):
        _expect(block, key, 1, why="pooling has one window for all channels")
    _expect(block, "output_channel", block.sizes["input_channel"], "input_channel")
    window, note = _window(block)
    return MaxPool(**window), note


_KINDS: dict[str, Callable[[BlockDescription], Read]] = {
    "CONV": _conv,
    "FC": _fully_connected,
    "RNN": _recurrent,
    "MAXPOOL": _pooling,
}


def _name(block: BlockDescription) -> str:
    return f"{block.model_name}/{block.layer_number}"


def _expect(block: BlockDescription, key: str, value: int, meaning: str = "", *, why: str = "") -> None:
    if block.sizes[key] != value:
        expected = f"{meaning} = {value}" if meaning else str(value)
        raise _wrong(block, key, f"{expected} ({why})" if why else expected)


def _wrong(block: BlockDescription, key: str, expected: str) -> InputError:
    return InputError(field=key, line=block.lines.get(key), found=str(block.sizes[key]), expected=expected)
