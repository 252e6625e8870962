"""What an answer depends on, as one key.

An answer is found again by everything that it depends on: the loops, the hardware with every energy, the
objective, the constraints, the source code that computes it, and the versions of the packages that it counts
on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from operator import attrgetter
from typing import Any

import numpy as np

from solver import __version__
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.questions.map_layer import Question, maps_to_mrna

MODEL_VERSION = 2
"""Version of what answers mean, for installations without source files; raise it when they change."""

NOT_MODEL = frozenset({"cache", "cli", "export", "frontends", "network", "profile", "report"})
"""What of this package decides no answer; everything else counts."""

_loops = attrgetter(*(field.name for field in fields(LoopNest)))


@cache
def model_version() -> str:
    """Return a digest of all that decides answers: source code, and versions of what proves and counts."""
    digest = hashlib.sha256(f"{__version__} {MODEL_VERSION} {_ortools()} {np.__version__}".encode())
    root = files("solver")
    for entry in sorted(root.iterdir(), key=lambda entry: entry.name):
        for source in _sources(entry) if entry.name not in NOT_MODEL else ():
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _ortools() -> str:
    try:
        return version("ortools")
    except PackageNotFoundError:  # installed in a way that leaves no record
        return "unknown"


def _sources(where: Traversable) -> Iterable[Traversable]:
    if where.is_file():
        return [where] if where.name.endswith((".py", ".yaml")) else []
    inner = sorted(where.iterdir(), key=lambda entry: entry.name)
    return [source for entry in inner for source in _sources(entry)]


def fingerprint(layer: Primitive, question: Question) -> str:
    """Return the digest of everything that an answer depends on but the time it may take.

    The name of the layer and of the hardware do not count, nor does the number of threads: of equally good
    mappings the search always reports the same one.
    """
    limits = [sorted(bounds.items()) for bounds in (question.limits.lower, question.limits.upper)]
    facts = (
        [(choice.name, _loops(choice.nest)) for choice in layer.choices(question.stationary)],
        maps_to_mrna(layer),
        str(question.objective),
        [(dim, int(size)) for bounds in limits for dim, size in (*bounds, ("", 0))],
        question.seed,
        model_version(),
        _hardware_text(question.hardware),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


@lru_cache(maxsize=1024)
def _hardware_text(hardware: Hardware) -> str:
    facts = {f.name: _plain(getattr(hardware, f.name)) for f in fields(hardware) if f.name != "name"}
    return json.dumps(facts, sort_keys=True, default=str)


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
