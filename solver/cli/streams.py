"""The standard output and error while a command runs: no work is lost because nobody can take in its text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

ASCII = str.maketrans({"·": "-", "×": "x", "–": "-", "—": "-", "…": "...", "≤": "<=", "≥": ">=", "²": "^2"})
"""What stands for the signs of the reports where they cannot be written."""


class SafeStream:
    """A text stream whose trouble is remembered instead of raised; from then on its text is dropped.

    A reader that has gone (``| head -1``) is no trouble. Signs that the stream's encoding lacks are replaced.

    Parameters
    ----------
    stream
        The stream, or None where the process has none.

    Attributes
    ----------
    failure
        Why text was lost.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write text, as far as the encoding goes."""
        stream = self._stream
        if stream is not None:
            try:
                try:
                    stream.write(text)
                except UnicodeEncodeError:
                    known = text.translate(ASCII).encode(self.encoding, "backslashreplace")
                    stream.write(known.decode(self.encoding))
            except OSError as error:
                self._drop(error)
        return len(text)

    def write_utf8(self, text: str) -> None:
        """Write text that is UTF-8 by its format."""
        binary = getattr(self._stream, "buffer", None)
        if binary is None:
            self.write(text)
            return
        try:
            self.flush()
            binary.write(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._drop(error)

    def flush(self) -> None:
        """Hand on what is written."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as error:
                self._drop(error)

    def _drop(self, error: OSError) -> None:
        """Point the stream to nowhere, so that closing it at exit does not fail again."""
        if not isinstance(error, BrokenPipeError):
            self.failure = self.failure or error
        stream, self._stream = self._stream, None
        with suppress(OSError, ValueError):  # ValueError: a stream without a file, as tests have
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            self._stream = stream


@contextmanager
def safe_streams() -> Iterator[SafeStream]:
    """Make the standard streams safe; yield the standard output, whose failure is to be told."""
    before = sys.stdout, sys.stderr
    out = SafeStream(sys.stdout)
    sys.stdout, sys.stderr = out, SafeStream(sys.stderr)
    try:
        yield out
    finally:
        out.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before
