"""Running the setting of the simulator's adder tree on one wave of tokens.

The counterpart of `solver.execution.adder_tree` for the tree of rule T6b: values carry the number of their
virtual neuron (VN), and the two adders of a double switch are joined by a link. A sum costs one cycle, the
hop over the link one more (rule T5). What the tree does is the same for every wave.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from solver.array.topology import Switch, SwitchKind, adder_tree
from solver.array.virtual_neuron import Placement
from solver.execution.faults import Fault, FaultKind
from solver.switches.simulator_tree import AdderSetting, SimulatorTreeConfig, Source, Target, bus_line

Token = dict[int, int]
"""Cycles from the firing of every multiplier whose product is in the value to now, by leaf."""
Inputs = dict[int, Token]
"""The values on one wire, by virtual neuron."""


@dataclass(frozen=True, slots=True)
class LaneValue:
    """One value on the collection bus.

    Parameters
    ----------
    vn
        Number of the virtual neuron that the value carries.
    output, bus
        The output that emits it and its bus line.
    leaves, paths
        The leaves whose products it adds up, and the cycles from each one's firing to the sum.
    """

    vn: int
    output: str
    bus: int
    leaves: tuple[int, ...]
    paths: tuple[int, ...]


def run_lanes(
    config: SimulatorTreeConfig, placement: Placement, lines: int
) -> tuple[tuple[LaneValue, ...], tuple[Fault, ...]]:
    """Run one wave: a product from every multiplier of every virtual neuron.

    Parameters
    ----------
    config
        The setting, right or wrong.
    placement
        The virtual neurons.
    lines
        Collection bus lines.

    Returns
    -------
    tuple of values and faults
        What is on the bus, by line and virtual neuron, and everything that went wrong.
    """
    tree = adder_tree(config.num_ms)
    run = _Run(config.num_ms, lines)
    below: list[Inputs] = [
        {} if vn is None else {vn: {leaf: 0}} for leaf, vn in enumerate(placement.owners())
    ]
    for level in reversed(range(tree.levels)):
        above: list[Inputs] = []
        for switch in tree.rows[level]:
            above += run.fire(switch, config.of(switch), below[switch.inputs.start : switch.inputs.stop])
        below = above
    for vn, token in below[0].items():
        run.faults.append(Fault(FaultKind.ROOT, f"S0 (virtual neuron {vn})", tuple(sorted(token))))
    return run.judge(placement)


class _Run:
    """The observations of one wave while it runs."""

    def __init__(self, num_ms: int, lines: int) -> None:
        self.num_ms, self.lines = num_ms, lines
        self.values: list[LaneValue] = []
        self.faults: list[Fault] = []

    def fire(self, switch: Switch, settings: tuple[AdderSetting, ...], wires: list[Inputs]) -> list[Inputs]:
        """Fire the adders of one switch; return what goes up from each."""
        links: list[Inputs] = [{} for _ in settings]
        outputs: list[Inputs] = [{} for _ in settings]
        jobs = [(side, lane) for side, lanes in enumerate(settings) for lane in lanes]
        # A link is driven before it is read, whichever side it comes from.
        jobs.sort(key=lambda job: Source.LINK in job[1].reads)
        left_over = [dict(wire) for wire in wires]
        for side, lane in jobs:
            sources: dict[Source, Inputs] = {
                Source.LEFT: left_over[2 * side],
                Source.RIGHT: left_over[2 * side + 1],
                Source.LINK: links[side],
            }
            name = switch.output_name(side)
            missing = [s for s in lane.reads if lane.vn not in sources[s]]
            if missing or not lane.reads:
                waits = tuple(f"{s} of virtual neuron {lane.vn}" for s in missing)
                self.faults.append(Fault(FaultKind.BLOCKED, name, (), waits))
                continue
            # A sum over the link is there a cycle after its adder gave it.
            parts = [sources[s].pop(lane.vn) for s in lane.reads]
            token = {leaf: path + 1 for part in parts for leaf, path in part.items()}
            self._send(switch, side, lane.vn, lane.sends, token, links, outputs)
        for wire, values in enumerate(left_over):
            for vn, token in values.items():
                place = f"{switch.input_name(wire)} (virtual neuron {vn})"
                self.faults.append(Fault(FaultKind.UNREAD, place, tuple(sorted(token))))
        for side, link in enumerate(links):
            for vn, token in link.items():
                place = f"{switch.output_name(side)}.link (virtual neuron {vn})"
                self.faults.append(Fault(FaultKind.UNREAD, place, tuple(sorted(token))))
        return outputs

    def _send(
        self,
        switch: Switch,
        side: int,
        vn: int,
        target: Target,
        token: Token,
        links: list[Inputs],
        outputs: list[Inputs],
    ) -> None:
        name = switch.output_name(side)
        if target is Target.BUS:
            line = bus_line(self.num_ms, switch, self.lines)
            leaves = tuple(sorted(token))
            self.values.append(LaneValue(vn, name, line, leaves, tuple(token[leaf] for leaf in leaves)))
            return
        if target is Target.LINK and switch.kind is SwitchKind.SINGLE:
            self.faults.append(Fault(FaultKind.BLOCKED, name, tuple(sorted(token)), ("it has no link",)))
            return
        wire = outputs[side] if target is Target.UP else links[1 - side]
        if vn in wire:
            self.faults.append(Fault(FaultKind.DUPLICATE, name, tuple(sorted(token))))
        wire[vn] = token

    def judge(self, placement: Placement) -> tuple[tuple[LaneValue, ...], tuple[Fault, ...]]:
        """Compare what came out with what should have."""
        wrong: list[Fault] = []
        sums: defaultdict[int, int] = defaultdict(int)
        for value in self.values:
            sums[value.vn] += 1
            known = value.vn < len(placement.vns)
            if not known or value.leaves != tuple(placement.vns[value.vn].leaves):
                wrong.append(Fault(FaultKind.WRONG_SUM, value.output, value.leaves))
            if sums[value.vn] > 1:
                wrong.append(Fault(FaultKind.DUPLICATE, value.output, value.leaves))
        values = sorted(self.values, key=lambda value: (value.bus, value.vn))
        return tuple(values), (*wrong, *self.faults)
