"""In which tiles that keep the rules no weights overtake inputs (rule T11), by a replay or by less."""

from __future__ import annotations

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.cost.continued_replay import ContinuedReplay
from solver.cost.early_overtaking import overtaken_early
from solver.cost.latency import replayable
from solver.cost.overtaking import Overtaking, may_overtake
from solver.cost.replay import Replay, ReplayLimitError, looked_through
from solver.cost.serial.replay import serial_overtaking
from solver.cost.traffic import auxiliary
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile


def overtaking(nest: LoopNest, hardware: Hardware, tile: Tile) -> str | None:
    """Return in one sentence how weights overtake inputs in a tile that keeps the rules, None if they do not.

    Replays the tile if nothing cheaper tells. A tile that only a replay could clear is refused where the run
    is too long for one.
    """
    try:
        found = overtakes(nest, hardware, tile)
    except ReplayLimitError:
        return (
            "multipliers hand on inputs across read ports, where the next filter iteration's weights may"
            " overtake them; a run of this length cannot be replayed to rule it out"
        )
    return str(found) if found else None


def overtakes(nest: LoopNest, hardware: Hardware, tile: Tile) -> Overtaking | None:
    """Return where weights overtake inputs first in a tile that keeps the rules, None if nowhere.

    Raises
    ------
    ReplayLimitError
        If only a replay could tell, and the run is too long for one.
    """
    tiles = np.array([tile.sizes], dtype=np.int64)
    if not may_overtake(nest, hardware, tiles)[0]:
        return None
    # The sums of a part of a layer come back without a loop through memory.
    if auxiliary(nest, hardware, tiles)[0] and not nest.partial:
        return serial_overtaking(nest, hardware, tile)
    if not replayable(nest, hardware, tiles)[0]:
        raise ReplayLimitError
    return looked_through(ContinuedReplay if nest.partial else Replay, nest, hardware, tile).overtaking


def surely_overtaken(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Return whether weights overtake inputs in a tile that keeps the rules, if that is known early."""
    doubtful = may_overtake(nest, hardware, np.array([tile.sizes], dtype=np.int64))[0]
    return bool(doubtful) and overtaken_early(nest, hardware, tile)


def overtaken(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Return whether weights overtake inputs in a tile that keeps the rules; errors are those of `overtakes`.

    Mostly told sooner than where they do first.
    """
    return surely_overtaken(nest, hardware, tile) or overtakes(nest, hardware, tile) is not None


def first_right(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> int | None:
    """Return the place of the first of some tiles that keep the rules in which no weights overtake inputs."""
    doubtful = may_overtake(nest, hardware, tiles)
    for at in range(len(tiles)):
        if not doubtful[at] or cleared(nest, hardware, Tile.of(tiles[at])):
            return at
    return None


def computed_right(nest: LoopNest, hardware: Hardware, tiles: IntArray) -> BoolArray:
    """Return in which tiles that keep the rules no weights overtake inputs: one replay per doubtful tile."""
    right = ~may_overtake(nest, hardware, tiles)
    for at in np.flatnonzero(~right):
        right[at] = cleared(nest, hardware, Tile.of(tiles[at]))
    return right


def cleared(nest: LoopNest, hardware: Hardware, tile: Tile) -> bool:
    """Return whether no weights overtake inputs in a tile that keeps the rules, and that can be told."""
    try:
        return not overtaken(nest, hardware, tile)
    except ReplayLimitError:
        return False
