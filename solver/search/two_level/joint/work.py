"""The array's steps and cycles on all buffer tiles, in variables; see `solver.cost.two_level.work`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.cost.two_level.unavoidable import WAITS
from solver.layer import LoopNest
from solver.search.builder import Builder
from solver.search.cp_sat import cp_model
from solver.search.two_level.joint.choices import Choices


def shape_figures(shapes: ArrayShapes, orders: Collection[str]) -> dict[str, IntArray]:
    """Return the figures of array tiles that time their steps under some stationary orders.

    The waits where the weights stay; for other orders the port words, drains and outputs per line of the
    closed form.
    """
    figures = {
        f"wait_{i}_{counted}": shapes.waits[:, i, j]
        for i in range(shapes.waits.shape[1])
        for j, counted in enumerate(WAITS)
        if shapes.waits[:, i, j].any()
    }
    if tuple(orders) == ("weights",):
        return figures
    most = shapes.ports.max(axis=1)
    figures |= {
        f"{word}_{port}": shapes.ports[:, port, i]
        for port in range(shapes.ports.shape[1])
        for i, word in enumerate("wabq")
    }
    return figures | {
        "most_w": most[:, 0],
        "most_a": most[:, 1],
        "per_line": shapes.wave.max_per_line,
        "plain_drain": shapes.plain_drain,
    }


@dataclass(frozen=True)
class Work:
    """Steps of the array over the whole layer, and their cycles.

    Attributes
    ----------
    weights, first, slides, sums, waves, windows, outputs
        Steps that send weights, whole windows, last columns, and sums that come back; those that fire;
        outputs per virtual neuron that leave over the bus, and that are finished.
    folds
        Folds of an output, in all buffer tiles together.
    cycles
        Of the array, without waiting for the buffer: no replay falls below them.
    """

    weights: cp_model.IntVar
    first: cp_model.IntVar
    slides: cp_model.IntVar
    sums: cp_model.IntVar
    waves: cp_model.IntVar
    windows: cp_model.IntVar
    outputs: cp_model.IntVar
    folds: cp_model.IntVar
    cycles: cp_model.IntVar


def state_work(b: Builder, nest: LoopNest, choices: Choices) -> Work:
    """State how often the words of a step are sent under the chosen stationary order, and the cycles."""
    model, o, n = b.model, choices.trips, choices.passes
    all_filters, products, positions = nest.N * nest.G * nest.K, nest.C * nest.R * nest.S, nest.X * nest.Y
    filters = b.multiply("filters", all_filters, n["N"], n["G"], n["K"])
    folds = b.multiply("folds", products, n["C"], n["R"], n["S"])
    outer_folds = b.multiply("outer_folds", products, o["C"], o["R"], o["S"])
    windows_all = b.multiply("windows_all", positions, n["X"], n["Y"])
    strips = b.multiply("strips", positions, o["X"], o["Y"])
    outputs = b.multiply("finished", b.most, filters, windows_all)
    windows = b.multiply("windows", b.most, outputs, outer_folds)
    waves = b.multiply("waves", b.most, outputs, folds)

    weights, first, slides, iterations, loads = (
        b.var(0, b.most, name) for name in ("weight_steps", "first_steps", "slides", "iterations", "loads")
    )
    stay = choices.array_order["weights"]
    model.add(first + slides == waves).only_enforce_if(stay)
    model.add(slides == 0).only_enforce_if(~stay)
    fills = b.multiply("fills", b.most, filters, folds, strips)
    drains = b.multiply("drains", b.most, filters, outer_folds, strips)
    rows = b.multiply("rows", b.most, filters, folds, n["X"])
    starts = b.var(1, nest.Y, "row_starts")
    model.add(starts == o["Y"]).only_enforce_if(choices.forwards)
    model.add(starts == n["Y"]).only_enforce_if(~choices.forwards)
    row_starts = b.multiply("first_windows", b.most, rows, starts)
    for variable, value in ((weights, fills), (loads, fills), (iterations, drains), (first, row_starts)):
        model.add(variable == value).only_enforce_if(stay)
    if "inputs" in choices.array_order:
        stay = choices.array_order["inputs"]
        places = b.multiply("places", nest.N * nest.G * positions, n["N"], n["G"], windows_all)
        fills = b.multiply("input_fills", b.most, places, folds, o["K"])
        drains = b.multiply("input_drains", b.most, places, outer_folds, o["K"])
        for variable, value in ((weights, waves), (loads, fills), (iterations, drains), (first, fills)):
            model.add(variable == value).only_enforce_if(stay)
        stay = choices.array_order["outputs"]
        tiles = b.multiply("buffer_tiles", all_filters * positions, o["N"], o["G"], o["K"], strips)
        fills = b.multiply("tile_fills", b.most, tiles, folds)
        drains = b.multiply("tile_drains", b.most, tiles, outer_folds)
        for variable, value in ((weights, waves), (loads, fills), (iterations, drains), (first, waves)):
            model.add(variable == value).only_enforce_if(stay)
    sums = b.var(0, b.most, "sums_back")
    model.add(sums == windows - outputs).only_enforce_if(choices.comes_back)
    model.add(sums == 0).only_enforce_if(~choices.comes_back)
    held = b.multiply("tiles_held", b.most, o["N"], o["G"], o["K"], strips)
    empty = b.var(1, b.most, "surely_empty")
    drained = b.multiply("filter_strips", b.most, filters, strips)
    model.add(empty == drained).only_enforce_if(choices.drained)
    model.add(empty == held).only_enforce_if(~choices.drained)
    later = b.multiply("later_empty", b.most, empty, outer_folds) - empty
    begun, continued = (b.var(0, b.most, name) for name in ("begun", "continued"))
    model.add(begun + continued == empty + later)
    model.add(continued == later).only_enforce_if(choices.comes_back)
    model.add(continued == 0).only_enforce_if(~choices.comes_back)
    counts = {
        "once": model.new_constant(1),
        "weights": weights,
        "first": first,
        "slides": slides,
        "sums": sums,
        "windows": windows,
        "begun": begun,
        "continued": continued,
        "iterations": iterations,
        "loads": loads,
    }
    cycles = _cycles(b, choices, counts)
    return Work(weights, first, slides, sums, waves, windows, outputs, folds, cycles)


def _cycles(b: Builder, choices: Choices, work: Mapping[str, cp_model.IntVar]) -> cp_model.IntVar:
    """State the cycles: at least the waits where the weights stay, else the closed form."""
    model, shape = b.model, choices.shape
    cycles = b.var(0, b.most, "array_cycles")
    stay = choices.array_order["weights"]
    waits: dict[str, list[cp_model.LinearExprT]] = {}
    for name, figure in shape.items():
        if name.startswith("wait_"):
            _, wait, counted = name.split("_")
            sent = b.multiply(f"{name}_sent", b.most, figure, work[counted])
            waits.setdefault(wait, []).append(sent)
    for terms in waits.values():
        model.add(cycles >= cp_model.LinearExpr.sum(terms)).only_enforce_if(stay)
    if "plain_drain" in shape:
        _closed_form(b, choices, work, cycles)
    return cycles


def _closed_form(
    b: Builder, choices: Choices, work: Mapping[str, cp_model.IntVar], cycles: cp_model.IntVar
) -> None:
    """State the slowest of busiest port, generator and busiest bus line, plus a drain per iteration.

    Only where the weights do not stay; what does not fit then is no reason to exclude a mapping whose
    weights do.
    """
    model, shape = b.model, choices.shape
    moving = ~choices.array_order["weights"]
    count = {name: b.var(0, b.most, f"closed_{name}") for name in work}
    for name, variable in count.items():
        model.add(variable == work[name]).only_enforce_if(moving)
        model.add(variable == 0).only_enforce_if(~moving)
    waits: list[cp_model.LinearExpr] = []
    port = 0
    while f"w_{port}" in shape:
        sent = (count["weights"], count["first"], count["sums"])
        waits.append(
            cp_model.LinearExpr.sum(
                [
                    b.multiply(f"sent_{word}_{port}", b.most, shape[f"{word}_{port}"], steps)
                    for word, steps in zip("waq", sent, strict=True)
                ]
            )
        )
        port += 1
    iterations = count["iterations"]
    ends = b.multiply("last_words_sent", b.most, iterations, shape["most_a"])
    waits.append(count["weights"] + count["first"] + ends - iterations)
    lines = b.multiply("per_line_windows", b.most, shape["per_line"], count["windows"] - iterations)
    waits.append(lines + b.multiply("loaded", b.most, count["loads"], shape["most_w"] + shape["most_a"]))
    drained = b.multiply("drained_cycles", b.most, iterations, shape["plain_drain"])
    for wait in waits:
        model.add(cycles >= wait + drained).only_enforce_if(moving)
