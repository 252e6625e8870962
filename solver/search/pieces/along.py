"""The best pieces of a layer along all its cuts, under one goal after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from solver.answers.mapped import PieceMapping
from solver.cost.evaluate import evaluate
from solver.errors import InternalError
from solver.forms.wish import Wish, form_named
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.tiles import legality
from solver.pieces.piece import Cut, piece_of
from solver.search.pieces.band import BandSearch, Near
from solver.search.pieces.far import FarSpace, too_many
from solver.search.pieces.goal import Goal
from solver.search.pieces.ground import Ground, Tiles
from solver.search.pieces.level_earlier import Earlier, bound_between
from solver.search.pieces.level_lot import LevelLot, level_lots
from solver.search.pieces.level_piece import WholeLayer
from solver.search.pieces.level_search import LevelPieceSearch
from solver.search.pieces.search import Chosen, PieceSearch
from solver.search.progress import Clock
from solver.search.spaces import Spaces
from solver.search.two_level.figures import Figures

Mapping = tuple[PieceMapping, ...]


@dataclass(eq=False)
class Pieces(ABC):
    """A layer, where it may be cut, and what is known of its pieces; other fields as of `pieces_of`.

    Attributes
    ----------
    open
        Whether a piece was too long to replay, so that there may be no proof.
    """

    layer: Primitive
    wish: Wish
    spaces: Spaces
    cuts: tuple[Cut, ...]
    clock: Clock
    most: int | None
    energy: bool
    open: bool = field(default=False, init=False)

    @property
    def hardware(self) -> Hardware:
        """The hardware that the layer is mapped onto."""
        return self.spaces.hardware

    @property
    def several(self) -> bool:
        """Whether only mappings in two and more pieces are searched, as the best in one piece is known."""
        return False

    @property
    @abstractmethod
    def replayed(self) -> int:
        """Mappings that were replayed so far."""

    @abstractmethod
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
    whole: bool = False,
) -> Pieces:
    """Return the pieces of a layer.

    Parameters
    ----------
    most
        The largest number of pieces; None for any.
    energy
        Whether energies will be asked for.
    whole
        Whether one piece is searched under every goal behind a prefetch buffer, too; else it must be known.
    """
    if spaces.hardware.memory is None:
        return ArrayPieces(layer, wish, spaces, tuple(cuts), clock, most, energy)
    one = WholeLayer(layer, wish, spaces.hardware, spaces.limits) if whole else None
    return LevelPieces(layer, wish, spaces, tuple(cuts), clock, most, energy, one)


@dataclass(eq=False)
class ArrayPieces(Pieces):
    """Those on the array alone."""

    _grounds: dict[Cut, Ground] = field(default_factory=dict)
    _replayed: int = 0

    @property
    def replayed(self) -> int:
        """Replays so far."""
        return self._replayed

    def best(self, goal: Goal, known: int) -> tuple[Mapping, int]:
        """Return the pieces that cost least and less than what is known, none if none do; and the bound."""
        best: Mapping = ()
        bounds = []
        for cut in self.cuts:
            if too_many(self.layer, cut, self.wish, self.spaces):
                if self.clock.expired:  # to list what is of interest takes seconds
                    bounds.append(0)
                    continue
                # What is found among the tiles that promise most excludes most of the others unlisted.
                far = FarSpace(self.layer, cut, self.wish, self.spaces, goal, known)
                search = self._searched(far.near, goal, known)
                best, known = self._better(search, best, known)
                self._grounds[cut] = self._ground(cut, far.tiles_of_interest(known))
            elif cut not in self._grounds:
                self._grounds[cut] = self._ground(cut)
            search = self._searched(self._grounds[cut], goal, known)
            best, known = self._better(search, best, known)
            bounds.append(search.bound)
        return best, min([known, *bounds])

    def near(self, goal: Goal, limit: int) -> list[tuple[Cut, Near]] | None:
        """Return the mappings below a limit that no other along their cut beats in cycles and energy.

        Returns
        -------
        list of (Cut, Near) or None
            None if there was no time, there are too many, or a piece is too long to replay.
        """
        found: list[tuple[Cut, Near]] = []
        for cut in self.cuts:
            if self.clock.expired:
                return None
            if too_many(self.layer, cut, self.wish, self.spaces):
                far = FarSpace(self.layer, cut, self.wish, self.spaces, goal, limit)
                ground = self._ground(cut, far.tiles_of_interest(limit))
            else:
                ground = self._ground(cut)
            # The least sum first: it tells what the rest of a layer costs at least.
            self._searched(ground, goal, limit)
            some = BandSearch(ground, goal, limit, self.most).all(self.clock)
            if some is None:
                return None
            found += [(cut, one) for one in some]
        return found

    def _ground(self, cut: Cut, tiles: Tiles | None = None) -> Ground:
        return Ground(self.layer, cut, self.wish, self.spaces, energy=self.energy, tiles=tiles)

    def _searched(self, ground: Ground, goal: Goal, known: int) -> PieceSearch:
        before = ground.replayed
        search = PieceSearch(ground, goal, known, self.most)
        search.run(self.clock)
        self._replayed += ground.replayed - before
        self.open |= search.open
        return search

    def _better(self, search: PieceSearch, best: Mapping, known: int) -> tuple[Mapping, int]:
        """Return the better of what is known and what was found, with its value."""
        if search.best is None:
            return best, known
        found = self.evaluated(search.ground.cut, search.best)
        return found, _sum(found, search.goal, search.known)

    def evaluated(self, cut: Cut, chosen: tuple[Chosen, ...]) -> Mapping:
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


@dataclass(eq=False)
class LevelPieces(Pieces):
    """Those behind a prefetch buffer.

    Attributes
    ----------
    whole
        Mappings in one piece; None if only those in two and more are searched, as the best of one is known.
    """

    whole: WholeLayer | None = None
    _lots: dict[Cut, list[LevelLot]] = field(default_factory=dict)
    _earlier: dict[Cut, list[Earlier]] = field(default_factory=lambda: defaultdict(list))
    _searched: int = 0

    def __post_init__(self) -> None:
        self._figures = Figures(self.hardware)

    @property
    def several(self) -> bool:
        """Whether only mappings in two and more pieces are searched, as the best in one piece is known."""
        return self.whole is None

    @property
    def replayed(self) -> int:
        """Mappings that were searched so far."""
        return self._searched

    def best(self, goal: Goal, known: int) -> tuple[Mapping, int]:
        """Return the pieces that cost least and less than what is known, none if none do; and the bound."""
        best: Mapping = ()
        bounds = []
        if self.whole is not None:
            one = self.whole.search(goal, known, self.clock)
            self.open |= one.open
            bounds.append(one.least)
            if one.found:
                best, known = (one.found.mapping,), one.found.value
        cuts = self.cuts if self.most != 1 else ()
        # What one cut gives spares the others most of their work: those with few array tiles come first.
        searches = [self._search_of(cut, goal, known) for cut in cuts]
        searches.sort(key=lambda search: search.open_tiles)
        for ahead in (True, False):
            for search in searches:
                search.learn(known)
                search.run(self.clock, ahead=ahead)
                self.open |= search.open
                if search.best is not None and search.known < known:
                    best = search.best
                    known = _sum(best, goal, search.known)
        self._searched += sum(search.searched for search in searches)
        for search in searches:
            self._earlier[search.cut].append(Earlier(goal, search.every, self.hardware))
        return best, min([known, *bounds, *(search.bound for search in searches)])

    def _search_of(self, cut: Cut, goal: Goal, known: int) -> LevelPieceSearch:
        limits = self.spaces.limits
        if cut not in self._lots:
            lots = level_lots(self.layer, cut, self.wish, self.hardware, limits, energy=self.energy)
            self._lots[cut] = list(lots)
        parts = self.layer, cut, self.hardware, self._lots[cut]
        # Limits speak of the loops as they are written.
        images = self.wish.images and not str(limits)
        search = LevelPieceSearch(*parts, goal, known, self.most, images=images, figures=self._figures)
        bound_between(search.groups, goal, self._earlier[cut])
        return search


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
