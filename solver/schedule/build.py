"""From a two-level mapping to its schedule.

What the buffer keeps is the controller's policy, stated in `solver.cost.two_level.dram`: an operand's tile
until another is needed; when the tile moves by one step along X or Y alone, the inputs that both tiles want.
It is decided here tile by tile, from the tile before and the one after, so nothing of that file's formulas
is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from solver.cost.two_level.cost import memory_of
from solver.errors import InputError
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.layer.nest import Sums
from solver.legal.levels import level_legality
from solver.mapping.buffer_tile import buffer_trips, comes_back, part_of
from solver.mapping.levels import GROUPS, LevelMapping
from solver.mapping.loop_nest import DEPENDS
from solver.schedule.schedule import (
    InputBox,
    Lines,
    Moved,
    Schedule,
    Source,
    TileLoop,
    TilePhase,
    input_lines,
    tile_ranges,
)
from solver.switches.decode import decode_padded
from solver.switches.switch_config import SwitchConfig

Index = dict[str, int]
Range = tuple[int, int]


def build_schedule(nest: LoopNest, hardware: Hardware, mapping: LevelMapping, *, name: str = "") -> Schedule:
    """Return the work of a two-level mapping.

    Parameters
    ----------
    nest, hardware, mapping
        The mapping.
    name
        The layer's name, for people.

    Raises
    ------
    InputError
        If the mapping is illegal, or its array order one that no switch configuration exists for.
    """
    check_array_order(mapping)
    reason = level_legality(nest, hardware, mapping)
    if reason is not None:
        raise InputError(f"illegal mapping {mapping}: {reason}", field="mapping")
    loops = tile_loops(nest, mapping)
    configs: dict[LoopNest, tuple[str, SwitchConfig]] = {}
    back = bool(comes_back(hardware, buffer_trips(nest, np.array([mapping.buffer.sizes])))[0])
    phases = []
    for when, at in _classes(loops):
        ranges = tile_ranges(nest, loops, at)
        sizes = {dim: len(ranges[dim]) for dim in DIMS}
        sums: Sums = "whole"
        if back:
            sums = "continued" if any(at.get(dim, 0) for dim in GROUPS["Q"]) else "begun"
        part = part_of(nest, sizes, sums)
        if part not in configs:
            title = f"tile-{len(configs) + 1}"
            configs[part] = title, decode_padded(part, hardware, mapping.tile, name=f"{name} {title}".strip())
        phases.append(_phase(nest, loops, at, when, configs[part][0]))
    merged = _merged(phases, loops)
    return Schedule(
        name=name,
        nest=nest,
        mapping=mapping,
        memory=memory_of(hardware),
        loops=loops,
        configs=dict(configs.values()),
        phases=tuple(replace(phase, when=_mattering(phase.when, loops)) for phase in merged),
    )


def check_array_order(mapping: LevelMapping) -> None:
    """Refuse the array orders that neither the public RTL nor its simulator has a controller for.

    Raises
    ------
    InputError
        If the weights are not what stays in the array.
    """
    if mapping.array_order != "weights":
        raise InputError(
            f"the {mapping.array_order}-stationary array order has no switch configuration: neither the "
            "public RTL nor its simulator has a controller for it; search with --controller fixed",
            field="array_order",
            found=mapping.array_order,
            expected="weights",
        )


def tile_loops(nest: LoopNest, mapping: LevelMapping) -> tuple[TileLoop, ...]:
    """Return the loops around the buffer tiles that run more than once, outermost first."""
    order = ("G", *(dim for group in mapping.dram_order for dim in GROUPS[group]))
    steps = {dim: getattr(mapping.buffer, dim) for dim in order}
    found = [TileLoop(dim, -(-getattr(nest, dim) // step), step) for dim, step in steps.items()]
    return tuple(loop for loop in found if loop.trips > 1)


def _classes(loops: Sequence[TileLoop]) -> Iterator[tuple[dict[str, Range], Index]]:
    """Yield ranges of the loop indices in which tiles are alike, with a representative of each.

    Alike are those whose indices are zero, last, or in between: what changes from one tile to the next, and
    what an edge cuts off, depends on nothing else.
    """
    ranges = [
        [(low, high) for low, high in ((0, 0), (1, loop.trips - 2), (loop.trips - 1,) * 2) if low <= high]
        for loop in loops
    ]
    for chosen in product(*ranges):
        when = {loop.dim: span for loop, span in zip(loops, chosen, strict=True)}
        yield when, {dim: low for dim, (low, _) in when.items()}


@dataclass(frozen=True)
class _Neighbours:
    """A tile's indices, and those of the tiles that run before and after it, if any."""

    before: Index | None
    at: Index
    after: Index | None

    @classmethod
    def of(cls, loops: Sequence[TileLoop], at: Index) -> _Neighbours:
        return cls(_moved(loops, at, -1), at, _moved(loops, at, 1))

    def same_before(self, operand: str) -> bool:
        """Whether the tile before needs the same words of an operand."""
        return _same(operand, self.before, self.at)

    def same_after(self, operand: str) -> bool:
        """Whether the tile after it does."""
        return _same(operand, self.after, self.at)

    @property
    def slid(self) -> str:
        """The axis, X or Y, along which the input tile moved by a single step and nothing else; or empty."""
        if self.before is None:
            return ""
        changed = [d for d in self.at if d in DEPENDS["inputs"] and self.at[d] != self.before[d]]
        one_on = len(changed) == 1 and self.at[changed[0]] == self.before[changed[0]] + 1
        return changed[0] if one_on and changed[0] in "XY" else ""


