"""Layers of TensorFlow Lite models (``.tflite``): every tensor's shape is in the file."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from solver.errors import InputError, MissingDependencyError
from solver.files import read_bytes
from solver.layer import AveragePool, Conv, ConvTranspose, HostOperation, Layer, MaxPool, Pool
from solver.readers.dims import Dims
from solver.readers.operators import (
    Shape,
    elementwise_product,
    elementwise_sum,
    matrix_product,
    words,
)
from solver.readers.padding import Sides, padded_sides
from solver.readers.pointwise import Pointwise
from solver.readers.reading import Gathering, Reading

UNCOUNTED = frozenset(
    words(
        "CONV_3D CONV_3D_TRANSPOSE LSTM UNIDIRECTIONAL_SEQUENCE_LSTM BIDIRECTIONAL_SEQUENCE_LSTM RNN SVDF "
        "UNIDIRECTIONAL_SEQUENCE_RNN BIDIRECTIONAL_SEQUENCE_RNN WHILE IF CALL_ONCE CUSTOM L2_POOL_2D"
    )
)
"""Operators with work for the array that have no lowering here."""


def read_tflite(source: str, dims: Dims) -> Reading:
    """Return the layers of a TensorFlow Lite model; needs the package `tflite`.

    Parameters
    ----------
    source
        The file. Weights are not read.
    dims
        The batch, which the file may leave open; other sizes are in the file.

    Raises
    ------
    InputError
        If it is no such file, or damaged.
    MissingDependencyError
        If `tflite` is not installed.
    """
    try:
        import tflite
    except ImportError as error:
        raise MissingDependencyError(
            f"reading .tflite files needs the tflite package ({error}): pip install 'maeri-solver[tflite]'"
        ) from None
    dims.refuse("--dim", "--value", "--call", file=source, why="a .tflite file states its sizes")
    data = read_bytes(source)
    wrong = InputError(file=source, found="no TensorFlow Lite model", expected="a .tflite file, whole")
    if data[4:8] != b"TFL3":
        raise wrong
    try:
        return _Model(tflite, data, source, dims).reading()
    except (
        struct.error,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        UnicodeDecodeError,
        OverflowError,
        MemoryError,
    ):
        raise wrong from None  # what the reader of flatbuffers makes of offsets that lead nowhere


class _Model:
    def __init__(self, tflite: Any, data: bytes, file: str, dims: Dims) -> None:
        model = tflite.Model.GetRootAs(data, 0)
        self._tflite, self._model, self._file, self._dims = tflite, model, file, dims
        graph = model.Subgraphs(0)
        self._graph = graph
        self._names = {
            value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)
        }
        inputs = {graph.Inputs(i) for i in range(graph.InputsLength())}
        signatures = [self._signature(i) for i in sorted(inputs)]
        is_open = any(shape and shape[0] == -1 for shape in signatures)
        if not is_open:
            dims.refuse_batch(file)
        self._batch = (dims.batch or 1) if is_open else None
        self.shapes = {i: self._shape(i) for i in range(graph.TensorsLength())}
        self.fixed = {
            i
            for i in range(graph.TensorsLength())
            if i not in inputs and model.Buffers(graph.Tensors(i).Buffer()).DataLength() > 0
        }
        self.pointwise: Pointwise[int] = Pointwise(lambda i: math.prod(self.shapes[i]))

    def _signature(self, index: int) -> Sequence[int]:
        tensor = self._graph.Tensors(index)
        return [tensor.ShapeSignature(axis) for axis in range(tensor.ShapeSignatureLength())]

    def _shape(self, index: int) -> Shape:
        tensor = self._graph.Tensors(index)
        shape = [int(tensor.Shape(axis)) for axis in range(tensor.ShapeLength())]
        signature = self._signature(index)
        if self._batch is not None and signature and signature[0] == -1:
            shape[0] = shape[0] * self._batch
        return tuple(shape)

    def reading(self) -> Reading:
        gathering, errors = Gathering(), list[InputError]()
        if self._batch is not None and self._dims.batch is None:
            gathering.assume_batch()
        if self._model.SubgraphsLength() > 1:
            gathering.miss(f"{self._model.SubgraphsLength() - 1} graphs beside the first are not counted")
        for number in range(self._graph.OperatorsLength()):
            call = self._call(number)
            try:
                self._read(call, gathering)
            except InputError as error:
                errors.append(error.inside(f"{call.operator} {call.name}").at(file=self._file))
        return gathering.network(self._file, errors, "no operation")

    def _call(self, number: int) -> _Call:
        operator = self._graph.Operators(number)
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if kind not in self._names:
            expected = f"one that the installed tflite knows, up to {max(self._names)}"
            raise InputError(file=self._file, found=f"operator {kind}", expected=expected)
        name = self._names[kind]
        inputs = [operator.Inputs(i) for i in range(operator.InputsLength())]
        outputs = [operator.Outputs(i) for i in range(operator.OutputsLength())]
        tensor = self._graph.Tensors(outputs[0]) if outputs else None
        text = tensor.Name() if tensor is not None else None
        label = text.decode() if text else name.lower()
        return _Call(self, self._tflite, operator, name, label, inputs, outputs)

    def _read(self, call: _Call, gathering: Gathering) -> None:
        active = [i for i in call.inputs if i >= 0]
        if call.outputs and active and all(i in self.fixed for i in active):
            self.fixed.update(call.outputs)
            return
        reader = READERS.get(call.operator)
        given = [self.shapes[i] for i in (*call.inputs[:2], *call.outputs[:1]) if i >= 0]
        if reader and gathering.is_nothing(f"{call.operator} {call.name}", *given):
            return
        layer = reader(call) if reader else None
        if isinstance(layer, (Conv, ConvTranspose, Pool)):
            channels, rows, columns = layer.output
            stated, found = call.result, (layer.batch, rows, columns, channels)
            if math.prod(stated) != math.prod(found):  # a mean may have lost its rows and columns
                raise InputError("the sizes contradict each other", found=str(found), expected=str(stated))
        if call.outputs:
            self.pointwise.combine(
                call.operator.replace("LOGISTIC", "SIGMOID"), active, call.outputs[0], self.fixed
            )
        if layer is None:
            elements = math.prod(call.result) if call.outputs else 0
            layer = HostOperation(name=call.name, operation=call.operator.lower(), elements=elements)
            if call.operator in UNCOUNTED:
                gathering.unlowered(call.name, call.operator)
        gathering.add(layer)


@dataclass(frozen=True)
class _Call:
    """An operator with its tensors."""

    model: _Model
    tflite: Any
    node: Any
    operator: str
    name: str
    inputs: list[int]
    outputs: list[int]

    def shape(self, position: int) -> Shape:
        return self.model.shapes[self.inputs[position]]

    @property
    def result(self) -> Shape:
        return self.model.shapes[self.outputs[0]]

    def is_fixed(self, position: int) -> bool:
        return self.inputs[position] in self.model.fixed

    def options(self, kind: str) -> Any:
        """Return the operator's options, read as a table of some kind."""
        table, found = self.node.BuiltinOptions(), getattr(self.tflite, kind)()
        if table is None:
            raise InputError("an operator without its options", expected=kind)
        found.Init(table.Bytes, table.Pos)
        return found


