"""A TensorFlow Lite model written with the package's own builders; needs tflite."""

from __future__ import annotations

from typing import Any

import flatbuffers
import tflite

OPERATOR = tflite.BuiltinOperator

TENSORS = [
    ([1, 9, 9, 3], [-1, 9, 9, 3], 0),
    ([8, 3, 3, 3], None, 1),
    ([1, 5, 5, 8], None, 0),
    ([1, 2, 2, 8], None, 0),
    ([4, 32], None, 1),
    ([1, 4], None, 0),
    ([1, 4], None, 0),
]
"""Shape, open shape, and buffer (1 has data) of every tensor."""


def vector(b: Any, start: Any, items: list[int], put: Any) -> int:
    start(b, len(items))
    for item in reversed(items):
        put(item)
    return int(b.EndVector())


def options(b: Any, kind: str, **values: int) -> int:
    getattr(tflite, f"{kind}Start")(b)
    for name, value in values.items():
        getattr(tflite, f"{kind}Add{name}")(b, value)
    return int(getattr(tflite, f"{kind}End")(b))


def model() -> bytes:
    b = flatbuffers.Builder(1024)
    names = [b.CreateString(f"t{i}") for i in range(len(TENSORS))]
    data = b.CreateByteVector(bytes(4))
    buffers = []
    for number in (0, 1):
        tflite.BufferStart(b)
        if number:
            tflite.BufferAddData(b, data)
        buffers.append(tflite.BufferEnd(b))
    tensors = []
    for (shape, signature, buffer), name in zip(TENSORS, names, strict=True):
        sizes = vector(b, tflite.TensorStartShapeVector, shape, b.PrependInt32)
        open_sizes = signature and vector(
            b, tflite.TensorStartShapeSignatureVector, signature, b.PrependInt32
        )
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, sizes)
        if open_sizes:
            tflite.TensorAddShapeSignature(b, open_sizes)
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, name)
        tensors.append(tflite.TensorEnd(b))
    dilation = {"DilationWFactor": 1, "DilationHFactor": 1}
    calls: list[tuple[int, int, int, list[int], int]] = [
        (OPERATOR.CONV_2D, tflite.BuiltinOptions.Conv2DOptions,
         options(b, "Conv2DOptions", Padding=0, StrideW=2, StrideH=2, **dilation), [0, 1], 2),
        (OPERATOR.MAX_POOL_2D, tflite.BuiltinOptions.Pool2DOptions,
         options(b, "Pool2DOptions", Padding=1, StrideW=2, StrideH=2, FilterWidth=2, FilterHeight=2), [2], 3),
        (OPERATOR.FULLY_CONNECTED, tflite.BuiltinOptions.FullyConnectedOptions,
         options(b, "FullyConnectedOptions"), [3, 4], 5),
        (OPERATOR.SOFTMAX, tflite.BuiltinOptions.SoftmaxOptions, options(b, "SoftmaxOptions"), [5], 6),
    ]  # fmt: skip
    codes, operators = [], []
    for number, (code, kind, given, inputs, output) in enumerate(calls):
        tflite.OperatorCodeStart(b)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, code)
        tflite.OperatorCodeAddBuiltinCode(b, code)
        codes.append(tflite.OperatorCodeEnd(b))
        sources = vector(b, tflite.OperatorStartInputsVector, inputs, b.PrependInt32)
        results = vector(b, tflite.OperatorStartOutputsVector, [output], b.PrependInt32)
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, number)
        tflite.OperatorAddInputs(b, sources)
        tflite.OperatorAddOutputs(b, results)
        tflite.OperatorAddBuiltinOptionsType(b, kind)
        tflite.OperatorAddBuiltinOptions(b, given)
        operators.append(tflite.OperatorEnd(b))
    put = b.PrependUOffsetTRelative
    lists = [
        vector(b, tflite.SubGraphStartTensorsVector, tensors, put),
        vector(b, tflite.SubGraphStartInputsVector, [0], b.PrependInt32),
        vector(b, tflite.SubGraphStartOutputsVector, [6], b.PrependInt32),
        vector(b, tflite.SubGraphStartOperatorsVector, operators, put),
    ]
    tflite.SubGraphStart(b)
    for name, items in zip(("Tensors", "Inputs", "Outputs", "Operators"), lists, strict=True):
        getattr(tflite, f"SubGraphAdd{name}")(b, items)
    graphs = vector(b, tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(b)], put)
    kinds = vector(b, tflite.ModelStartOperatorCodesVector, codes, put)
    stores = vector(b, tflite.ModelStartBuffersVector, buffers, put)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, kinds)
    tflite.ModelAddSubgraphs(b, graphs)
    tflite.ModelAddBuffers(b, stores)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())
