"""The SQLite file with the answers of earlier runs.

Proved answers hold for good. An answer that is not proved is given again only where no more time is allowed
than it took; interrupted ones, and that no mapping is legal, are not kept. Every answer is checked before it
is given (`solver.questions.cache.check`): what is not right is a miss, deleted, and costs one warning.

SQLite lets several processes read and write at once; a file that cannot be used costs a warning, never a
result. Folder and file are the user's alone.
"""

from __future__ import annotations

import os
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from solver.answers.infeasible import Answer
from solver.answers.solution import Solution
from solver.layer import Primitive
from solver.questions.cache.check import doubt
from solver.questions.cache.key import fingerprint, model_version
from solver.questions.cache.row import DamagedRowError, Row, worth_keeping
from solver.questions.map_layer import Question

FILE_NAME = "answers.sqlite"
BUSY_SECONDS = 30.0
"""How long one process waits for another that writes."""

KEYS_AT_ONCE = 500
"""Answers that one statement asks for."""

_COLUMNS = {
    "fingerprint": "TEXT NOT NULL PRIMARY KEY",
    "version": "TEXT NOT NULL",
    "proved": "INTEGER NOT NULL",
    "time_limit": "REAL",
    "with_baselines": "INTEGER NOT NULL",
    "answer": "TEXT NOT NULL",
    "digest": "TEXT NOT NULL",
}
_CREATE = f"CREATE TABLE IF NOT EXISTS answers ({', '.join(map(' '.join, _COLUMNS.items()))})"
_PUT = (
    f"INSERT INTO answers VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (fingerprint) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in list(_COLUMNS)[1:])
    + " WHERE excluded.proved > proved OR "
    "(excluded.proved = proved AND (proved OR excluded.time_limit >= time_limit))"
)


Cells = tuple[Any, ...]
"""A row of the file, but for its fingerprint."""


def cache_path() -> Path:
    """Return where the cache is; the operating system's variables for cache folders are honoured."""
    return Path(platformdirs.user_cache_dir("maeri-solver", appauthor=False)) / FILE_NAME


def _python_warning(message: str) -> None:
    warnings.warn(message, stacklevel=2)


