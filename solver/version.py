"""Which program this is: its version, and a digest of the source code that decides answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable

VERSION = "0.1.0"
"""The one version number: the package's metadata and every written file take it from here."""

MODEL_VERSION = 2
"""Version of what answers mean, for installations without source files; raise it when they change."""

PROVERS = ("ortools", "numpy")
"""Packages that answers are proved and counted with."""

NOT_MODEL = frozenset({"certificates", "cli", "interface", "readers", "views", "writers"})
"""Rooms that decide no answer; everything else counts."""


@cache
def model_version() -> str:
    """Return a digest of all that decides answers: source code, and versions of what proves and counts."""
    versions = [VERSION, str(MODEL_VERSION), *map(_version, PROVERS)]
    digest = hashlib.sha256(" ".join(versions).encode())
    for entry in sorted(files("solver").iterdir(), key=lambda entry: entry.name):
        for source in _sources(entry) if entry.name not in NOT_MODEL else ():
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # installed in a way that leaves no record
        return "unknown"


def _sources(where: Traversable) -> Iterable[Traversable]:
    if where.is_file():
        return [where] if where.name.endswith((".py", ".yaml")) else []
    inner = sorted(where.iterdir(), key=lambda entry: entry.name)
    return [source for entry in inner for source in _sources(entry)]
