"""What an answer depends on, as one key.

An answer is found again by everything that it depends on: the loops, the hardware with every energy, the
objective, the constraints, the source code that computes it, and the versions of the packages that it counts
on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.questions.map_layer import Question, maps_to_mrna
from solver.version import model_version

_loops = attrgetter(*(field.name for field in fields(LoopNest)))


def fingerprint(layer: Primitive, question: Question) -> str:
    """Return the digest of everything that an answer depends on but the time it may take.

    The name of the layer and of the hardware do not count, nor does the number of threads: of equally good
    mappings the search always reports the same one.
    """
    return fingerprints(question)(layer)


def fingerprints(question: Question) -> Callable[[Primitive], str]:
    """Return what gives the fingerprints of many layers; the question's own part is digested once."""
    limits = [sorted(bounds.items()) for bounds in (question.limits.lower, question.limits.upper)]
    facts = (
        question.most_pieces,
        str(question.objective),
        [(dim, int(size)) for bounds in limits for dim, size in (*bounds, ("", 0))],
        question.seed,
        question.prover,
        model_version(),
        _hardware_text(question.hardware),
    )
    begun, wish = hashlib.sha256(repr(facts).encode()), question.wish

    def of(layer: Primitive) -> str:
        digest = begun.copy()
        digest.update(_layer_text(layer, wish, question.hardware))
        return digest.hexdigest()

    return of


@lru_cache(maxsize=4096)
def _layer_text(layer: Primitive, wish: Wish, hardware: Hardware) -> bytes:
    forms = [(choice.name, _loops(choice.nest)) for choice in wish.forms(layer, hardware)]
    return repr((forms, maps_to_mrna(layer))).encode()


@lru_cache(maxsize=1024)
def _hardware_text(hardware: Hardware) -> str:
    facts = {
        f.name: _plain(getattr(hardware, f.name)) for f in fields(hardware) if f.compare and f.name != "name"
    }
    return json.dumps(facts, sort_keys=True, default=str)


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
