"""The best mapping of a layer in pieces, from the best one in one piece, with its proof."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from math import gcd

from solver.answers.evidence import WeightedBound
from solver.answers.mapped import IN_PIECES, PieceMapping
from solver.answers.solution import OnePiece, Solution, Space, Status
from solver.answers.total import total_cost
from solver.arithmetic.exact import decimal_of, scaled_int
from solver.cost.bounds import least_value
from solver.cost.result import Objective
from solver.forms.form import DIRECT
from solver.forms.wish import Wish, form_named, form_with
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.layer.nest import MAX_MACS
from solver.legal.tiles import Limits
from solver.pieces.cuts import cuts_of, uncut
from solver.pieces.piece import Cut
from solver.search.pieces.along import Mapping, Pieces, pieces_of
from solver.search.pieces.goal import Goal, between, weighted
from solver.search.pieces.ground import Ground
from solver.search.pieces.product import Least, Point, least_product
from solver.search.pieces.relaxation import least_of_all
from solver.search.progress import Clock
from solver.search.spaces import Spaces

_IN_ONE = ", in one piece"


def in_pieces(whole: Solution, wish: Wish, spaces: Spaces, clock: Clock, most: int | None = None) -> Solution:
    """Return the best mapping of a layer in pieces; the one in one piece if none is better.

    Parameters
    ----------
    whole
        The best mapping in one piece.
    wish, spaces
        The forms that pieces may have, and their tiles.
    clock
        When to stop, with what is known by then.
    most
        The largest number of pieces; None for any, with one only the words change that say what was searched.
    """
    cuts = searched_cuts(whole.layer, whole.hardware, wish)
    if not cuts:
        return whole
    if most == 1:
        return replace(whole, space=in_pieces_space(whole.space, 1))
    if whole.status is Status.INTERRUPTED:
        return _interrupted(whole, wish, most)
    try:
        energy = whole.objective is not Objective.LATENCY
        if whole.objective is Objective.EDP:
            cuts = _with_whole(cuts, whole.layer, whole.hardware)
        found = pieces_of(whole.layer, wish, spaces, cuts, clock, most, energy=energy)
        return (_least_edp if whole.objective is Objective.EDP else _least_sum)(whole, found)
    except KeyboardInterrupt:
        return _interrupted(whole, wish, most)


def _interrupted(whole: Solution, wish: Wish, most: int | None) -> Solution:
    """Return the best mapping in one piece as that of pieces, of which only what physics says is known."""
    bound = min(_physical(whole, wish), whole.bound)
    space = in_pieces_space(whole.space, most)
    return replace(whole, status=Status.INTERRUPTED, bound=bound, space=space)


def _physical(whole: Solution, wish: Wish) -> Decimal:
    """Return what physics says that no mapping of a layer stays below, in any form and pieces."""
    nests = (form.nest for form in wish.forms(whole.layer, whole.hardware))
    return least_value(nests, whole.hardware, whole.objective)


def searched_cuts(layer: Primitive, hardware: Hardware, wish: Wish) -> tuple[Cut, ...]:
    """Return where a layer is searched in pieces; nowhere if it is too large."""
    # Twice the layer must be one that counts exactly, too.
    return cuts_of(layer, wish, hardware) if layer.nest().macs <= MAX_MACS // 4 else ()


def quick_bounds(
    layer: Primitive, hardware: Hardware, wish: Wish, limits: Limits, *, energy: bool
) -> tuple[int, Decimal]:
    """Return cycles and energy that no mapping in any number of pieces falls below, without a search.

    Parameters
    ----------
    energy
        Whether the energy is wanted; else it is 0.
    """
    places = weighted(hardware, 0, 0).places
    cycles, energies, spaces = [], [], Spaces(hardware, limits)
    nests = [form.nest for form in wish.forms(layer, hardware)]
    if any(map(spaces.too_many, nests)):
        least = [
            least_value(nests, hardware, objective) for objective in (Objective.LATENCY, Objective.ENERGY)
        ]
        return int(least[0]), least[1] if energy else Decimal(0)
    for cut in _with_whole(searched_cuts(layer, hardware, wish), layer, hardware):
        ground = Ground(layer, cut, wish, spaces, energy=energy)
        if ground.lots:
            cycles.append(int(least_of_all(ground, weighted(hardware, 1, 0))))
            energies.append(int(least_of_all(ground, weighted(hardware, 0, 1))) if energy else 0)
    return min(cycles, default=0), decimal_of(min(energies, default=0), places)


def _with_whole(cuts: tuple[Cut, ...], layer: Primitive, hardware: Hardware) -> tuple[Cut, ...]:
    """Return cuts of which one has all forms of the whole layer: other sums than its own are minimised."""
    every = hardware.memory is not None or any(cut.base == DIRECT for cut in cuts)
    return cuts if cuts and every else (*cuts, uncut(layer))


def _least_sum(whole: Solution, found: Pieces) -> Solution:
    goal = Goal.of(whole.objective, whole.hardware)
    known = goal.value(whole.cost.cycles, whole.cost.energy)
    best, bound = found.best(goal, known)
    value = Decimal(bound) if whole.objective is Objective.LATENCY else decimal_of(bound, goal.places)
    return _answer(whole, best, value, found)


def _least_edp(whole: Solution, found: Pieces) -> Solution:
    oracle = Oracle(whole, found)
    point, bound = least_product(oracle.least, lambda: found.clock.expired)
    below = decimal_of(bound.numerator // bound.denominator, oracle.places)
    return replace(_answer(whole, point.item, below, found), sums=oracle.sums)


class Oracle:
    """Minimises weighted sums of cycles and energy over the mappings of a layer, and remembers all it found.

    Parameters
    ----------
    whole
        The best mapping in one piece under some objective.
    found
        The layer and its cuts.
    """

    def __init__(self, whole: Solution, found: Pieces) -> None:
        self.whole, self.found = whole, found
        self.places = weighted(whole.hardware, 0, 0).places
        self.points = [Point[Mapping](whole.cost.cycles, scaled_int(whole.cost.energy, self.places), ())]
        self._known: dict[tuple[int, int], Least[Mapping]] = {}

    def least(self, cycles: int, energy: int) -> Least[Mapping]:
        """Return the mapping with the least sum under some weights, and the bound of the sum."""
        if (cycles, energy) not in self._known:
            self._known[cycles, energy] = self._between(cycles, energy) or self._searched(cycles, energy)
        return self._known[cycles, energy]

    @property
    def sums(self) -> tuple[WeightedBound, ...]:
        """The bounds of all sums that were asked for, of energies as people write them."""
        unit, several = 10**self.places, self.found.several
        return tuple(
            WeightedBound(x, y * unit, found.bound, several) for (x, y), found in self._known.items()
        )

    def least_energy(self, cycles: int) -> Decimal:
        """Return what no mapping that takes at most so many cycles stays below, by all that was asked."""
        bounds = [
            max(0, -((weight * cycles - least.bound) // other))
            for (weight, other), least in self._known.items()
            if other
        ]
        return decimal_of(max(bounds, default=0), self.places)

    def _between(self, cycles: int, energy: int) -> Least[Mapping] | None:
        """Return what the sums on either side say, if no mapping can cost less than a known one by them.

        Where w = a u + b v with a, b >= 0, no w-sum is below a times the least u-sum and b times the least
        v-sum.
        """
        if (nearest := between((cycles, energy), self._known)) is None:
            return None
        bound = sum(share * self._known[weights].bound for weights, share in nearest)
        known, value = self._best(cycles, energy)
        return Least(known, value) if value <= bound else None

    def _best(self, cycles: int, energy: int) -> tuple[Point[Mapping], int]:
        """Return the known mapping with the least sum, and its sum."""
        values = [cycles * point.cycles + energy * point.energy for point in self.points]
        value = min(values)
        return self.points[values.index(value)], value

    def _searched(self, cycles: int, energy: int) -> Least[Mapping]:
        known, value = self._best(cycles, energy)
        pieces, bound = self.found.best(weighted(self.whole.hardware, cycles, energy), value)
        if pieces:
            total = total_cost([p.cost for p in pieces], self.whole.layer.macs, self.whole.hardware)
            known = Point(total.cycles, scaled_int(total.energy, self.places), pieces)
            self.points.append(known)
        return Least(known, bound, cycles * known.cycles + energy * known.energy <= bound)


def oracle_of(whole: Solution, wish: Wish, limits: Limits, clock: Clock, most: int | None) -> Oracle:
    """Return an oracle of a layer's mappings in at most so many pieces."""
    oracle = Oracle(whole, every_piece(whole.layer, whole.hardware, wish, limits, clock, most))
    if whole.pieces:
        oracle.points[0] = replace(oracle.points[0], item=whole.pieces)
    return oracle


