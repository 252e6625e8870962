"""One piece of a layer behind a prefetch buffer, searched over both levels under a weighted sum."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from solver.answers.mapped import PieceMapping
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InfeasibleError, InternalError
from solver.forms.wish import Wish, form_with, images_with
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import Limits
from solver.mapping.lines import with_seen_steps
from solver.pieces.cuts import Cut, uncut
from solver.pieces.piece import piece_of
from solver.search.pieces.goal import Goal
from solver.search.progress import Clock
from solver.search.two_level.goal import Weighted
from solver.search.two_level.images import imaged
from solver.search.two_level.search import LevelSearch


@dataclass(frozen=True)
class Found:
    """The best mapping of a piece, with its value."""

    value: int
    mapping: PieceMapping


@dataclass(frozen=True)
class Searched:
    """What is known of a piece.

    Attributes
    ----------
    cutoff
        What costs no less is of no interest.
    least
        What it costs at least, unless it costs no less than the cutoff.
    found
        The best mapping below the cutoff, if there is one.
    open
        Whether mappings that might be better were not searched, or are too long to replay.
    """

    cutoff: int
    least: int
    found: Found | None = None
    open: bool = False

    @property
    def best(self) -> int:
        """What a better mapping must cost less than."""
        return self.found.value if self.found else self.cutoff


@dataclass(frozen=True)
class LevelPiece:
    """A piece: the first filters of a layer, along a cut.

    Attributes
    ----------
    images
        Whether products may run as images of their streamed side.
    """

    layer: Primitive
    cut: Cut
    count: int
    images: bool

    def search(self, searches: Iterable[LevelSearch], goal: Goal, cutoff: int, clock: Clock) -> Searched:
        """Return the best mapping of a piece, or that it costs no less than a cutoff.

        Parameters
        ----------
        searches
            Those of its forms.
        """
        known = Searched(cutoff, cutoff)
        for search in searches:
            known = self._run(search, goal, known, clock)
            suspects = search.expansion.suspects
            if not (suspects and self.images):
                continue
            for form in images_with(self._piece, search.nest):
                tiles = imaged(suspects.tiles(_sum(goal, known.best)), form.nest)
                if not len(tiles):
                    continue
                with suppress(InfeasibleError):
                    image = type(search)(form.nest, search.hardware, Limits(), tiles)
                    known = self._run(image, goal, known, clock)
        return known

    @cached_property
    def _piece(self) -> Primitive:
        return piece_of(self.layer, self.cut, 0, self.count)

    def _run(self, search: LevelSearch, goal: Goal, known: Searched, clock: Clock) -> Searched:
        """Search one form; return what is known then."""
        sought = _sum(goal, known.best)
        missed = [search.run(sought, clock), *search.expansion.unreplayed]
        if sought.point is not None and sought.found < known.best:
            cost, levels = evaluate_levels(search.nest, search.hardware, sought.point.mapping)
            form = form_with(self._piece, search.nest)
            if form is None:
                raise InternalError(f"no form of {self._piece} has the loops {search.nest}")
            value = goal.value(cost.cycles, cost.energy)
            if value < known.best:
                tile, cut = levels.mapping.tile, self.cut
                mapping = PieceMapping(cut.base, cut.dim, 0, self.count, tile, form.name, cost, levels)
                found = Found(value, mapping)
                known = replace(known, least=min(known.least, value), found=found)
        least = min(float(sought.value(*(np.array(each) for each in left))) for left in missed)
        if least < known.best:
            known = replace(known, least=min(known.least, int(least)), open=True)
        return known


class WholeLayer:
    """A layer in one piece, searched under one goal after the other.

    Parameters
    ----------
    wish, limits
        Its forms and the limits on their tiles.
    """

    def __init__(self, layer: Primitive, wish: Wish, hardware: Hardware, limits: Limits) -> None:
        cut = uncut(layer)
        # Limits speak of the loops as they are written.
        self._piece = LevelPiece(layer, cut, cut.size, wish.images and not str(limits))
        self._searches = []
        # Of forms that cost the same with every mapping the first, simplest one is searched.
        nests: dict[LoopNest, LoopNest] = {}
        for form in wish.forms(layer, hardware):
            nests.setdefault(with_seen_steps(form.nest), form.nest)
        for nest in nests.values():
            with suppress(InfeasibleError):
                self._searches.append(LevelSearch(nest, hardware, limits))

    def search(self, goal: Goal, known: int, clock: Clock) -> Searched:
        """Return the best mapping, or that it costs no less than what is known."""
        sought = _sum(goal, known)
        promising = [search for search in self._searches if search.promises(sought)]
        return self._piece.search(promising, goal, known, clock)


def _sum(goal: Goal, cutoff: int) -> Weighted:
    return Weighted(float(goal.cycles), float(goal.energy) * 10.0**goal.places, float(cutoff))
