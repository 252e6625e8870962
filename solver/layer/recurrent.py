"""Recurrent layers: gates as matrix products over inputs and state, then elementwise phases, step after step.

Biases and activations are the host's. So are concatenating x and h and keeping the state between steps.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from solver.layer.base import Decomposition, HostOperation, Layer, Part, Primitive, check_counts
from solver.layer.dense import FullyConnected
from solver.layer.elementwise import Multiply


@dataclass(frozen=True, kw_only=True)
class Recurrent(Layer):
    """What the recurrent kinds have in common.

    Parameters
    ----------
    inputs, hidden
        Words of the input and of the hidden state at each step.
    steps
        Time steps of the sequence.
    batch
        Independent sequences.
    directions
        2 for bidirectional layers: a second layer of the same sizes runs backwards.
    """

    batch: int = 1
    inputs: int
    hidden: int
    steps: int = 1
    directions: int = 1

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "inputs", "hidden", "steps", "directions"))
        self.decompositions()

    @abstractmethod
    def step(self) -> tuple[Part, ...]:
        """Return the parts of one time step."""

    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return the parts of a time step, repeated for every step and direction."""
        times = self.steps * self.directions
        return (Decomposition("", tuple(Part(p.name, p.layer, p.repeats * times) for p in self.step())),)

    @property
    def parameters(self) -> int:
        """Weights of one step, the same in every step, for every direction."""
        return self.directions * sum(part.layer.parameters for part in self.step())

    def _gates(self, name: str, inputs: int, gates: int) -> Part:
        return Part(name, FullyConnected(batch=self.batch, inputs=inputs, outputs=gates * self.hidden))

    def _products(self, name: str, terms: int = 1) -> Part:
        layer: Primitive = Multiply(elements=self.batch * self.hidden, terms=terms)
        return Part(name, layer)

    def _host(self, operation: str, words: int) -> Part:
        elements = words * self.batch * self.hidden
        return Part(operation, HostOperation(operation=operation, elements=elements))


@dataclass(frozen=True, kw_only=True)
class LSTM(Recurrent):
    """Long short-term memory: c = f*c + i*g, h = o*tanh(c), with i, f, g, o from a product over (x, h)."""

    kind: ClassVar[str] = "lstm"

    def step(self) -> tuple[Part, ...]:
        """Return gates (I+H to 4H), cell and output phases, and the host's activations."""
        return (
            self._gates("gates", self.inputs + self.hidden, 4),
            self._host("sigmoid and tanh of the gates", 4),
            self._products("cell state", terms=2),
            self._host("tanh of the cell state", 1),
            self._products("hidden state"),
        )


@dataclass(frozen=True, kw_only=True)
class GRU(Recurrent):
    """Gated recurrent unit: h = (1-z)*n + z*h with update gate z, reset gate r and candidate n.

    Parameters
    ----------
    reset_after
        False (the original, and ONNX's default): n = tanh(W x + U (r*h)). True (PyTorch, Keras): n = tanh(W x
        + r*(U h)).
    """

    kind: ClassVar[str] = "gru"
    reset_after: bool = False

    def step(self) -> tuple[Part, ...]:
        """Return gates (I+H to 2H), candidate (I+H to H), elementwise phases, and the host's activations."""
        gates = (self._gates("gates", self.inputs + self.hidden, 2), self._host("sigmoid of the gates", 2))
        candidate: tuple[Part, ...]
        if self.reset_after:
            candidate = (
                self._gates("candidate of inputs", self.inputs, 1),
                self._gates("candidate of state", self.hidden, 1),
                self._products("reset and sum", terms=2),
            )
        else:
            candidate = (
                self._products("reset"),
                self._gates("candidate", self.inputs + self.hidden, 1),
            )
        return (
            *gates,
            *candidate,
            self._host("tanh of the candidate", 1),
            self._host("1 - update gate", 1),
            self._products("hidden state", terms=2),
        )


@dataclass(frozen=True, kw_only=True)
class RNN(Recurrent):
    """A vanilla recurrent layer: h = tanh(W (x, h))."""

    kind: ClassVar[str] = "rnn"

    def step(self) -> tuple[Part, ...]:
        """Return the product (I+H to H) and the host's activation."""
        return (
            self._gates("state", self.inputs + self.hidden, 1),
            self._host("tanh of the state", 1),
        )
