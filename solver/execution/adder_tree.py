"""Running a loaded adder-tree setting on tokens: which sums come out, on which bus, and what gets stuck.

Source: rules S1 to S4. The tree knows nothing of virtual neurons; it moves
whatever values arrive by the modes and guards as loaded. What it does does not depend on the data, so one
wave of tokens (a token is the set of leaves whose products it holds) tells what every wave does;
`solver.execution.clocks.collection` adds the clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from solver.array.adder_tree_config import AdderTreeConfig, OutputSetting
from solver.array.topology import Switch, adder_tree
from solver.array.virtual_neuron import Placement
from solver.execution.faults import Fault, FaultKind


class Verdict(StrEnum):
    """What became of a virtual neuron's products."""

    RIGHT = "right"
    """One bus value is exactly its sum."""
    WRONG_SUM = "wrong sum"
    """Some of its products left, but no bus value is exactly its sum."""
    STUCK = "stuck"
    """None of its products left the tree."""
    UNUSED = "unused"
    """It was given no products."""


@dataclass(frozen=True, slots=True)
class BusValue:
    """One value on a collection bus.

    Parameters
    ----------
    vn
        Index of the virtual neuron whose sum it is; None if it is no virtual neuron's sum.
    output
        The output that emits it, such as ``D1.R``.
    bus
        Its collection bus.
    levels
        Tree levels that it passed.
    leaves
        The leaves whose products it adds up.
    """

    vn: int | None
    output: str
    bus: int
    levels: int
    leaves: tuple[int, ...]


@dataclass(frozen=True)
class WaveResult:
    """What a setting does with one product from every leaf of every virtual neuron.

    Parameters
    ----------
    values
        Values on the buses, by the cycle in which they can leave, then by bus; ties in the order of the
        outputs (double switches first, by id).
    verdicts
        What became of each virtual neuron.
    faults
        Everything that went wrong, wrong values first.
    idle_outputs
        Outputs that are set to something but never fire. They are harmless in themselves (a smaller last
        tile leaves some); with all virtual neurons in use a generated setting has none.
    adds_2_1, adds_3_1
        Additions of two (three) values.
    wires
        Values on the links from leaf to switch and from switch to switch.
    """

    values: tuple[BusValue, ...]
    verdicts: tuple[Verdict, ...]
    faults: tuple[Fault, ...]
    idle_outputs: tuple[str, ...]
    adds_2_1: int
    adds_3_1: int
    wires: int

    @property
    def right(self) -> bool:
        """Whether every virtual neuron is right and nothing else happens."""
        return not self.faults

    @property
    def missing(self) -> tuple[int, ...]:
        """Virtual neurons in use without a right sum."""
        lacking = (Verdict.WRONG_SUM, Verdict.STUCK)
        return tuple(i for i, verdict in enumerate(self.verdicts) if verdict in lacking)

    def bus_loads(self, buses: int) -> tuple[int, ...]:
        """Return how many values each bus carries per wave."""
        return tuple(np.bincount([value.bus for value in self.values], minlength=buses).tolist())


def run_wave(
    config: AdderTreeConfig, placement: Placement, buses: int, *, active: Collection[int] | None = None
) -> WaveResult:
    """Run one wave through a loaded setting: a product from every leaf of every virtual neuron.

    Parameters
    ----------
    config
        The setting, right or wrong.
    placement
        The virtual neurons that the setting is for; their indices name them in the result.
    buses
        Collection buses.
    active
        Indices of those whose leaves give a product, such as the ones that a smaller last tile uses; all by
        default.

    Returns
    -------
    WaveResult
        Values, verdicts and faults.
    """
    tree = adder_tree(config.num_ms)
    run = _Run(buses)
    used = range(len(placement.vns)) if active is None else active
    owners = [owner if owner in used else None for owner in placement.owners()]
    below = [0 if owner is None else 1 << leaf for leaf, owner in enumerate(owners)]
    run.wires = len(below) - below.count(0)
    for level in reversed(range(tree.levels)):
        above: list[int] = []
        for switch in tree.rows[level]:
            inputs = below[switch.inputs.start : switch.inputs.stop]
            outputs = config.of(switch).outputs
            above += run.fire(switch, outputs, inputs, tree.levels - level)
            run.find_stuck(switch, outputs, inputs, below[switch.inputs.start : switch.inputs.stop])
        run.wires += len(above) - above.count(0) if level else 0
        below = above
    if below[0]:
        run.stuck.append(Fault(FaultKind.ROOT, tree.rows[0][0].name, _leaves(below[0])))
    return run.judge(placement, owners)


