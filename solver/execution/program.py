"""A loaded configuration, checked step by step: what runs when, and that every step fits to the next.

Nothing here looks at how the configuration was made; only what it says counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.execution.adder_tree import run_wave
from solver.execution.faults import Fault, FaultKind, SwitchFaultError
from solver.execution.lanes import run_lanes
from solver.execution.routing import Routing, chain_faults, receiving, route
from solver.switches.simulator_tree import SimulatorTreeConfig
from solver.switches.switch_config import (
    LOOPS,
    WINDOWS,
    BusOutput,
    Phase,
    PhaseKind,
    RtlState,
    SimulatorState,
    State,
    SwitchConfig,
)

STEADY: Mapping[State, State] = {
    RtlState.LEFT_EDGE_FIRST: RtlState.LEFT_EDGE,
    RtlState.MIDDLE_FIRST: RtlState.MIDDLE,
    RtlState.RIGHT_EDGE_FIRST: RtlState.RIGHT_EDGE,
}
"""State that a multiplier of the real hardware takes after its first product."""


@dataclass(frozen=True)
class Sum:
    """A value on a bus in every wave.

    Parameters
    ----------
    output
        What the configuration says it is.
    leaves
        The multipliers whose products it adds up.
    delays
        Cycles from each multiplier's firing until the sum leaves the tree.
    """

    output: BusOutput
    leaves: IntArray
    delays: IntArray


@dataclass(frozen=True)
class Program:
    """A checked configuration.

    Parameters
    ----------
    config
        The configuration.
    weights, configurations, windows
        What happens in the weight loads, the multipliers' configurations (real hardware) and the windows.
    sums
        The bus values, by virtual neuron.
    """

    config: SwitchConfig
    weights: tuple[Routing, ...]
    configurations: tuple[Phase, ...]
    windows: tuple[Routing, ...]
    sums: tuple[Sum, ...]


def load(config: SwitchConfig) -> Program:
    """Check a configuration and prepare it for execution.

    Raises
    ------
    SwitchFaultError
        If something gets lost, stuck or mixed up; the message names the switch.
    """
    routings: list[Routing] = []
    faults: list[Fault] = []
    for phase in config.phases:
        routing, wrong = route(config, phase)
        routings.append(routing)
        faults += wrong
    sums, wrong = _sums(config)
    faults += wrong
    program = Program(
        config=config,
        weights=tuple(r for r in routings if r.phase.kind is PhaseKind.WEIGHTS),
        configurations=tuple(p for p in config.phases if p.kind is PhaseKind.CONFIGURE),
        windows=tuple(r for r in routings if r.phase.kind in WINDOWS),
        sums=sums,
    )
    faults += [*_step_faults(program), *_stream_faults(program)]
    if faults:
        raise SwitchFaultError(tuple(faults))
    return program


def _sums(config: SwitchConfig) -> tuple[tuple[Sum, ...], tuple[Fault, ...]]:
    """Run a wave through the loaded tree and compare its values with what the configuration calls them."""
    lines = config.array.rn_bw
    found: dict[int, tuple[str, int, IntArray, IntArray]] = {}
    if isinstance(config.tree, SimulatorTreeConfig):
        lanes, faults = run_lanes(config.tree, config.placement, lines)
        for lane in lanes:
            found[lane.vn] = (lane.output, lane.bus, np.array(lane.leaves), np.array(lane.paths))
    else:
        wave = run_wave(config.tree, config.placement, lines)
        faults = wave.faults
        for value in wave.values:
            if value.vn is not None:
                delays = np.full(len(value.leaves), 2 * value.levels)
                found[value.vn] = (value.output, value.bus, np.array(value.leaves), delays)
    sums, wrong = [], []
    tile = config.tile
    sizes = (tile.N, tile.G, tile.K, tile.X, tile.Y)
    named = {output.vn: output for output in config.outputs}
    for vn, (name, bus, leaves, delays) in sorted(found.items()):
        output = named.get(vn)
        if output is None or (output.output, output.bus) != (name, bus):
            told = "nothing" if output is None else f"{output.output} on bus {output.bus}"
            detail = f"virtual neuron {vn} leaves at {name} on bus {bus}, decoded as {told}"
            wrong.append(Fault(FaultKind.OUTPUT, name, (), (detail,)))
        elif any(at >= size for at, size in zip(output.offset, sizes, strict=True)):
            wrong.append(Fault(FaultKind.OUTSIDE, name, (), (f"output {output.offset}",)))
        else:
            sums.append(Sum(output, leaves, delays))
    return tuple(sums), (*faults, *wrong)


def _step_faults(program: Program) -> Iterator[Fault]:
    """Yield faults between phases, at one representative of all loop indices that the phases tell apart."""
    config = program.config
    counts = config.loop_counts
    starts = {loop: {0} for loop in LOOPS}
    for phase in config.phases:
        for loop, (low, high) in phase.when.items():
            starts[loop] |= {index for index in (low, high, high + 1) if 0 <= index < counts[loop]}
    # The step before a boundary is told from the one after it.
    points = {loop: sorted(indices | {i - 1 for i in indices if i}) for loop, indices in starts.items()}
    seen: set[tuple[int, ...]] = set()
    for values in product(*(points[loop] for loop in LOOPS)):
        at = dict(zip(LOOPS, values, strict=True))
        window = _only(program.windows, at)
        weights = _only(program.weights, {loop: i for loop, i in at.items() if loop not in "xy"})
        if window is None or weights is None:
            yield Fault(FaultKind.PHASES, ", ".join(f"{loop} = {i}" for loop, i in at.items()))
            continue
        last = at["y"] == counts["y"] - 1
        after = None if last else _only(program.windows, at | {"y": at["y"] + 1})
        case = (id(window), id(weights), id(after), last)
        if case in seen or (after is None and not last):
            continue
        seen.add(case)
        loaded = set(weights.leaf.tolist())
        for leaf in window.firing.tolist():
            state = window.phase.multipliers[leaf].state
            if leaf not in loaded and state not in (SimulatorState.ZERO, SimulatorState.PARTIAL_SUM):
                yield Fault(FaultKind.NO_WEIGHT, f"MS{leaf}", (), (window.phase.kind,))
        yield from chain_faults(config, window.phase, after.phase if after else None)
        if at["y"] == 0:
            for leaf in sorted(receiving(window.phase)):
                yield Fault(FaultKind.NO_INPUT, f"MS{leaf}", (), ("no window before it", window.phase.kind))


def _stream_faults(program: Program) -> Iterator[Fault]:
    """Yield what is wrong with the configurations of the multipliers of the real hardware."""
    counts = program.config.loop_counts
    covered = np.zeros(counts["x"] * counts["y"], dtype=np.int64)
    for phase in program.configurations:
        streams = phase.streams
        if streams is None or streams.first + streams.step * (streams.repeats - 1) + streams.windows > len(
            covered
        ):
            yield Fault(FaultKind.PHASES, PhaseKind.CONFIGURE, (), (str(streams),))
            continue
        for start in streams.starts():
            covered[start : start + streams.windows] += 1
        for leaf, setting in enumerate(phase.multipliers):
            fires = setting.state is not RtlState.IDLE
            sent = streams.windows if fires else 0
            if setting.count != sent:
                detail = f"psumCount {setting.count} in a stream of {streams.windows} windows"
                kind = FaultKind.HANG if setting.count > sent else FaultKind.COUNT
                yield Fault(kind, f"MS{leaf}", (), (detail,))
            for routing in program.windows:
                state = routing.phase.multipliers[leaf].state
                # After its first window a multiplier goes on to the steady state by itself.
                slides = routing.phase.kind is PhaseKind.SLIDE
                wanted = STEADY.get(setting.state, setting.state) if slides else setting.state
                if state is not wanted:
                    detail = f"{state.name} in the {routing.phase.kind}, configured as {setting.state.name}"
                    yield Fault(FaultKind.STATE, f"MS{leaf}", (), (detail,))
    wrong = np.flatnonzero(covered != 1)
    if program.config.array.kind.passes and len(wrong):
        place = f"window {wrong[0]} of a pass"
        yield Fault(FaultKind.PHASES, place, (), (f"in {covered[wrong[0]]} streams",))


def _only(routings: tuple[Routing, ...], at: Mapping[str, int]) -> Routing | None:
    found = [routing for routing in routings if routing.phase.holds(at)]
    return found[0] if len(found) == 1 else None
