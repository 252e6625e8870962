"""The whole configuration of a mapping: decoded, checked, and with the order of the values on every bus."""

from __future__ import annotations

from dataclasses import replace

from solver.execution.clocks.real_clock import RealClock
from solver.execution.program import load
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.schedule.build import build_schedule
from solver.schedule.schedule import Schedule
from solver.switches.decode import decode
from solver.switches.switch_config import Phase, PhaseKind, SwitchConfig


def build_config(nest: LoopNest, hardware: Hardware, tile: Tile, *, name: str = "") -> SwitchConfig:
    """Return the whole configuration of a mapping.

    Parameters
    ----------
    nest, hardware, tile
        The mapping.
    name
        The layer's name, for people.

    Returns
    -------
    SwitchConfig
        On the real hardware with `BusOrder`, which tells the nameless bus values apart by their time.

    Raises
    ------
    InputError
        If the mapping is illegal on this hardware.
    SwitchFaultError
        If the hardware cannot run the mapping because a bus does not keep up.
    """
    return with_bus_orders(decode(nest, hardware, tile, name=name))


def build_levels(nest: LoopNest, hardware: Hardware, mapping: LevelMapping, *, name: str = "") -> Schedule:
    """Return the schedule of a two-level mapping, with the whole configuration of every buffer tile.

    Arguments and errors are those of `solver.schedule.build.build_schedule` and of `build_config`.
    """
    schedule = build_schedule(nest, hardware, mapping, name=name)
    configs = {title: with_bus_orders(config) for title, config in schedule.configs.items()}
    return replace(schedule, configs=configs)


def with_bus_orders(config: SwitchConfig) -> SwitchConfig:
    """Return a decoded configuration with the order of the values on every bus of the real hardware.

    Raises
    ------
    SwitchFaultError
        If the hardware cannot run the mapping because a bus does not keep up.
    """
    if not config.array.kind.passes:
        return config
    clock = RealClock(load(config))

    def ordered(phase: Phase) -> Phase:
        if phase.kind is not PhaseKind.CONFIGURE:
            return phase
        stream = next(clock.streams(phase, {"n": 0, "g": 0, "k": 0, "fold": 0}))
        return replace(phase, bus_orders=stream.orders)

    return replace(config, phases=tuple(ordered(phase) for phase in config.phases))
