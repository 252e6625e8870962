"""What a front end makes of a model, and how it gathers it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.answers.displayed import Shown
from solver.errors import MAX_OTHERS, InputError
from solver.layer import HostOperation, Layer

LISTED = 12
"""Most names of layers that a message lists."""


@dataclass(frozen=True, repr=False)
class Reading(Shown):
    """The layers of a model and what its user should know about how they were read.

    Parameters
    ----------
    layers
        In the order in which the model runs them.
    notes
        Sentences: what was assumed, and what is in the model but not in the layers.
    errors
        Why layers are missing: wrong files of a folder, or the place from which on a program could not be
        followed. Without errors the layers are all of the model's.
    uncounted
        Those of the notes that tell of work for the array which is in none of the layers: totals are too low.
    """

    layers: tuple[Layer, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[InputError, ...] = ()
    uncounted: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How many layers of which kinds, in a few words."""
        kinds = Counter(layer.kind for layer in self.layers)
        return ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "no layers"

    def counted(self, file: str) -> Reading:
        """Return the reading, or raise if all that the array would do is in none of the layers."""
        if self.uncounted and all(isinstance(layer, HostOperation) for layer in self.layers):
            what, _, way = self.uncounted[0].partition("; ")
            more = f"; and {len(self.uncounted) - 1} more" if len(self.uncounted) > 1 else ""
            raise InputError(
                "nothing of the model's work for the array can be counted",
                file=file,
                found=what + more,
                expected=way or "a layer that has a lowering",
            )
        return self

    def only(self, names: Sequence[str], file: str) -> Reading:
        """Return the layers of some names alone; what is wrong elsewhere does not matter then.

        Raises
        ------
        InputError
            If there is no layer of a name. Where other mistakes may be the reason, the first is told.
        """
        known = {layer.name: layer for layer in self.layers}
        for name in names:
            if name not in known:
                close = difflib.get_close_matches(name, list(known), n=1)
                hint = f" (did you mean {close[0]}?)" if close else ""
                few = ", ".join(known)
                many = few if len(known) <= LISTED else f"{len(known)} names, which `convert` lists"
                expected = f"one of {many}" if known else "layers"
                missing = InputError(
                    f"unknown layer{hint}", file=file, field="--layer", found=name, expected=expected
                )
                raise InputError(f"{missing}\n{self.errors[0]}") if self.errors else missing
        return Reading(tuple(known[name] for name in dict.fromkeys(names)), self.notes)

    def complete(self) -> Reading:
        """Return the reading, or raise the first of its errors, the others below it."""
        if not self.errors:
            return self
        first, *others = self.errors
        if others:
            more = "".join(f"\n{error}" for error in others[:MAX_OTHERS])
            hidden = len(others) - MAX_OTHERS
            more += f"\nand {hidden} more mistakes" if hidden > 0 else ""
            first = InputError(f"{first}{more}")
        raise first


class Gathering:
    """The layers and notes of a model while it is read; every name is given once."""

    def __init__(self) -> None:
        self.layers: list[Layer | None] = []
        self.notes: list[str] = []
        self.uncounted: list[str] = []
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}

    def add(self, layer: Layer) -> int:
        """Add a layer, its name made printable and unique by a number, and return its position."""
        name = "".join(c if c.isprintable() else "_" for c in layer.name).strip() or layer.kind
        self.layers.append(replace(layer, name=self._unique(name)))
        return len(self.layers) - 1

    def drop(self, position: int) -> None:
        """Take back a layer; the positions of the others stay."""
        layer = self.layers[position]
        if layer is not None:
            self._names.discard(layer.name)
            self._numbers.clear()
            self.layers[position] = None

    def note(self, text: str) -> None:
        """Add a note unless it was made before."""
        if text not in self.notes:
            self.notes.append(text)

    def miss(self, text: str) -> None:
        """Make a note of work for the array that is in none of the layers."""
        self.note(text)
        if text not in self.uncounted:
            self.uncounted.append(text)

    def is_nothing(self, what: str, *shapes: Sequence[int] | None) -> bool:
        """Whether a layer's tensors have no elements, as the keys of an earlier run that was none; noted."""
        found = any(shape is not None and 0 in shape for shape in shapes)
        if found:
            self.note(f"{what} is of tensors without elements: nothing to do")
        return found

    def assume_batch(self) -> None:
        """Make a note that a batch which the model leaves open is 1."""
        self.note("the batch is open and taken as 1 (say which by batch)")

    def unlowered(self, name: str, operation: str) -> None:
        """Make a note of a host operation that is one for the array, listed only as it has no lowering."""
        self.miss(f"{name}: {operation} is listed as a host operation, its work not counted")

    def network(
        self,
        file: str,
        errors: Sequence[InputError],
        found: str = "no operation on the inputs",
        field: str | None = None,
    ) -> Reading:
        """Return what was gathered, and what went wrong; raise `InputError` if that is nothing at all."""
        if not self.layers and not errors:
            raise InputError(file=file, found=found, expected="a network", field=field)
        return self.reading(*errors)

    def reading(self, *errors: InputError) -> Reading:
        """Return what was gathered, and what went wrong."""
        layers = tuple(layer for layer in self.layers if layer is not None)
        return Reading(layers, tuple(self.notes), errors, tuple(self.uncounted))

    def _unique(self, name: str) -> str:
        result, number = name, self._numbers.get(name, 1)
        while result in self._names:
            number += 1
            result = f"{name}_{number}"
        self._names.add(result)
        self._numbers[name] = number
        return result
