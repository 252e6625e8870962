"""Files that a command writes: refused before the work starts, written when it is done."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import click

from solver.cli.streams import SafeStream
from solver.errors import InputError

STDOUT = "-"

PARTIAL = ".partial"
"""Ending of what a run writes that was stopped: the same command goes on, and replaces it."""

LONGEST_NAME = 255
"""Bytes of a file's name, on every common file system."""


class Result(Protocol):
    """What a command finds out."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""


def check_targets(targets: Iterable[str | None], *, sources: Iterable[str], force: bool) -> None:
    """Refuse output files that could not be written, or that would destroy something.

    Parameters
    ----------
    targets
        The output files asked for; None where none is.
    sources
        What the command reads; never overwritten, not even with `force`.
    force
        Whether existing files may be replaced.

    Raises
    ------
    InputError
        Before anything is computed, so that a long run is not lost for want of a folder.
    """
    from solver.files import kind_of, real_path

    read = {str(real_path(source)) for source in sources if os.path.exists(source)}
    written: set[str] = set()
    for name in targets:
        if name is None or name == STDOUT:
            continue
        path = real_path(name)
        if str(path) in read:
            raise InputError(
                "this file is read by the same command", file=name, expected="another output file"
            )
        if str(path) in written:
            raise InputError("two outputs go to this file", file=name, expected="a file for each")
        written.add(str(path))
        kind = kind_of(path)
        if kind not in ("", "file"):
            raise InputError(file=name, found="a folder or device", expected="the name of a file to write")
        if kind and not force:
            raise InputError("the file exists already; say --force to replace it", file=name)
        if kind_of(path.parent) != "folder":
            raise InputError("the folder of this file does not exist", file=name)
        if not os.access(path.parent, os.W_OK):
            raise InputError("the folder of this file cannot be written to", file=name)


def unfinished(name: str | None) -> str | None:
    """Return the name under which an output of a stopped run is written.

    A name that would grow too long for the system loses characters at its beginning, since its end tells of
    the kind of file.
    """
    if name is None or name == STDOUT:
        return name
    folder, base = os.path.split(name)
    while len(os.fsencode(base + PARTIAL)) > LONGEST_NAME:
        base = base[1:]
    return os.path.join(folder, f"{base}{PARTIAL}")


def settle(targets: Iterable[str | None], *, whole: bool) -> None:
    """Say which files are of a stopped run, or remove those that an earlier one left."""
    names = [str(unfinished(name)) for name in targets if name not in (None, STDOUT)]
    if whole:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                os.remove(name)
    elif names:
        click.echo(f"what is done is in {', '.join(names)}", err=True)


def write_json(
    target: str | None,
    results: Sequence[Result],
    *,
    many: bool,
    force: bool,
) -> None:
    """Write results as JSON to a file, or to the standard output if `target` is ``-``.

    Parameters
    ----------
    target
        None writes nothing.
    results
        What to write; nothing is written if there are none.
    many
        Whether several were asked for, which makes a list even of one.
    force
        Whether an existing file may be replaced.
    """
    if target is None or not results:
        return
    from solver.files import write_text
    from solver.views.json_text import to_json

    data = [result.to_dict() for result in results]
    text = to_json(data if many else data[0])
    if target != STDOUT:
        write_text(target, text, force=force)
    else:
        print_result(text)


def print_result(text: str) -> None:
    """Write JSON or a picture to the standard output, in UTF-8 whatever the terminal speaks."""
    if isinstance(sys.stdout, SafeStream):
        sys.stdout.write_utf8(text)
    else:
        sys.stdout.write(text)
    sys.stdout.flush()
