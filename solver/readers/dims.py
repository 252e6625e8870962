"""What the user says of a model: the sizes that it leaves open, and which of its layers are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from solver.errors import InputError, unknown


@dataclass(frozen=True)
class Dims:
    """What the user says of a model.

    Parameters
    ----------
    batch
        The images or sequences at once (``--batch``); None where the user says nothing, which counts as 1.
    sizes
        The sizes by name (``--dim NAME=SIZE``). The name is the model's own, or ``input:axis`` (from 0) if
        the model has none.
    values
        Values of inputs that decide which branch a model takes (``--value NAME=V``).
    call
        The call that builds the model of a program (``--call``).
    layers
        Names of the only layers that are wanted (``--layer``); all if empty.
    """

    batch: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    call: str | None = None
    layers: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The options that say something of the model itself."""
        said = {
            "--batch": self.batch is not None,
            "--dim": self.sizes,
            "--value": self.values,
            "--call": self.call,
        }
        return tuple(option for option, value in said.items() if value)

    def refuse(self, *options: str, file: str, why: str) -> None:
        """Raise an `InputError` if one of some options was used for a model that has no use for it."""
        for option in options:
            if option in self.used:
                raise InputError(file=file, field=option, found="some", expected=f"none: {why}")

    def refuse_batch(self, file: str, found: str | None = None, what: str = "model") -> None:
        """Raise an `InputError` if a batch was given for a model that leaves none open."""
        if self.batch is not None:
            raise InputError(
                f"the {what} fixes its batch", file=file, field="--batch", found=found, expected="no --batch"
            )

    def check_names(self, known: Iterable[str], *, file: str) -> None:
        """Raise an `InputError` if a size was given for a name that the model does not have."""
        known = list(known)
        for name in self.sizes:
            if name not in known:
                if known:
                    raise unknown("open size", name, known).at(file=file, field="--dim")
                raise InputError(
                    "the model leaves no size open", file=file, field="--dim", found=name, expected="no --dim"
                )


def open_size(names: Iterable[str], *, file: str) -> InputError:
    """Return the error for sizes that the model leaves open and the user did not give."""
    names = list(names)
    flags = " ".join(f"--dim {name}=SIZE" for name in names)
    return InputError("the model leaves sizes open", file=file, found=", ".join(names), expected=flags)
