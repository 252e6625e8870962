"""The energy of a mapping, in variables; see `solver.cost.two_level.cost`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.events import leaving_together, static_per_cycle
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.cost import memory_of
from solver.hardware import Hardware
from solver.hardware.energy_table import ENERGY_ENTRIES
from solver.layer import LoopNest
from solver.mapping.buffer_tile import C, R, S
from solver.search.builder import Builder
from solver.search.cp_sat import cp_model
from solver.search.two_level.joint.choices import Choices
from solver.search.two_level.joint.moves import Moves
from solver.search.two_level.joint.room import scaled
from solver.search.two_level.joint.work import Work


def step_prices(hardware: Hardware, shapes: ArrayShapes) -> dict[str, list[Decimal]]:
    """Return the energy of each kind of step of array tiles, exact.

    A step that sends weights, whole windows or last columns (with what neighbours hand on); one that fires,
    and one whose products are added to running sums; sums that come back from the buffer, and an output that
    leaves over the bus.
    """
    load, wave, vns = shapes.load, shapes.wave, shapes.num_vns
    handed_on = vns * shapes.tiles[:, C] * shapes.tiles[:, R] * (shapes.tiles[:, S] - 1)
    pairs = leaving_together(hardware, shapes.tiles, shapes.vn_size + shapes.aux)
    none = np.zeros_like(vns)
    # Sums go to an accumulator, and once an output of a buffer tile is finished over the bus; those of the
    # real hardware all leave.
    leaves = [("bus_wire", 2 * vns)]
    accumulated = [("rn_wire", vns - pairs)]
    counts: dict[str, list[tuple[str, IntArray]]] = {
        "weights": [("dn_wire", load.weight_wires), ("dn_switch", load.weight_switches)],
        "first": [("dn_wire", load.input_wires), ("dn_switch", load.input_switches)],
        "slides": [
            ("dn_wire", load.slide_wires),
            ("dn_switch", load.slide_switches),
            ("mn_wire", np.where(load.forwards, handed_on, none)),
        ],
        "waves": [
            ("multiplication", shapes.vn_size * vns),
            ("rn_wire", wave.wires),
            ("add_2_1", wave.adds_2_1),
            ("add_3_1", wave.adds_3_1),
            *(leaves if hardware.real else accumulated),
        ],
        # Words that are streamed come one by one, and their sums do not leave together.
        "streamed": [("rn_wire", pairs)],
        "accumulated": [] if hardware.real else [("accumulate", vns)],
        "sums": [
            ("psum_forward", vns),
            ("psum_read", vns),
            ("dn_wire", vns * (hardware.port_width.bit_length())),
            ("dn_switch", vns * (hardware.port_width.bit_length() - 1)),
        ],
        "windows": [] if hardware.real else leaves,
    }
    price = {entry: getattr(hardware.prices, entry) for entry in ENERGY_ENTRIES}
    price["psum_read"] = hardware.price_of_word("buffer_read", "outputs")
    return {
        kind: [
            sum((price[entry] * int(count[i]) for entry, count in priced), start=Decimal(0))
            for i in range(len(vns))
        ]
        for kind, priced in counts.items()
    }


def price_figures(prices: Mapping[str, list[Decimal]], scale: int) -> dict[str, IntArray]:
    """Return the energies of steps in units of the model, rounded down."""
    return {
        f"price_{kind}": np.array([scaled(price, scale) for price in column], dtype=np.int64)
        for kind, column in prices.items()
    }


@dataclass(frozen=True)
class Reads:
    """Words that the array reads from the buffer."""

    weights: cp_model.LinearExpr
    inputs: cp_model.LinearExpr


def state_reads(b: Builder, nest: LoopNest, choices: Choices, most: int) -> Reads:
    """State the array's reads of weights and inputs under the chosen stationary order.

    Parameters
    ----------
    most
        Words that an incumbent leaves room for.
    """
    model, o, n, tile = b.model, choices.trips, choices.passes, choices.tile
    most_rows, most_cols, most_images = 2 * nest.X * nest.R, 2 * nest.Y * nest.S, 2 * nest.N * nest.G
    rows = b.multiply("tap_rows", most_rows, n["R"], tile["X"] - choices.lesser["X"])
    cols = b.multiply("tap_cols", most_cols, n["S"], tile["Y"] - choices.lesser["Y"])
    rows_read = b.multiply("rows_read", most_rows, n["X"], rows + nest.R * choices.lesser["X"])
    cols_read = cols + nest.S * choices.lesser["Y"]
    images = b.multiply("images_groups", most_images, n["N"], n["G"], tile["G"])
    whole_rows = b.multiply("whole_rows", most_cols, n["Y"], cols_read)
    slid = b.multiply("slid_cols", most_cols, n["Y"] - o["Y"], n["S"])
    started = b.multiply("started_rows", most_cols, o["Y"], cols_read)
    stay = choices.array_order["weights"]
    across = b.var(0, most_cols, "columns_read")
    model.add(across == started + slid).only_enforce_if([stay, choices.forwards])
    model.add(across == whole_rows).only_enforce_if([stay, ~choices.forwards])
    model.add(across == whole_rows).only_enforce_if(~stay)
    often = b.var(1, nest.K, "inputs_often")
    model.add(often == n["K"]).only_enforce_if(stay)
    sent = b.var(1, nest.X * nest.Y, "weights_often")
    strips = b.multiply("strips_read", nest.X * nest.Y, o["X"], o["Y"])
    model.add(sent == strips).only_enforce_if(stay)
    if "inputs" in choices.array_order:
        every = b.multiply("windows_read", nest.X * nest.Y, n["X"], n["Y"])
        model.add(sent == every).only_enforce_if(~stay)
        model.add(often == o["K"]).only_enforce_if(choices.array_order["inputs"])
        model.add(often == n["K"]).only_enforce_if(choices.array_order["outputs"])
    filters = nest.K * nest.C * nest.R * nest.S
    weights = b.multiply("weight_blocks", most // filters, images, sent)
    inputs = b.multiply("input_blocks", most // nest.C, images, often, rows_read, across)
    return Reads(filters * weights, nest.C * inputs)


def times_written(hardware: Hardware, moves: Moves, work: Work) -> cp_model.IntVar:
    """Return how often the array writes an output: once per buffer tile, the real hardware once per fold."""
    return work.folds if hardware.real else moves.folds


def state_energy(
    b: Builder,
    nest: LoopNest,
    hardware: Hardware,
    choices: Choices,
    moves: Moves,
    work: Work,
    reads: Reads,
    latency: cp_model.IntVar,
    scale: int,
    most: int,
) -> cp_model.IntVar:
    """State the energy in units of 1 / scale, rounded down.

    Parameters
    ----------
    most
        Units that an incumbent leaves.
    """
    model = b.model

    def words(operand: str, *entries: str) -> int:
        """Return the energy of a word that these entries price."""
        return scaled(sum((hardware.price_of_word(entry, operand) for entry in entries), Decimal(0)), scale)

    streamed = b.var(0, b.most, "streamed_waves")
    model.add(streamed == 0).only_enforce_if(choices.array_order["weights"])
    model.add(streamed == work.waves).only_enforce_if(~choices.array_order["weights"])
    steps: dict[str, cp_model.LinearExprT] = {
        "weights": work.weights,
        "first": work.first,
        "slides": work.slides,
        "waves": work.waves,
        "streamed": streamed,
        "sums": work.sums,
        # Every wave but an output's first in a buffer tile is added to what is there.
        "accumulated": work.waves - work.windows,
        "windows": work.windows,
    }
    spent = [
        b.multiply(f"energy_of_{kind}", most, choices.shape[f"price_{kind}"], count)
        for kind, count in steps.items()
    ]
    # At the buffer, where it has an adder; what comes back into the array is priced by the step.
    adder = memory_of(hardware).buffer.adder
    addition = hardware.price_of_word("buffer_read", "outputs") + hardware.prices.accumulate
    added = scaled(addition, scale) if adder else 0
    energy = b.var(0, most, "energy")
    written = times_written(hardware, moves, work)
    model.add(
        energy
        == cp_model.LinearExpr.sum(spent)
        + words("weights", "buffer_read") * reads.weights
        + words("inputs", "buffer_read") * reads.inputs
        + nest.outputs * (added * (written - 1) + words("outputs", "buffer_write") * written)
        + words("weights", "dram_read", "buffer_write") * moves.weights
        + words("inputs", "dram_read", "buffer_write") * moves.inputs
        + words("outputs", "dram_read", "buffer_write") * moves.reads
        + words("outputs", "dram_write", "buffer_read") * moves.writes
        + scaled(static_per_cycle(hardware), scale) * latency
    )
    return energy
