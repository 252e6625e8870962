"""The CP-SAT model of one layer on the array: which tile is best?

Variables are the tile sizes T_R ... T_Y and the trip counts of the loops outside the array. Constraints, in
the order they are stated: tile sizes, switch capacity, legality (images, accumulators, stride), distribution
bandwidth, collection bandwidth, drains; then the objective. What is different on the real hardware is in
`solver.search.rtl_array`. Legality is stated from the specification on its own, not taken from
`solver.legal.tiles`, so that the exhaustive search over that space is an independent check. Mappings in which
weights overtake inputs are in the model: only a replay knows them, and the search replays whatever could be
best.

Every cost in the model is a lower bound on the replayed cost, so the optimum of the model bounds the optimum
of the replay and the mappings that can still beat an incumbent are exactly those that keep the objective at
or below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from solver.cost.result import Objective
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest
from solver.legal.tiles import Limits
from solver.search.builder import Builder, LoopVariables, Variables
from solver.search.cp_sat import cp_model
from solver.search.figures import Figures
from solver.search.objective import objective_variable
from solver.search.rtl_array import real_cycles, state_capacity


@dataclass(frozen=True)
class ArrayModel:
    """A built model and how to read it.

    Attributes
    ----------
    tile
        Variables T_R ... T_Y in the order of `DIMS`.
    cost
        The objective variable, in units of 1 / `scale` of the reported objective, rounded down.
    """

    model: cp_model.CpModel
    tile: list[cp_model.IntVar]
    cost: cp_model.IntVar
    scale: Fraction

    def at_most(self, value: Fraction) -> None:
        """Keep only mappings whose lower bound does not exceed `value`."""
        self.model.add(self.cost <= floor(value * self.scale))

    def bound(self, model_bound: float) -> Fraction:
        """Return the objective value that the solver's bound on `cost` proves."""
        # The bound comes in floating point, which may have rounded a large integer up.
        exact = Fraction(model_bound) * (1 - Fraction(1, 2**52)) - Fraction(1, 10**6)
        return Fraction(max(0, ceil(exact))) / self.scale


