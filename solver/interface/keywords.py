"""Messages of the Python functions: what the command line calls an option is a keyword here.

An option and its keyword have one name (``--dram-bandwidth``, ``dram_bandwidth``); what is repeated on the
command line is one mapping or list in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from solver.errors import InputError, MapperError
from solver.hardware.read import HardwareChanges
from solver.interface.inputs import DesignOptions, SearchOptions
from solver.readers.read import COMMAND_LINE

REPEATED = {"dim": "dims", "value": "values", "layer": "layers"}
"""Options that are given once for each name."""
SAID = {"force": "force=True", "json": "to_dict()", "csv": "to_frame()", "parquet": "to_frame()"}
"""Those that say in Python what they do."""
OURS = {
    *HardwareChanges.model_fields, *SearchOptions.__annotations__, *DesignOptions.__annotations__,
    *REPEATED, *SAID, "batch", "call", "cache", "certificate", "front", "hardware", "inputs", "jobs", "log",
    "mapping", "max_power", "objective", "report", "run_limit", "scheduler", "weights",
}  # fmt: skip
"""Names of options; a text that has another one is of another program's command."""
_PAIRS = re.compile(r"--(dim|value) \w+=\w+(?: --\1 \w+=\w+)*")
_FLAG = re.compile(r"(?<![\w-])--(no-)?([a-z][a-z_-]*)(?: ('[^']*'|\d[\w.]*\b|[A-Z]{2,}\b|(?:rtl|fixed)\b))?")


_COMMAND = re.compile(r"`(?=(?:configure|convert|explain|map|network|profile)\b)")


def in_python(text: str) -> str:
    """Return a text with every option as the keyword that it is in Python.

    >>> in_python("say --run-limit, --dim N=SIZE --dim M=SIZE, --dram-bandwidth 16 or --buffer '64 KiB'")
    "say run_limit, dims={'N': SIZE, 'M': SIZE}, dram_bandwidth=16 or buffer='64 KiB'"
    """
    if not {name.replace("-", "_") for _, name, _ in _FLAG.findall(text)} <= OURS:
        return text
    return _COMMAND.sub("`solver.", _FLAG.sub(_keyword, _PAIRS.sub(_mapping, text)))


def _mapping(match: re.Match[str]) -> str:
    pairs = re.findall(r"--\w+ (\w+)=(\w+)", match[0])
    inside = ", ".join(f"{name!r}: {value}" for name, value in pairs)
    return f"{REPEATED[match[1]]}={{{inside}}}"


def _keyword(match: re.Match[str]) -> str:
    refused, name, value = match.groups()
    if name in SAID:
        return SAID[name] + (f" {value}" if value else "")
    keyword = REPEATED.get(name, name.replace("-", "_"))
    if refused:
        return f"{keyword}=False"
    if value is None:
        return keyword
    return f"{keyword}={value!r}" if value.islower() else f"{keyword}={value}"


@contextmanager
def python_words() -> Iterator[None]:
    """Say mistakes in the words of Python; also a decorator."""
    try:
        yield
    except MapperError as error:
        _say(error)
        raise


def _say(error: MapperError) -> None:
    """Change the options that an error names into keywords, but for what was found."""
    if not isinstance(error, InputError):
        error.args = tuple(in_python(each) if isinstance(each, str) else each for each in error.args)
        return
    error.file = "layer" if error.file == COMMAND_LINE else error.file
    error.what = in_python(error.what)
    error.field = in_python(error.field) if error.field else error.field
    error.expected = in_python(error.expected) if error.expected else error.expected
    for other in error.others:
        _say(other)
    error.args = (str(error),)
