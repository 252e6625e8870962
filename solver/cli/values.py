"""Types of option values, with messages that say what was found and what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import click
from click.shell_completion import CompletionItem

from solver.arithmetic.numbers import BYTES, CLOCK, RATE, parse_bytes, parse_clock, parse_decimal

DIM_BOUND = re.compile(r"(?:T_?)?([A-Z])\s*=\s*(\S+)", re.IGNORECASE)


class Whole(click.ParamType):
    """An integer of at least `least`, in plain digits."""

    name = "integer"

    def __init__(self, least: int = 1, most: int = 2**31 - 1) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the integer, or fail with found and expected."""
        if isinstance(value, int):
            return value
        if re.fullmatch(r"\d{1,18}", value, re.ASCII) and self.least <= int(value) <= self.most:
            return int(value)
        self.fail(f"found {value!r}, expected an integer from {self.least} to {self.most:,}", param, ctx)


class FileName(click.ParamType):
    """The name of a file, or of a folder, which the shell completes."""

    name = "file"

    def __init__(self, *, folder: bool = False) -> None:
        self.kind = "dir" if folder else "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text: who reads the file says what is wrong with it."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return that a file or folder is meant."""
        return [CompletionItem(incomplete, type=self.kind)]

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """Return what an option wants: its help."""
        return getattr(param, "help", None)


class Named(FileName):
    """A file, or one of the names that the program knows; the shell completes both.

    Parameters
    ----------
    names
        Returns the names, when the shell asks only, by the text that is begun.
    expected
        What may be given, for whoever gives nothing.
    """

    name = "name"

    def __init__(self, names: Callable[[str], list[str]], expected: str | None = None) -> None:
        super().__init__()
        self.names, self.expected = names, expected

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str | None:
        """Return what may be given."""
        return self.expected

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin so, and that files may be meant."""
        begun = [name for name in self.names(incomplete) if name.lower().startswith(incomplete.lower())]
        return [*map(CompletionItem, begun), *super().shell_complete(ctx, param, incomplete)]


def _layers(begun: str) -> list[str]:
    from solver.readers.read import shipped_layers

    model, colon, _ = begun.partition(":")
    if colon:
        from solver.cli.completion import layer_names

        return [f"{model}:{name}" for name in layer_names(model)]
    return shipped_layers()


def _presets(begun: str) -> list[str]:
    from solver.hardware.read import preset_names

    return preset_names()


def _tables(begun: str) -> list[str]:
    from solver.hardware.read_energy import table_names

    return table_names()


FILE, FOLDER = FileName(), FileName(folder=True)
"""What is read or written where no more is known of its name."""

LAYER = Named(
    _layers, "Expected a file, a name such as resnet50, or a layer such as 'conv 64x56x56 -> 128, 3x3'."
)
HARDWARE, ENERGY_TABLE = Named(_presets), Named(_tables)
"""What is given by name or as a file."""


class OutputFile(FileName):
    """A file to write; ``-`` is the standard output for ``--json`` only.

    Parameters
    ----------
    endings
        Of the names that say what is written; see `solver.files.says_another_format`.
    printed
        Whether ``-`` is taken.
    """

    def __init__(self, *endings: str, printed: bool = False) -> None:
        super().__init__()
        self.endings = endings
        self.printed = printed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or fail where people mean the standard output or another format."""
        if value == "-" and not self.printed:
            self.fail("found '-', expected the name of a file; only --json takes - to print", param, ctx)
        from solver.files import says_another_format

        if self.endings and says_another_format(value, self.endings):
            self.fail(f"found {value!r}, expected a file that ends in .{self.endings[0]}", param, ctx)
        return str(value)


class Parsed(click.ParamType):
    """A text that means something: what `read` makes of it, None where that is nothing."""

    def __init__(self, name: str, read: Callable[[str], Any], expected: str) -> None:
        self.name, self.read, self.expected = name, read, expected

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the text means, or fail with found and expected."""
        found = self.read(value) if isinstance(value, str) else value
        if found is None:
            self.fail(f"found {value!r}, expected {self.expected}", param, ctx)
        return found


def _seconds(text: str) -> float | None:
    match = re.fullmatch(r"(.*?) ?(s|min|h)?", text.strip().lower())
    try:
        seconds = float(match[1]) * {"s": 1, "min": 60, "h": 3600}[match[2] or "s"] if match else math.nan
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 100 else None


BYTE_COUNT = Parsed("bytes", parse_bytes, BYTES)
HERTZ = Parsed("clock", parse_clock, CLOCK)
SECONDS = Parsed("seconds", _seconds, "a time above 0, such as 90 (seconds) or 5 min")
"""A positive, finite time: seconds, or ``5 min``."""

AMOUNT = Parsed("number", lambda text: parse_decimal(text) or None, "a number above 0")
"""An exact decimal, such as an area."""

SHARE = Parsed("share", _share, "a share such as 0.05 (for 5 %)")
"""A share of at least 0 and at most 100."""


class Bandwidth(Whole):
    """A bandwidth: words per cycle, or ``19.2 GB/s`` beside a clock."""

    name = "bandwidth"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the words per cycle or the `Rate`, or fail with found and expected."""
        from solver.hardware.read_memory import rate_from

        rate = rate_from(value) if isinstance(value, str) else None
        if rate is not None or isinstance(value, int):
            return rate or value
        if not value.isdecimal():
            self.fail(f"found {value!r}, expected {RATE}", param, ctx)
        return super().convert(value, param, ctx)


class NamedSize(click.ParamType):
    """A name and its size: ``sequence=128``."""

    name = "name=size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return (name, size), or fail with found and expected."""
        name, equals, size = value.rpartition("=")
        if not equals or not name.strip():
            self.fail(f"found {value!r}, expected a name and a size such as sequence=128", param, ctx)
        return name.strip(), Whole().convert(size.strip(), param, ctx)


class NamedValue(click.ParamType):
    """A name and its value: ``sr=16000``, ``training=false``."""

    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Return (name, value), or fail with found and expected; true and false are 1 and 0."""
        name, _, text = value.rpartition("=")
        text = text.strip().lower()
        number = {"true": Decimal(1), "false": Decimal(0)}.get(text)
        try:
            number = Decimal(text) if number is None else number
        except InvalidOperation:
            number = None
        if not name.strip() or number is None or not number.is_finite():
            self.fail(f"found {value!r}, expected a name and a number such as sr=16000", param, ctx)
        return name.strip(), int(number) if number == int(number) else float(number)


class TileBound(click.ParamType):
    """A tile dimension and a size: ``T_C=4``, ``C=4``."""

    name = "T_dim=size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Return (dimension, size), or fail with the known dimensions."""
        from solver.layer import DIMS

        if re.search(r"[,;\s]\s*(?:T_?)?[A-Za-z]\s*=", value) and param is not None:
            option = param.opts[0]
            one, other = re.split(r"[,;\s]+", value.strip())[:2]
            self.fail(f"found {value!r}, expected one size each: {option} {one} {option} {other}", param, ctx)
        match = DIM_BOUND.fullmatch(value.strip())
        if match is None:
            self.fail(f"found {value!r}, expected a tile dimension and a size such as T_C=4", param, ctx)
        dim = match[1].upper()
        if dim not in DIMS:
            known = ", ".join(f"T_{known}" for known in DIMS)
            self.fail(
                f"unknown tile dimension {value.split('=')[0].strip()}, expected one of {known}", param, ctx
            )
        return dim, Whole(most=2**52).convert(match[2], param, ctx)
