"""From a mapping to the setting of every switch: (LoopNest, Hardware, Tile) in, `SwitchConfig` out.

Sources: rules T2 to T6b for the simulator, and rules S7, S10,
S11 and S13 for the real hardware.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from solver.arithmetic.arrays import BoolArray
from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.configure_tree import configure_tree
from solver.array.layout import Layout
from solver.array.rtl_clock import LOAD_PSUMS, MAX_PSUMS
from solver.array.topology import Switch
from solver.array.virtual_neuron import Placement
from solver.errors import InputError
from solver.hardware import Hardware
from solver.hardware.array_kind import Reduction
from solver.layer import LoopNest
from solver.legal.tiles import legality
from solver.mapping.tile import Tile
from solver.switches.decode_outputs import decode_outputs
from solver.switches.decode_words import input_words, partial_sum_words, weight_words
from solver.switches.simulator_tree import SimulatorTreeConfig, bus_line, configure_simulator_tree
from solver.switches.switch_config import (
    STATES,
    Array,
    MultiplierSetting,
    Phase,
    PhaseKind,
    RtlState,
    SimulatorState,
    State,
    Streams,
    SwitchConfig,
)

When = Mapping[str, tuple[int, int]]


def decode(nest: LoopNest, hardware: Hardware, tile: Tile, *, name: str = "") -> SwitchConfig:
    """Return what every switch does for a mapping.

    Parameters
    ----------
    nest, hardware, tile
        The mapping.
    name
        The layer's name, for people.

    Returns
    -------
    SwitchConfig
        Settings of all switches in all phases, and what the values on the buses are.

    Raises
    ------
    InputError
        If the mapping is illegal on this hardware.
    """
    reason = legality(nest, hardware, tile)
    if reason is not None:
        raise InputError(f"illegal mapping {tile}: {reason}", field="mapping")
    return decode_padded(nest, hardware, tile, name=name)


def decode_padded(nest: LoopNest, hardware: Hardware, tile: Tile, *, name: str = "") -> SwitchConfig:
    """Return what every switch does for a tile that the loops may not fill, legal or not.

    A buffer tile at the layer's edge can be smaller than the array tile. It runs like a partial last tile:
    words outside of it are 0, and values outside are dropped.
    """
    layout = Layout(nest, hardware, tile)
    starts = layout.leaf[:: layout.vn_size].tolist()
    placement = Placement.of(hardware.num_ms, [(start, layout.vn_size) for start in starts])
    decoder = decoder_of(hardware)
    tree = decoder.tree(placement)
    return SwitchConfig(
        name=name,
        nest=nest,
        array=Array.of(hardware),
        tile=tile,
        placement=placement,
        auxiliary=bool(layout.aux),
        tree=tree,
        phases=tuple(decoder.phases(layout)),
        outputs=decode_outputs(layout, tree, placement),
    )


@dataclass(frozen=True)
class Decoder:
    """How mappings are decoded for one kind of array.

    Attributes
    ----------
    tree
        Settings of the adder switches that add up a placement.
    phases
        The phases of a tile.
    bus
        The collection bus that an adder switch is wired to.
    """

    tree: Callable[[Placement], AdderTreeConfig | SimulatorTreeConfig]
    phases: Callable[[Layout], list[Phase]]
    bus: Callable[[Switch, Hardware], int]


def decoder_of(hardware: Hardware) -> Decoder:
    """Return how mappings are decoded for an accelerator."""
    return _DECODERS[hardware.reduction]


class _Settings:
    """Builds the multiplier settings of one phase, idle where nothing is said."""

    def __init__(self, layout: Layout) -> None:
        self.leaf = layout.leaf
        idle = STATES[layout.hardware.reduction]["IDLE"]
        self.settings = [MultiplierSetting(idle, 0)] * layout.hardware.num_ms

    def put(self, positions: BoolArray, state: State, count: int = 1) -> _Settings:
        """Set the multipliers at some positions."""
        for leaf in self.leaf[positions].tolist():
            self.settings[leaf] = MultiplierSetting(state, count)
        return self

    def done(self) -> tuple[MultiplierSetting, ...]:
        """Return one setting per multiplier switch."""
        return tuple(self.settings)


def _simulator_phases(layout: Layout) -> list[Phase]:
    """Return the phases on the simulator."""
    busy = ~layout.is_aux
    loads = _Settings(layout).put(busy, SimulatorState.LOAD).done()
    phases = [Phase(PhaseKind.WEIGHTS, {}, loads, weight_words(layout, busy))]
    for when, state in _fold_phases(layout):
        for kind, rows in _window_phases(layout):
            settings = _Settings(layout)
            for positions, what in _simulator_roles(layout, kind):
                settings.put(positions & busy, what)
            if state is not None:
                settings.put(layout.is_aux, state)
            ports = input_words(layout, busy & _fed(layout, kind))
            if state is SimulatorState.PARTIAL_SUM:
                # A port sends what it has: inputs run ahead, partial sums follow as they become known.
                sums = partial_sum_words(layout)
                ports = tuple(words + psums for words, psums in zip(ports, sums, strict=True))
            phases.append(Phase(kind, {**rows, **when}, settings.done(), ports))
    return phases


def _fold_phases(layout: Layout) -> list[tuple[When, SimulatorState | None]]:
    """Return when the auxiliary multipliers are in which state."""
    if not layout.aux:
        return [({}, None)]
    last = layout.folds - 1
    if layout.nest.sums == "begun":
        return [({}, SimulatorState.ZERO)]
    if layout.nest.sums == "continued":
        # The sum of the earlier parts joins the last fold: until then it need not be there.
        sent: tuple[When, SimulatorState | None] = ({"fold": (last, last)}, SimulatorState.PARTIAL_SUM)
        return [({"fold": (0, last - 1)}, SimulatorState.ZERO), sent] if last else [sent]
    return [
        ({"fold": (0, 0)}, SimulatorState.ZERO),
        ({"fold": (1, layout.folds - 1)}, SimulatorState.PARTIAL_SUM),
    ]


def _window_phases(layout: Layout) -> list[tuple[PhaseKind, When]]:
    """Return the phases of the windows of a row."""
    columns = layout.trips["Y"]
    if not layout.forwards or columns == 1:
        return [(PhaseKind.WINDOW, {})]
    phases: list[tuple[PhaseKind, When]] = [(PhaseKind.FIRST_WINDOW, {"y": (0, 0)})]
    if columns > 2:
        phases.append((PhaseKind.SLIDE, {"y": (1, columns - 2)}))
    return [*phases, (PhaseKind.LAST_WINDOW, {"y": (columns - 1, columns - 1)})]


def _fed(layout: Layout, kind: PhaseKind) -> BoolArray:
    """Return which positions take their input from the distribution network."""
    slides = kind in (PhaseKind.SLIDE, PhaseKind.LAST_WINDOW)
    return layout.last_column if slides else np.ones(len(layout.leaf), dtype=bool)


def _simulator_roles(layout: Layout, kind: PhaseKind) -> Sequence[tuple[BoolArray, SimulatorState]]:
    """Return the states of the multipliers by filter column; each gives its input to the left neighbour."""
    column, last = layout.offsets[2], layout.tile.S - 1
    if kind is PhaseKind.WINDOW:
        return [(column >= 0, SimulatorState.DIRECT)]
    if kind is PhaseKind.FIRST_WINDOW:
        return [(column == 0, SimulatorState.DIRECT), (column > 0, SimulatorState.FEED)]
    if kind is PhaseKind.LAST_WINDOW:
        return [(column < last, SimulatorState.END), (column == last, SimulatorState.DIRECT)]
    return [
        (column == 0, SimulatorState.END),
        ((column > 0) & (column < last), SimulatorState.RELAY),
        (column == last, SimulatorState.FEED),
    ]


_FIRST = {
    RtlState.LEFT_EDGE: RtlState.LEFT_EDGE_FIRST,
    RtlState.MIDDLE: RtlState.MIDDLE_FIRST,
    RtlState.RIGHT_EDGE: RtlState.RIGHT_EDGE_FIRST,
}


def _real_phases(layout: Layout) -> list[Phase]:
    """Return the phases on the real hardware."""
    everyone = np.ones(len(layout.leaf), dtype=bool)
    loads = _Settings(layout).put(everyone, RtlState.LOAD, LOAD_PSUMS).done()
    phases = [Phase(PhaseKind.WEIGHTS, {}, loads, weight_words(layout, everyone))]
    no_words = ((),) * layout.hardware.dn_bw
    for streams in _streams(layout):
        settings = _real_settings(layout, first=layout.forwards, count=streams.windows)
        phases.append(Phase(PhaseKind.CONFIGURE, {}, settings, no_words, streams))
    if not layout.forwards:
        settings = _real_settings(layout, first=False)
        return [*phases, Phase(PhaseKind.WINDOW, {}, settings, input_words(layout, everyone))]
    for begin, end in _parts_of(layout.trips["Y"]):
        settings = _real_settings(layout, first=True)
        words = input_words(layout, everyone)
        phases.append(Phase(PhaseKind.FIRST_WINDOW, {"y": (begin, begin)}, settings, words))
        if end > begin + 1:
            settings = _real_settings(layout, first=False)
            words = input_words(layout, layout.last_column)
            phases.append(Phase(PhaseKind.SLIDE, {"y": (begin + 1, end - 1)}, settings, words))
    return phases


def _streams(layout: Layout) -> list[Streams]:
    """Return how the windows of a pass are cut into streams: by rows if they slide, else as few as can be."""
    rows, columns = layout.trips["X"], layout.trips["Y"]
    if layout.forwards:
        return [Streams(end - begin, begin, columns, rows) for begin, end in _parts_of(columns)]
    parts = _parts_of(rows * columns)
    sizes = Counter(end - begin for begin, end in parts)
    first, found = 0, []
    for size, count in sizes.items():
        found.append(Streams(size, first, size, count))
        first += size * count
    return found


def _parts_of(windows: int) -> list[tuple[int, int]]:
    """Cut windows into as few and as equal parts as the counters of the multipliers need."""
    count = -(-windows // MAX_PSUMS)
    ends = [-(-windows * part // count) for part in range(count + 1)]
    return list(pairwise(ends))


def _real_settings(layout: Layout, *, first: bool, count: int = 1) -> tuple[MultiplierSetting, ...]:
    settings = _Settings(layout)
    for positions, state in _real_roles(layout):
        settings.put(positions, _FIRST[state] if first else state, count)
    return settings.done()


def _real_roles(layout: Layout) -> Sequence[tuple[BoolArray, RtlState]]:
    """Return the states of the multipliers; each gives its input to the right neighbour.

    Without forwarding all are left edges, which take every operand from the distribution network; what they
    pass on reaches a left edge, which does not look at it.
    """
    column, last = layout.offsets[2], layout.tile.S - 1
    if not layout.forwards:
        return [(column >= 0, RtlState.LEFT_EDGE)]
    return [
        (column == last, RtlState.LEFT_EDGE),
        ((column > 0) & (column < last), RtlState.MIDDLE),
        (column == 0, RtlState.RIGHT_EDGE),
    ]


_DECODERS: dict[Reduction, Decoder] = {
    "simulator": Decoder(
        configure_simulator_tree,
        _simulator_phases,
        lambda switch, hardware: bus_line(hardware.num_ms, switch, hardware.rn_bw),
    ),
    "rtl": Decoder(configure_tree, _real_phases, lambda switch, hardware: switch.bus(hardware.rn_bw)),
}
