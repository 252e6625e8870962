"""What comes out of the buses in the run of a schedule: the results of one buffer tile after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import add

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.clocks.collection import Turns
from solver.execution.ports.images import ScheduleAddresses, schedule_images
from solver.execution.ports.results import Meaning, ResultOrder, Results
from solver.schedule.schedule import Schedule, place_of, tile_ranges
from solver.switches.switch_config import SwitchConfig


@dataclass(frozen=True)
class TileMeaning:
    """What one value of a bus is.

    Parameters
    ----------
    number, at
        Its buffer tile, in the order of the run, and the loop indices of it.
    first
        The first output (n, g, k, x, y) of the buffer tile.
    inside
        What it is there; its output counts from the buffer tile's first.
    """

    number: int
    at: Mapping[str, int]
    first: tuple[int, ...]
    inside: Meaning

    @property
    def output(self) -> tuple[int, ...] | None:
        """The layer's output (n, g, k, x, y) to which it adds; None if it lies outside the layer."""
        inside = self.inside.output
        return None if inside is None else tuple(map(add, self.first, inside))

    @property
    def place(self) -> tuple[int, ...]:
        """Its place in the run, for comparison."""
        return (self.number, *self.inside.place)

    def __str__(self) -> str:
        return f"{place_of(self.at)}: {self.inside} of the buffer tile"


class ScheduleOrder:
    """Which value is which on every bus over the run of a schedule; the counterpart of `ResultOrder`.

    Parameters
    ----------
    schedule
        The schedule, its configurations with the orders of their streams.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.orders = {name: ResultOrder(config) for name, config in schedule.configs.items()}

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.schedule.name

    @property
    def config(self) -> SwitchConfig:
        """Some configuration: that of the first buffer tile."""
        return next(iter(self.schedule.configs.values()))

    @property
    def words(self) -> tuple[int, int]:
        """Words of the memories of weights and of inputs."""
        addresses = ScheduleAddresses.of(self.schedule)
        return addresses.weights, addresses.inputs

    def images(self, inputs: IntArray, weights: IntArray) -> tuple[IntArray, IntArray]:
        """Return what the memories of weights and of inputs hold for operands of the layer."""
        return schedule_images(self.schedule, inputs, weights)

    @property
    def counts(self) -> list[int]:
        """Values of every bus in a run."""
        runs = {name: self.schedule.runs(name) for name in self.orders}
        by_tile = np.array([order.counts for order in self.orders.values()])
        result: list[int] = (np.array(list(runs.values())) @ by_tile).tolist()
        return result

    @cached_property
    def tiles(self) -> list[tuple[dict[str, int], ResultOrder]]:
        """Loop indices and results of every buffer tile, in order; turns go on from one to the next."""
        made: dict[tuple[object, ...], ResultOrder] = {}
        found = []
        turns: Turns = {}
        for at in self.schedule.indices():
            name = self.schedule.config_at(at)
            known = name, tuple(sorted(turns.items()))
            if known not in made:
                fresh = self.orders[name]
                made[known] = ResultOrder(fresh.config, fresh.clock, turns) if turns else fresh
            found.append((at, made[known]))
            turns = made[known].run.turns
        return found

    @cached_property
    def _ends(self) -> IntArray:
        """After how many values of every bus each buffer tile ends, shape (tiles, buses)."""
        result: IntArray = np.cumsum([order.counts for _, order in self.tiles], axis=0)
        return result

    def meaning(self, bus: int, index: int) -> TileMeaning:
        """Return what a value of a bus is."""
        number = int(np.searchsorted(self._ends[:, bus], index, side="right"))
        before = int(self._ends[number - 1, bus]) if number else 0
        at, order = self.tiles[number]
        covers = tile_ranges(self.schedule.nest, self.schedule.loops, at)
        first = tuple(covers[dim].start for dim in "NGKXY")
        return TileMeaning(number, at, first, order.meaning(bus, index - before))

    def expected(self, weights: IntArray, inputs: IntArray) -> Results:
        """Return the values of every bus, those outside of buffer tiles included.

        Parameters
        ----------
        weights, inputs
            As `images` gives them; fixed point.
        """
        found = list(self._by_tile(weights, inputs))
        return tuple(np.concatenate(bus) for bus in zip(*found, strict=True))

    def _by_tile(self, weights: IntArray, inputs: IntArray) -> Iterator[Results]:
        addresses = ScheduleAddresses.of(self.schedule)
        for at, order in self.tiles:
            held = (
                memory[base : base + words]
                for memory, base, words in zip(
                    (weights, inputs), addresses.base(at), order.words, strict=True
                )
            )
            yield order.expected(*held)


AnyOrder = ResultOrder | ScheduleOrder


def order_of(work: SwitchConfig | Schedule) -> AnyOrder:
    """Return which value is which in the run of a configuration or a schedule."""
    return ScheduleOrder(work) if isinstance(work, Schedule) else ResultOrder(work)
