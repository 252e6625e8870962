"""Reading and writing text files, every trouble told as one `InputError`."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from solver.errors import InputError

PACKAGE = Path(__file__).parent


def shipped(folder: str) -> Path:
    """Return a folder of data that comes with the program: ``grammar`` or ``layers``.

    In a checkout they stand beside the package, in an installed package inside of it. They are no packages of
    their own, so that nobody's folder of such a name is taken for them.
    """
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def read_bytes(path: str | Path) -> bytes:
    """Return the content of a regular file.

    Raises
    ------
    InputError
        If the file is missing, a directory, a device or unreadable.
    """
    file = str(path)
    try:
        if stat.S_ISCHR(os.stat(path).st_mode):  # it may never end
            raise InputError(file=file, found="a device", expected="a file")
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", file=file) from None
    except IsADirectoryError:
        raise InputError(file=file, found="a directory", expected="a file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"the file cannot be read: {reason}", file=file) from None
    return data


def read_text(path: str | Path) -> str:
    """Return the text of a UTF-8 file, its line ends turned into ``\\n``.

    Parameters
    ----------
    path
        A regular file. A byte order mark is skipped; CRLF and CR line ends are welcome.

    Returns
    -------
    str
        The text.

    Raises
    ------
    InputError
        If the file is missing, a directory, unreadable, binary, not UTF-8, or holds nothing but blanks.
    """
    file = str(path)
    data = read_bytes(path)
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise InputError(file=file, line=line, found="binary data", expected="a text file in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"the byte 0x{data[error.start]:02x}, which is not UTF-8"
        raise InputError(file=file, line=line, found=found, expected="a text file in UTF-8") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError(file=file, line=1, found="an empty file", expected="a description")
    return text


def write_text(path: str | Path, text: str, *, force: bool = False) -> None:
    """Write a text file as UTF-8, whole or not at all; see `write_bytes`."""
    write_bytes(path, text.encode("utf-8"), force=force)


def write_bytes(path: str | Path, data: bytes, *, force: bool = False) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path
        Where to; the folder must exist. A symbolic link is followed.
    data
        The content.
    force
        Whether an existing file may be replaced.

    Raises
    ------
    InputError
        If the file exists and `force` is false, or it cannot be written. No partial file is left behind.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise InputError(file=str(path), found="a directory", expected="the name of a file to write")
    if target.exists() and not force:
        raise InputError("the file exists already; say --force to replace it", file=str(path))
    # In the same folder, because os.replace is atomic only within one file system.
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        try:
            temporary.write_bytes(data)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", file=str(path)) from None