def every_piece(
    layer: Primitive, hardware: Hardware, wish: Wish, limits: Limits, clock: Clock, most: int | None
) -> Pieces:
    """Return the pieces of a layer, at most so many and those of one piece among them, for any goal."""
    cuts = searched_cuts(layer, hardware, wish) if most != 1 else ()
    most = most if cuts else 1
    cuts = _with_whole(cuts, layer, hardware)
    return pieces_of(layer, wish, Spaces(hardware, limits), cuts, clock, most, energy=True, whole=True)


def corners(oracle: Oracle, *, interrupted: bool = False) -> tuple[list[Solution], Status]:
    """Return the mappings at the corners of the lower hull of cycles and energies, fastest first.

    Each of them is the best under some weights of the two. The status tells whether all are proved; after
    Ctrl-C, here or in the search before, they are what was known by then.
    """
    status, points = Status.INTERRUPTED, oracle.points
    if not interrupted:
        with suppress(KeyboardInterrupt):
            found = _hull(oracle)
            status = Status.OPTIMAL if all(least.proved for least in found) else Status.FEASIBLE
            points = [least.point for least in found]
    points = sorted(points, key=lambda point: (point.cycles, point.energy))
    kept = [points[0]]
    for point in points[1:]:
        if point.energy < kept[-1].energy:
            kept.append(point)
    return [on_front(oracle.whole, point.item) for point in kept], status


