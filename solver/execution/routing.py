"""What the loaded masks and states do in one phase: which word every multiplier gets, and from where.

The distribution tree delivers a word to the multipliers of its mask and to no others; there is no
back-pressure. A multiplier takes what its state says. Whatever does not fit together is a fault that names
the multiplier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.rtl_clock import LOAD_PSUMS
from solver.execution.faults import Fault, FaultKind
from solver.switches.switch_config import (
    AXES,
    WINDOWS,
    Array,
    Operand,
    Phase,
    PhaseKind,
    RtlState,
    SimulatorState,
    State,
    SwitchConfig,
)

TAKES: Mapping[State, Operand] = {
    SimulatorState.LOAD: Operand.WEIGHT,
    SimulatorState.DIRECT: Operand.INPUT,
    SimulatorState.FEED: Operand.INPUT,
    SimulatorState.PARTIAL_SUM: Operand.PARTIAL_SUM,
    RtlState.LOAD: Operand.WEIGHT,
    RtlState.LEFT_EDGE_FIRST: Operand.INPUT,
    RtlState.LEFT_EDGE: Operand.INPUT,
    RtlState.MIDDLE_FIRST: Operand.INPUT,
    RtlState.RIGHT_EDGE_FIRST: Operand.INPUT,
}
"""What a multiplier takes from the distribution network, by state."""

LOADS: frozenset[State] = frozenset({SimulatorState.LOAD, RtlState.LOAD})
SIMULATOR_RECEIVES = frozenset({SimulatorState.RELAY, SimulatorState.END})
SIMULATOR_PASSES_ON = frozenset({SimulatorState.FEED, SimulatorState.RELAY})
REAL_RECEIVES = frozenset({RtlState.MIDDLE, RtlState.RIGHT_EDGE})
REAL_PASSES_ON = frozenset(
    {RtlState.LEFT_EDGE_FIRST, RtlState.LEFT_EDGE, RtlState.MIDDLE_FIRST, RtlState.MIDDLE}
)


@dataclass(frozen=True)
class Routing:
    """What happens in one phase.

    Parameters
    ----------
    phase
        The phase.
    leaf, port, place
        Multipliers that take a word from the distribution network, their ports, and the word's place among
        the words of the step (from 1).
    operand
        What each word is, as the position of the kind in `Operand`.
    offset
        Shape (len(leaf), 5): where each word lies in the tile; partial sums use the first column only.
    words
        Words per port and step.
    firing
        Multipliers that give a product.
    """

    phase: Phase
    leaf: IntArray
    port: IntArray
    place: IntArray
    operand: IntArray
    offset: IntArray
    words: IntArray
    firing: IntArray

    def of(self, operand: Operand) -> BoolArray:
        """Return which of the words are of a kind."""
        result: BoolArray = self.operand == list(Operand).index(operand)
        return result


def receiving(phase: Phase) -> frozenset[int]:
    """Return the multipliers that take their neighbour's input."""
    return _in_states(phase, SIMULATOR_RECEIVES | REAL_RECEIVES)


def passing(phase: Phase, array: Array) -> frozenset[int]:
    """Return the multipliers that are handed an input by a neighbour after the step."""
    return frozenset(
        leaf + array.kind.hands_to for leaf in _in_states(phase, SIMULATOR_PASSES_ON | REAL_PASSES_ON)
    )


def _in_states(phase: Phase, states: frozenset[State]) -> frozenset[int]:
    return frozenset(leaf for leaf, setting in enumerate(phase.multipliers) if setting.state in states)


