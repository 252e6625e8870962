"""The sanity net: what no mapping can beat, whatever the model says."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from solver.arithmetic.exact import product, total
from solver.cost.events import STATIC, static_per_cycle
from solver.cost.result import Counts, Objective, value_of
from solver.errors import InternalError
from solver.hardware import Hardware
from solver.layer import LoopNest
from solver.mapping.lines import distinct_lines


def least_cycles(nest: LoopNest, hardware: Hardware) -> dict[str, int]:
    """Return lower bounds on the cycles of any mapping, by what sets them.

    compute
        MACs / num_ms, one multiplication per switch and cycle.
    distribution
        Every weight and every input crosses the read ports at least once, one word per port and cycle.
    collection
        Every output crosses the collection bus at least once, one word per line and cycle.
    DRAM
        Every word crosses the chip's edge at least once; only where the hardware has a DRAM.
    """
    bounds = {
        "compute": -(-nest.macs // hardware.num_ms),
        "distribution": -(-(nest.weights + compulsory_inputs(nest)) // hardware.dn_bw),
        "collection": -(-nest.outputs // hardware.rn_bw),
    }
    if hardware.memory is not None:
        units = hardware.memory.buffer.sizes.together(nest.weights, compulsory_inputs(nest), nest.outputs)
        bounds["DRAM"] = -(-units // hardware.memory.units_per_cycle)
    return bounds


def least_energy(nest: LoopNest, hardware: Hardware) -> dict[str, Decimal]:
    """Return the energy that no mapping of a layer can avoid, by what needs it; the sum is a lower bound.

    Every operand's words are read from or written to the buffer once, and cross the chip's edge once where
    there is a DRAM; every product is formed; CRS products make CRS - 1 additions per output, at the price of
    the cheapest adder (one that adds three makes two); and the array leaks for the least number of cycles.
    What it takes to move a word through the networks depends on the mapping and is left out. The real
    hardware's additions are left out too: its partial sums are partly added elsewhere.
    """
    table = hardware.prices

    def moved(into: str, out: str) -> Decimal:
        """Return the energy of every operand's words, once, by the entries of what is read and written."""
        return total(
            [
                product(hardware.price_of_word(into, "weights"), nest.weights),
                product(hardware.price_of_word(into, "inputs"), compulsory_inputs(nest)),
                product(hardware.price_of_word(out, "outputs"), nest.outputs),
            ]
        )

    energies = {
        "buffer": moved("buffer_read", "buffer_write"),
        "multiplications": product(table.multiplication, nest.macs),
        STATIC: product(static_per_cycle(hardware), max(least_cycles(nest, hardware).values())),
    }
    if not hardware.kind.adds_outside:
        adder = min(table.add_2_1, table.add_3_1 / 2, table.accumulate)
        energies["additions"] = product(adder, nest.macs - nest.outputs)
    if hardware.memory is not None and table.dram_read is not None and table.dram_write is not None:
        energies["DRAM"] = moved("dram_read", "dram_write")
        energies["buffer"] = total([energies["buffer"], moved("buffer_write", "buffer_read")])
    return energies


def least_value(nests: Iterable[LoopNest], hardware: Hardware, objective: Objective) -> Decimal:
    """Return what no mapping of any of some nests can beat under an objective, searched or not."""
    return min(
        value_of(
            objective,
            max(least_cycles(nest, hardware).values()),
            total(list(least_energy(nest, hardware).values())),
        )
        for nest in nests
    )


def compulsory_inputs(nest: LoopNest) -> int:
    """Return the input words that some window wants, each counted once."""
    rows = distinct_lines(nest.X, nest.R, nest.stride[0], nest.dilation[0])
    cols = distinct_lines(nest.Y, nest.S, nest.stride[1], nest.dilation[1])
    return nest.N * nest.G * nest.C * int(rows) * int(cols)


def compulsory_words(nest: LoopNest) -> int:
    """Return the words that any mapping moves over the chip's edge: each operand's words once."""
    return nest.weights + compulsory_inputs(nest) + nest.outputs


def check_bounds(
    nest: LoopNest,
    hardware: Hardware,
    counts: Counts,
    cycles: int,
    energy: Decimal,
    dram_words: int | None = None,
    *,
    array: int | None = None,
) -> None:
    """Refuse a result that beats physics.

    Parameters
    ----------
    array
        Cycles of the array's own work, where it also waits for a buffer.

    Raises
    ------
    InternalError
        If cycles, energy, multiplications, reads, writes or DRAM words are less than the layer needs, or more
        words go into the array than its ports send in that time.
    """
    for resource, least in least_cycles(nest, hardware).items():
        if cycles < least:
            raise InternalError(
                f"{cycles} cycles are below the {resource} bound of {least}: a bug in the cost model"
            )
    least_sum = total(list(least_energy(nest, hardware).values()))
    if energy < least_sum:
        raise InternalError(f"energy {energy} is below the bound of {least_sum}: a bug in the cost model")
    for what, found, least in (
        *([] if dram_words is None else [("DRAM words", dram_words, compulsory_words(nest))]),
        ("multiplications", counts.multiplications, nest.macs),
        ("weight reads", counts.weight_reads, nest.weights),
        ("input reads", counts.input_reads, compulsory_inputs(nest)),
        ("writes", counts.writes, nest.outputs),
    ):
        if found < least:
            raise InternalError(f"{found} {what} are below the compulsory {least}: a bug in the cost model")
    # Each word that is read is sent by a port at least once, and a sum that a multiplier passes on came so.
    sent = counts.weight_reads + counts.input_reads + counts.psum_forwards
    could = (cycles if array is None else array) * hardware.dn_bw
    if sent > could:
        raise InternalError(
            f"{sent} words go into the array, {could} could pass its ports: a bug in the cost model"
        )
