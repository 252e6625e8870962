"""What a layer is, and the loop nests that it becomes on the array.

A `Layer` is what the user describes. It is a `Primitive`, lowered to the eight loops that MAERI's controller
runs, or made of parts that are, or a `HostOperation`, which MAERI leaves to the host. Everything downstream
of the front ends reads the `LoopNest` only.
"""

from solver.layer.attention import Attention
from solver.layer.base import (
    BEST,
    INPUTS,
    STATIONARY,
    WEIGHTS,
    Decomposition,
    HostOperation,
    Layer,
    Loops,
    Part,
    Primitive,
)
from solver.layer.conv import Conv
from solver.layer.dense import BatchMatmul, FullyConnected, Gemm
from solver.layer.elementwise import Add, Multiply
from solver.layer.nest import DIMS, MAX_MACS, LoopNest, Reduction, check_positive
from solver.layer.pool import AveragePool, MaxPool, Pool
from solver.layer.recurrent import GRU, LSTM, RNN, Recurrent
from solver.layer.transposed import ConvTranspose

BY_FIELDS: tuple[type[Layer], ...] = (
    FullyConnected, Gemm, BatchMatmul, Add, Multiply, LSTM, GRU, RNN, Attention,
)  # fmt: skip
"""Kinds that people describe by their fields, in the order in which messages name them."""

__all__ = [
    "BEST",
    "BY_FIELDS",
    "DIMS",
    "GRU",
    "INPUTS",
    "LSTM",
    "MAX_MACS",
    "RNN",
    "STATIONARY",
    "WEIGHTS",
    "Add",
    "Attention",
    "AveragePool",
    "BatchMatmul",
    "Conv",
    "ConvTranspose",
    "Decomposition",
    "FullyConnected",
    "Gemm",
    "HostOperation",
    "Layer",
    "LoopNest",
    "Loops",
    "MaxPool",
    "Multiply",
    "Part",
    "Pool",
    "Primitive",
    "Recurrent",
    "Reduction",
    "check_positive",
]
