"""The clock of the hardware's own test bench: cycles of a layer, or why the run never ends.

Source: rules S18 to S20. The test bench runs a
convolution of stride 1 without padding, virtual neuron (VN) i packed on leaves i v.. with v = R S. For every
channel and every tile of filters it loads the weights, then sends every output row window by window; within a
row the multipliers slide. It counts results and does not look at them, so wrong sums pass unless they leave
something in the tree. It goes through the windows of a row from the second one on and compares with the last
before it counts, so a row of one window never ends.

Where the specification leaves room: a put waits while any port is full, not only its own; a value stuck in
the tree ends the run whatever the length of the layer; and an overloaded bus ends it as soon as one of its
4-deep fifos is full, although the tree itself holds a few more values (measured for rows of 400 only).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.arithmetic.arrays import BoolArray, IntArray
from solver.array.adder_tree_config import AdderTreeConfig
from solver.array.rtl_clock import CYCLES_PER_DATUM, MASKS_PER_PORT, START_UP, WEIGHT_LOAD_EXTRA, PutClock
from solver.array.virtual_neuron import Placement
from solver.errors import InputError
from solver.execution.adder_tree import run_wave
from solver.execution.clocks.collection import collect
from solver.switches.layer_info import LayerInfo


@dataclass(frozen=True, slots=True)
class RtlRun:
    """How a run of the test bench ends.

    Parameters
    ----------
    cycles
        Cycles of the run; None if it never ends.
    hang
        Why it never ends, naming switch or bus; None if it ends.
    wrong_sums
        Whether sums are wrong that the test bench counts as results.
    """

    cycles: int | None
    hang: str | None
    wrong_sums: bool


def run_testbench(config: AdderTreeConfig, layer: LayerInfo, *, dn_ports: int, buses: int) -> RtlRun:
    """Predict the run of the hardware's test bench on a loaded configuration.

    Parameters
    ----------
    config
        The adder tree's setting, as loaded.
    layer
        The layer and the number of virtual neurons. Tile sizes do not matter, nor does the array size it
        names.
    dn_ports
        Distribution sub-trees, a divisor of the multiplier switches.
    buses
        Collection buses.

    Returns
    -------
    RtlRun
        Cycles (equal to the RTL wherever it was measured) or the reason of a hang.

    Raises
    ------
    InputError
        If the virtual neurons are not of size R S or do not fit on the switches, or the ports do not divide
        them.
    """
    _check(config, layer, dn_ports)
    cycles, hang, wrong = START_UP, None, False
    for size, times in _filter_tiles(layer):
        tile = _Tile(config, layer, size, dn_ports, buses)
        hang = hang or tile.hang
        wrong = wrong or bool(tile.wave.missing)
        if hang is None:
            cycles += layer.C.size * times * (tile.weight_cycles + layer.out_rows * tile.row_cycles)
    return RtlRun(None if hang else cycles, hang, wrong)


def weight_load_cycles(words: int, port_width: int) -> int:
    """Return how long the test bench loads weights.

    It goes through all leaves of a sub-tree, a put for each, with or without weight. Measured: 10, 11 and 12
    cycles for 2, 3 and 4 weights on 8 leaves, 21 for 9 weights on 16; full sub-trees wait for the data.

    Parameters
    ----------
    words
        Weights of the sub-tree that gets the most.
    port_width
        Leaves of a sub-tree.
    """
    return max(CYCLES_PER_DATUM * words + WEIGHT_LOAD_EXTRA, port_width + min(words, MASKS_PER_PORT))


class _Tile:
    """One tile of filters: `vns` virtual neurons side by side from leaf 0."""

    def __init__(
        self, config: AdderTreeConfig, layer: LayerInfo, vns: int, dn_ports: int, buses: int
    ) -> None:
        self.layer, self.vns = layer, vns
        self.rows, self.cols = layer.R.size, layer.S.size
        self.dn_ports, self.port_width = dn_ports, config.num_ms // dn_ports
        size = layer.vn_size
        placement = Placement.of(config.num_ms, [(i * size, size) for i in range(vns)])
        self.wave = run_wave(config, placement, buses)
        # One leaf per sub-tree and put; the first sub-tree always holds the most.
        self.weight_cycles = weight_load_cycles(min(vns * size, self.port_width), self.port_width)
        self.row_cycles = 0
        self.hang = self._stuck()
        if self.hang is None:
            collection = collect(self.wave, self._leaf_times(config.num_ms))
            self.row_cycles = collection.last_cycle + 1
            if collection.blocked is not None:
                self.hang = self._overload(buses, collection.blocked[1])

    def _stuck(self) -> str | None:
        if self.layer.out_cols == 1:
            return "the rows have one window (X = S), the test bench waits for a second one"
        stuck = [fault for fault in self.wave.faults if fault.stuck]
        if stuck:
            return f"{stuck[0]}; it fills the tree"
        if len(self.wave.values) != self.vns:
            return f"{len(self.wave.values)} values per window reach the buses, {self.vns} are counted on"
        return None

    def _overload(self, buses: int, output: str) -> str | None:
        """Return why the run hangs if the busiest bus gets more than it can carry row after row.

        Measured on 33 layers with long rows. Rows short enough for the fifos survive an overloaded bus.
        """
        load = max(self.wave.bus_loads(buses))
        bus = self.wave.bus_loads(buses).index(load)
        per_port = sum(self._ports(row, 0).astype(int) for row in range(self.rows))
        step = max(self.rows, CYCLES_PER_DATUM * int(np.max(per_port)))
        if load <= step:
            return None
        return f"bus {bus} gets {load} values every {step} cycles, the fifo of {output} overflows"

    def _ports(self, row: int, col: int) -> BoolArray:
        """Return which sub-trees hold a filter position of some virtual neuron."""
        leaves = np.arange(self.vns) * self.layer.vn_size + row * self.cols + col
        wanted = np.zeros(self.dn_ports, dtype=bool)
        wanted[leaves // self.port_width] = True
        return wanted

    def _leaf_times(self, num_ms: int) -> IntArray:
        """Return for every window of a row when each product enters the tree, from the row's MS config on.

        Only column 0 of a filter row is fed by the distribution network; its neighbours follow one cycle per
        hop, and the first operands that the others were sent are discarded by the multipliers.
        """
        ports = PutClock(self.dn_ports)
        first = [ports.put(self._ports(row, col)) for row in range(self.rows) for col in range(self.cols)]
        sent = [first[:: self.cols]]
        ports.wait_until_empty()
        for _ in range(self.layer.out_cols - 1):
            sent.append([ports.put(self._ports(row, 0)) for row in range(self.rows)])
        times = np.zeros((len(sent), num_ms), dtype=np.int64)
        for leaf in range(self.vns * self.layer.vn_size):
            row, col = divmod(leaf % self.layer.vn_size, self.cols)
            port = (leaf - col) // self.port_width
            # One cycle in the multiplier, one per hop from column 0.
            times[:, leaf] = [deliveries[row][port] + 1 + col for deliveries in sent]
        return times


def _filter_tiles(layer: LayerInfo) -> list[tuple[int, int]]:
    """Return (filters, how often) of the whole tiles and of the smaller last one."""
    whole, rest = divmod(layer.K.size, layer.mapped_vns)
    return [(size, times) for size, times in ((layer.mapped_vns, whole), (rest, 1)) if size and times]


def _check(config: AdderTreeConfig, layer: LayerInfo, dn_ports: int) -> None:
    if layer.vn_size != layer.R.size * layer.S.size:
        raise InputError(
            field="vn_size", found=layer.vn_size, expected=f"R S = {layer.R.size * layer.S.size}"
        )
    most = config.num_ms // layer.vn_size
    if layer.mapped_vns > most:
        raise InputError(
            field="mapped_vns",
            found=layer.mapped_vns,
            expected=f"at most {most} of size {layer.vn_size} on {config.num_ms} switches",
        )
    if dn_ports < 1 or config.num_ms % dn_ports:
        raise InputError(field="dn_ports", found=dn_ports, expected=f"a divisor of {config.num_ms}")
