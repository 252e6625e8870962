"""A form of a layer: its loop nest as it was written, and the steps to another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError, did_you_mean
from solver.forms.product import Product
from solver.forms.space_to_depth import SpaceToDepth
from solver.forms.step import COLUMNS, ROWS, Step
from solver.layer import INPUTS, WEIGHTS, LoopNest

DIRECT, PRODUCT = "direct", "product"
FAMILIES = (
    DIRECT,
    "mirrored",
    "space-to-depth",
    PRODUCT,
    "patches",
    "dilation-phases",
    "stacked-images",
    "strips",
)
"""What a user may allow; the direct form always is."""


@dataclass(frozen=True)
class Form:
    """A way to run a loop nest.

    Attributes
    ----------
    origin
        The nest as the layer was written.
    steps
        What is done to it, in this order; none in the direct form.
    """

    origin: LoopNest
    steps: tuple[Step, ...] = ()

    @cached_property
    def name(self) -> str:
        """What people call it: the steps, each kind once with the axes along which it is taken."""
        kinds: dict[str, list[str]] = {}
        for step in self._said:
            kind, _, axis = step.name.partition(" of ")
            kinds.setdefault(kind.replace("-", " "), []).append(axis)
        words = (f"{kind} of {' and '.join(axes)}" if axes[0] else kind for kind, axes in kinds.items())
        full = "full patches as a " if len(self._said) < len(self.steps) and self.copies > 1 else ""
        return full + (", ".join(words) or DIRECT)

    @property
    def stationary(self) -> str:
        """The operand that stays in the multipliers."""
        return stationary_of(self.name)

    @cached_property
    def families(self) -> frozenset[str]:
        """The families of the steps; what leads to a product is part of it."""
        return frozenset(step.family for step in self._said)

    @property
    def _said(self) -> tuple[Step, ...]:
        """The steps from the product on, where there is one."""
        families = [step.family for step in self.steps]
        return self.steps[families.index(PRODUCT) :] if PRODUCT in families else self.steps

    @cached_property
    def varied(self) -> bool:
        """Whether it is by strips, or a product in another loop than products are written in."""
        if PRODUCT not in self.families:
            return "strips" in self.families
        return not self.name.endswith(f"{PRODUCT}, {self.stationary} stationary")

    @property
    def over_channels(self) -> bool:
        """Whether it is a product with its inner dimension in C."""
        return any(isinstance(step, Product) and step.inner == "C" for step in self.steps)

    @cached_property
    def nest(self) -> LoopNest:
        """The loops that the array runs."""
        return reduce(lambda nest, step: step.nest(nest), self.steps, self.origin)

    @cached_property
    def copies(self) -> Fraction:
        """How many times memory holds each input word that is needed, on average; 1 if words only move."""
        return reduce(lambda product, pair: product * pair[0].copies(pair[1]), self._path(), Fraction(1))

    @property
    def layout(self) -> str:
        """What the form asks of memory, in words; empty for the direct form."""
        if not self.steps:
            return ""
        nest, images = self.nest, "" if self.nest.N == 1 else f"{self.nest.N} images of "
        rows, columns, channels = nest.input_rows, nest.input_cols, nest.C * nest.G
        plural, groups = "s" * (channels > 1), f"{nest.G} groups of " if nest.G > 1 else ""
        held = f"input as {self._phases}{images}{channels:,} channel{plural} of {rows:,} x {columns:,}"
        held += self._zeros
        if PRODUCT in self.families:
            held = (
                f"operands as {groups}{images}{nest.X * nest.Y:,} streamed and {nest.K:,} stationary vectors "
                f"of {nest.R * nest.S * nest.C:,} words"
            )
        return held + (f", each input word {float(self.copies):.3g} times" if self.copies > 1 else "")

    @property
    def _phases(self) -> str:
        """Along which axes the input is taken apart, and how often."""
        strides = {
            step.axis: nest.stride[step.axis] for step, nest in self._path() if isinstance(step, SpaceToDepth)
        }
        return f"{strides.get(ROWS, 1)} x {strides.get(COLUMNS, 1)} phases: " if strides else ""

    @property
    def _zeros(self) -> str:
        """How much of the filters is padding, which is multiplied like everything else."""
        share = 1 - self.origin.weights / self.nest.weights
        return f", {100 * share:.2g} % of the filter words are zeros" if share > 0 else ""

    def to_dict(self) -> dict[str, Any]:
        """Return what the form is called and asks of memory."""
        return {"name": self.name, "layout": self.layout, "copies": float(self.copies)}

    def then(self, step: Step) -> Form:
        """Return the form with one more step, or this one if the step does not apply to it."""
        if not step.applies(self.nest):
            return self
        longer = Form(self.origin, (*self.steps, step))
        longer.__dict__["nest"] = step.nest(self.nest)  # not all steps again for each of hundreds of forms
        return longer

    def operands(self, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Return the operands of the form's nest.

        Parameters
        ----------
        inputs
            Of the origin: (N, G, C, padded rows, padded columns).
        weights
            Of the origin: (G, K, C, R, S).

        Returns
        -------
        tuple of ndarray
            The same axes, of the form's nest.
        """
        for step, nest in self._path():
            inputs, weights = step.operands(nest, inputs, weights)
        return inputs, weights

    def outputs(self, array: IntArray) -> IntArray:
        """Return an output (N, G, K, X, Y) of the form's nest as one of the origin."""
        for step, nest in reversed(list(self._path())):
            array = step.outputs(nest, array)
        return array

    def _path(self) -> Iterator[tuple[Step, LoopNest]]:
        """Yield each step and the nest before it."""
        nest = self.origin
        for step in self.steps:
            yield step, nest
            nest = step.nest(nest)


def stationary_of(name: str) -> str:
    """Return the operand that stays in the multipliers in a form of some name."""
    return INPUTS if f"{INPUTS} stationary" in name else WEIGHTS


def families_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the families that a user names.

    Raises
    ------
    InputError
        If one is unknown.
    """
    for name in names:
        if name not in FAMILIES:
            hint = did_you_mean(name, FAMILIES)
            raise InputError(field="forms", found=f"{name}{hint}", expected=f"some of {', '.join(FAMILIES)}")
    return frozenset(names)
