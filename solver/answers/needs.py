"""What a network needs to lie in memory, beside what there is of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from solver.cost.bounds import compulsory_inputs
from solver.hardware import Hardware
from solver.hardware.memory import PrefetchBuffer
from solver.hardware.words import OPERANDS, WordBytes
from solver.keyed import Keyed, keyed
from solver.layer import Layer, Primitive

USUAL = WordBytes.same(2)
"""Words of hardware that describes no prefetch buffer."""


@dataclass(frozen=True)
class Held(Keyed):
    """A tensor, or all tensors of a layer.

    Attributes
    ----------
    what, bytes
        Whose it is, and its size.
    """

    KEYS = "name=what bytes"

    what: str
    bytes: int


@dataclass(frozen=True)
class Needs:
    """Bytes of a network's tensors, inputs with their padding, layer by layer as they are written.

    Attributes
    ----------
    word_bytes
        Bytes of a word of each operand.
    weights
        The parameters of all layers; operands that another layer computes are none.
    activations
        The results of all layers together.
    largest_tensor
        The largest operand or result of a layer.
    largest_layer
        The layer whose operands and results are largest together: what holds it whole holds every layer.
    buffer
        The prefetch buffer, None where none is described: then the model takes it to hold every layer.
    fitting, layers
        Layers whose operands and results the buffer holds whole, and how many there are on the array.
    """

    word_bytes: WordBytes
    weights: int
    activations: int
    largest_tensor: Held
    largest_layer: Held
    buffer: PrefetchBuffer | None
    fitting: int
    layers: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        keys = "word_bytes weights_bytes=weights activations_bytes=activations largest_tensor largest_layer"
        return {
            **keyed(self, keys),
            "buffer_bytes": self.buffer.bytes if self.buffer else None,
            "fitting_layers": self.fitting if self.buffer else None,
            "layer_count": self.layers,
        }


def needs_of(layers: Sequence[Layer], hardware: Hardware) -> Needs | None:
    """Return what layers need in memory, or None if none of them runs on the array."""
    buffer = hardware.memory.buffer if hardware.memory else None
    sizes = buffer.sizes if buffer else USUAL
    tensors: list[Held] = []
    largest: list[Held] = []
    fitting = count = activations = 0
    for layer in layers:
        name = layer.title
        whole = True
        held: list[dict[str, int]] = []
        for part in layer.parts():
            if not isinstance(part.layer, Primitive):
                continue
            bytes_ = _bytes(part.layer, sizes)
            held.append(bytes_)
            activations += bytes_["outputs"] * part.repeats
            of = f"{name}, {part.name}" if part.name and len(layer.parts()) > 1 else name
            tensors += [Held(f"{operand} of {of}", bytes_[operand]) for operand in OPERANDS]
            largest.append(Held(of, sum(bytes_.values())))
            whole &= buffer is not None and _fits(bytes_, buffer)
        if held:
            count += 1
            fitting += whole
    if not count:
        return None
    parameters = sum(layer.parameters for layer in layers)
    return Needs(
        sizes,
        parameters * sizes.weights,
        activations,
        _largest(tensors),
        _largest(largest),
        buffer,
        fitting,
        count,
    )


def _bytes(layer: Primitive, sizes: WordBytes) -> dict[str, int]:
    nest = layer.nest()
    words = {"weights": nest.weights, "inputs": compulsory_inputs(nest), "outputs": nest.outputs}
    return {operand: count * sizes.of(operand) for operand, count in words.items()}


def _fits(held: dict[str, int], buffer: PrefetchBuffer) -> bool:
    if buffer.capacity is not None:
        return sum(held.values()) <= buffer.capacity
    return all(held[operand] <= getattr(buffer, operand) for operand in OPERANDS)


def _largest(found: Iterable[Held]) -> Held:
    return max(found, key=lambda held: held.bytes)
