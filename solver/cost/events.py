"""Event counts and energy of a mapping, for many tiles at once and exactly for one.

Formulas: rules T17 to T19, exact on all its simulations (RN wires on all but
one). Vectorised counts are 64-bit integers (`solver.layer.MAX_MACS` keeps them there); energies are then
floats, good to rank. The energy that is reported is recomputed from one tile's counts in exact decimals
(`energy_by_component`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from solver.arithmetic.algebra import ARRAYS, Algebra, Value
from solver.arithmetic.arrays import FloatArray, IntArray
from solver.arithmetic.exact import product, total
from solver.cost.latency import loops
from solver.cost.step import Loops, row_streams
from solver.cost.traffic import G, K, N, R, S, Traffic, X, Y
from solver.cost.waves import Wave
from solver.hardware import Hardware
from solver.hardware.energy_table import ENERGY_ENTRIES, WORD_ENTRIES
from solver.hardware.words import EVENT_OPERANDS, OPERANDS
from solver.layer import LoopNest

Components = dict[str, dict[str, tuple[str, ...]]]

COMPONENTS: Components = {
    "global buffer": {
        "buffer_read": ("weight_reads", "input_reads", "psum_reads"),
        "buffer_write": ("writes",),
    },
    "distribution network": {"dn_wire": ("dn_wires",), "dn_switch": ("dn_switches",)},
    "multiplier network": {
        "multiplication": ("multiplications",),
        "psum_forward": ("psum_forwards",),
        "mn_wire": ("mn_wires",),
    },
    "reduction network": {
        "rn_wire": ("rn_wires",),
        "add_2_1": ("adds_2_1",),
        "add_3_1": ("adds_3_1",),
        "accumulate": ("accumulates",),
    },
    "collection bus": {"bus_wire": ("bus_wires",)},
}
"""Which energy entry prices which counts, by the component that the energy is booked on."""

STATIC = "static"
OUTSIDE = "adders outside the array"


def components_of(hardware: Hardware) -> Components:
    """Return which energy entry prices which counts on an accelerator.

    The real hardware leaves partial sums to be added outside the array: a component of its own.
    """
    if not hardware.kind.adds_outside:
        return COMPONENTS
    inside = {
        entry: names for entry, names in COMPONENTS["reduction network"].items() if entry != "accumulate"
    }
    return {**COMPONENTS, "reduction network": inside, OUTSIDE: {"accumulate": ("accumulates",)}}


def event_counts(
    nest: LoopNest,
    hardware: Hardware,
    tiles: IntArray,
    load: Traffic,
    wave: Wave,
    loops_of_tiles: Loops | None = None,
) -> dict[str, IntArray]:
    """Count every event of every tile; keys are the fields of `Counts`.

    Padding of tiles that do not divide the layer is counted where the hardware moves or computes it, and not
    where the buffer skips it (reads of zeros, writes of outputs that do not exist).

    On the real hardware every fold's partial sums are written to the buffer; those of the second fold on are
    added there to what was read back, outside the array.

    Parameters
    ----------
    loops_of_tiles
        How often they run, if not as often as the layer takes.
    """
    n = loops_of_tiles or loops(nest, tiles)
    trip, folds, windows, rounds, num_vns = n.split.trip, n.folds, n.windows, n.iterations, n.num_vns
    waves_run = folds * windows * rounds
    levels = hardware.port_width.bit_length() - 1
    travelling = load.aux == 1
    refolds = num_vns * windows * rounds * (folds - 1)
    psums = np.where(travelling, refolds, 0)
    buffered = int(hardware.accumulation_buffer)
    # Words that leave the array and are added up outside, of outputs that exist.
    outside = nest.outputs * (folds - 1) * int(hardware.kind.adds_outside)
    exits_per_output = np.where(travelling | hardware.kind.adds_outside, folds, 1)
    row_starts = row_streams(ARRAYS, n) if hardware.kind.passes else 1

    slid = rounds * folds * n.rows * (n.cols - row_starts)

    def distributed(weight: IntArray, first: IntArray, slide: IntArray) -> IntArray:
        return rounds * folds * (weight + n.rows * (row_starts * first + (n.cols - row_starts) * slide))

    lesser = np.minimum(nest.dilation, tiles[:, [X, Y]])
    input_rows = input_lines(ARRAYS, trip["R"], tiles[:, X], nest.R, lesser[:, 0])
    input_cols = input_lines(ARRAYS, trip["S"], tiles[:, Y], nest.S, lesser[:, 1])
    slide_cols = np.where(load.forwards, trip["S"], input_cols)
    # Once per simulation the reduction tree of a folding run without accumulation buffer starts up.
    vn_size = tiles[:, [R, S]].prod(axis=1) * tiles[:, 2] + load.aux
    startup = np.where(travelling, num_vns + np.where(vn_size % 2 == 1, num_vns // 2, 0), 0)
    pairs = leaving_together(hardware, tiles, vn_size)
    return {
        "weight_reads": trip["N"] * trip["G"] * tiles[:, G] * (nest.K * nest.C * nest.R * nest.S),
        "input_reads": rounds
        * n.rows
        * tiles[:, N]
        * tiles[:, G]
        * nest.C
        * input_rows
        * (row_starts * input_cols + (n.cols - row_starts) * slide_cols),
        "psum_reads": psums + outside,
        "writes": nest.outputs * exits_per_output,
        "dn_wires": distributed(load.weight_wires, load.input_wires, load.slide_wires) + psums * (levels + 1),
        "dn_switches": distributed(load.weight_switches, load.input_switches, load.slide_switches)
        + psums * levels,
        "multiplications": (vn_size - load.aux) * num_vns * waves_run,
        "psum_forwards": psums,
        "mn_wires": np.where(
            load.forwards,
            num_vns * tiles[:, 2] * tiles[:, R] * (tiles[:, S] - 1) * slid,
            0,
        ),
        "rn_wires": wave.wires * waves_run + buffered * (num_vns - pairs) * waves_run + startup,
        "adds_2_1": wave.adds_2_1 * waves_run,
        "adds_3_1": wave.adds_3_1 * waves_run,
        "accumulates": buffered * refolds + outside,
        "bus_wires": (2 * num_vns - (1 - buffered) * pairs) * windows * rounds * exits_per_output,
    }


def leaving_together(hardware: Hardware, tiles: IntArray, vn_size: IntArray) -> IntArray:
    """Count the pairs of sums that leave the simulator's tree over one link in one cycle.

    Virtual neurons of one multiplier leave at the adders above the multipliers, two at each. They come to it
    together if they are sent the same word (filters of one group and window), or if every multiplier has a
    port of its own.
    """
    count = tiles[:, [K, G, N, X, Y]].prod(axis=1)
    same_word = np.where(tiles[:, [X, Y]].prod(axis=1) == 1, count // tiles[:, K] * (tiles[:, K] // 2), 0)
    pairs = count // 2 if hardware.dn_bw == hardware.num_ms else same_word
    return np.where((vn_size == 1) & hardware.kind.packs, pairs, 0)


def input_lines(a: Algebra, trips: Value, outputs: Value, taps: int, lesser: Value) -> Value:
    """Sum over the folds of one axis the distinct input lines of a window.

    A fold of t taps and T outputs reads T + (t - 1) min(dilation, T) lines (stride 1; with stride T is 1),
    and taps beyond the filter are not read, so the taps of all folds add up to the filter. Without dilation
    this is the specification's sum of min(T_R + (T_X-1) st, T_X + R-1 - i T_R).

    Parameters
    ----------
    lesser
        min(dilation, T).
    """
    return a.product(trips, outputs - lesser) + taps * lesser


def static_per_cycle(hardware: Hardware) -> Decimal:
    """Return the static energy of the whole array per cycle, exact."""
    table = hardware.prices
    adders = hardware.num_ms - 1
    return total(
        [
            product(table.adder_static, adders),
            product(table.accumulator_static, _accumulators(hardware)),
            product(table.dn_switch_static, hardware.num_ms - hardware.dn_bw),
            product(table.multiplier_static, hardware.num_ms),
            table.buffer_static,
        ]
    )


def whole_energy(dynamic: Any, static: Any, cycles: Any) -> Any:
    """Return dynamic energy and static energy of so many cycles together, of numbers or arrays."""
    return dynamic + static * cycles


def _accumulators(hardware: Hardware) -> int:
    """Return how many accumulators leak: one per adder, or outside the real hardware one per bus."""
    if hardware.kind.adds_outside:
        return hardware.rn_bw
    return hardware.num_ms - 1 if hardware.accumulation_buffer else 0


def price_of(hardware: Hardware, entry: str, event: str) -> Decimal:
    """Return the price of an event: the entry's, of a wide or a narrow word where a word is moved."""
    price: Decimal = getattr(hardware.prices, entry)
    moves_words = entry in WORD_ENTRIES and event in EVENT_OPERANDS
    return hardware.price_of_word(entry, EVENT_OPERANDS[event]) if moves_words else price


