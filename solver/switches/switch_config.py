"""What every switch of the array does for one mapping: the whole configuration, in compact form.

A layer runs in loops around the array. What the switches do depends on the loops only at their ends (the
first and the last window of a row, a partial last tile), so the work is described once per *phase* together
with the range of loop indices in which the phase holds. Words are described by where they lie in the tile, so
the size of a configuration does not grow with the layer.

Loops, outermost first, each counted in tiles from 0: n, g, k (a filter iteration), x, y (a window) and fold,
which counts the tiles of C, R, S with S fastest. The simulator runs ``n g k | x y fold``; on the real
hardware a multiplier holds one weight, so each fold is a pass of its own: ``n g k fold | x y``, and the
windows of a pass are cut into *streams*, each under one configuration of the multipliers
(`solver.cost.rtl.latency`).

Partial last tiles run like whole ones: words outside the layer are sent as 0 and values outside it are
dropped (`SwitchConfig.partial_tiles`). On the real hardware too: a multiplier without data would block its
next configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from math import prod

from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.virtual_neuron import Placement
from solver.hardware import Hardware
from solver.hardware.array_kind import KINDS, ArrayKind, Forwarding, Reduction
from solver.layer import DIMS, LoopNest
from solver.mapping.tile import Tile, folds, trips
from solver.switches.simulator_tree import SimulatorTreeConfig

LOOPS = ("n", "g", "k", "x", "y", "fold")
"""Names of the loops around the array in `Phase.when`."""


class Operand(StrEnum):
    """What a word is."""

    WEIGHT = "weight"
    INPUT = "input"
    PARTIAL_SUM = "partial sum"


AXES: dict[Operand, tuple[str, ...]] = {
    Operand.WEIGHT: ("g", "k", "c", "r", "s"),
    Operand.INPUT: ("n", "g", "c", "row", "col"),
    Operand.PARTIAL_SUM: ("vn",),
}
"""Coordinates of a word's offset. Weights and inputs count from the first element of the current tile (rows
and columns are those of the padded input); a partial sum is named by its virtual neuron."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word on a distribution port.

    Parameters
    ----------
    mask
        Destinations: bit k is the k-th multiplier behind the port.
    operand
        What it is.
    offset
        Where it lies in the tile, along `AXES` of the operand. A word outside the layer is sent as 0.
    """

    mask: int
    operand: Operand
    offset: tuple[int, ...]


class RtlState(Enum):
    """State of a multiplier switch of the real hardware; the value is its code."""

    IDLE = 0
    LOAD = 1
    LEFT_EDGE_FIRST = 2
    LEFT_EDGE = 3
    MIDDLE_FIRST = 4
    MIDDLE = 5
    RIGHT_EDGE_FIRST = 6
    RIGHT_EDGE = 7


class SimulatorState(Enum):
    """What a multiplier of the simulator does in a phase."""

    IDLE = 0
    LOAD = 1
    """The next word becomes a stationary weight; there is one per fold."""
    DIRECT = 2
    """Takes its input from the distribution network."""
    FEED = 3
    """Takes its input from the distribution network and passes it on to its left neighbour."""
    RELAY = 4
    """Takes its input from its right neighbour and passes it on to the left one."""
    END = 5
    """Takes its input from its right neighbour."""
    ZERO = 6
    """Auxiliary multiplier in the first fold: gives 0."""
    PARTIAL_SUM = 7
    """Auxiliary multiplier in the later folds: passes the partial sum that it is sent to the tree."""


State = RtlState | SimulatorState

STATES: dict[Reduction, type[RtlState] | type[SimulatorState]] = {
    "simulator": SimulatorState,
    "rtl": RtlState,
}
"""States of the multipliers of either array."""


@dataclass(frozen=True, slots=True)
class MultiplierSetting:
    """What a multiplier switch does.

    Parameters
    ----------
    state
        Its state.
    count
        In a window the products it sends (1, or 0 if idle). In a weight load of the simulator the weights it
        takes, on the real hardware the psumCount, which must be 0; in a configuration of the real hardware
        the psumCount too: products to send in the whole stream.
    """

    state: State
    count: int


class PhaseKind(StrEnum):
    """Phases of the work on the array."""

    WEIGHTS = "weight load"
    CONFIGURE = "configuration"
    """Real hardware: the multipliers get the configuration of a stream of windows."""
    WINDOW = "window"
    """Every multiplier takes its input from the distribution network."""
    FIRST_WINDOW = "first window"
    """The same, and the multipliers pass their inputs on for the next window."""
    SLIDE = "sliding window"
    """Only one filter column is sent, the others come from the neighbours."""
    LAST_WINDOW = "last window"
    """The last window of a sliding row: inputs come from the neighbours, but none are passed on."""


WINDOWS = frozenset({PhaseKind.WINDOW, PhaseKind.FIRST_WINDOW, PhaseKind.SLIDE, PhaseKind.LAST_WINDOW})
"""Phases in which products are formed."""


@dataclass(frozen=True, slots=True)
class OrderRun:
    """A run of values on a bus of the real hardware.

    Parameters
    ----------
    repeats
        How often the body follows itself, one window further every time.
    body
        (virtual neuron, window of the stream) of the values of the first time.
    """

    repeats: int
    body: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class BusOrder:
    """Which value is which on one bus of the real hardware, from the first to the last value of a stream.

    The stream is as it would be at the beginning of a run (rule S4: whose turn it is goes on).
    """

    bus: int
    runs: tuple[OrderRun, ...]

    def values(self) -> Iterator[tuple[int, int]]:
        """Yield (virtual neuron, window) of every value in the order in which they leave."""
        for run in self.runs:
            for window in range(run.repeats):
                yield from ((vn, first + window) for vn, first in run.body)


@dataclass(frozen=True, slots=True)
class Streams:
    """Streams of windows of one pass on the real hardware, all alike.

    Parameters
    ----------
    windows
        Windows of each; they follow each other in the order x, y.
    first, step
        Number of the first window of the first stream, counted over x and y, and from stream to stream.
    repeats
        Number of streams.
    """

    windows: int
    first: int
    step: int
    repeats: int

    def starts(self) -> range:
        """Return the number of the first window of each stream."""
        return range(self.first, self.first + self.step * self.repeats, self.step)


@dataclass(frozen=True)
class Phase:
    """What distribution network and multipliers do in one step, and when.

    Parameters
    ----------
    kind
        Which phase it is.
    when
        Inclusive ranges of the loop indices in which it holds, by loop; loops not named do not matter.
    multipliers
        One setting per multiplier switch.
    ports
        Per distribution port the words of the step, in the order in which they are sent.
    streams
        In a configuration of the real hardware: the streams that it is for.
    bus_orders
        With `streams`: the order of a stream's values on every bus in use.
    """

    kind: PhaseKind
    when: Mapping[str, tuple[int, int]]
    multipliers: tuple[MultiplierSetting, ...]
    ports: tuple[tuple[Word, ...], ...]
    streams: Streams | None = None
    bus_orders: tuple[BusOrder, ...] = ()

    def holds(self, at: Mapping[str, int]) -> bool:
        """Whether the phase holds at some loop indices; loops without an index do not matter."""
        return all(low <= at[loop] <= high for loop, (low, high) in self.when.items() if loop in at)

    def repetitions(self, counts: Mapping[str, int]) -> int:
        """Return how often the phase runs in the whole layer.

        Parameters
        ----------
        counts
            Trip counts of the loops; see `SwitchConfig.loop_counts`.
        """
        inside = () if self.kind in WINDOWS else ("x", "y")
        ranges = {loop: (0, counts[loop] - 1) for loop in LOOPS if loop not in inside} | dict(self.when)
        runs = prod(high - low + 1 for low, high in ranges.values())
        return runs * (self.streams.repeats if self.streams else 1)


@dataclass(frozen=True, slots=True)
class BusOutput:
    """The values that one output of the adder tree puts on its bus, one per window and fold.

    The simulator's values carry the number of their virtual neuron. Those of the real hardware carry no name;
    there `BusOrder` tells which is which.

    Parameters
    ----------
    vn
        The virtual neuron whose sums they are.
    output
        The emitting output, such as ``D1.R``.
    bus
        Its collection bus.
    offset
        Which output of the tile they are: (n, g, k, x, y), counted from the first of the current tile. Values
        of virtual neurons that lie outside the layer are dropped.
    """

    vn: int
    output: str
    bus: int
    offset: tuple[int, int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Array:
    """What the switches must know of the hardware; the fields are those of `Hardware`."""

    num_ms: int
    dn_bw: int
    rn_bw: int
    accumulation_buffer: bool
    reduction: Reduction
    forwarding: Forwarding

    @classmethod
    def of(cls, hardware: Hardware) -> Array:
        """Return the facts of a hardware."""
        return cls(**{name: getattr(hardware, name) for name in cls.__dataclass_fields__})

    @property
    def kind(self) -> ArrayKind:
        """What this array does otherwise than the other one."""
        return KINDS[self.reduction]

    @property
    def states(self) -> type[RtlState] | type[SimulatorState]:
        """States of its multipliers."""
        return STATES[self.reduction]

    @property
    def port_width(self) -> int:
        """Multiplier switches behind one distribution port."""
        return self.num_ms // self.dn_bw


@dataclass(frozen=True, kw_only=True)
class SwitchConfig:
    """The configuration of the whole array for one mapping of one layer.

    Parameters
    ----------
    name
        The layer's, for people.
    nest, array, tile
        What it is for.
    placement
        The multipliers of every virtual neuron, the auxiliary one (if any) first.
    auxiliary
        Whether the first multiplier of every virtual neuron carries the partial sum of the earlier folds.
    tree
        Settings of the adder switches; they hold in all phases.
    phases
        The phases, those of the weights first.
    outputs
        What the bus values are, by bus, in the order in which they leave.
    """

    name: str = field(default="", compare=False)
    nest: LoopNest
    array: Array
    tile: Tile
    placement: Placement
    auxiliary: bool
    tree: AdderTreeConfig | SimulatorTreeConfig
    phases: tuple[Phase, ...]
    outputs: tuple[BusOutput, ...]

    @property
    def loop_counts(self) -> dict[str, int]:
        """Trip counts of the loops around the array."""
        counts = trips(self.nest, self.tile)
        return {loop: counts[loop.upper()] for loop in LOOPS[:-1]} | {"fold": folds(self.nest, self.tile)}

    @property
    def partial_tiles(self) -> dict[str, int]:
        """Size of the last tile of every loop that the tile does not divide, by `DIMS` letter."""
        sizes = dict(zip(DIMS, zip(self.nest.sizes, self.tile.sizes, strict=True), strict=True))
        return {dim: size % step for dim, (size, step) in sizes.items() if size % step}

    def tile_extent(self, operand: Operand) -> tuple[int, ...]:
        """Return the extent of the tile along the `AXES` of an operand: every offset lies below it."""
        tile, nest = self.tile, self.nest
        if operand is Operand.PARTIAL_SUM:
            return (tile.num_vns,)
        if operand is Operand.WEIGHT:
            return (tile.G, tile.K, tile.C, tile.R, tile.S)
        rows = (tile.X - 1) * nest.stride[0] + (tile.R - 1) * nest.dilation[0] + 1
        cols = (tile.Y - 1) * nest.stride[1] + (tile.S - 1) * nest.dilation[1] + 1
        return (tile.N, tile.G, tile.C, rows, cols)

    @property
    def loop_order(self) -> tuple[str, ...]:
        """The loops, outermost first."""
        return ("n", "g", "k", "fold", "x", "y") if self.array.kind.passes else LOOPS
