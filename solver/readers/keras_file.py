"""Keras' own files, ``.keras`` (a zip archive) and ``.h5`` (HDF5): the configuration is read, no weights."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from importlib.util import find_spec
from typing import Any

from solver.errors import InputError, MissingDependencyError
from solver.files import read_bytes
from solver.readers.dims import Dims
from solver.readers.reading import Reading
from solver.readers.tensorflow import read_config

DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, KeyError, EOFError, RuntimeError),
    *(NotImplementedError, ValueError, OverflowError, struct.error),
)
"""What `zipfile` raises of archives that are none, cut off, encrypted or changed."""

EXPECTED = "a model that model.save wrote, with its configuration"

SECONDS = 15
"""Longest reading of an HDF5 file; the configuration of a large model takes less than one."""

READ_ATTRIBUTE = """
import io, sys
import h5py
with h5py.File(io.BytesIO(sys.stdin.buffer.read()), "r") as file:
    text = file.attrs.get("model_config", "")
sys.stdout.buffer.write(text.encode() if isinstance(text, str) else bytes(text))
"""
"""Program that writes the model's configuration in the HDF5 file of its input, nothing if there is none."""


def read_keras(source: str, dims: Dims) -> Reading:
    """Return the layers of a ``.keras`` file.

    Raises
    ------
    InputError
        If it is no such archive, or the model in it cannot be followed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(source))) as archive:
            text = archive.read("config.json")
    except DAMAGED:
        raise InputError(file=source, found="no zip archive with config.json", expected=EXPECTED) from None
    return read_config(_parsed(text, source), dims, file=source)


def read_hdf5(source: str, dims: Dims) -> Reading:
    """Return the layers of an ``.h5`` file; needs `h5py`, which Keras users have.

    Raises
    ------
    InputError
        If it is no such file, or holds weights without the model's configuration.
    MissingDependencyError
        If `h5py` is not installed.
    """
    if find_spec("h5py") is None:
        message = "reading .h5 files needs h5py: pip install h5py, or save the model as .keras"
        raise MissingDependencyError(message)
    # In a process of its own: the HDF5 library follows a damaged file for ever, and heeds no signal then.
    command = [sys.executable, "-I", "-c", READ_ATTRIBUTE]
    try:
        done = subprocess.run(command, input=read_bytes(source), capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise InputError(file=source, found=f"no end of it in {SECONDS} s", expected=EXPECTED) from None
    if done.returncode:
        raise InputError(file=source, found="no HDF5 file", expected=EXPECTED)
    text = done.stdout
    if not text:
        raise InputError(file=source, found="weights without the model", expected=EXPECTED)
    return read_config(_parsed(text, source), dims, file=source)


def _parsed(text: str | bytes, source: str) -> dict[str, Any]:
    try:
        config = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise InputError(file=source, found="a configuration that is no JSON", expected=EXPECTED) from None
    if not isinstance(config, dict):
        raise InputError(file=source, found="a configuration that is no object", expected=EXPECTED)
    return config
