"""Answers of earlier runs, kept in a SQLite file in the user's cache folder.

An answer is found again by everything it depends on (`fingerprint`): the loops, the hardware with every
energy, the objective, the constraints, and the source code of the rooms that compute it, so that no change of
the model can be forgotten. Proved answers and those without any legal mapping hold for good. An answer that
is not proved is given again only where no more time is allowed than it took, and interrupted ones are not
kept.

SQLite lets several processes read and write at once; a file that cannot be used costs a warning, never a
result.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs
from pydantic import TypeAdapter, ValidationError

from solver.answers.infeasible import Answer, Infeasible
from solver.answers.solution import Solution
from solver.errors import ExitCode
from solver.layer import Primitive
from solver.questions.map_layer import Question
from solver.version import model_version

FILE_NAME = "answers.sqlite"
BUSY_SECONDS = 30.0
"""How long one process waits for another that writes."""

_CREATE = """
CREATE TABLE IF NOT EXISTS answers (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    proved INTEGER NOT NULL,
    time_limit REAL,
    with_baselines INTEGER NOT NULL,
    answer TEXT NOT NULL
)
"""
_QUESTION = ("layer", "hardware", "objective")
"""Fields of an answer that the question knows."""


def cache_path() -> Path:
    """Return where the cache is; the operating system's variables for cache folders are honoured."""
    return Path(platformdirs.user_cache_dir("maeri-solver", appauthor=False)) / FILE_NAME


def fingerprint(layer: Primitive, question: Question) -> str:
    """Return the digest of everything that an answer depends on but the time it may take.

    The name of the layer and of the hardware do not count, nor does the number of threads: of equally good
    mappings the search always reports the same one.
    """
    hardware = {f.name: getattr(question.hardware, f.name) for f in fields(question.hardware)}
    facts = {
        "loops": [(choice.name, asdict(choice.nest)) for choice in layer.choices(question.stationary)],
        "hardware": {name: _plain(value) for name, value in hardware.items() if name != "name"},
        "objective": str(question.objective),
        "limits": [sorted(bounds.items()) for bounds in (question.limits.lower, question.limits.upper)],
        "seed": question.seed,
        "model": model_version(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


class Cache:
    """The answers of earlier runs.

    Parameters
    ----------
    path
        The SQLite file; it and its folder are made when the first answer is kept.
    warn
        Told in one sentence if the file cannot be used; from then on nothing is found or kept.
    """

    def __init__(self, path: Path | None = None, warn: Callable[[str], None] = lambda message: None) -> None:
        self.path = cache_path() if path is None else path
        self._warn = warn
        self._usable = True

    def get(self, layer: Primitive, question: Question) -> Answer | None:
        """Return the kept answer to a question, or None."""
        if not self.path.exists():
            return None
        row = self._run(
            "SELECT proved, time_limit, with_baselines, answer FROM answers WHERE fingerprint = ?",
            (fingerprint(layer, question),),
        )
        if not row:
            return None
        proved, time_limit, with_baselines, text = row[0]
        enough_time = proved or (question.time_limit is not None and question.time_limit <= time_limit)
        if not enough_time or (question.baselines and not with_baselines):
            return None
        return _restore(text, layer, question)

    def put(self, layer: Primitive, question: Question, answer: Answer) -> None:
        """Keep an answer if it holds for another run; a better one that is kept already stays."""
        final = isinstance(answer, Infeasible) or answer.proved
        if not final and (answer.exit_code is ExitCode.INTERRUPTED or question.time_limit is None):
            return
        self._run(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET "
            "proved = excluded.proved, time_limit = excluded.time_limit, answer = excluded.answer, "
            "with_baselines = excluded.with_baselines WHERE excluded.proved > proved OR "
            "(excluded.proved = proved AND (proved OR excluded.time_limit >= time_limit))",
            (
                fingerprint(layer, question),
                model_version(),
                final,
                question.time_limit,
                question.baselines or isinstance(answer, Infeasible),
                _text(answer),
            ),
        )

    def clear(self) -> int | None:
        """Delete every answer, and return how many there were; None if the file could not be read.

        Answers of other versions count too.

        Raises
        ------
        OSError
            If the file cannot be deleted.
        """
        if not self.path.exists():
            return 0
        try:
            ((count,),) = self._execute("SELECT COUNT(*) FROM answers", ())
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                self._warn(f"the cache {self.path} cannot be cleared: {error}")
                return 0
            count = None  # a damaged file is what people clear the cache for
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return count

    def counts(self) -> tuple[int, int]:
        """Return how many answers are kept, and how many of them this version of the model can use."""
        if not self.path.exists():
            return 0, 0
        query = "SELECT COUNT(*), COALESCE(SUM(version = ?), 0) FROM answers"
        ((kept, usable),) = self._run(query, (model_version(),)) or [(0, 0)]
        return int(kept), int(usable)

    def _run(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if not self._usable:
            return []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._execute(statement, values)
        except (sqlite3.Error, OSError) as error:
            self._usable = False
            self._warn(f"the cache {self.path} cannot be used: {error}")
            return []

    def _execute(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_CREATE)
            return connection.execute(statement, values).fetchall()


def _adapters(kind: type[Answer]) -> dict[str, TypeAdapter[Any]]:
    """Return how each field of an answer is written and read, but for those that the question knows."""
    hints = get_type_hints(kind)
    return {f.name: _adapter(hints[f.name]) for f in fields(kind) if f.name not in _QUESTION}


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _text(answer: Answer) -> str:
    kind = type(answer)
    values = {
        name: adapter.dump_python(getattr(answer, name), mode="json")
        for name, adapter in _adapters(kind).items()
    }
    return json.dumps({"infeasible": isinstance(answer, Infeasible), **values})


def _restore(text: str, layer: Primitive, question: Question) -> Answer | None:
    """Return the answer of a row, or None if the row is damaged."""
    try:
        data = json.loads(text)
        kind: type[Answer] = Infeasible if data.pop("infeasible") else Solution
        adapters = _adapters(kind)
        values = {name: adapters[name].validate_python(value) for name, value in data.items()}
        answer = kind(layer=layer, hardware=question.hardware, objective=question.objective, **values)
    except (ValueError, KeyError, TypeError, ValidationError):
        return None
    if isinstance(answer, Solution) and not question.baselines:
        return replace(answer, baselines=())
    return answer