def on_front(whole: Solution, pieces: Mapping) -> Solution:
    """Return a mapping that no other beats in both figures, from another one; that one without pieces."""
    found = mapped(whole, pieces) if pieces else whole
    return replace(found, objective=Objective.EDP, status=Status.OPTIMAL, bound=found.cost.edp)


def _hull(oracle: Oracle) -> list[Least[Mapping]]:
    """Ask for the corners of the lower hull."""
    found = [oracle.least(1, 0), oracle.least(0, 1)]
    open_ = [(found[0], found[1])]
    while open_:
        one, other = open_.pop()
        x, y = one.point.energy - other.point.energy, other.point.cycles - one.point.cycles
        if x <= 0 or y <= 0:
            continue
        x, y = x // gcd(x, y), y // gcd(x, y)
        new = oracle.least(x, y)
        found.append(new)
        if x * new.point.cycles + y * new.point.energy < x * one.point.cycles + y * one.point.energy:
            open_ += [(one, new), (new, other)]
    return found


def mapped(whole: Solution, pieces: Mapping) -> Solution:
    """Return a solution with another mapping, of which nothing is claimed but what it costs."""
    cost = total_cost([p.cost for p in pieces], whole.layer.macs, whole.hardware)
    value = cost.value(whole.objective)
    bound = min(whole.bound, value)
    other = replace(whole, status=Status.FEASIBLE, bound=bound, cost=cost, tile=pieces[0].tile)
    if len(pieces) == 1:
        form, levels = _form_of(whole.layer, pieces[0]), pieces[0].levels
        return replace(other, form=form, levels=levels, pieces=(), one_piece=None)
    one = whole.one_piece or OnePiece(whole.tile, whole.form, whole.cost, whole.proved, whole.levels)
    return replace(other, form=IN_PIECES, levels=None, pieces=pieces, one_piece=one)


def _answer(whole: Solution, pieces: Mapping, bound: Decimal, found: Pieces) -> Solution:
    """Return the better of the mappings in one piece and in several, with the bound over both."""
    cost = total_cost([p.cost for p in pieces], whole.layer.macs, whole.hardware) if pieces else whole.cost
    value = cost.value(whole.objective)
    bound = min(max(bound, _physical(whole, found.wish)), value, value if whole.proved else whole.bound)
    proved = bound >= value and cost.method != "closed form"
    open_ = ("pieces that might be better are too long to replay: not proved",) if found.open else ()
    notes = () if proved else open_
    answer = replace(
        whole,
        notes=(*whole.notes, *notes),
        status=Status.OPTIMAL if proved else Status.FEASIBLE,
        bound=value if proved else bound,
        wall_seconds=found.clock.seconds,
        space=in_pieces_space(whole.space, found.most),
        replayed=whole.replayed + found.replayed,
    )
    if not pieces:
        return answer
    first = pieces[0]
    if len(pieces) == 1:  # the search of one piece had not come so far
        return replace(answer, tile=first.tile, cost=first.cost, form=_form_of(whole.layer, first))
    return replace(
        answer,
        tile=first.tile,
        cost=cost,
        form=IN_PIECES,
        levels=None,
        pieces=pieces,
        one_piece=OnePiece(whole.tile, whole.form, whole.cost, whole.proved, whole.levels),
        notes=notes,
    )


def in_pieces_space(space: Space, most: int | None) -> Space:
    """Return what a proof over pieces speaks of, from the space in one piece.

    Strips along the loop that is cut are forms of the whole layer only (`Family.whole`).
    """
    pieces = "any number of pieces" if most is None else f"at most {most} pieces"
    words = space.description.removesuffix(_IN_ONE)
    return replace(space, description=words + (_IN_ONE if most == 1 else f", in {pieces}"))


def _form_of(layer: Primitive, piece: PieceMapping) -> str:
    """Return the name of the form of a layer that a piece of all of it has."""
    form = form_with(layer, form_named(piece.layer(layer, 1), piece.form).nest)
    assert form is not None
    return form.name
