"""The best pieces of a layer along all its cuts, under one goal after the other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from solver.answers.mapped import PieceMapping
from solver.cost.evaluate import evaluate
from solver.errors import InternalError
from solver.forms.wish import Wish, form_named
from solver.layer import Primitive
from solver.legal.tiles import legality
from solver.pieces.piece import Cut, piece_of
from solver.search.pieces.far import tiles_of_interest
from solver.search.pieces.goal import Goal
from solver.search.pieces.ground import Ground
from solver.search.pieces.level_lot import LevelLot, level_lots
from solver.search.pieces.level_search import LevelPieceSearch
from solver.search.pieces.search import Chosen, PieceSearch
from solver.search.progress import Clock
from solver.search.spaces import Spaces

Mapping = tuple[PieceMapping, ...]


class Pieces(Protocol):
    """A layer, where it may be cut, and what is known of its pieces."""

    clock: Clock
    most: int | None

    @property
    def replayed(self) -> int:
        """Mappings that were replayed so far."""

    def best(self, goal: Goal, known: int) -> tuple[Mapping, int]:
        """Return the pieces that cost least and less than what is known, none if none do; and the bound."""


def pieces_of(
    layer: Primitive,
    wish: Wish,
    spaces: Spaces,
    cuts: Iterable[Cut],
    clock: Clock,
    most: int | None,
    *,
    energy: bool,
) -> Pieces:
    """Return the pieces of a layer.

    Parameters
    ----------
    most
        The largest number of pieces; None for any.
    energy
        Whether energies will be asked for.
    """
    kind = ArrayPieces if spaces.hardware.memory is None else LevelPieces
    return kind(layer, wish, spaces, cuts, clock, most, energy=energy)


class ArrayPieces:
    """Those on the array alone; parameters as of `pieces_of`."""

    def __init__(
        self,
        layer: Primitive,
        wish: Wish,
        spaces: Spaces,
        cuts: Iterable[Cut],
        clock: Clock,
        most: int | None,
        *,
        energy: bool,
    ) -> None:
        self.layer, self.hardware, self.clock, self.most = layer, spaces.hardware, clock, most
        self._wish, self._spaces = wish, spaces
        self._ground = partial(Ground, layer, wish=wish, spaces=spaces, energy=energy)
        self.cuts = tuple(cuts)
        self._grounds: dict[Cut, Ground] = {}

    @property
    def replayed(self) -> int:
        """Replays so far."""
        return sum(ground.replayed for ground in self._grounds.values())

    def best(self, goal: Goal, known: int) -> tuple[Mapping, int]:
        """Return the pieces that cost least and less than what is known, none if none do; and the bound."""
        best: Mapping = ()
        bounds = []
        for cut in self.cuts:
            search = PieceSearch(self._ground_of(cut, goal, known), goal, known, self.most)
            search.run(self.clock)
            if search.best is not None:
                best = self._evaluated(cut, search.best)
                known = _sum(best, goal, search.known)
            bounds.append(search.bound)
        return best, min([known, *bounds])

    def _ground_of(self, cut: Cut, goal: Goal, known: int) -> Ground:
        """Return the tiles of a cut: all, once for every goal, or those of interest if they are very many."""
        tiles = tiles_of_interest(self.layer, cut, self._wish, self._spaces, goal, known)
        if tiles is None:
            if cut not in self._grounds:
                self._grounds[cut] = self._ground(cut)
            return self._grounds[cut]
        before = self._grounds.get(cut)
        self._grounds[cut] = self._ground(cut, tiles=tiles)
        self._grounds[cut].replayed = before.replayed if before else 0
        return self._grounds[cut]

    def _evaluated(self, cut: Cut, chosen: tuple[Chosen, ...]) -> Mapping:
        """Return pieces as mappings of their own, replayed; those alike become one."""
        sizes: dict[object, tuple[Chosen, int]] = {}
        for place, one in enumerate(chosen):
            key = (one.family.name, one.tile) if one.linear else place
            before = sizes[key][1] if key in sizes else 0
            sizes[key] = (one, before + one.count)
        pieces, begin = [], 0
        for one, count in sorted(sizes.values(), key=lambda pair: -pair[1]):
            piece = piece_of(self.layer, cut, begin, count)
            nest = form_named(piece, one.family.name).nest
            reason = legality(nest, self.hardware, one.tile)
            if reason is not None:
                raise InternalError(f"an illegal piece: {reason}")
            cost = evaluate(nest, self.hardware, one.tile)
            form = one.family.name
            pieces.append(PieceMapping(cut.base, cut.dim, begin, count, one.tile, form, cost))
            begin += count
        return tuple(pieces)


class LevelPieces:
    """Those behind a prefetch buffer; parameters as of `pieces_of`.

    Only mappings in two and more pieces are searched: that of one piece is known under the objective.
    """

    def __init__(
        self,
        layer: Primitive,
        wish: Wish,
        spaces: Spaces,
        cuts: Iterable[Cut],
        clock: Clock,
        most: int | None,
        *,
        energy: bool,
    ) -> None:
        self.layer, self.wish, self.hardware = layer, wish, spaces.hardware
        self.clock, self.most = clock, most
        self.limits, self.cuts = spaces.limits, tuple(cuts)
        self._lots: dict[Cut, list[LevelLot]] = {}
        self._energy = energy
        self.replayed = 0

    def best(self, goal: Goal, known: int) -> tuple[Mapping, int]:
        """Return the pieces that cost least and less than what is known, none if none do; and the bound."""
        best: Mapping = ()
        searches = [self._search_of(cut, goal, known) for cut in self.cuts]
        # What one cut gives spares the others most of their work.
        for ahead in (True, False):
            for search in searches:
                search.learn(known)
                search.run(self.clock, ahead=ahead)
                if search.best is not None and search.known < known:
                    best = search.best
                    known = _sum(best, goal, search.known)
        self.replayed += sum(search.searched for search in searches)
        return best, min([known, *(search.bound for search in searches)])

    def _search_of(self, cut: Cut, goal: Goal, known: int) -> LevelPieceSearch:
        if cut not in self._lots:
            lots = level_lots(self.layer, cut, self.wish, self.hardware, self.limits, energy=self._energy)
            self._lots[cut] = list(lots)
        parts = self.layer, cut, self.wish, self.hardware, self._lots[cut]
        return LevelPieceSearch(*parts, goal, known, self.most)


def _sum(pieces: Mapping, goal: Goal, expected: int) -> int:
    """Return what pieces cost.

    Raises
    ------
    InternalError
        If that is not what their search found.
    """
    value = sum(goal.value(piece.cost.cycles, piece.cost.energy) for piece in pieces)
    if value != expected:
        raise InternalError(f"pieces cost {value}, not {expected} as their search found")
    return value
