"""What the kinds of layers have in common: they are one loop nest, or made of parts.

A `Primitive` runs on the array as one nest (`solver.forms` knows the other ways to write it). Any other layer
is made of `Part`s: primitives, each run `repeats` times, and host operations, which MAERI does not run and
which are listed with their size. Where a layer can be taken apart in more than one way each is a
`Decomposition`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.layer.nest import LoopNest, check_positive
from solver.layer.window import taps

Shape = tuple[int, ...]
Times = Callable[[Any, IntArray], IntArray]
"""How the array multiplies weights and inputs, element by element."""

WEIGHTS, INPUTS = "weights", "inputs"
"""The operands that can stay in the multipliers."""

BEST = "best"
"""Asks for the form that costs least, whichever operand stays."""

STATIONARY = (BEST, WEIGHTS, INPUTS)
"""What a user may ask for."""


@dataclass(frozen=True)
class Part:
    """A step of a layer.

    Attributes
    ----------
    name
        What it computes, such as ``gates``.
    layer
        A `Primitive` or a `HostOperation`.
    repeats
        How often it runs, one time after the other.
    """

    name: str
    layer: Layer
    repeats: int = 1

    def __post_init__(self) -> None:
        check_positive("repeats", self.repeats)


@dataclass(frozen=True)
class Decomposition:
    """One way to take a layer apart; `name` is empty where there is no other."""

    name: str
    parts: tuple[Part, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all parts and repeats."""
        return sum(part.layer.macs * part.repeats for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Layer(ABC):
    """A layer as its user describes it; subclasses are the kinds."""

    kind: ClassVar[str] = ""
    name: str = ""

    @property
    def title(self) -> str:
        """What the layer is called where it is shown: its name, or its kind if it has none."""
        return self.name or self.kind

    @abstractmethod
    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return every way in which the layer can be run; at least one."""

    def parts(self) -> tuple[Part, ...]:
        """Return the steps of the layer, taken apart in the usual way (the first of `decompositions`)."""
        return self.decompositions()[0].parts

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer on the array."""
        return self.decompositions()[0].macs

    @property
    def parameters(self) -> int:
        """Words that the layer comes with, its weights; what another layer computes is none of them."""
        return sum(part.layer.parameters for part in self.parts())

    def to_dict(self) -> dict[str, Any]:
        """Return the layer under the keys of its YAML form; what is empty or not given is left out."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"kind": self.kind} | {k: _plain(v) for k, v in values.items() if v is not None and v != ""}


@dataclass(frozen=True, kw_only=True)
class Primitive(Layer):
    """A layer that the array runs as one loop nest.

    Attributes
    ----------
    trained
        Whether it comes with its weights.
    ones
        Whether its weights are ones; they have the shape of the nest's then.
    defined
        What `definition` is, in words.
    """

    trained: ClassVar[bool] = True
    ones: ClassVar[bool] = False
    defined: ClassVar[str] = "the layer's definition"

    @abstractmethod
    def nest(self) -> LoopNest:
        """Lower the layer to the loops that the array runs, the weights stationary."""

    @property
    @abstractmethod
    def input_shape(self) -> Shape:
        """Shape in which users give the input, unpadded."""

    @property
    def weight_shape(self) -> Shape:
        """Shape in which users give the weights; by default that of the nest, (G, K, C, R, S)."""
        nest = self.nest()
        return nest.G, nest.K, nest.C, nest.R, nest.S

    @property
    @abstractmethod
    def output_shape(self) -> Shape:
        """Shape of the output that users meet."""

    def loop_inputs(self, inputs: IntArray, fill: int) -> IntArray:
        """Return an input along the loops, (N, G, C, padded rows, padded columns); `fill` is the padding."""
        nest = self.nest()
        return inputs.reshape(nest.N, nest.G, nest.C, nest.input_rows, nest.input_cols)

    def loop_weights(self, weights: IntArray) -> IntArray:
        """Return weights along the loops, (G, K, C, R, S)."""
        nest = self.nest()
        return weights.reshape(nest.G, nest.K, nest.C, nest.R, nest.S)

    def own_output(self, outputs: IntArray) -> IntArray:
        """Return an output of the loops, (N, G, K, X, Y), in the layer's own shape."""
        return outputs.reshape(self.output_shape)

    @abstractmethod
    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return what the output is, from the layer's definition and nothing else."""

    @property
    def parameters(self) -> int:
        """Weights of the nest, unless they are constants or another layer's results."""
        return self.nest().weights if self.trained else 0

    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return the layer itself as the only part; kinds that leave work to the host add that."""
        return (Decomposition("", (Part("", self),)),)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the layer (comparisons for max pooling)."""
        return self.nest().macs


@dataclass(frozen=True, kw_only=True)
class HostOperation(Layer):
    """Work that MAERI does not run, such as softmax or normalisation: listed, and free on the array.

    Parameters
    ----------
    operation
        What it is, in the words of its model (``Softmax``, ``reshape``).
    elements
        Words of its result; 0 if not known.
    """

    kind: ClassVar[str] = "host"
    operation: str
    elements: int = 0

    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return the operation itself as the only part."""
        return (Decomposition("", (Part("", self),)),)

    @property
    def macs(self) -> int:
        """None on the array."""
        return 0

    @property
    def parameters(self) -> int:
        """None that are known."""
        return 0


@dataclass(frozen=True, kw_only=True)
class AsLoops(Primitive):
    """What layers have in common whose operands and outputs have the shapes of their loops."""

    defined: ClassVar[str] = "direct convolution"

    @property
    def input_shape(self) -> Shape:
        """(N, G, C, rows, columns)."""
        nest = self.nest()
        return nest.N, nest.G, nest.C, nest.input_rows, nest.input_cols

    @property
    def output_shape(self) -> Shape:
        """(N, G, K, X, Y)."""
        nest = self.nest()
        return nest.N, nest.G, nest.K, nest.X, nest.Y

    def loop_inputs(self, inputs: IntArray, fill: int) -> IntArray:
        """Return the inputs; rows and columns that no window touches may follow."""
        return inputs

    def definition(self, inputs: IntArray, weights: IntArray, times: Times, fill: int) -> IntArray:
        """Return the direct convolution along the loops."""
        nest = self.nest()
        result = np.zeros(self.output_shape, dtype=np.int64)
        for (g, k, c, r, s), weight in np.ndenumerate(weights):
            seen = taps(inputs[:, g, c], (r, s), (nest.X, nest.Y), nest.stride, nest.dilation)
            result[:, g, k] += times(weight, seen)
        return result


@dataclass(frozen=True, kw_only=True)
class Loops(AsLoops):
    """A loop nest given as it is: a phase of a transposed convolution, which is no layer of its own."""

    kind: ClassVar[str] = "loops"
    loops: LoopNest

    def nest(self) -> LoopNest:
        """Return the loops."""
        return self.loops

    def to_dict(self) -> dict[str, Any]:
        """Return the sizes of the loops, stride and dilation."""
        sizes = {f.name: _plain(getattr(self.loops, f.name)) for f in fields(LoopNest)}
        return {"kind": self.kind} | ({"name": self.name} if self.name else {}) | sizes


LENGTHS = {"input": 3, "kernel": 2, "stride": 2, "dilation": 2}
"""Items of the fields that are tuples."""


def check_counts(layer: Layer, names: Iterable[str]) -> None:
    """Raise an `InputError` unless the named fields of a layer, or all their items, are positive integers."""
    for name in names:
        value, length = getattr(layer, name), LENGTHS.get(name)
        if length is not None and (not isinstance(value, tuple) or len(value) != length):
            raise InputError(field=name, found=value, expected=f"a tuple of {length} integers of at least 1")
        for item in value if isinstance(value, tuple) else (value,):
            check_positive(name, item)


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
