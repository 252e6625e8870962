"""The setting of every adder switch in the reference simulator's tree.

Source: rules T6 and T6b. The switches are those of the real tree
(`solver.array.topology`), but the two adders of a double switch are joined by a forwarding link and values
carry the number of their virtual neuron (VN). An adder therefore works in *lanes*, one per VN that passes
through it: which of its inputs it adds up for that VN and where the sum goes. Two VNs that meet in an adder
never mix.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from solver.array.reduction import exit_line, forwarding_link
from solver.array.topology import Switch, SwitchKind, adder_tree
from solver.array.virtual_neuron import Placement, VirtualNeuron


class Source(StrEnum):
    """An input of an adder."""

    LEFT = "L"
    RIGHT = "R"
    LINK = "link"


class Target(StrEnum):
    """Where an adder sends a sum: to its parent, over the forwarding link, or to the collection bus."""

    UP = "up"
    LINK = "link"
    BUS = "bus"


@dataclass(frozen=True, slots=True)
class Lane:
    """What an adder does with the values of one virtual neuron.

    Parameters
    ----------
    vn
        The virtual neuron.
    reads
        The inputs that it adds up (one is passed on as it is), each once; at least one.
    sends
        Where the sum goes.
    """

    vn: int
    reads: tuple[Source, ...]
    sends: Target


AdderSetting = tuple[Lane, ...]
"""The lanes of an adder, left to right; idle without lanes."""


@dataclass(frozen=True)
class SimulatorTreeConfig:
    """The setting of every adder switch of the simulator's tree; any setting, right or wrong.

    Parameters
    ----------
    num_ms
        Multiplier switches of the array.
    doubles
        Settings of the left and the right adder of every double switch, by switch id.
    singles
        Settings by switch id.

    Raises
    ------
    InputError
        If the numbers of settings are not those of the tree.
    """

    num_ms: int
    doubles: tuple[tuple[AdderSetting, AdderSetting], ...]
    singles: tuple[AdderSetting, ...]

    def __post_init__(self) -> None:
        adder_tree(self.num_ms).check_counts(len(self.doubles), len(self.singles))

    def of(self, switch: Switch) -> tuple[AdderSetting, ...]:
        """Return the settings of a switch's adders, left to right."""
        return self.doubles[switch.id] if switch.kind is SwitchKind.DOUBLE else (self.singles[switch.id],)

    def in_use(self) -> Iterator[tuple[str, AdderSetting]]:
        """Yield the adders that have lanes under their names (``D3.L``, ``S0``), double switches first."""
        tree = adder_tree(self.num_ms)
        for switch in (*tree.doubles, *tree.singles):
            for side, lanes in enumerate(self.of(switch)):
                if lanes:
                    yield switch.output_name(side), lanes


def bus_line(num_ms: int, switch: Switch, lines: int) -> int:
    """Return the collection line that a switch is wired to (rule T6)."""
    return exit_line(num_ms, switch.level, switch.node, lines)


def configure_simulator_tree(placement: Placement) -> SimulatorTreeConfig:
    """Return the switch settings with which the simulator's tree adds up every virtual neuron (rule T6b).

    Parameters
    ----------
    placement
        The virtual neurons; every placement works.

    Returns
    -------
    SimulatorTreeConfig
        The lanes of every adder.
    """
    tree = adder_tree(placement.num_ms)
    lanes: dict[tuple[int, int], list[Lane]] = defaultdict(list)
    for index, vn in sorted(enumerate(placement.vns), key=lambda entry: entry[1].start):
        for level, adder, reads, sends in _route(vn, tree.levels):
            lanes[level, adder].append(Lane(index, reads, sends))

    def setting(level: int, adder: int) -> AdderSetting:
        return tuple(lanes.get((level, adder), ()))

    return SimulatorTreeConfig(
        placement.num_ms,
        tuple((setting(s.level, s.node), setting(s.level, s.node + 1)) for s in tree.doubles),
        tuple(setting(s.level, s.node) for s in tree.singles),
    )


def _route(vn: VirtualNeuron, levels: int) -> Iterator[tuple[int, int, tuple[Source, ...], Target]]:
    """Yield (level, adder, inputs, target) of every adder that works for one virtual neuron."""
    low, high = vn.start, vn.last
    for level in reversed(range(levels)):
        rows: list[tuple[int, tuple[Source, ...], Target]] = []
        adder = low // 2
        while adder <= high // 2:
            link = forwarding_link(level, adder, low, high)
            for this in (adder,) if link is None else (adder, adder + 1):
                reads = _children(this, low, high)
                if link is None:
                    rows.append((this, reads, Target.UP))
                elif this == link:
                    rows.append((this, (*reads, Source.LINK), Target.UP))
                else:
                    rows.append((this, reads, Target.LINK))
            adder += 1 if link is None else 2
        passed_up = [adder for adder, _, target in rows if target is Target.UP]
        for adder, reads, target in rows:
            done = len(passed_up) == 1 and target is Target.UP
            yield level, adder, reads, Target.BUS if done else target
        if len(passed_up) == 1:
            return
        low, high = passed_up[0], passed_up[-1]


def _children(adder: int, low: int, high: int) -> tuple[Source, ...]:
    inputs = ((2 * adder, Source.LEFT), (2 * adder + 1, Source.RIGHT))
    return tuple(source for position, source in inputs if low <= position <= high)