def _same(operand: str, other: Index | None, at: Index) -> bool:
    return other is not None and all(other[dim] == at[dim] for dim in at if dim in DEPENDS[operand])


def _moved(loops: Sequence[TileLoop], at: Index, step: int) -> Index | None:
    """Return the indices of the tile that runs one before or after another, or None at the ends."""
    found = dict(at)
    for loop in reversed(loops):
        found[loop.dim] += step
        if 0 <= found[loop.dim] < loop.trips:
            return found
        found[loop.dim] %= loop.trips
    return None


def _phase(
    nest: LoopNest, loops: Sequence[TileLoop], at: Index, when: Mapping[str, Range], config: str
) -> TilePhase:
    near = _Neighbours.of(loops, at)
    tile = tile_ranges(nest, loops, at)
    weights = Source.KEEP if near.same_before("weights") else Source.FETCH
    if near.same_before("outputs"):
        sums = Source.KEEP
    else:  # the folds of an output run in order, its first one without a loop behind it
        sums = Source.FETCH if any(at.get(dim, 0) for dim in GROUPS["Q"]) else Source.NEW
    write = not near.same_after("outputs")
    kept, fetched = _inputs(nest, loops, near, tile)

    def size(dims: str) -> int:
        words = 1
        for dim in dims:
            words *= len(tile[dim])
        return words

    outputs = size("NGKXY")
    words = Moved(
        weights=size("GKCRS") if weights is Source.FETCH else 0,
        inputs=size("NGC") * len(fetched.rows) * len(fetched.cols) if fetched else 0,
        partial_sums=outputs if sums is Source.FETCH else 0,
        written=outputs if write else 0,
    )
    return TilePhase(when, config, weights, kept, fetched, sums, write, words)


def _inputs(
    nest: LoopNest, loops: Sequence[TileLoop], near: _Neighbours, tile: Mapping[str, range]
) -> tuple[InputBox | None, InputBox | None]:
    """Return the inputs that are kept and those that are fetched."""
    rows, cols = _rows(nest, tile), _cols(nest, tile)
    top, left = min(rows), min(cols)

    def box(some_rows: set[int], some_cols: set[int]) -> InputBox | None:
        if not some_rows or not some_cols:
            return None
        return InputBox(Lines.of(r - top for r in some_rows), Lines.of(c - left for c in some_cols))

    if near.same_before("inputs"):
        return box(rows, cols), None
    if near.before is None or not near.slid:
        return None, box(rows, cols)
    before = tile_ranges(nest, loops, near.before)
    if near.slid == "X":
        had = _rows(nest, before)
        return box(rows & had, cols), box(rows - had, cols)
    had = _cols(nest, before)
    return box(rows, cols & had), box(rows, cols - had)


def _rows(nest: LoopNest, tile: Mapping[str, range]) -> set[int]:
    return input_lines(tile["X"], tile["R"], nest.stride[0], nest.dilation[0])


def _cols(nest: LoopNest, tile: Mapping[str, range]) -> set[int]:
    return input_lines(tile["Y"], tile["S"], nest.stride[1], nest.dilation[1])


def _merged(phases: Sequence[TilePhase], loops: Sequence[TileLoop]) -> list[TilePhase]:
    """Join phases that differ in the range of one loop only, if the ranges are neighbours."""
    found = list(phases)
    for loop in reversed(loops):
        alike: dict[tuple[object, ...], list[TilePhase]] = {}
        for phase in found:
            others = tuple((dim, span) for dim, span in phase.when.items() if dim != loop.dim)
            alike.setdefault((others, *_content(phase)), []).append(phase)
        found = []
        for group in alike.values():
            group.sort(key=lambda phase: phase.when[loop.dim])
            joined = [group[0]]
            for phase in group[1:]:
                (low, high), (start, end) = joined[-1].when[loop.dim], phase.when[loop.dim]
                if start == high + 1:
                    joined[-1] = replace(phase, when={**phase.when, loop.dim: (low, end)})
                else:
                    joined.append(phase)
            found += joined
    return sorted(found, key=lambda phase: tuple(phase.when[loop.dim][0] for loop in loops))


def _content(phase: TilePhase) -> tuple[object, ...]:
    return tuple(getattr(phase, name) for name in TilePhase.__dataclass_fields__ if name != "when")


def _mattering(when: Mapping[str, Range], loops: Sequence[TileLoop]) -> dict[str, Range]:
    """Leave out the loops in all of whose indices a phase holds."""
    return {loop.dim: when[loop.dim] for loop in loops if when[loop.dim] != (0, loop.trips - 1)}
