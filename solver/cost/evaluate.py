"""The cost of one mapping: cycles by replay, counts and energy exactly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from solver.arithmetic.exact import total
from solver.cost.bounds import check_bounds
from solver.cost.events import STATIC, components_of, energy_by_component, event_counts
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Cost, Counts, Method, binding, utilization_of
from solver.cost.serial import replay as serial_replay
from solver.cost.setup import tile_setup
from solver.cost.timing import timing_of
from solver.cost.traffic import traffic
from solver.cost.waves import waves
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.stopping import StoppedError


def evaluate(nest: LoopNest, hardware: Hardware, tile: Tile, replayed: int | None = None) -> Cost:
    """Return the cost of one legal mapping.

    Cycles come from the cycle-level replay where it applies (`replayable`), else from the closed form;
    `Cost.method` says which.

    Parameters
    ----------
    replayed
        What the replay says, where that is known already: without setting up.

    Raises
    ------
    InternalError
        If a figure falls below a physical lower bound.
    """
    tiles = np.array([tile.sizes], dtype=np.int64)
    load = traffic(nest, hardware, tiles)
    wave = waves(hardware, tiles, load.aux)
    timing = timing_of(hardware)
    if replayed is None and timing.replayable(nest, hardware, tiles)[0]:
        replayed = _replayed(nest, hardware, tile)
    method: Method = "closed form" if replayed is None else "replay"
    if replayed is None:
        # The closed form can be a little low; the bound never is too high.
        least = timing.lower_bound(nest, hardware, tiles, load, wave)
        run = int(max(timing.closed_form(nest, hardware, tiles, load, wave)[0], least[0]))
    else:
        run = replayed
    setup = int(tile_setup(nest, hardware, tiles)[0])
    cycles = run + setup
    counts = Counts(
        **{name: int(column[0]) for name, column in event_counts(nest, hardware, tiles, load, wave).items()}
    )
    energies = energy_by_component(hardware, counts.to_dict(), cycles, components_of(hardware))
    energy = total(list(energies.values()))
    check_bounds(nest, hardware, counts, cycles, energy, array=run)
    waits = timing.waits(nest, hardware, tiles, load, wave, run)
    if setup:
        waits["set-up"] = setup
    bottleneck, *close = binding(waits)
    return Cost(
        cycles=cycles,
        setup=setup,
        method=method,
        energy=energy,
        utilization=utilization_of(nest.macs, hardware, cycles),
        bottleneck=bottleneck,
        waits={str(name): cycles for name, cycles in waits.items()},
        close=tuple(close),
        counts=counts,
        energy_by_component={name: value for name, value in energies.items() if value or name != STATIC},
    )


def _replayed(nest: LoopNest, hardware: Hardware, tile: Tile) -> int | None:
    """Return the replay's cycles, None if it is too long or longer than there is time."""
    try:
        return _remembered(nest, hardware, tile, serial_replay.MAX_REPLAYED_SUMS)
    except (ReplayLimitError, StoppedError):
        return None


@lru_cache(maxsize=4096)
def _remembered(nest: LoopNest, hardware: Hardware, tile: Tile, limit: int) -> int:
    """Return the replay's cycles: searches and baselines ask for the same tiles, under the same limit."""
    return timing_of(hardware).replay_cycles(nest, hardware, tile)
