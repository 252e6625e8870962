"""Runs on the ports of the real hardware: random ones, played and compared, and words that are changed."""

from __future__ import annotations

from math import prod
from pathlib import Path
from random import Random

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic, wrap
from solver.execution.execute import form_of, run_clock
from solver.execution.faults import SwitchFaultError
from solver.execution.lowering import layer_output
from solver.execution.ports.player import play
from solver.execution.ports.results import ResultOrder, Results
from solver.execution.ports.schedule_results import AnyOrder, order_of
from solver.execution.program import load
from solver.execution.reference import reference
from solver.execution.tensors import make_tensors
from solver.layer import Primitive
from solver.schedule.schedule import Schedule, tile_ranges
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import folder_of, write_folder
from solver.writers.ports.read_run import Run, check_run, read_run
from solver.writers.ports.run_files import RunOperands, run_files
from solver.writers.schedule.folder import schedule_folder_of
from tests.support.execution_checks import KINDS, Case, random_case
from tests.support.schedule_checks import LevelCase, random_real_level_case

SIZES = (16, 32, 64, 128, 256)
TABLES = ("program.vmh", "loops.vmh", "puts.vmh", "multipliers.vmh")
"""The files that make up a program."""


def random_run(rng: Random, sizes: tuple[int, ...] = SIZES, array: str = "rtl") -> Case:
    """Return a random layer of a kind that the real hardware can run, in a random form, on its array."""
    return random_case(rng, array, rng.choice(KINDS), sizes)


def random_level_run(rng: Random, sizes: tuple[int, ...] = SIZES) -> LevelCase:
    """Return the same with a random two-level mapping of several buffer tiles."""
    while True:
        case = random_real_level_case(rng, sizes)
        if case.schedule().tiles > 1:
            return case


def write_run(work: SwitchConfig | Schedule, layer: Primitive, folder: Path, seed: int = 0) -> None:
    """Write everything that `configure` writes."""
    run = run_files(work, layer, RunOperands(seed, limit_mb=1000))
    content = schedule_folder_of(work, run) if isinstance(work, Schedule) else folder_of(work, run)
    write_folder(folder, content, force=True)


def cycles_of(work: SwitchConfig | Schedule) -> int:
    """Return the cycles that `configure` prints: every configuration executed switch by switch."""
    if not isinstance(work, Schedule):
        return run_clock(load(work))
    tiles = ((run_clock(load(c)) - work.start_up) * work.runs(name) for name, c in work.configs.items())
    return work.start_up + sum(tiles)


def outputs_of(order: AnyOrder, results: Results) -> IntArray:
    """Add up the values of all buses to the outputs (N, G, K, X, Y) of the loops, in fixed point."""
    if isinstance(order, ResultOrder):
        nest = order.config.nest
        total = np.zeros(prod(order.whole), dtype=np.int64)
        for bus, values in enumerate(results):
            np.add.at(total, order.places(bus)[1], values)
        inside = tuple(slice(0, getattr(nest, dim)) for dim in "NGKXY")
        return wrap(total.reshape(order.whole)[inside], Arithmetic.FIXED)
    nest = order.schedule.nest
    total = np.zeros((nest.N, nest.G, nest.K, nest.X, nest.Y), dtype=np.int64)
    begin = np.zeros(len(results), dtype=np.int64)
    for at, tile in order.tiles:
        covers = tile_ranges(nest, order.schedule.loops, at)
        place = tuple(slice(covers[dim].start, covers[dim].stop) for dim in "NGKXY")
        ends = begin + tile.counts
        values = tuple(bus[first:last] for bus, first, last in zip(results, begin, ends, strict=True))
        total[place] += outputs_of(tile, values)
        begin = ends
    return wrap(total, Arithmetic.FIXED)


def troubles(work: SwitchConfig | Schedule, layer: Primitive, run: Run, seed: int = 0) -> str:
    """Say what a run, read from its files, does else than direct convolution in the cycles of `configure`."""
    played = play(run.program, run.tree, run.images)
    if not all(map(np.array_equal, played.results, run.expected)):
        return "values on the buses differ from the expected ones"
    tensors = make_tensors(layer, Arithmetic.FIXED, seed=seed)
    outputs = layer_output(layer, outputs_of(order_of(work), played.results), form_of(layer, work.nest))
    if not np.array_equal(outputs, reference(layer, tensors, Arithmetic.FIXED)):
        return "outputs differ from the layer's definition"
    cycles = cycles_of(work)
    return "" if played.cycles == cycles else f"{played.cycles} cycles, not {cycles}"


def change_a_word(rng: Random, folder: Path) -> tuple[Path, str, str]:
    """Change a bit of a random word of the program; return the file, its text before, and what was done."""
    path = folder / rng.choice(TABLES)
    before = path.read_text()
    rows = before.splitlines()
    line = rng.randrange(1, len(rows))
    bit = rng.randrange(4 * len(rows[line]))
    rows[line] = f"{int(rows[line], 16) ^ 1 << bit:0{len(rows[line])}X}"
    path.write_text("\n".join(rows) + "\n")
    return path, before, f"{path.name} line {line + 1} bit {bit}"


def notices(work: SwitchConfig | Schedule, folder: Path) -> bool:
    """Return whether playing a folder finds a fault."""
    try:
        check_run(read_run(folder), work)
    except (InputError, SwitchFaultError):
        return True
    return False
