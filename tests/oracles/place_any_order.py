"""Placing virtual neurons where the order is free or the buses are a limit: exact, by CP-SAT.

Taking the first leaf that fits is exact in a given order only (`solver.array.placement`). Here every
possible (size, start leaf) is one boolean; a leaf is used once, a bus carries no more values per step than
allowed, and a size-1 virtual neuron keeps the other leaf of an edge switch free.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.array.fit import exits, find_exit, fit_levels
from solver.array.placement import place_most
from solver.array.virtual_neuron import Placement, VirtualNeuron
from solver.errors import InputError
from tests.oracles.place_in_order import place_in_order


@dataclass(frozen=True, slots=True)
class BusLimit:
    """What the collection buses can carry.

    Parameters
    ----------
    buses
        Collection buses; a value goes to bus (id of the emitting switch) mod `buses`.
    per_bus
        Most values that one of them may get per step: the cycles of a step.

    Raises
    ------
    InputError
        If one of them is below 1.
    """

    buses: int
    per_bus: int

    def __post_init__(self) -> None:
        for name in ("buses", "per_bus"):
            if getattr(self, name) < 1:
                raise InputError(field=name, found=getattr(self, name), expected="at least 1")


@dataclass(frozen=True)
class PlacementSearch:
    """What a search found.

    Parameters
    ----------
    placement
        The placement, in the order of the wanted sizes; None if none was found.
    proved
        Whether that is proved: that there is none, or none with more virtual neurons.
    """

    placement: Placement | None
    proved: bool


def place_any_order(
    num_ms: int, sizes: Sequence[int], *, limit: BusLimit | None = None, time_limit: float = 10.0
) -> PlacementSearch:
    """Place virtual neurons of given sizes wherever they fit, in any order on the leaves.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.
    sizes
        Leaves of each virtual neuron.
    limit
        What the buses can carry; no limit by default.
    time_limit
        Seconds for the search, which starts only where the first fit fails.

    Returns
    -------
    PlacementSearch
        A placement of all of them, or none.
    """
    first_fit = _first_fit(num_ms, sizes, limit)
    if first_fit is not None:
        return PlacementSearch(first_fit, True)
    wanted = Counter(sizes)
    if sum(sizes) > num_ms:
        return PlacementSearch(None, True)
    model = _Model(num_ms, sorted(wanted), limit)
    for size, count in wanted.items():
        model.cp.add(sum(model.of_size(size)) == count)
    starts, proved = model.solve(time_limit)
    if starts is None:
        return PlacementSearch(None, proved)
    return PlacementSearch(Placement.of(num_ms, ((starts[size].pop(0), size) for size in sizes)), True)


def place_most_within(
    num_ms: int, size: int, limit: BusLimit, *, time_limit: float = 10.0
) -> PlacementSearch:
    """Place as many virtual neurons of one size as fit without overloading a bus.

    Parameters
    ----------
    num_ms
        Multiplier switches, a power of two.
    size
        Leaves of each virtual neuron.
    limit
        What the buses can carry.
    time_limit
        Seconds for the search, which starts only where the first fit overloads a bus.

    Returns
    -------
    PlacementSearch
        The placement with the most virtual neurons.
    """
    every = place_most(num_ms, size)
    if _within(every, limit):
        return PlacementSearch(every, True)
    model = _Model(num_ms, [size], limit)
    model.cp.maximize(sum(model.of_size(size)))
    starts, proved = model.solve(time_limit)
    if starts is None:
        return PlacementSearch(None, proved)
    return PlacementSearch(Placement.of(num_ms, ((start, size) for start in starts[size])), proved)


class _Model:
    """The boolean model over every (size, start leaf) that fits."""

    def __init__(self, num_ms: int, sizes: Sequence[int], limit: BusLimit | None) -> None:
        self.cp = cp_model.CpModel()
        self.used: dict[VirtualNeuron, cp_model.IntVar] = {}
        on_leaf: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        on_bus: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        fits = fit_levels(num_ms)
        for size in sizes:
            for start in fits[size].nonzero()[0].tolist():
                vn = VirtualNeuron(start, size)
                used = self.used[vn] = self.cp.new_bool_var(f"{size}@{start}")
                for leaf in _kept_leaves(vn, num_ms):
                    on_leaf[leaf].append(used)
                way_out = find_exit(vn, num_ms)
                if limit is not None and way_out is not None:
                    on_bus[way_out.switch.bus(limit.buses)].append(used)
        for together in on_leaf.values():
            self.cp.add_at_most_one(together)
        if limit is not None:
            for together in on_bus.values():
                self.cp.add(sum(together) <= limit.per_bus)

    def of_size(self, size: int) -> list[cp_model.IntVar]:
        """Return the booleans of one size."""
        return [used for vn, used in self.used.items() if vn.size == size]

    def solve(self, time_limit: float) -> tuple[dict[int, list[int]] | None, bool]:
        """Return the start leaves by size, and whether the answer is proved."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = time_limit
        solver.parameters.num_workers = 1
        status = solver.solve(self.cp)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, status == cp_model.INFEASIBLE
        starts: dict[int, list[int]] = defaultdict(list)
        for vn, used in self.used.items():
            if solver.boolean_value(used):
                starts[vn.size].append(vn.start)
        return starts, status == cp_model.OPTIMAL


def _first_fit(num_ms: int, sizes: Sequence[int], limit: BusLimit | None) -> Placement | None:
    """Try the given order and the largest first."""
    largest_first = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    for order in (list(range(len(sizes))), largest_first):
        found = place_in_order(num_ms, [sizes[index] for index in order])
        if found is not None:
            at = dict(zip(order, found.vns, strict=True))
            placement = Placement(num_ms, tuple(at[index] for index in range(len(sizes))))
            if limit is None or _within(placement, limit):
                return placement
    return None


def _within(placement: Placement, limit: BusLimit) -> bool:
    loads = Counter(way_out.switch.bus(limit.buses) for way_out in exits(placement))
    return not loads or max(loads.values()) <= limit.per_bus


def _kept_leaves(vn: VirtualNeuron, num_ms: int) -> range:
    """Return the leaves that nobody else may use: both of its switch for a size-1 one at the edge."""
    if vn.size == 1 and vn.start in (0, 1, num_ms - 2, num_ms - 1):
        left = vn.start - vn.start % 2
        return range(left, left + 2)
    return vn.leaves
