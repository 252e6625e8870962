"""What the values on the collection buses are: which output of the tile every virtual neuron's sum is."""

from __future__ import annotations

from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.fit import exits
from solver.array.layout import Layout
from solver.array.topology import adder_tree
from solver.array.virtual_neuron import Placement
from solver.errors import InternalError
from solver.switches.simulator_tree import SimulatorTreeConfig, Target, bus_line
from solver.switches.switch_config import BusOutput


def decode_outputs(
    layout: Layout, tree: AdderTreeConfig | SimulatorTreeConfig, placement: Placement
) -> tuple[BusOutput, ...]:
    """Return what every bus value is, sorted by bus and virtual neuron.

    Parameters
    ----------
    layout
        The tile on the multipliers.
    tree
        The generated settings of the adder switches.
    placement
        The virtual neurons.
    """
    if isinstance(tree, SimulatorTreeConfig):
        leaves_at = _simulator_exits(tree, layout.hardware.rn_bw)
    else:
        ways = enumerate(exits(placement))
        leaves_at = {vn: (way.output, way.switch.bus(layout.hardware.rn_bw)) for vn, way in ways}
    if set(leaves_at) != set(range(len(placement.vns))):
        raise InternalError("a virtual neuron has no way out of the adder tree")
    first = slice(None, None, layout.vn_size)
    offsets = zip(*(axis[first].tolist() for axis in layout.vn_index), strict=True)
    outputs = [BusOutput(vn, *leaves_at[vn], offset) for vn, offset in enumerate(offsets)]
    return tuple(sorted(outputs, key=lambda output: (output.bus, output.vn)))


def _simulator_exits(tree: SimulatorTreeConfig, lines: int) -> dict[int, tuple[str, int]]:
    """Return output and bus line of every virtual neuron."""
    topology = adder_tree(tree.num_ms)
    found = {}
    for switch in (*topology.doubles, *topology.singles):
        for side, lanes in enumerate(tree.of(switch)):
            for lane in lanes:
                if lane.sends is Target.BUS:
                    found[lane.vn] = (switch.output_name(side), bus_line(tree.num_ms, switch, lines))
    return found
