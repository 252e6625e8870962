"""What is different in the CP-SAT model on the real hardware: capacity, collection buses, cycles.

Stated from rules S14 to S17 and the schedule of `solver.cost.rtl_latency`, on its own and not taken
from `solver.legal.tiles`. The cycles are a lower bound on the replay: the sum that waits for the last word of
a stream is taken to pass the fewest levels, and streams longer than the 16-bit counters allow are not cut.
"""

from __future__ import annotations

from solver.array.placement import capacity_table
from solver.array.rtl_clock import CYCLES_PER_DATUM, START_UP, WEIGHT_LOAD_EXTRA
from solver.cost.rtl_latency import BEFORE_SLIDING
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.search.builder import Builder, LoopVariables, Variables
from solver.search.cp_sat import cp_model


def state_capacity(b: Builder, hardware: Hardware, vn: cp_model.IntVar, vns: cp_model.IntVar) -> None:
    """State that no more virtual neurons are on the array than its adder tree adds up at once.

    Parameters
    ----------
    vn, vns
        Size and number of the virtual neurons.
    """
    most = capacity_table(hardware.num_ms).most.tolist()
    fitting = b.var(0, hardware.num_ms, "fitting_vns")
    b.model.add_allowed_assignments([vn, fitting], list(enumerate(most))[1:])
    b.model.add(vns <= fitting)


def real_cycles(
    b: Builder, nest: LoopNest, hardware: Hardware, loops: LoopVariables, shape: Variables
) -> cp_model.IntVar:
    """State the collection buses and the passes of the real hardware; return its cycles.

    Parameters
    ----------
    shape
        Figures of the array shape, by name.
    """
    model, trip = b.model, loops.trip
    # Collection: in the cycles of a step every bus must carry the sums of a window.
    model.add(shape["per_line"] <= CYCLES_PER_DATUM * shape["last"])

    # A pass loads the weights of one fold, and streams all windows.
    most_passes = nest.N * nest.K * nest.G * nest.R * nest.S * nest.C
    passes = b.product("passes", most_passes, loops.iterations, loops.folds)
    row_words = b.var(0, b.most, "row_words")
    model.add(row_words == shape["inputs"] + b.product("slide_words", b.most, trip["Y"] - 1, shape["slides"]))
    words = b.var(0, b.most, "words")
    model.add(words == shape["weights"] + b.product("input_words", b.most, trip["X"], row_words))

    # A stream drains: one per pass, or one per row when the window slides.
    drains = b.var(0, b.most, "drains")
    if loops.forwarding is None:
        model.add(drains == shape["exit"])
    else:
        hops = loops.tile["S"] - 1 + BEFORE_SLIDING
        # Stated of every tile, also of those that do not slide and may drain less often.
        most = nest.X * (b.most + nest.S + BEFORE_SLIDING)
        sliding = b.product("row_drains", most, trip["X"], shape["exit"] + hops)
        model.add(drains == sliding).only_enforce_if(loops.forwarding)
        model.add(drains == shape["exit"]).only_enforce_if(~loops.forwarding)
    cycles = b.var(0, b.most, "cycles")
    per_pass = CYCLES_PER_DATUM * words + drains + WEIGHT_LOAD_EXTRA
    model.add(cycles == START_UP + b.product("passing", b.most, passes, per_pass))
    return cycles