def build(
    nest: LoopNest, hardware: Hardware, objective: Objective, limits: Limits, rows: Figures
) -> ArrayModel:
    """State the model over the array shapes of `rows`.

    The table only supplies the figures of a shape; which shapes are legal is decided by the constraints.
    """
    b = Builder(rows.most_cycles)
    model, num_ms = b.model, hardware.num_ms
    size = dict(zip(DIMS, nest.sizes, strict=True))

    # Tile sizes and trip counts, one small table per loop: T_d, ceil(D / T_d), whether T_d divides D.
    tile, trip, divides = {}, {}, {}
    for dim in DIMS:
        alone = dim == "N" and hardware.one_image
        choices = limits.range(dim, 1 if alone else min(size[dim], num_ms))
        tile[dim] = b.var(choices.start, max(choices.start, choices.stop - 1), f"T_{dim}")
        trip[dim] = b.var(1, size[dim], f"trips_{dim}")
        divides[dim] = model.new_bool_var(f"divides_{dim}")
        model.add_allowed_assignments(
            [tile[dim], trip[dim], divides[dim]],
            [(t, -(-size[dim] // t), int(size[dim] % t == 0)) for t in choices],
        )

    # Switch capacity.
    vn = b.product("vn", num_ms, tile["R"], tile["S"], tile["C"])
    vns = b.product("vns", num_ms, tile["K"], tile["G"], tile["N"], tile["X"], tile["Y"])
    most_folds = nest.R * nest.S * nest.C
    folds = b.product("folds", most_folds, trip["R"], trip["S"], trip["C"])
    folding = b.flag("folding", folds >= 2, folds <= 1)
    if hardware.real:
        state_capacity(b, hardware, vn, vns)
    elif hardware.accumulation_buffer:
        b.product("switches", num_ms, vn, vns)
    else:
        # One multiplier of each virtual neuron carries the partial sum.
        b.product("switches", num_ms, vn + folding, vns)

    # Legality.
    if hardware.real and nest.operation == "max":
        model.add_bool_or([])  # its adder switches only add
    if not hardware.one_image and nest.N > 1 and nest.G > 1:
        # Inputs of several images and groups at once would go to the wrong virtual neurons.
        image = b.flag("image", tile["N"] <= 1, tile["N"] >= 2)
        group = b.flag("group", tile["G"] <= 1, tile["G"] >= 2)
        model.add_bool_or([image, group])
    single_vn = b.flag("single_vn", vns <= 1, vns >= 2)
    if hardware.accumulation_buffer:
        # Two virtual neurons of one multiplier would share an accumulator.
        wide = b.flag("wide", vn >= 2, vn <= 1)
        model.add_bool_or([~folding, wide, single_vn])
    if nest.stride != (1, 1):
        model.add(tile["X"] == 1)
        model.add(tile["Y"] == 1)
        forwarding = None
    elif not hardware.real or hardware.forwarding == "none" or nest.dilation[1] != 1 or nest.Y == 1:
        forwarding = None
    else:
        forwarding = b.both(
            "forwarding",
            b.flag("one_column", tile["Y"] <= 1, tile["Y"] >= 2),
            b.flag("several_taps", tile["S"] >= 2, tile["S"] <= 1),
            divides["S"],
        )
    iterations = b.product("iterations", nest.N * nest.K * nest.G, trip["N"], trip["K"], trip["G"])

    # Figures of the array shape.
    names = ("weights", "inputs", "slides", "psums", "last", "per_line", "loop", "exit", "dynamic", "least")
    columns = [getattr(rows, name) for name in names]
    shape = {name: b.var(int(c.min()), int(c.max()), name) for name, c in zip(names, columns, strict=True)}
    model.add_allowed_assignments(
        [*tile.values(), *shape.values()],
        [(*t.tolist(), *(int(c[i]) for c in columns)) for i, t in enumerate(rows.tiles)],
    )

    loops = LoopVariables(tile, trip, divides, folds, iterations, forwarding)
    count_cycles = real_cycles if hardware.real else _simulator_cycles
    cycles = count_cycles(b, nest, hardware, loops, shape)
    # What a shape takes at least, known as soon as it is chosen; products tell when all factors are known.
    cycles = b.larger(cycles, shape["least"])
    cost, scale = objective_variable(model, objective, rows, cycles, shape["dynamic"])
    model.minimize(cost)
    return ArrayModel(model, [tile[dim] for dim in DIMS], cost, scale)


def _simulator_cycles(
    b: Builder, nest: LoopNest, hardware: Hardware, loops: LoopVariables, shape: Variables
) -> cp_model.IntVar:
    """State the bandwidths and drains of the simulator's array; return its cycles."""
    model, trip, divides, folds = b.model, loops.trip, loops.divides, loops.folds
    # Distribution bandwidth: the busiest port sends a word per cycle, and no step is generated in less than a
    # cycle.
    windows = b.product("windows", nest.X * nest.Y, trip["X"], trip["Y"])
    row_words = b.var(0, b.most, "row_words")
    model.add(row_words == shape["inputs"] + b.product("slide_words", b.most, trip["Y"] - 1, shape["slides"]))
    input_words = b.product("input_words", b.most, trip["X"], row_words)
    words = b.product("words", b.most, folds, shape["weights"] + input_words)
    if hardware.accumulation_buffer:
        port_time, psum_rounds = words, None
    else:
        psum_rounds = b.product("psum_rounds", b.most, folds - 1, windows)
        port_time = b.var(0, b.most, "port_time")
        model.add(port_time == words + b.product("psum_words", b.most, psum_rounds, shape["psums"]))
    steps = b.product("steps", b.most, folds, windows + 1)

    # Collection bandwidth: the busiest bus line carries an output per cycle, without accumulation buffer each
    # fold's.
    collected = b.product("collected", b.most, windows, shape["per_line"])
    if not hardware.accumulation_buffer:
        collected = b.product("collected_folds", b.most, collected, folds)
    waits = [port_time, steps + shape["last"] - 1, collected]
    if psum_rounds is not None:
        # Every fold of a virtual neuron waits for the one before it to come round through memory.
        waits.append(b.product("serial", b.most, psum_rounds, shape["loop"]))

    # Drains: filter iterations follow one another without overlap if no padded output opens the barrier
    # early.
    iteration = b.var(0, b.most, "iteration")
    model.add_max_equality(iteration, waits)
    iterations = loops.iterations
    chained = b.product("chained", b.most, iterations, b.larger(port_time, collected))
    cycles = b.var(0, b.most, "cycles")
    if nest.N == 1:
        whole_filters = model.new_bool_var("whole_filters")
        one_group = b.flag("one_group", trip["G"] <= 1, trip["G"] >= 2)
        model.add_max_equality(whole_filters, [divides["K"], one_group])
        drains = b.both("drains", divides["X"], divides["Y"], whole_filters)
        drained = b.product("drained", b.most, iterations, iteration + shape["exit"])
        model.add(cycles == drained).only_enforce_if(drains)
    else:
        drains = model.new_constant(0)
    overlapped = b.larger(chained, iteration)
    model.add(cycles == overlapped + shape["exit"]).only_enforce_if(~drains)
    return cycles
