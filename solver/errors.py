"""What can go wrong, and the exit code each kind of trouble leaves behind.

A user's mistake is an `InputError`: one sentence that names where it is, what was found and what was
expected. Rooms that do not know the file (a `Layer` checking itself) raise it without one; the front end that
does know fills it in with `InputError.at`.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from types import MappingProxyType
from typing import Any

MAX_FOUND = 80
"""Characters of an offending value that a message shows."""

MAX_OTHERS = 9
"""Further mistakes that one message lists."""


class ExitCode(IntEnum):
    """Exit codes of the command line, as documented in its help."""

    PROVED = 0
    PARTIAL = 1
    BAD_INPUT = 2
    NOT_PROVED = 3
    INFEASIBLE = 4
    INTERNAL = 70
    INTERRUPTED = 130


SEVERITY = (
    ExitCode.PROVED, ExitCode.NOT_PROVED, ExitCode.PARTIAL, ExitCode.INFEASIBLE, ExitCode.INTERRUPTED,
)  # fmt: skip
"""Exit codes of answers, best first."""


def worst_of(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code of several answers; at least one."""
    return max(codes, key=SEVERITY.index)


class MapperError(Exception):
    """Base of every error that the command line turns into one message and an exit code."""

    exit_code: ExitCode = ExitCode.INTERNAL


class NothingFoundError(MapperError):
    """Time was up before any mapping was known."""

    exit_code = ExitCode.NOT_PROVED

    @staticmethod
    def of(layer: str, seconds: float) -> NothingFoundError:
        """Return the error of a layer after so much time."""
        return NothingFoundError(f"{layer}: time was up after {seconds:.1f} s, before any mapping was found")


