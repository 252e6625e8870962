"""The array's steps and cycles on all buffer tiles, in variables; see `solver.cost.two_level.array`."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.arithmetic.arrays import IntArray
from solver.cost.two_level.array import ArrayShapes
from solver.layer import LoopNest
from solver.search.builder import Builder
from solver.search.two_level.joint.choices import Choices


def shape_figures(shapes: ArrayShapes) -> dict[str, IntArray]:
    """Return the figures of array tiles that time their steps: port words, drains, outputs per line."""
    most = shapes.ports.max(axis=1)
    figures = {
        f"{word}_{port}": shapes.ports[:, port, i]
        for port in range(shapes.ports.shape[1])
        for i, word in enumerate("wab")
    }
    return figures | {
        "most_w": most[:, 0],
        "most_a": most[:, 1],
        "most_b": most[:, 2],
        "per_line": shapes.wave.max_per_line,
        "drain": shapes.drain,
        "plain_drain": shapes.plain_drain,
    }


@dataclass(frozen=True)
class Work:
    """Steps of the array over the whole layer, and their cycles.

    Attributes
    ----------
    weights, first, slides, waves, windows, outputs
        Steps that send weights, whole windows, and last columns; those that fire; outputs per virtual neuron
        that leave over the bus, and that are finished.
    cycles
        Of the array, without waiting for the buffer.
    """

    weights: cp_model.IntVar
    first: cp_model.IntVar
    slides: cp_model.IntVar
    waves: cp_model.IntVar
    windows: cp_model.IntVar
    outputs: cp_model.IntVar
    cycles: cp_model.IntVar


def state_work(b: Builder, nest: LoopNest, choices: Choices) -> Work:
    """State how often the words of a step are sent under the chosen stationary order, and the cycles."""
    model, o, n = b.model, choices.trips, choices.passes
    all_filters, products, positions = nest.N * nest.G * nest.K, nest.C * nest.R * nest.S, nest.X * nest.Y
    filters = b.product("filters", all_filters, n["N"], n["G"], n["K"])
    folds = b.product("folds", products, n["C"], n["R"], n["S"])
    outer_folds = b.product("outer_folds", products, o["C"], o["R"], o["S"])
    windows_all = b.product("windows_all", positions, n["X"], n["Y"])
    strips = b.product("strips", positions, o["X"], o["Y"])
    outputs = b.product("finished", b.most, filters, windows_all)
    windows = b.product("windows", b.most, outputs, outer_folds)
    waves = b.product("waves", b.most, outputs, folds)

    weights, first, slides, iterations, loads = (
        b.var(0, b.most, name) for name in ("weight_steps", "first_steps", "slides", "iterations", "loads")
    )
    stay = choices.array_order["weights"]
    model.add(first + slides == waves).only_enforce_if(stay)
    model.add(slides == 0).only_enforce_if(~stay)
    fills = b.product("fills", b.most, filters, folds, strips)
    drains = b.product("drains", b.most, filters, outer_folds, strips)
    rows = b.product("rows", b.most, filters, folds, n["X"])
    starts = b.var(1, nest.Y, "row_starts")
    model.add(starts == o["Y"]).only_enforce_if(choices.forwards)
    model.add(starts == n["Y"]).only_enforce_if(~choices.forwards)
    row_starts = b.product("first_windows", b.most, rows, starts)
    for variable, value in ((weights, fills), (loads, fills), (iterations, drains), (first, row_starts)):
        model.add(variable == value).only_enforce_if(stay)
    if "inputs" in choices.array_order:
        stay = choices.array_order["inputs"]
        places = b.product("places", nest.N * nest.G * positions, n["N"], n["G"], windows_all)
        fills = b.product("input_fills", b.most, places, folds, o["K"])
        drains = b.product("input_drains", b.most, places, outer_folds, o["K"])
        for variable, value in ((weights, waves), (loads, fills), (iterations, drains), (first, fills)):
            model.add(variable == value).only_enforce_if(stay)
        stay = choices.array_order["outputs"]
        tiles = b.product("buffer_tiles", all_filters * positions, o["N"], o["G"], o["K"], strips)
        fills = b.product("tile_fills", b.most, tiles, folds)
        drains = b.product("tile_drains", b.most, tiles, outer_folds)
        for variable, value in ((weights, waves), (loads, fills), (iterations, drains), (first, waves)):
            model.add(variable == value).only_enforce_if(stay)
    cycles = _cycles(b, choices, weights, first, slides, windows, iterations, loads)
    return Work(weights, first, slides, waves, windows, outputs, cycles)


def _cycles(
    b: Builder,
    choices: Choices,
    weights: cp_model.IntVar,
    first: cp_model.IntVar,
    slides: cp_model.IntVar,
    windows: cp_model.IntVar,
    iterations: cp_model.IntVar,
    loads: cp_model.IntVar,
) -> cp_model.IntVar:
    """State the slowest of busiest port, generator and busiest bus line, plus a drain per iteration."""
    model, shape = b.model, choices.shape
    waits: list[cp_model.LinearExprT] = []
    port = 0
    while f"w_{port}" in shape:
        waits.append(
            cp_model.LinearExpr.sum(
                [
                    b.product(f"sent_{word}_{port}", b.most, shape[f"{word}_{port}"], steps)
                    for word, steps in zip("wab", (weights, first, slides), strict=True)
                ]
            )
        )
        port += 1
    sliding = b.flag("sliding", slides >= 1, slides <= 0)
    last = b.var(0, b.most, "last_words")
    model.add(last == shape["most_b"]).only_enforce_if(sliding)
    model.add(last == shape["most_a"]).only_enforce_if(~sliding)
    ends = b.product("last_words_sent", b.most, iterations, last)
    waits.append(weights + first + slides + ends - iterations)
    lines = b.product("per_line_windows", b.most, shape["per_line"], windows - iterations)
    waits.append(lines + b.product("loaded", b.most, loads, shape["most_w"] + shape["most_a"]))
    busy = b.var(0, b.most, "busy")
    for wait in waits:
        model.add(busy >= wait)
    drain = b.var(0, b.most, "drain_cycles")
    stay = choices.array_order["weights"]
    model.add(drain == shape["drain"]).only_enforce_if(stay)
    model.add(drain == shape["plain_drain"]).only_enforce_if(~stay)
    cycles = b.var(0, b.most, "array_cycles")
    model.add(cycles == busy + b.product("drained", b.most, iterations, drain))
    return cycles