def _image(shape: Shape) -> tuple[int, tuple[int, int, int]]:
    """Return batch and (channels, rows, columns) of a tensor with the channels last."""
    batch, rows, columns, channels = shape
    return batch, (channels, rows, columns)


def _sides(options: Any, size: tuple[int, int], kernel: tuple[int, int], stride: Any, dilation: Any) -> Sides:
    scheme = "same" if options.Padding() == 0 else "valid"
    return padded_sides(scheme, size=size, kernel=kernel, stride=stride, dilation=dilation)  # type: ignore[arg-type]


def _conv(a: _Call) -> Layer:
    deep = a.operator == "DEPTHWISE_CONV_2D"
    options = a.options("DepthwiseConv2DOptions" if deep else "Conv2DOptions")
    batch, image = _image(a.shape(0))
    first, rows, columns, last = a.shape(1)
    kernel = (rows, columns)
    stride = (options.StrideH(), options.StrideW())
    dilation = (options.DilationHFactor(), options.DilationWFactor())
    return Conv(
        name=a.name,
        batch=batch,
        input=image,
        filters=last if deep else first,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=_sides(options, image[1:], kernel, stride, dilation),
        groups=image[0] if deep else image[0] // last,
    )


def _transposed(a: _Call) -> Layer:
    options = a.options("TransposeConvOptions")
    batch, image = _image(a.shape(2))
    filters, rows, columns, _ = a.shape(1)
    stride = (options.StrideH(), options.StrideW())
    wanted, kernel = a.result[1:3], (rows, columns)
    cut = [max((image[1 + i] - 1) * stride[i] + kernel[i] - wanted[i], 0) for i in (0, 1)]
    extra = [max(wanted[i] - (image[1 + i] - 1) * stride[i] - kernel[i], 0) for i in (0, 1)]
    return ConvTranspose(
        name=a.name,
        batch=batch,
        input=image,
        filters=filters,
        kernel=kernel,
        stride=stride,
        padding=((cut[0] // 2, cut[0] - cut[0] // 2), (cut[1] // 2, cut[1] - cut[1] // 2)),
        output_padding=(extra[0], extra[1]),
    )


def _pool(a: _Call) -> Layer:
    options = a.options("Pool2DOptions")
    batch, image = _image(a.shape(0))
    kernel = (options.FilterHeight(), options.FilterWidth())
    stride = (options.StrideH(), options.StrideW())
    sides = _sides(options, image[1:], kernel, stride, (1, 1))
    sizes: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": sides}
    if a.operator == "MAX_POOL_2D":
        return MaxPool(name=a.name, batch=batch, input=image, **sizes)
    return AveragePool(name=a.name, batch=batch, input=image, count_padding=False, **sizes)


def _mean(a: _Call) -> Layer | None:
    """Return the mean over rows and columns, which is global average pooling; other means are the host's."""
    x, result = a.shape(0), a.result
    if len(x) != 4 or math.prod(result) != x[0] * x[3] or (x[1], x[2]) == (1, 1):
        return None
    batch, image = _image(x)
    return AveragePool(name=a.name, batch=batch, input=image)


def _fully_connected(a: _Call) -> Layer:
    outputs, inputs = a.shape(1)
    rows = math.prod(a.shape(0)) // inputs
    return matrix_product(a.name, (rows, inputs), (inputs, outputs), weights=a.is_fixed(1))


def _matmul(a: _Call) -> Layer:
    options = a.options("BatchMatMulOptions")
    left, right = a.shape(0), a.shape(1)
    left = (*left[:-2], left[-1], left[-2]) if options.AdjX() else left
    right = (*right[:-2], right[-1], right[-2]) if options.AdjY() else right
    return matrix_product(a.name, left, right, weights=a.is_fixed(1))


def _pair(combine: Callable[[str, list[Shape]], Layer]) -> Callable[[_Call], Layer | None]:
    def read(a: _Call) -> Layer | None:
        positions = range(len(a.inputs))
        if any(a.is_fixed(i) for i in positions) or a.model.pointwise.same(a.inputs[0], a.inputs[1]):
            return None
        return combine(a.name, [a.shape(i) for i in positions])

    return read


READERS: dict[str, Callable[[_Call], Layer | None]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _conv,
    "TRANSPOSE_CONV": _transposed,
    "MAX_POOL_2D": _pool,
    "AVERAGE_POOL_2D": _pool,
    "MEAN": _mean,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _matmul,
    "ADD": _pair(elementwise_sum),
    "ADD_N": _pair(elementwise_sum),
    "MUL": _pair(lambda name, shapes: elementwise_product(name, shapes[0], shapes[1])),
}
"""The operators that may be layers; None where a call is not."""