class InputError(MapperError, ValueError):
    """The user's input is wrong; to Python programs a `ValueError`.

    Parameters
    ----------
    what
        The sentence, used alone when `found`/`expected` do not apply.
    file, line, column, field
        Where it is; each may be unknown.
    found, expected
        The offending value as the user wrote it, and what would have been right.
    excerpt
        The offending text with a caret under it, shown below the sentence.
    others
        Further mistakes in the same input, listed below the first.
    """

    exit_code = ExitCode.BAD_INPUT

    def __init__(
        self,
        what: str = "",
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
        found: Any = None,
        expected: str | None = None,
        excerpt: str = "",
        others: tuple[InputError, ...] = (),
    ) -> None:
        self.what = what
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        self.found = found
        self.expected = expected
        self.excerpt = excerpt
        self.others = others
        super().__init__(str(self))

    def at(
        self,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        field: str | None = None,
    ) -> InputError:
        """Return the same error with the places that were still unknown filled in.

        An error that knows its file keeps its line, known or not: another file's would be wrong.
        """
        placed = self.file is not None
        return InputError(
            self.what,
            file=self.file if placed else file,
            line=self.line if placed or self.line is not None else line,
            column=self.column if placed or self.column is not None else column,
            field=self.field or field,
            found=self.found,
            expected=self.expected,
            excerpt=self.excerpt,
            others=tuple(other.at(file=file) for other in self.others),
        )

    def inside(self, what: str) -> InputError:
        """Return the same error with what its field belongs to in front of the field."""
        known = [part for part in (self.field,) if part and part != what.rpartition(" ")[2]]
        result = self.at()
        result.field = ": ".join([what, *known])
        result.args = (str(result),)
        return result

    def __str__(self) -> str:
        message = self._place() + self._sentence()
        if self.excerpt:
            message += "\n" + self.excerpt
        lines = (f" line {e.line}" if e.line else "" for e in self.others)
        shown = [
            f"\n  also{line}: {e._sentence()}"
            for line, e in zip(lines, self.others[:MAX_OTHERS], strict=False)
        ]
        if len(self.others) > MAX_OTHERS:
            shown.append(f"\n  and {len(self.others) - MAX_OTHERS} more mistakes")
        # Names from the command line may hold bytes that are no text, which no stream would print.
        return (message + "".join(shown)).encode(errors="backslashreplace").decode()

    def _place(self) -> str:
        if self.file is None:
            column = "" if self.column is None else f", column {self.column}"
            return "" if self.line is None else f"line {self.line}{column}: "
        places = (self.file, self.line, self.column)
        return ":".join(str(place) for place in places if place is not None) + ": "

    def _sentence(self) -> str:
        field = f"{self.field}: " if self.field else ""
        parts = [self.what] if self.what else []
        if self.found is not None:
            found = self.found if isinstance(self.found, str) else _written(self.found)
            found = found if found.isprintable() else ascii(found)[1:-1]
            parts.append(f"found {found if len(found) <= MAX_FOUND else found[: MAX_FOUND - 3] + '...'}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        return field + ", ".join(parts)


@contextmanager
def placed(
    inside: str = "", *, file: str | None = None, line: int | None = None, field: str | None = None
) -> Iterator[None]:
    """Fill in what mistakes of a block do not say of their place: by `InputError.inside`, `InputError.at`."""
    try:
        yield
    except InputError as error:
        error = error.inside(inside) if inside else error
        raise error.at(file=file, line=line, field=field) from None


def _written(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # Python does not write integers of thousands of digits
        return "a very long number"


FORMER = {
    "dram_bw": "dram_bandwidth",
    "buffer_bw": "buffer_bandwidth",
    "double_buffer": "double_buffered",
    "input": "inputs",
    "within": "tolerance",
}
"""What things were called before option, key and keyword had one name."""


KINDS = {
    **dict.fromkeys(("linear", "dense"), "fc"),
    **dict.fromkeys(("convolution", "conv2d"), "conv"),
    **dict.fromkeys(("depthwise", "depthwise_conv", "depthwiseconv2d"), "dwconv"),
    **dict.fromkeys(("deconv", "conv_transpose", "convtranspose2d"), "convtranspose"),
    **dict.fromkeys(("pool", "max_pool", "maxpooling", "maxpool2d"), "maxpool"),
    **dict.fromkeys(("avg_pool", "averagepool", "averagepooling", "avgpool2d"), "avgpool"),
    **dict.fromkeys(("mul", "elementwise"), "multiply"),
}
"""Kinds of layers by the names that other tools have for them."""


def did_you_mean(found: str, known: Iterable[str], meanings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the hint, with a space before it, at the known word that is close to another, or nothing.

    Parameters
    ----------
    meanings
        Known words by other words for them.
    """
    known = list(known)
    meant = meanings.get(found.lower()) or FORMER.get(found.lower()) or KINDS.get(found.lower())
    close = [meant] if meant in known else difflib.get_close_matches(found.lower(), known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def unknown(what: str, found: str, known: Iterable[str], *, line: int | None = None) -> InputError:
    """Return the error for a word that is none of the known ones, naming one that is close."""
    known = list(known)
    hint = did_you_mean(found, known)
    return InputError(
        f"unknown {what}{hint}", line=line, found=found or "nothing", expected=f"one of {', '.join(known)}"
    )


def missing_package(name: str | None) -> str:
    """Return the message for a package that the program needs and this Python does not have."""
    return (
        f"{sys.executable}: found no package {name}, expected maeri-solver with what it needs: "
        "`pip install .` in its folder, or call the Python it was installed for"
    )


class InfeasibleError(MapperError):
    """No legal mapping exists; the message names the constraint that forbids them all."""

    exit_code = ExitCode.INFEASIBLE


class InternalError(MapperError):
    """A result contradicts a physical lower bound or another oracle; never the user's fault."""

    exit_code = ExitCode.INTERNAL


class MissingDependencyError(MapperError):
    """An optional extra is not installed; the message names the command that installs it."""

    exit_code = ExitCode.BAD_INPUT
