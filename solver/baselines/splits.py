"""The baseline `exhaustive` in pieces: every mapping of every range of a small layer, and every split.

Independent of the search in pieces: no straight lines, no bounds over splits, no proof; only the cost of a
piece is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from solver.answers.mapped import IN_PIECES, PieceMapping
from solver.answers.solution import BaselineResult
from solver.answers.total import total_cost
from solver.baselines.exhaustive import NAME, search
from solver.baselines.problem import Problem
from solver.cost.evaluate import evaluate
from solver.cost.result import Cost, Objective, value_of
from solver.forms.form import Form
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.tiles import Limits, legal_tiles
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of, families_along, wish_for_piece
from solver.pieces.piece import Cut, piece_of

MOST = 10_000
"""Mappings of the layer, and of all its pieces, up to which these are enumerated; a twentieth for a product,
which needs whole fronts, every mapping of them replayed."""


class TooManyError(Exception):
    """There are more mappings of pieces than are enumerated."""


@dataclass(frozen=True)
class _Piece:
    """A mapping of a range of some length."""

    count: int
    tile: Tile
    form: str
    cost: Cost


@dataclass(frozen=True)
class _Sum:
    """Pieces one after the other, and what they take together."""

    cycles: int
    energy: Decimal
    pieces: tuple[_Piece, ...] = ()

    def then(self, piece: _Piece) -> _Sum:
        cost = piece.cost
        return _Sum(self.cycles + cost.cycles, self.energy + cost.energy, (*self.pieces, piece))


class Splits:
    """Every split of a layer under an objective.

    Parameters
    ----------
    layer, hardware, objective, wish, limits
        What is asked.
    most
        How many pieces there may be; None for any number.
    """

    def __init__(
        self,
        layer: Primitive,
        hardware: Hardware,
        objective: Objective,
        wish: Wish,
        limits: Limits,
        most: int | None,
    ) -> None:
        self.layer, self.hardware, self.objective = layer, hardware, objective
        self.wish, self.limits, self.most = wish, limits, most
        self.mappings = 0

    def beside(self, whole: BaselineResult, mappings: int) -> BaselineResult:
        """Return the best split, or the best mapping in one piece if that costs no more; with a note.

        Parameters
        ----------
        whole, mappings
            The best mapping in one piece, and of how many.
        """
        if not self._cuts():
            return whole
        try:
            if mappings > self._limit:
                raise TooManyError
            # Nothing is evaluated before it is known that not too much is.
            spaces = [(cut, self._spaces(cut)) for cut in self._cuts()]
            sums = [(cut, found) for cut, lengths in spaces for found in self._least(cut, lengths)]
        except TooManyError:
            note = f"{whole.note}; in one piece only, as pieces have more than {self._limit} mappings"
            return replace(whole, note=note)
        if not sums:
            return whole
        note = f"{whole.note}; {self.mappings} mappings of pieces in every split"
        cut, best = min(sums, key=lambda entry: self._value(entry[1]))
        if whole.cost is not None and whole.cost.value(self.objective) <= self._value(best):
            return replace(whole, note=note)
        pieces, begin = [], 0
        for piece in sorted(best.pieces, key=lambda piece: -piece.count):
            pieces.append(
                PieceMapping(cut.base, cut.dim, begin, piece.count, piece.tile, piece.form, piece.cost)
            )
            begin += piece.count
        cost = total_cost([piece.cost for piece in pieces], self.layer.macs, self.hardware)
        return BaselineResult(NAME, pieces[0].tile, cost, note, IN_PIECES, pieces=tuple(pieces))

    @property
    def _limit(self) -> int:
        return MOST // 20 if self.objective is Objective.EDP else MOST

    def _cuts(self) -> tuple[Cut, ...]:
        return cuts_of(self.layer, self.wish, self.hardware)

    def _value(self, found: _Sum) -> Decimal:
        return value_of(self.objective, found.cycles, found.energy)

    def _spaces(self, cut: Cut) -> list[list[tuple[Form, Problem]]]:
        """Return for each length of a piece along a cut, from 1 on, its forms and what to choose from."""
        families = families_along(self.layer, cut, self.wish, self.hardware)
        names = {family.name for family in families if not family.whole}
        return [list(self._forms(cut, count, names)) for count in range(1, cut.size)]

    def _forms(self, cut: Cut, count: int, names: set[str]) -> Iterator[tuple[Form, Problem]]:
        """Yield the forms that a piece of some length may have, and count their mappings."""
        piece = piece_of(self.layer, cut, 0, count)
        for form in wish_for_piece(self.wish, piece).forms(piece, self.hardware):
            # A piece may have forms that the layer has not: strips of an even number of filters.
            if form.name not in names:
                continue
            problem = Problem(form.nest, self.hardware, self.objective, 0, self.limits)
            self.mappings += len(problem.candidates)
            if self.mappings > self._limit:
                raise TooManyError
            yield form, problem

    def _least(self, cut: Cut, spaces: list[list[tuple[Form, Problem]]]) -> list[_Sum]:
        """Return the best sums of at least two pieces along a cut, those of all splits that may be best."""
        lengths = [list(self._mappings(count, forms)) for count, forms in enumerate(spaces, start=1)]
        sums = [[_Sum(0, Decimal(0))], *([] for _ in range(cut.size))]
        for _ in range(cut.size if self.most is None else self.most):
            longer = [list(found) for found in sums]
            for at, before in enumerate(sums[:-1]):
                for pieces in lengths[: cut.size - at]:
                    for piece in pieces:
                        longer[at + piece.count] += [found.then(piece) for found in before]
            after = [self._kept(found) for found in longer]
            if [_figures(found) for found in after] == [_figures(found) for found in sums]:
                break
            sums = after
        return sums[-1]

    def _mappings(self, count: int, forms: list[tuple[Form, Problem]]) -> Iterator[_Piece]:
        """Yield the mappings of so many filters that may be part of the best split."""
        found: list[_Piece] = []
        for form, problem in forms:
            if self.objective is Objective.EDP:
                tiles: Iterable[Tile] = map(Tile.of, legal_tiles(form.nest, self.hardware, self.limits))
            else:
                known = found[-1].cost.value(self.objective) if found else None
                tiles = filter(None, [search(problem, known).tile])
            found += [
                _Piece(count, tile, form.name, evaluate(form.nest, self.hardware, tile)) for tile in tiles
            ]
        by_sum = {(p.cost.cycles, p.cost.energy): p for p in reversed(found)}
        kept = self._kept([_Sum(*figures, (p,)) for figures, p in by_sum.items()])
        yield from (found.pieces[0] for found in kept)

    def _kept(self, sums: Sequence[_Sum]) -> list[_Sum]:
        """Return the sums that may be part of the best: of a product all that no other beats in both."""
        if self.objective is not Objective.EDP:
            return [min(sums, key=self._value)] if sums else []
        kept: list[_Sum] = []
        for found in sorted(sums, key=lambda found: (found.cycles, found.energy, len(found.pieces))):
            if not kept or found.energy < kept[-1].energy:
                kept.append(found)
        return kept


def _figures(sums: Sequence[_Sum]) -> list[tuple[int, Decimal]]:
    return [(found.cycles, found.energy) for found in sums]
