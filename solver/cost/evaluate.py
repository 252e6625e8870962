"""The cost of one mapping: cycles by replay, counts and energy exactly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.arithmetic.exact import total
from solver.cost.bounds import check_bounds
from solver.cost.events import STATIC, components_of, energy_by_component, event_counts
from solver.cost.latency import StepWords, loops, waves
from solver.cost.replay import ReplayLimitError
from solver.cost.result import Bottleneck, Cost, Counts, Method, binding, utilization_of
from solver.cost.rtl.latency import sending_time
from solver.cost.serial import replay as serial_replay
from solver.cost.setup import tile_setup
from solver.cost.step import port_words
from solver.cost.timing import timing_of
from solver.cost.traffic import Traffic, traffic
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile, folds, trips


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
    waits = _real_waits(nest, tiles, load, run) if hardware.real else None
    if waits is None:
        sent = int(StepWords(load).busiest(port_words, loops(nest, tiles))[0])
        waits = _waits(nest, hardware, tile, run, sent, int(wave.max_per_line[0]))
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
    """Return the replay's cycles, None if it is too long."""
    try:
        return _remembered(nest, hardware, tile, serial_replay.MAX_REPLAYED_SUMS)
    except ReplayLimitError:
        return None


@lru_cache(maxsize=4096)
def _remembered(nest: LoopNest, hardware: Hardware, tile: Tile, limit: int) -> int:
    """Return the replay's cycles: searches and baselines ask for the same tiles, under the same limit."""
    return timing_of(hardware).replay_cycles(nest, hardware, tile)


def _real_waits(nest: LoopNest, tiles: IntArray, load: Traffic, cycles: int) -> dict[Bottleneck, int]:
    """Return the cycles per resource; words, at half the rate of multiplications, take longer than they."""
    sent = int(sending_time(nest, tiles, load)[0])
    return {"distribution": sent, "drain": cycles - sent}


def _waits(
    nest: LoopNest, hardware: Hardware, tile: Tile, cycles: int, sent: int, per_line: int
) -> dict[Bottleneck, int]:
    """Return the cycles that each resource would take alone.

    compute: one step per cycle, all the multipliers can do; distribution: words of the busiest port;
    collection: outputs of the busiest bus line; drain: what is left, the array filling and waiting for the
    last outputs of an iteration (or, folding without accumulation buffer, for partial sums to come round).
    """
    count = trips(nest, tile)
    n_folds = folds(nest, tile)
    windows = count["X"] * count["Y"]
    iterations = count["N"] * count["G"] * count["K"]
    serial = n_folds > 1 and not hardware.accumulation_buffer
    waits: dict[Bottleneck, int] = {
        "compute": iterations * n_folds * (1 + windows),
        "distribution": iterations * sent,
        "collection": iterations * windows * per_line * (n_folds if serial else 1),
    }
    return {**waits, "drain": max(0, cycles - max(waits.values()))}
