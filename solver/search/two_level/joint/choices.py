"""What a two-level mapping is, in variables, and which mappings are legal.

Along each loop a table joins the array tile T, the buffer tile B, the refill count o and the passes n; one
more table joins the array tile with the figures of its shape. Legality is stated from the rules on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.levels import array_orders
from solver.mapping.buffer_tile import DRAM_ORDERS
from solver.search.builder import Builder
from solver.search.cp_sat import cp_model
from solver.search.two_level.bounds import unfoldable
from solver.search.two_level.options import Axis

Variables = Mapping[str, cp_model.IntVar]


@dataclass
class Choices:
    """The decisions of the model.

    Attributes
    ----------
    tile, buffer, trips, passes
        T, B, o and n by loop.
    lines
        Input lines: "rows" and "cols" each with "_held", "_fetched" and "_kept".
    lesser
        min(T, dilation) along X and Y: input lines that one more tap adds.
    shape
        Figures of the array tile by name (see `work.SHAPE`, `energy.PRICES`).
    forwards
        Literal: the array forwards inputs when weights are stationary.
    comes_back
        Literal: sums of earlier buffer tiles come back into the array.
    drained
        Literal: the array is empty between the filter iterations of every buffer tile.
    dram_order, array_order
        One literal per loop order; exactly one of each holds.
    """

    tile: Variables
    buffer: Variables
    trips: Variables
    passes: Variables
    lines: Variables
    lesser: Variables
    shape: Variables
    forwards: cp_model.IntVar
    comes_back: cp_model.IntVar
    drained: cp_model.IntVar
    dram_order: Variables
    array_order: Variables = field(default_factory=dict)


def state_choices(
    b: Builder,
    nest: LoopNest,
    hardware: Hardware,
    shapes: ArrayShapes,
    figures: Mapping[str, IntArray],
    axes: list[Axis],
    *,
    every_buffer_tile: bool,
) -> Choices:
    """State the decisions and the legality of a mapping.

    Parameters
    ----------
    shapes, figures
        Array tiles to choose from, and further figures of each.
    every_buffer_tile
        Whether buffer tiles that another beats in all figures along its loop are chosen from too.
    """
    model = b.model
    tables = [
        _Table(b, nest, axis, np.unique(shapes.tiles[:, i]), every_buffer_tile) for i, axis in enumerate(axes)
    ]
    by_dim = {table.dim: table.columns for table in tables}
    tile = {dim: by_dim[dim]["tile"] for dim in DIMS}
    columns = dict(figures) | {
        "forwards": shapes.load.forwards.astype(np.int64),
        "may_fold": (~unfoldable(shapes)).astype(np.int64),
        "aux": shapes.aux,
        "vns": shapes.num_vns,
    }
    shape = {name: b.var(int(c.min()), int(c.max()), name) for name, c in columns.items()}
    stacked = np.column_stack([shapes.tiles, *columns.values()])
    model.add_allowed_assignments([*tile.values(), *shape.values()], np.unique(stacked, axis=0).tolist())
    forwards = b.flag("forwards_inputs", shape["forwards"] >= 1, shape["forwards"] <= 0)

    def lines(name: str, along: str, taps: str) -> dict[str, cp_model.IntVar]:
        if getattr(nest, along) > 1:
            return {f"{name}_{kind}": by_dim[along][kind] for kind in ("held", "fetched", "kept")}
        # One row of outputs: the filter's taps are the input's rows.
        whole = model.new_constant(getattr(nest, taps))
        return {f"{name}_held": by_dim[taps]["buffer"], f"{name}_fetched": whole, f"{name}_kept": whole}

    choices = Choices(
        tile=tile,
        buffer={dim: by_dim[dim]["buffer"] for dim in DIMS},
        trips={dim: by_dim[dim]["trips"] for dim in DIMS},
        passes={dim: by_dim[dim]["passes"] for dim in DIMS},
        lines=lines("rows", "X", "R") | lines("cols", "Y", "S"),
        lesser={dim: by_dim[dim]["lesser"] for dim in "XY"},
        shape=shape,
        forwards=forwards,
        comes_back=b.flag("comes_back", shape["aux"] >= 1, shape["aux"] <= 0),
        drained=_state_drained(b, by_dim),
        dram_order={order: b.truth(f"dram_{order}") for order in DRAM_ORDERS},
        array_order={order: b.truth(f"{order}_stay") for order in array_orders(hardware)},
    )
    model.add_exactly_one(choices.dram_order.values())
    model.add_exactly_one(choices.array_order.values())
    _state_legality(b, nest, hardware, choices, by_dim)
    return choices


class _Table:
    """Variables of one loop, joined by a table."""

    def __init__(
        self, b: Builder, nest: LoopNest, axis: Axis, tiles: IntArray, every_buffer_tile: bool
    ) -> None:
        self.dim = axis.dim
        position = {int(size): i for i, size in enumerate(axis.sizes)}
        dilation = {"X": nest.dilation[0], "Y": nest.dilation[1]}.get(axis.dim, 1)
        rows = []
        for tile in tiles.tolist():
            passes = axis.passes(tile)
            if every_buffer_tile:
                buffers = [int(size) for size in axis.sizes if size >= tile]
            else:
                trips_of = axis.classes.tolist()
                buffers = sorted({int(s) for trips in trips_of for s in axis.contenders(tile, trips)})
            for buffer in buffers:
                i = position[buffer]
                rows.append(
                    {
                        "tile": tile,
                        "buffer": buffer,
                        "trips": int(axis.trips[i]),
                        "passes": int(passes[i]),
                        "folds": -(-buffer // tile),
                        "whole": int(passes[i] * tile == axis.size),
                        "lesser": min(tile, dilation),
                        "held": int(axis.held[i]),
                        "fetched": int(axis.fetched[i]),
                        "kept": int(axis.kept[i]),
                    }
                )
        names = list(rows[0])
        self.columns = {
            name: b.var(min(r[name] for r in rows), max(r[name] for r in rows), f"{name}_{axis.dim}")
            for name in names
        }
        b.model.add_allowed_assignments(
            list(self.columns.values()), [[row[name] for name in names] for row in rows]
        )


def _state_drained(b: Builder, by_dim: Mapping[str, Variables]) -> cp_model.IntVar:
    """State whether the array drains after each filter iteration (rule T8): no padding, and single images."""
    whole = {d: b.flag(f"whole_{d}", by_dim[d]["whole"] >= 1, by_dim[d]["whole"] <= 0) for d in "KXY"}
    one_group = b.flag("one_group_held", by_dim["G"]["folds"] <= 1, by_dim["G"]["folds"] >= 2)
    filters = b.truth("whole_filters")
    b.model.add_bool_or([whole["K"], one_group]).only_enforce_if(filters)
    b.model.add_bool_and([~whole["K"], ~one_group]).only_enforce_if(~filters)
    one_image = b.flag("one_image_held", by_dim["N"]["buffer"] <= 1, by_dim["N"]["buffer"] >= 2)
    return b.all_of("drained", whole["X"], whole["Y"], filters, one_image)


def _state_legality(
    b: Builder, nest: LoopNest, hardware: Hardware, choices: Choices, by_dim: Mapping[str, Variables]
) -> None:
    """State what the hardware cannot do; switch capacity is in the list of array tiles.

    Every buffer tile is run like a small layer, so folds, rows and filter iterations are those of a buffer
    tile.
    """
    model, memory = b.model, hardware.memory
    assert memory is not None
    if nest.stride != (1, 1):
        model.add(choices.tile["X"] == 1)
        model.add(choices.tile["Y"] == 1)
    model.add(choices.tile["N"] == 1)
    # Virtual neurons of one multiplier would share accumulators while folding.
    inner = {dim: by_dim[dim]["folds"] for dim in DIMS}
    folds = b.multiply("inner_folds", nest.C * nest.R * nest.S, inner["C"], inner["R"], inner["S"])
    folding = b.flag("inner_folding", folds >= 2, folds <= 1)
    model.add(choices.shape["may_fold"] == 1).only_enforce_if(folding)
    # A multiplier is kept exactly for sums that come back.
    outer = b.multiply("outer_split", nest.C * nest.R * nest.S, *(choices.trips[dim] for dim in "CRS"))
    if memory.buffer.adder:
        model.add(choices.shape["aux"] == 0)
    else:
        model.add(outer >= 2).only_enforce_if(choices.comes_back)
        model.add(outer <= 1).only_enforce_if(~choices.comes_back)
    if memory.weights_per_switch is not None:
        streams = choices.array_order.get("outputs", model.new_constant(0))
        model.add(folds <= memory.weights_per_switch).only_enforce_if(~streams)
