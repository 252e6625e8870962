"""Reading and writing files, every trouble told as one `InputError`."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
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
        mode = os.stat(path).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):  # it may never end
            raise InputError(file=file, found="a device", expected="a file")
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", file=file) from None
    except IsADirectoryError:
        raise InputError(file=file, found="a directory", expected="a file") from None
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise InputError(f"the file cannot be read: {reason_of(error)}", file=file) from None
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


def usable_name(text: str, otherwise: str = "file", *, most: int = 100) -> str:
    """Return a text as the name of a file or folder, such as every file system takes.

    Parameters
    ----------
    text
        What it is named after.
    otherwise
        The name if nothing usable is left of the text.
    most
        Letters of the name; of a longer one the first are kept, and a digest so that different texts have
        different names.
    """
    name = re.sub(r"[^\w.+-]+", "_", text, flags=re.ASCII).strip("._") or otherwise
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: most - len(digest) - 1]}-{digest}"


FORMATS = frozenset(
    ("json", "csv", "parquet", "html", "htm", "yaml", "yml", "txt", "png", "svg", "pdf", "dot", "onnx", "py")
)
"""Endings of names that say what is in a file, for people and for the programs that open it."""


def says_another_format(path: str | Path, endings: Iterable[str]) -> bool:
    """Return whether a name ends in one of `FORMATS` that is none of some endings."""
    return Path(path).suffix.lower().removeprefix(".") in FORMATS - set(endings)


def kind_of(path: str | Path) -> str:
    """Return what stands under a name: ``file``, ``folder``, ``device`` (or a pipe), or nothing.

    Raises
    ------
    InputError
        If nothing can be found out about the name: it is too long, or in a folder that is locked.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise InputError(f"the name cannot be used: {reason_of(error)}", file=str(path)) from None
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "device"


def real_path(path: str | Path) -> Path:
    """Return a path without symbolic links; raises `InputError` in a working directory that was deleted."""
    try:
        return Path(os.path.realpath(path))
    except FileNotFoundError:
        raise InputError("the working directory does not exist any more", file=str(path)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"the name cannot be used: {reason_of(error)}", file=str(path)) from None


def check_folder(path: str | Path, *, expected: str = "the name of a folder") -> bool:
    """Refuse a folder to write into that could not be made.

    Parameters
    ----------
    path
        The folder; what it goes into must exist.
    expected
        What would be right where a file stands, for the message.

    Returns
    -------
    bool
        Whether it exists.

    Raises
    ------
    InputError
        If something else stands there, or what it goes into is no folder or locked.
    """
    kind = kind_of(path)
    if kind not in ("", "folder"):
        raise InputError(file=str(path), found="a file", expected=expected)
    room = real_path(path) if kind else real_path(path).parent
    if kind_of(room) != "folder":
        raise InputError("the folder that is to hold this one does not exist", file=str(path))
    if not os.access(room, os.W_OK):
        raise InputError("the folder cannot be written to", file=str(path))
    return bool(kind)


def reason_of(error: OSError | ValueError) -> str:
    """Return what the system says is wrong."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def write_text(path: str | Path, text: str, *, force: bool = False) -> None:
    """Write a text file as UTF-8, whole or not at all; see `write_all`."""
    write_all({Path(path): text}, force=force)


def write_bytes(path: str | Path, data: bytes, *, force: bool = False) -> None:
    """Write a file whole or not at all; see `write_all`."""
    write_all({Path(path): data}, force=force)


def write_all(
    contents: Mapping[Path, str] | Mapping[Path, bytes],
    *,
    within: str | Path | None = None,
    stale: Iterable[Path] = (),
    force: bool = False,
) -> None:
    """Write files that belong together, all of them whole or none at all.

    Parameters
    ----------
    contents
        Text (written as UTF-8) or bytes of every file. Symbolic links are followed. A file that is replaced
        keeps its permissions.
    within
        A folder that is made if it does not exist, with the folders between it and the files. By default all
        folders must exist.
    stale
        Files that are removed when the new ones are written, with the folders that they leave empty.
    force
        Whether existing files may be replaced.

    Raises
    ------
    InputError
        If a file exists and `force` is false, or something cannot be written. Then neither a partial file
        nor a new folder is left behind.
    """
    made: list[Path] = []
    staged: dict[Path, Path] = {}
    named = ""
    try:
        try:
            for path, content in contents.items():
                named = str(path)
                target = _target(path, force=force)
                if within is not None:
                    _make_folders(path.parent, Path(within), made)
                staged[target] = _stage(target, _bytes(content), staged)
            for target, temporary in staged.items():
                os.replace(temporary, target)
            made.clear()
            _remove(stale)
        finally:
            for temporary in staged.values():
                temporary.unlink(missing_ok=True)
            for folder in reversed(made):
                with suppress(OSError):
                    folder.rmdir()
    except OSError as error:
        raise InputError(f"the file cannot be written: {reason_of(error)}", file=named) from None


def _bytes(content: str | bytes) -> bytes:
    # Names that are no text are in Python's strings as halves of characters, which UTF-8 cannot write.
    return content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content


def _target(path: Path, *, force: bool) -> Path:
    """Return where a file is written, or refuse what is there."""
    target = real_path(path)
    kind = kind_of(target)
    if kind == "folder":
        raise InputError(file=str(path), found="a directory", expected="the name of a file to write")
    if kind and not force:
        raise InputError("the file exists already; say --force to replace it", file=str(path))
    return target


def _make_folders(folder: Path, within: Path, made: list[Path]) -> None:
    """Make a folder, and those between it and the outermost one that may be made; `made` gets the new."""
    missing = [folder, *(parent for parent in folder.parents if parent.is_relative_to(within))]
    for each in reversed(missing):
        if not os.path.isdir(each):
            os.mkdir(each)
            made.append(each)


def _stage(target: Path, data: bytes, staged: dict[Path, Path]) -> Path:
    """Write a temporary file beside its target, with the permissions of the file that it will replace.

    In the same folder, because `os.replace` is atomic only within one file system; under a name that nobody
    can foresee, and never through a link that somebody put there.
    """
    temporary = target.with_name(f".maeri-{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
    staged[target] = temporary
    with os.fdopen(handle, "wb") as file:
        if os.path.exists(target):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        file.write(data)
    return temporary


def _remove(stale: Iterable[Path]) -> None:
    for file in stale:
        file.unlink(missing_ok=True)
        if not any(file.parent.iterdir()):
            file.parent.rmdir()
