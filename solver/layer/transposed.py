"""Transposed convolutions: the gradient of a convolution, or "deconvolution"."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import ClassVar

from solver.errors import InputError
from solver.layer.base import Decomposition, HostOperation, Layer, Loops, Part, check_counts
from solver.layer.nest import LoopNest
from solver.layer.window import NO_PADDING, Sides, check_groups, check_padding, reach

MAX_PHASES = 4096
"""Phases up to which a transposed convolution is taken apart into them (stride 64 in both directions)."""


@dataclass(frozen=True)
class Phase:
    """Along one axis: the outputs that meet the same filter taps.

    Output o (counted in the uncropped output) meets tap r if r x dilation = o modulo the stride. Outputs of
    one remainder are `outputs` many, one stride apart; the taps are `first`, `first + step`, ... (`taps`
    many).
    """

    remainder: int
    outputs: int
    first: int
    step: int
    taps: int

    @property
    def filter_taps(self) -> range:
        """Which taps they are."""
        return range(self.first, self.first + self.step * self.taps, self.step)


@dataclass(frozen=True, kw_only=True)
class ConvTranspose(Layer):
    """A transposed convolution: every input word is multiplied by the whole filter, a stride apart.

    It runs in one of two ways, whichever costs less. *zero insertion*: stride - 1 zeros are put between the
    input words and the result is convolved with stride 1, most multiplications being by zero. *phases*:
    stride x stride dense convolutions of the plain input, each with the filter taps that meet the outputs of
    one remainder modulo the stride; nothing is multiplied by an inserted zero. With more than `MAX_PHASES`
    of them there is only zero insertion.

    Parameters
    ----------
    input
        Channels (total over the groups), rows and columns.
    filters
        Output channels, total over the groups.
    kernel, stride, dilation
        (rows, columns).
    padding
        ((top, bottom), (left, right)) output words that are cut off.
    output_padding
        Rows and columns added at the bottom and on the right of the output.

    Raises
    ------
    InputError
        If a size is wrong, or nothing is left of the output.
    """

    kind: ClassVar[str] = "convtranspose"
    batch: int = 1
    input: tuple[int, int, int]
    filters: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: Sides = NO_PADDING
    output_padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        check_counts(self, ("batch", "filters", "groups", "input", "kernel", "stride", "dilation"))
        check_padding(self.padding)
        check_groups(self.groups, input_channels=self.input[0], filters=self.filters)
        for a in (0, 1):
            extra = self.output_padding[a]
            if not isinstance(extra, int) or isinstance(extra, bool) or extra < 0:
                raise InputError(field="output_padding", found=extra, expected="integers of at least 0")
            if extra >= max(self.stride[a], self.dilation[a]):
                expected = "less than the stride or the dilation"
                raise InputError(field="output_padding", found=extra, expected=expected)
            if self.output[1 + a] < 1:
                found = f"{self.padding[a][0]} + {self.padding[a][1]}"
                full = self.output[1 + a] + sum(self.padding[a])
                raise InputError(
                    "nothing is left of the output",
                    field="padding",
                    found=found,
                    expected=f"less than {full}",
                )
        self.decompositions()

    @property
    def output(self) -> tuple[int, int, int]:
        """Filters, output rows and output columns."""
        rows, cols = (
            (self.input[1 + a] - 1) * self.stride[a]
            + reach(self.kernel[a], self.dilation[a])
            + self.output_padding[a]
            - sum(self.padding[a])
            for a in (0, 1)
        )
        return self.filters, rows, cols

    def phases(self, axis: int) -> tuple[Phase, ...]:
        """Return the phases along an axis (0 rows, 1 columns) that have outputs and taps."""
        stride, dilation, kernel = self.stride[axis], self.dilation[axis], self.kernel[axis]
        step = stride // gcd(stride, dilation)
        start = self.padding[axis][0]
        stop = start + self.output[1 + axis]
        found = []
        for first in range(min(kernel, step)):  # a step further the remainders are the same again
            remainder = first * dilation % stride
            outputs = len(range(start + (remainder - start) % stride, stop, stride))
            if outputs:
                found.append(Phase(remainder, outputs, first, step, len(range(first, kernel, step))))
        return tuple(sorted(found, key=lambda phase: phase.remainder))

    def outputs_of(self, axis: int, phase: Phase) -> range:
        """Return the outputs of a phase along an axis."""
        start = (phase.remainder - self.padding[axis][0]) % self.stride[axis]
        return range(start, self.output[1 + axis], self.stride[axis])

    def inputs_of(self, axis: int, phase: Phase) -> range:
        """Return the input lines that a phase sees along an axis; those outside of the input are 0."""
        stride, dilation = self.stride[axis], self.dilation[axis]
        first_output = self.outputs_of(axis, phase).start + self.padding[axis][0]
        apart = phase.step * dilation // stride
        start = (first_output - phase.first * dilation) // stride - (phase.taps - 1) * apart
        return range(start, start + phase.outputs + (phase.taps - 1) * apart)

    @property
    def _most_phases(self) -> int:
        most = 1
        for a in (0, 1):
            step = self.stride[a] // gcd(self.stride[a], self.dilation[a])
            most *= min(self.kernel[a], step, self.output[1 + a])
        return most

    def decompositions(self) -> tuple[Decomposition, ...]:
        """Return the dense phases and, for strides above 1, the single convolution with inserted zeros."""
        inserted = (Part("", Loops(loops=self._inserted())),)
        if self.stride == (1, 1) or self._most_phases > MAX_PHASES:
            return (Decomposition("", inserted),)
        phases = [
            Part(f"phase {down.remainder},{right.remainder}", Loops(loops=self._phase_nest(down, right)))
            for down in self.phases(0)
            for right in self.phases(1)
        ]
        interleave = Part("interleave", HostOperation(operation="interleave phases", elements=self._words))
        return (
            Decomposition("phases", (*phases, interleave)),
            Decomposition("zero insertion", inserted),
        )

    @property
    def _words(self) -> int:
        filters, rows, cols = self.output
        return self.batch * filters * rows * cols

    def _inserted(self) -> LoopNest:
        _, rows, cols = self.output
        return self._nest(self.kernel, (rows, cols), self.dilation)

    def _phase_nest(self, down: Phase, right: Phase) -> LoopNest:
        # Taps one step apart read inputs dilation / gcd(stride, dilation) apart.
        rows, cols = (self.dilation[a] // gcd(self.stride[a], self.dilation[a]) for a in (0, 1))
        return self._nest((down.taps, right.taps), (down.outputs, right.outputs), (rows, cols))

    def _nest(self, kernel: tuple[int, int], outputs: tuple[int, int], dilation: tuple[int, int]) -> LoopNest:
        return LoopNest(
            R=kernel[0],
            S=kernel[1],
            C=self.input[0] // self.groups,
            K=self.filters // self.groups,
            G=self.groups,
            N=self.batch,
            X=outputs[0],
            Y=outputs[1],
            dilation=dilation,
        )