def decimal_places(hardware: Hardware) -> int:
    """Return the decimal places that prices have, those of the operands' words behind the array included."""
    prices = [getattr(hardware.prices, entry) for entry in ENERGY_ENTRIES]
    if hardware.memory is not None:
        prices += [hardware.price_of_word(entry, operand) for entry in WORD_ENTRIES for operand in OPERANDS]
    return max(max(0, -int(price.as_tuple().exponent)) for price in prices)


def dynamic_energy(
    hardware: Hardware, counts: Mapping[str, IntArray], components: Components = COMPONENTS
) -> FloatArray:
    """Return the dynamic energy of every tile in floating point, good for ranking."""
    energy = np.zeros(len(next(iter(counts.values()))))
    for prices in components.values():
        for entry, names in prices.items():
            for name in names:
                energy += float(price_of(hardware, entry, name)) * counts[name]
    return energy


def priced(hardware: Hardware, counts: Mapping[str, int], prices: Mapping[str, tuple[str, ...]]) -> Decimal:
    """Return the energy of events by the entries that price them, exact."""
    return total(
        [
            product(price_of(hardware, entry, name), counts[name])
            for entry, names in prices.items()
            for name in names
        ]
    )


def energy_by_component(
    hardware: Hardware, counts: Mapping[str, int], cycles: int, components: Components = COMPONENTS
) -> dict[str, Decimal]:
    """Return the energy of each component and the static energy, exact.

    Counts are below 2**63 and table entries short decimals, so the products need more digits than decimal's
    default context keeps; sums are formed in integers of the table's last decimal place.
    """
    energies = {component: priced(hardware, counts, prices) for component, prices in components.items()}
    energies[STATIC] = product(static_per_cycle(hardware), cycles)
    return energies
