"""Keras' own files, ``.keras`` (a zip archive) and ``.h5`` (HDF5): the configuration is read, no weights."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
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
    try:
        import h5py
    except ImportError as error:
        message = f"reading .h5 files needs h5py ({error}): pip install h5py, or save the model as .keras"
        raise MissingDependencyError(message) from None
    try:
        with h5py.File(io.BytesIO(read_bytes(source)), "r") as file:
            text = file.attrs.get("model_config")
    except (OSError, RuntimeError, KeyError, ValueError, TypeError):  # h5py's, of files that are changed
        raise InputError(file=source, found="no HDF5 file", expected=EXPECTED) from None
    if text is None:
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
