"""An answer as a row of the cache, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from solver.answers.solution import Solution
from solver.errors import ExitCode, MapperError
from solver.layer import Primitive
from solver.questions.map_layer import Question

MAX_TEXT = 4_000_000
"""Characters of the longest text that is looked at; answers have some ten thousand."""

_NOT_KEPT = ("layer", "hardware", "objective", "evidence", "sums")
"""Fields of an answer that the question knows, and what only certificates need: they are made anew."""


class DamagedRowError(ValueError):
    """A row is not what was written; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the cache.

    Parameters
    ----------
    proved, with_baselines
        Whether the answer is proved, and whether the baselines are there.
    time_limit
        Seconds that the search was allowed; None without limit.
    text
        The answer in JSON, without what the question says.
    digest
        Of all this and the key: a row that was changed, or is that of another question, has another one.
    """

    proved: bool
    time_limit: float | None
    with_baselines: bool
    text: str
    digest: str

    @classmethod
    def of(cls, key: str, question: Question, answer: Solution) -> Row:
        """Return the row of an answer."""
        values = {
            name: adapter.dump_python(getattr(answer, name), mode="json")
            for name, adapter in _adapters().items()
        }
        text = json.dumps(values)
        return cls.of_cells(key, answer.proved, question.time_limit, bool(answer.baselines), text)

    @classmethod
    def of_cells(
        cls, key: str, proved: bool, time_limit: float | None, with_baselines: bool, text: str
    ) -> Row:
        """Return the row of the other cells, with its digest."""
        seconds = None if time_limit is None else float(time_limit)
        facts = f"{key} {proved} {seconds} {with_baselines} {text}"
        digest = hashlib.sha256(facts.encode(errors="surrogatepass")).hexdigest()
        return cls(proved, seconds, with_baselines, text, digest)

    @classmethod
    def read(cls, key: str, cells: tuple[Any, ...]) -> Row:
        """Return the row of cells as they come out of the database, where everything is possible.

        Raises
        ------
        DamagedRowError
            If they are not what was written.
        """
        proved, time_limit, with_baselines, text, digest = cells
        right = (
            proved in (0, 1)
            and with_baselines in (0, 1)
            and (time_limit is None or isinstance(time_limit, (int, float)))
            and isinstance(text, str)
            and len(text) <= MAX_TEXT
        )
        if not right:
            raise DamagedRowError("it has not the form of an answer")
        row = cls.of_cells(key, bool(proved), time_limit, bool(with_baselines), text)
        if digest != row.digest:
            raise DamagedRowError("it was changed after it was written")
        return row

    def serves(self, question: Question) -> bool:
        """Whether the answer holds for the time and the baselines that a question asks for."""
        if not self.proved and (
            question.time_limit is None or self.time_limit is None or question.time_limit > self.time_limit
        ):
            return False
        return self.with_baselines or not question.baselines

    def answer(self, layer: Primitive, question: Question) -> Solution:
        """Return the answer, baselines included.

        Raises
        ------
        DamagedRowError
            If the text is no answer.
        """
        try:
            data = json.loads(self.text)
            values = {name: adapter.validate_python(data[name]) for name, adapter in _adapters().items()}
            answer = Solution(layer=layer, hardware=question.hardware, objective=question.objective, **values)
        except (
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
            ArithmeticError,
            ValidationError,
            MapperError,
        ):
            raise DamagedRowError("it has not the form of an answer") from None
        if (answer.proved, bool(answer.baselines)) != (self.proved, self.with_baselines):
            raise DamagedRowError("it is not what it is filed as")
        return answer


def worth_keeping(question: Question, answer: object) -> bool:
    """Whether an answer holds for another run.

    That no mapping is legal is found again as fast as it could be checked, and proved in doing so.
    """
    if not isinstance(answer, Solution) or question.beside_simulator:
        return False
    return answer.proved or not (answer.exit_code is ExitCode.INTERRUPTED or question.time_limit is None)


@cache
def _adapters() -> Mapping[str, TypeAdapter[Any]]:
    """Return how each field of an answer is written and read, but for those that are not kept."""
    hints = get_type_hints(Solution)
    names = [field.name for field in fields(Solution) if field.name not in _NOT_KEPT]
    return {name: TypeAdapter(hints[name]) for name in names}
