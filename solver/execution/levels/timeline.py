"""How long a schedule takes in lockstep: no buffer tile starts before its own words are there.

The cost model lets the buffer even out the transfers of neighbouring tiles. Here it does not: with a double
buffer, the array works on a tile while exactly the next one's words are fetched and the sums of the one
before are written; with a single one, transfers and work take turns. Where the buffer's own bandwidth is
limited, the array works on a tile no faster than its words get in and out of the buffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.hardware.memory import Memory


@dataclass(frozen=True)
class TileTime:
    """What one buffer tile takes.

    Parameters
    ----------
    array
        Cycles of the array.
    fetched, written
        Units of words (`WordBytes`) from DRAM before it, and to DRAM after it.
    by_array
        Units that the array reads from the buffer or writes to it.
    """

    array: int
    fetched: int
    written: int
    by_array: int


def lockstep_cycles(memory: Memory, tiles: Sequence[TileTime]) -> int:
    """Return the cycles of buffer tiles in a row.

    Parameters
    ----------
    memory
        The levels behind the array.
    tiles
        What the tiles take, in order.
    """

    def transfer(units: int) -> int:
        return -(-units // memory.units_per_cycle)

    def work(tile: TileTime) -> int:
        speed = memory.buffer.units_per_cycle
        if speed is None:
            return tile.array
        return max(tile.array, -(-(tile.by_array + tile.fetched + tile.written) // speed))

    if not memory.buffer.double_buffered:
        return sum(transfer(t.fetched) + work(t) + transfer(t.written) for t in tiles)
    cycles = transfer(tiles[0].fetched) + transfer(tiles[-1].written)
    for number, tile in enumerate(tiles):
        fetched = tiles[number + 1].fetched if number + 1 < len(tiles) else 0
        written = tiles[number - 1].written if number else 0
        cycles += max(work(tile), transfer(fetched + written))
    return cycles