def route(config: SwitchConfig, phase: Phase) -> tuple[Routing, tuple[Fault, ...]]:
    """Deliver the words of a phase.

    Returns
    -------
    tuple of Routing and faults
        What every multiplier gets, and every word that is lost, missing or of the wrong kind.
    """
    width = config.array.port_width
    rows: list[tuple[int, ...]] = []
    faults: list[Fault] = []
    extents = {operand: config.tile_extent(operand) for operand in Operand}
    got: dict[int, int] = {}
    for port, words in enumerate(phase.ports):
        for place, word in enumerate(words, start=1):
            if word.mask >> width or word.mask <= 0:
                faults.append(Fault(FaultKind.PORT, f"port {port}", (), (f"mask {word.mask:#x}", phase.kind)))
                continue
            if any(at >= end for at, end in zip(word.offset, extents[word.operand], strict=True)):
                what = f"{word.operand} {word.offset}"
                faults.append(Fault(FaultKind.OUTSIDE, f"port {port}", (), (what, phase.kind)))
            for leaf in (port * width + bit for bit in range(width) if word.mask >> bit & 1):
                got[leaf] = got.get(leaf, 0) + 1
                state = phase.multipliers[leaf].state
                if TAKES.get(state) is not word.operand or got[leaf] > 1:
                    faults.append(_at(FaultKind.LOST_WORD, leaf, phase, f"{word.operand} {word.offset}"))
                offset = (*word.offset, *(0,) * (5 - len(word.offset)))
                rows.append((leaf, port, place, list(Operand).index(word.operand), *offset))
    faults += [
        _at(FaultKind.NO_WORD, leaf, phase, setting.state.name)
        for leaf, setting in enumerate(phase.multipliers)
        if setting.state in TAKES and leaf not in got and phase.kind is not PhaseKind.CONFIGURE
    ]
    faults += _setting_faults(phase)
    table = np.array(rows, dtype=np.int64).reshape(-1, 4 + len(AXES[Operand.INPUT]))
    table = table[np.argsort(table[:, 0], kind="stable")]
    routing = Routing(
        phase=phase,
        leaf=table[:, 0],
        port=table[:, 1],
        place=table[:, 2],
        operand=table[:, 3],
        offset=table[:, 4:],
        words=np.array([len(words) for words in phase.ports], dtype=np.int64),
        firing=np.flatnonzero([_fires(setting.state) for setting in phase.multipliers]),
    )
    if phase.kind in WINDOWS:
        faults += _product_faults(config, routing)
    return routing, tuple(faults)


def chain_faults(config: SwitchConfig, before: Phase, after: Phase | None) -> Iterator[Fault]:
    """Yield what goes wrong between neighbours from one window of a row to the next (None: none)."""
    given = passing(before, config.array)
    taken = receiving(after) if after is not None else frozenset()
    if after is not None:
        for leaf in sorted(taken - given):
            yield _at(FaultKind.NO_INPUT, leaf, after, "from its neighbour")
    if not config.array.kind.passes:  # the real one throws away what is left over with the next configuration
        for leaf in sorted(given - taken):
            yield _at(FaultKind.LOST_INPUT, leaf, before, "passed on by its neighbour")


def _fires(state: State) -> bool:
    return state not in (RtlState.IDLE, RtlState.LOAD, SimulatorState.IDLE, SimulatorState.LOAD)


def _setting_faults(phase: Phase) -> Iterator[Fault]:
    if phase.kind is PhaseKind.CONFIGURE:
        return  # checked against the windows of the stream
    for leaf, setting in enumerate(phase.multipliers):
        idle = setting.state in (RtlState.IDLE, SimulatorState.IDLE)
        if not idle and (setting.state in LOADS) is not (phase.kind is PhaseKind.WEIGHTS):
            yield _at(FaultKind.STATE, leaf, phase, setting.state.name)
        # The real multiplier counts the products that it owes, in a weight load none.
        owed = setting.state is RtlState.LOAD
        if setting.count != (LOAD_PSUMS if owed else 0 if idle else 1):
            kind = FaultKind.HANG if owed else FaultKind.COUNT
            yield _at(kind, leaf, phase, f"count {setting.count} in state {setting.state.name}")


def _product_faults(config: SwitchConfig, routing: Routing) -> Iterator[Fault]:
    """Yield multipliers that owe their virtual neuron a product, or give one that nobody waits for."""
    wanted = {leaf for vn in config.placement.vns for leaf in vn.leaves}
    given = set(routing.firing.tolist())
    for leaf in sorted(wanted - given):
        yield _at(FaultKind.NO_PRODUCT, leaf, routing.phase)
    for leaf in sorted(given - wanted):
        yield _at(FaultKind.EXTRA_PRODUCT, leaf, routing.phase)


def _at(kind: FaultKind, leaf: int, phase: Phase, *details: str) -> Fault:
    return Fault(kind, f"MS{leaf}", (), (*details, phase.kind))
