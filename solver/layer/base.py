"""What the kinds of layers have in common: they are one loop nest, or made of parts.

A `Primitive` runs on the array as one nest (`solver.forms` knows the other ways to write it). Any other layer
is made of `Part`s: primitives, each run `repeats` times, and host operations, which MAERI does not run and
which are listed with their size. Where a layer can be taken apart in more than one way each is a
`Decomposition`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from solver.errors import InputError
from solver.layer.nest import LoopNest, check_positive

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
    """A layer that the array runs as one loop nest; `trained` tells whether it comes with its weights."""

    trained: ClassVar[bool] = True

    @abstractmethod
    def nest(self) -> LoopNest:
        """Lower the layer to the loops that the array runs, the weights stationary."""

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
class Loops(Primitive):
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
