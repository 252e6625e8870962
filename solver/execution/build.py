"""The whole configuration of a mapping: decoded, checked, and with the order of the values on every bus."""

from __future__ import annotations

from dataclasses import replace

from solver.execution.clocks.real_clock import RealClock
from solver.execution.program import load
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
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
    config = decode(nest, hardware, tile, name=name)
    if not hardware.real:
        return config
    clock = RealClock(load(config))

    def ordered(phase: Phase) -> Phase:
        if phase.kind is not PhaseKind.CONFIGURE:
            return phase
        stream = next(clock.streams(phase, {"n": 0, "g": 0, "k": 0, "fold": 0}))
        return replace(phase, bus_orders=stream.orders)

    return replace(config, phases=tuple(ordered(phase) for phase in config.phases))