class _Run:
    """The observations of one wave while it runs; tokens are bit masks of leaves."""

    def __init__(self, buses: int) -> None:
        self.buses = buses
        self.emitted: list[tuple[Switch, int, int, int]] = []  # switch, side, token, levels passed
        self.stuck: list[Fault] = []
        self.idle_outputs: list[str] = []
        self.adds = {1: 0, 2: 0, 3: 0}
        self.wires = 0

    def fire(
        self, switch: Switch, outputs: Sequence[OutputSetting], inputs: list[int], levels: int
    ) -> list[int]:
        """Fire every output whose inputs all hold data, taking them from `inputs`; return what goes up."""
        passed_up = []
        for side, output in enumerate(outputs):
            token = 0
            if output.may_fire and output.reads and all(inputs[i] for i in output.reads):
                for i in output.reads:
                    token |= inputs[i]
                    inputs[i] = 0
                self.adds[len(output.reads)] += 1
            elif output.reads or output.emits:
                self.idle_outputs.append(switch.output_name(side))
            if token and output.emits:
                self.emitted.append((switch, side, token, levels))
                token = 0
            passed_up.append(token)
        return passed_up

    def find_stuck(
        self, switch: Switch, outputs: Sequence[OutputSetting], left_over: list[int], arrived: list[int]
    ) -> None:
        """Record why the values left over on the inputs of a switch stay there."""
        for index, token in enumerate(left_over):
            if not token:
                continue
            readers = [output for output in outputs if index in output.reads]
            waits_for: tuple[str, ...] = ()
            if not readers:
                kind = FaultKind.UNREAD
            elif not all(reader.may_fire for reader in readers):
                kind = FaultKind.CONFLICT
            else:
                kind = FaultKind.BLOCKED
                needed = {i for reader in readers for i in reader.reads if not arrived[i]}
                waits_for = tuple(switch.input_name(i) for i in sorted(needed))
            self.stuck.append(Fault(kind, switch.input_name(index), _leaves(token), waits_for))

    def judge(self, placement: Placement, owners: Sequence[int | None]) -> WaveResult:
        """Compare what came out with what should have."""
        expected = {((1 << vn.size) - 1) << vn.start: index for index, vn in enumerate(placement.vns)}
        in_use = set(owners)
        verdicts = [Verdict.STUCK if vn in in_use else Verdict.UNUSED for vn in range(len(placement.vns))]
        faults: list[Fault] = []
        duplicates: list[Fault] = []
        values: list[BusValue] = []
        seen: set[int] = set()
        # Doubles before singles, by id: the order in which a bus looks at its inputs.
        for switch, side, token, levels in sorted(
            self.emitted, key=lambda e: (e[3], e[0].bus(self.buses), e[0].kind, e[0].id, e[1])
        ):
            vn, leaves, place = expected.get(token), _leaves(token), switch.output_name(side)
            values.append(BusValue(vn, place, switch.bus(self.buses), levels, leaves))
            parts = {owner for leaf in leaves if (owner := owners[leaf]) is not None}
            if vn is not None:
                verdicts[vn] = Verdict.RIGHT
            else:
                faults.append(Fault(FaultKind.WRONG_SUM, place, leaves))
                for part in parts:
                    verdicts[part] = Verdict.WRONG_SUM
            if parts & seen:
                duplicates.append(Fault(FaultKind.DUPLICATE, place, leaves))
            seen |= parts
        return WaveResult(
            values=tuple(values),
            verdicts=tuple(verdicts),
            faults=(*faults, *duplicates, *self.stuck),
            idle_outputs=tuple(self.idle_outputs),
            adds_2_1=self.adds[2],
            adds_3_1=self.adds[3],
            wires=self.wires,
        )


def _leaves(token: int) -> tuple[int, ...]:
    found = []
    while token:
        lowest = token & -token
        found.append(lowest.bit_length() - 1)
        token ^= lowest
    return tuple(found)