class Cache:
    """The answers of earlier runs.

    The file is opened when it is first needed, and stays open until `close`.

    Parameters
    ----------
    path
        The SQLite file; it and its folder are made when the first answer is kept.
    warn
        Told in one sentence if the file cannot be used, from when on nothing is found or kept, and once if
        there are answers that are not right; by default Python's warnings.
    """

    def __init__(self, path: Path | None = None, warn: Callable[[str], None] = _python_warning) -> None:
        self.path = cache_path() if path is None else path
        self._warn = warn
        self._usable = True
        self._warned = False
        self._connection: sqlite3.Connection | None = None

    def get(self, layer: Primitive, question: Question) -> Answer | None:
        """Return the kept answer to a question, or None."""
        key = fingerprint(layer, question)
        return self.get_all({key: (layer, question)}).get(key)

    def get_all(self, wanted: Mapping[str, tuple[Primitive, Question]]) -> dict[str, Answer]:
        """Return the kept answers to questions by their fingerprints, as far as there are any."""
        found: dict[str, Answer] = {}
        wrong: dict[str, str] = {}
        for key, cells in self._rows(list(wanted)):
            answer, why = checked(key, cells, *wanted[key])
            if why:
                wrong[key] = why
            elif answer is not None:
                found[key] = answer
        self.forget(wrong)
        return found

    def unchecked(self, keys: Iterable[str]) -> dict[str, Cells]:
        """Return what is kept under some fingerprints, for `checked`: nothing of it may be believed."""
        return dict(self._rows(list(keys)))

    def put(self, layer: Primitive, question: Question, answer: Answer) -> None:
        """Keep an answer if it holds for another run; a better one that is kept already stays."""
        self.put_all([(fingerprint(layer, question), question, answer)])

    def put_all(self, answers: Iterable[tuple[str, Question, Answer]]) -> None:
        """Keep answers by their fingerprints as `put` does, all in one transaction."""
        self.put_rows(
            {
                key: Row.of(key, question, answer)
                for key, question, answer in answers
                if worth_keeping(question, answer) and isinstance(answer, Solution)
            }
        )

    def put_rows(self, rows: Mapping[str, Row]) -> None:
        """Keep rows by their fingerprints, all in one transaction; better ones that are kept stay."""
        if not rows:
            return
        self._run("BEGIN IMMEDIATE")
        try:
            for key, row in rows.items():
                cells = (row.proved, row.time_limit, row.with_baselines, row.text, row.digest)
                self._run(_PUT, (key, model_version(), *cells))
        finally:
            self._run("COMMIT")

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
            ((count,),) = self._open().execute("SELECT COUNT(*) FROM answers")
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                self._warn(f"the cache {self.path} cannot be cleared: {error}")
                return 0
            count = None  # a damaged file is what people clear the cache for
        finally:
            self.close()
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

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self.close()  # a connection that is dropped open is a warning of Python's

    def _rows(self, keys: list[str]) -> Iterator[tuple[str, Cells]]:
        """Yield the rows of some keys, as far as they are there."""
        if not self.path.exists():
            return
        names = ", ".join(name for name in _COLUMNS if name != "version")
        for some, places in _batches(keys):
            query = f"SELECT {names} FROM answers WHERE fingerprint IN ({places})"
            for key, *cells in self._run(query, some):
                yield key, tuple(cells)

    def forget(self, wrong: Mapping[str, str]) -> None:
        """Delete answers that are not right, and say so once.

        Parameters
        ----------
        wrong
            Why they are not, by their fingerprints.
        """
        if not wrong:
            return
        for some, places in _batches(list(wrong)):
            self._run(f"DELETE FROM answers WHERE fingerprint IN ({places})", some)
        if not self._warned:
            self._warned = True
            first, *others = wrong.values()
            more = f" (and {len(others)} more)" if others else ""
            self._warn(f"the cache {self.path} has a wrong answer, which is not used: {first}{more}")

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        if not self._usable:
            return []
        try:
            return self._open().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            self._usable = False
            self._warn(f"the cache {self.path} cannot be used: {error}")
            return []

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            _private(self.path)
            # Every statement is a transaction of its own.
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection = connection
            # Bytes that are no text make a wrong answer, not an unusable file.
            connection.text_factory = lambda text: text.decode(errors="replace")
            _log_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            there = [name for _, name, *_ in connection.execute("PRAGMA table_info(answers)")]
            if there and there != list(_COLUMNS):
                connection.execute("DROP TABLE answers")  # of another version of the program
            connection.execute(_CREATE)
        return self._connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Let readers go on while another writes.

    SQLite does not wait, as it does everywhere else, while another process makes this change.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def checked(key: str, cells: Cells, layer: Primitive, question: Question) -> tuple[Solution | None, str]:
    """Return the answer of a row if it is right and serves the question, and why it is not right.

    Wherever this runs: checking a long sweep's answers takes as long as many searches.
    """
    try:
        row = Row.read(key, cells)
        if question.beside_simulator or not row.serves(question):
            return None, ""
        answer = row.answer(layer, question)
        if not question.baselines:
            answer = replace(answer, baselines=())
        reason = doubt(answer, question) or ""
    except DamagedRowError as error:
        reason = str(error)
    return (None, f"{layer.title}: {reason}") if reason else (answer, "")


def _batches(keys: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield some keys at a time, and the places for them in a statement."""
    for begin in range(0, len(keys), KEYS_AT_ONCE):
        some = tuple(keys[begin : begin + KEYS_AT_ONCE])
        yield some, ", ".join("?" * len(some))


def _private(path: Path) -> None:
    """Make folder and file, for the user alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent == cache_path().parent:
        _restrict(path.parent, 0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for suffix in ("", "-wal", "-shm"):
        _restrict(path.with_name(path.name + suffix), 0o600)


def _restrict(path: Path, mode: int) -> None:
    if path.exists() and path.stat().st_mode & 0o777 & ~mode:
        path.chmod(mode)
