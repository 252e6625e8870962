"""Measurements of the simulator and of mRNA, as nests, hardware and tiles; for tests and benchmarks."""

from __future__ import annotations

import csv
from pathlib import Path

from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile

DATA = Path(__file__).parents[1] / "data"
"""Samples (README there); benchmarks can be told a folder with whole files."""
Row = dict[str, str]

EVENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "weight_reads": ("sram_weight_reads",),
    "input_reads": ("sram_input_reads",),
    "psum_reads": ("sram_psum_reads",),
    "writes": ("sram_psum_writes",),
    "dn_wires": ("dn_wire_writes",),
    "dn_switches": ("dn_switch_unicast", "dn_switch_broadcast"),
    "multiplications": ("multiplications",),
    "psum_forwards": ("ms_psum_forwards",),
    "mn_wires": ("mn_wire_writes",),
    "rn_wires": ("rn_wire_writes",),
    "adds_2_1": ("add_2_1",),
    "adds_3_1": ("add_3_1",),
    "accumulates": ("acc_add",),
    "bus_wires": ("cb_wire_writes",),
}
"""Our counts, and the simulator's columns that add up to them."""

TREE_COLUMNS: dict[str, str] = {
    "depth": "depth_max",
    "depth_aux": "depth_aux_max",
    "max_per_line": "max_vns_per_bus_line",
    "wave_latency": "wave_latency_MSfire_to_all_written_AB0",
    "adds_2_1": "add21_per_wave",
    "adds_3_1": "add31_per_wave",
    "wires": "rn_wire_writes_per_wave_AB0",
}
"""Our figures of a wave, and the columns of reduction measurements that say the same."""


def rows(name: str, folder: Path = DATA) -> list[Row]:
    """Return the rows of one data file."""
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def nest_of(row: Row) -> LoopNest:
    """Return the nest of a row; its X and Y are input sizes, its C and K totals over the groups."""
    r, s, c, k, g, n, x, y, stride = (
        int(row[key]) for key in ("R", "S", "C", "K", "G", "N", "X", "Y", "strides")
    )
    outputs = {"X": (x - r) // stride + 1, "Y": (y - s) // stride + 1}
    return LoopNest(R=r, S=s, C=c // g, K=k // g, G=g, N=n, **outputs, stride=(stride, stride))


def hardware_of(row: Row) -> Hardware:
    """Return the hardware of a row; files without the column have an accumulation buffer."""
    num_ms, dn_bw, rn_bw = (int(row[key]) for key in ("num_ms", "dn_bw", "rn_bw"))
    buffer = row.get("accumulation_buffer", "1") == "1"
    return read_hardware(num_ms=num_ms, dn_bw=dn_bw, rn_bw=rn_bw, accumulation_buffer=buffer)


def tile_of(row: Row) -> Tile:
    """Return the simulated tile of a row of stonne_sims.csv."""
    return Tile.of(int(row[f"T_{dim}"]) for dim in ("R", "S", "C", "K", "G", "N", "X_", "Y_"))


def tile_in(text: str) -> Tile:
    """Read a tile as the optimum files write it: R x S x C x K x G x X x Y."""
    r, s, c, k, g, x, y = map(int, text.split("x"))
    return Tile(R=r, S=s, C=c, K=k, G=g, X=x, Y=y)
