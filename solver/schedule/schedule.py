"""The work on all buffer tiles in compact form: loops around them, and phases that say what each one needs.

A buffer tile is a small layer that the array runs. Which one it is, what is fetched for it and what is
written back after it depends on the loop indices only at their ends, so the work is described once per
*phase* together with the ranges of indices in which it holds, as `solver.switches.switch_config` does inside
a tile.

Index i of a loop starts the tile at i times the loop's step; loops that run once are left out. An operand's
words stay in the buffer until its tile is replaced. Words outside a buffer tile are 0 to the array, whether
the layer has them or not: the buffer does not hold them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, product
from math import prod

from solver.hardware.memory import Memory
from solver.layer import DIMS, LoopNest
from solver.mapping.levels import LevelMapping
from solver.switches.switch_config import SwitchConfig


class Source(StrEnum):
    """Where an operand's words of a buffer tile come from."""

    KEEP = "keep"
    """They are in the buffer since the tile before."""
    FETCH = "fetch"
    """They are fetched from DRAM."""
    NEW = "new"
    """Outputs only: nothing has been added to them yet."""


@dataclass(frozen=True)
class Lines:
    """Input rows or columns as runs (first, last, step), counted from the first one of the buffer tile."""

    runs: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Lines:
        """Return lines in runs as long as they can be, from the first one on."""
        runs: list[tuple[int, int, int]] = []
        rest = sorted(set(numbers))
        while rest:
            length, step = 1, 1
            if len(rest) > 1:
                step = rest[1] - rest[0]
                steps = (after - before for before, after in pairwise(rest))
                length += next((i for i, s in enumerate(steps) if s != step), len(rest) - 1)
            runs.append((rest[0], rest[length - 1], step if length > 1 else 1))
            rest = rest[length:]
        return cls(tuple(runs))

    @property
    def numbers(self) -> list[int]:
        """The lines one by one."""
        return [line for first, last, step in self.runs for line in range(first, last + 1, step)]

    def __len__(self) -> int:
        return sum((last - first) // step + 1 for first, last, step in self.runs)


@dataclass(frozen=True)
class InputBox:
    """Inputs of a buffer tile, all its images, groups and channels: where these rows and columns cross."""

    rows: Lines
    cols: Lines


@dataclass(frozen=True)
class Moved:
    """Words that cross the chip's edge for one buffer tile."""

    weights: int
    inputs: int
    partial_sums: int
    written: int


@dataclass(frozen=True)
class TileLoop:
    """A loop around the buffer tiles: how often it runs, and how far apart the tiles start."""

    dim: str
    trips: int
    step: int


@dataclass(frozen=True)
class TilePhase:
    """What happens for the buffer tiles in some ranges of the loop indices.

    Parameters
    ----------
    when
        Inclusive ranges of the loop indices, by loop; loops not named do not matter.
    config
        Name of the switch configuration that runs; its loops are the tile's sizes.
    weights
        `Source.KEEP` or `Source.FETCH`.
    kept, fetched
        Inputs that the buffer keeps of the tile before, and those that are fetched; None where there are
        none. All others leave.
    sums
        Where the sums come from that the array adds to.
    write
        Whether the sums are written to DRAM after the tile, finished or not.
    words
        Words that all of this moves.
    """

    when: Mapping[str, tuple[int, int]]
    config: str
    weights: Source
    kept: InputBox | None
    fetched: InputBox | None
    sums: Source
    write: bool
    words: Moved

    def holds(self, at: Mapping[str, int]) -> bool:
        """Whether the phase holds at some loop indices."""
        return all(low <= at[dim] <= high for dim, (low, high) in self.when.items())


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The work of a layer on array, prefetch buffer and DRAM.

    Parameters
    ----------
    name
        The layer's, for people.
    nest, mapping, memory
        What it is for.
    loops
        The loops around the buffer tiles that run more than once, outermost first.
    configs
        The switch configuration of every different buffer tile, by name.
    phases
        The phases, in the order in which they first hold.
    """

    name: str
    nest: LoopNest
    mapping: LevelMapping
    memory: Memory
    loops: tuple[TileLoop, ...]
    configs: Mapping[str, SwitchConfig]
    phases: tuple[TilePhase, ...]

    @property
    def tiles(self) -> int:
        """Buffer tiles of the layer."""
        return prod(loop.trips for loop in self.loops)

    @property
    def start_up(self) -> int:
        """Cycles of a run that no buffer tile but the first one takes."""
        return max(config.array.kind.start_up for config in self.configs.values())

    def indices(self) -> Iterator[dict[str, int]]:
        """Yield the loop indices of every buffer tile in the order in which they run."""
        dims = [loop.dim for loop in self.loops]
        for values in product(*(range(loop.trips) for loop in self.loops)):
            yield dict(zip(dims, values, strict=True))

    def even_ranges(self, loop: TileLoop) -> list[tuple[int, int]]:
        """Return the inclusive ranges of a loop's index in which its buffer tiles are equally large."""
        last = loop.trips - 1
        whole = getattr(self.nest, loop.dim) == loop.trips * loop.step
        return [(0, last)] if whole else [(0, last - 1), (last, last)]

    def config_at(self, at: Mapping[str, int]) -> str:
        """Return the name of the configuration that runs for a buffer tile."""
        return next(phase.config for phase in self.phases if phase.holds(at))

    def start(self, at: Mapping[str, int]) -> dict[str, int]:
        """Return where a buffer tile starts along every loop of the layer."""
        steps = {loop.dim: loop.step for loop in self.loops}
        return {dim: at.get(dim, 0) * steps.get(dim, 0) for dim in DIMS}

    def repetitions(self, phase: TilePhase) -> int:
        """Return for how many buffer tiles a phase holds."""
        ranges = {loop.dim: (0, loop.trips - 1) for loop in self.loops} | dict(phase.when)
        return prod(high - low + 1 for low, high in ranges.values())

    def runs(self, name: str) -> int:
        """Return for how many buffer tiles a configuration runs."""
        return sum(self.repetitions(phase) for phase in self.phases if phase.config == name)


def place_of(at: Mapping[str, int]) -> str:
    """Name a buffer tile by its loop indices."""
    return "buffer tile " + (", ".join(f"{dim.lower()} = {i}" for dim, i in at.items()) or "of the layer")


def input_lines(xs: range, taps: range, stride: int, dilation: int) -> set[int]:
    """Return the input rows that output rows want through filter rows, from the padded input's top."""
    return {x * stride + tap * dilation for x in xs for tap in taps}


def tile_ranges(nest: LoopNest, loops: Sequence[TileLoop], at: Mapping[str, int]) -> dict[str, range]:
    """Return what a buffer tile covers of every loop."""
    ranges = {dim: range(getattr(nest, dim)) for dim in DIMS}
    for loop in loops:
        first = at[loop.dim] * loop.step
        ranges[loop.dim] = range(first, min(first + loop.step, getattr(nest, loop.dim)))
    return ranges
