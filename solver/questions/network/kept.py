"""The least product of a network's totals as a row of the cache, beside the answers of its layers.

The row says which layers give up some of their own least product, with their mappings; these are evaluated
again before they are believed, as every answer that was kept is (`solver.questions.cache.check`).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter, ValidationError

from solver.answers.infeasible import Answer
from solver.answers.solution import Solution
from solver.answers.sweep import figures_of
from solver.cost.result import Objective
from solver.layer import Primitive
from solver.questions.cache.check import mapping_doubt
from solver.questions.cache.key import fingerprints
from solver.questions.cache.row import DamagedRowError, Row
from solver.questions.cache.store import Cache, Cells
from solver.questions.map_layer import Question
from solver.questions.network.plan import Plan
from solver.questions.network.product import Balanced, balance, with_choice
from solver.search.pieces.along import Mapping as InPieces


@dataclass(frozen=True)
class Wanted:
    """A network whose product is wanted.

    Attributes
    ----------
    known
        Every layer's own answer, by fingerprint.
    cells
        What is kept of it, of which nothing may be believed; None for nothing.
    """

    plan: Plan
    question: Question
    known: Mapping[str, Answer]
    cells: Cells | None = None

    @functools.cached_property
    def key(self) -> str:
        """The digest of everything that the product depends on but the time it may take."""
        key = fingerprints(self.question)
        layers = [
            [[(key(p.layer), p.repeats) for p in way.parts if isinstance(p.layer, Primitive)] for way in ways]
            for _, ways in self.plan.ways
        ]
        return hashlib.sha256(repr(("product", layers)).encode()).hexdigest()


@dataclass(frozen=True)
class FoundProduct:
    """The mappings with the least product of a network's totals, if there are any.

    Attributes
    ----------
    key
        See `Wanted`.
    row
        What may be kept for another run; None where it is of an earlier one, or holds for this one only.
    wrong
        Why what was kept is not right, if it is not.
    """

    key: str
    balanced: Balanced | None
    row: Row | None = None
    wrong: str = ""

    def keep(self, cache: Cache) -> None:
        """Have the cache keep the row, and forget what was not right."""
        if self.wrong:
            cache.forget({self.key: self.wrong})
        if self.row is not None:
            cache.put_rows({self.key: self.row})


def find_product(work: Wanted) -> FoundProduct:
    """Return a network's least product from what is kept if that is right, else by a search."""
    plan, question, known = work.plan, work.question, work.known
    solutions = {key: answer for key, answer in known.items() if isinstance(answer, Solution)}
    wrong = ""
    if work.cells is not None and all(answer.proved for answer in solutions.values()):
        try:
            if kept := _recalled(work, solutions):
                return FoundProduct(work.key, kept)
        except DamagedRowError as error:
            wrong = f"the product of a network: {error}"
    found = balance(plan, question, known)
    if found is None:
        return FoundProduct(work.key, None, wrong=wrong)
    proved = found.bound == _product(plan, question, found)
    keep = proved or question.time_limit is not None
    text = _adapter().dump_json(_Kept(found.bound, found.ways, found.chosen)).decode()
    row = Row.of_cells(work.key, proved, question.time_limit, True, text)
    return FoundProduct(work.key, found, row if keep else None, wrong)


@dataclass(frozen=True)
class _Kept:
    """What the text of a row holds; see `Balanced`."""

    bound: Decimal
    ways: tuple[int, ...]
    chosen: dict[str, InPieces]


@functools.cache
def _adapter() -> TypeAdapter[_Kept]:
    return TypeAdapter(_Kept)


def _recalled(work: Wanted, solutions: Mapping[str, Solution]) -> Balanced | None:
    """Return what is kept if it serves the question.

    Raises
    ------
    DamagedRowError
        If it is not right.
    """
    assert work.cells is not None
    plan, question = work.plan, work.question
    row = Row.read(work.key, work.cells)
    if not row.serves(question):
        return None
    try:
        kept = _adapter().validate_json(row.text)
    except ValidationError:
        raise DamagedRowError("it has not the form of a product") from None
    if not (kept.chosen.keys() <= solutions.keys() and all(kept.chosen.values()) and _there(plan, kept.ways)):
        raise DamagedRowError("it is of another network")
    found = with_choice(solutions, kept.chosen, kept.ways, kept.bound)
    for key in kept.chosen:
        answer = found.answers[key]
        assert isinstance(answer, Solution)
        if doubt := mapping_doubt(answer, question):
            raise DamagedRowError(doubt)
    value = _product(plan, question, found)
    if value is None or not (kept.bound.is_finite() and 0 <= kept.bound <= value):
        raise DamagedRowError(f"its bound is {kept.bound}, its value {value}")
    if row.proved is not (kept.bound == value):
        raise DamagedRowError("it is not what it is filed as")
    return found


def _there(plan: Plan, ways: Sequence[int]) -> bool:
    """Whether each layer can be taken apart in the way that is said."""
    return len(ways) == len(plan.ways) and all(
        0 <= way < len(all_ways) for way, (_, all_ways) in zip(ways, plan.ways, strict=True)
    )


def _product(plan: Plan, question: Question, found: Balanced) -> Decimal | None:
    """Return the product of a network's totals; None if a part has no mapping."""
    figures = figures_of(plan.answers(question, found.answers, (), found.ways))
    return figures.value(Objective.EDP) if figures else None
