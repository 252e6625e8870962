"""The profile of a mapping, from its layout on the array and its cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.cost.events import COMPONENTS, STATIC
from solver.cost.layout import Layout
from solver.evaluation import Evaluation
from solver.exact import product
from solver.layer import LoopNest
from solver.profile.result import PhaseProfile, Profile, Sends
from solver.solution import Solution
from solver.switches.config_words import word_counts

IntArray = NDArray[np.int64]


def profile(result: Solution | Evaluation, repeats: int = 1) -> Profile:
    """Return the profile of a mapping.

    Parameters
    ----------
    result
        The mapping and its cost.
    repeats
        How often it runs.
    """
    layout = Layout(result.nest, result.hardware, result.tile)
    table = result.hardware.energy_table
    counts = result.cost.counts.to_dict()
    energy = {
        name: product(getattr(table, entry), counts[name])
        for prices in COMPONENTS.values()
        for entry, names in prices.items()
        for name in names
    }
    static = result.cost.energy_by_component.get(STATIC)
    if static is not None:
        energy[STATIC] = static
    return Profile(
        result=result,
        phases=_phases(layout),
        code_words=sum(word_counts(result.hardware.num_ms)),
        dram_words=(result.nest.weights + input_words(result.nest), result.nest.outputs),
        energy_by_event=energy,
        repeats=repeats,
    )


def input_words(nest: LoopNest) -> int:
    """Return the input words that some window touches, padding included."""
    return nest.N * nest.G * nest.C * nest.input_rows * nest.input_cols


def _phases(layout: Layout) -> tuple[PhaseProfile, ...]:
    """Return the kinds of steps: per filter iteration F weight folds, then F input folds for each window.

    Rules 1, 3, 4 and 9 of the timing specification. As in the event counts, tiles that do not divide the
    layer are padded and count as whole ones.
    """
    tile, iterations, folds = layout.tile, layout.iterations, layout.folds
    rows, cols = layout.trips["X"], layout.trips["Y"]
    products = ~layout.is_aux
    size, vns = tile.vn_size * tile.num_vns, tile.num_vns
    slides = layout.last_column if layout.forwards else products
    handed_on = vns * tile.C * tile.R * (tile.S - 1) if layout.forwards else 0
    keys = layout.weight_key, layout.input_key
    phases = [
        _phase("weights", "weights", iterations * folds, layout, keys[0], products, 0, 0, 0),
        _phase("row starts", "inputs", iterations * folds * rows, layout, keys[1], products, size, vns, 0),
    ]
    if cols > 1:
        steps = iterations * folds * rows * (cols - 1)
        phases.append(_phase("windows", "inputs", steps, layout, keys[1], slides, size, vns, handed_on))
    if layout.aux and folds > 1:
        steps = iterations * (folds - 1) * rows * cols
        phases.append(
            _phase("partial sums", "partial sums", steps, layout, layout.vn, layout.is_aux, 0, 0, 0)
        )
    return tuple(phases)


def _phase(
    name: str,
    operand: str,
    steps: int,
    layout: Layout,
    key: IntArray,
    wanted: NDArray[np.bool_],
    multiplications: int,
    outputs: int,
    forwards: int,
) -> PhaseProfile:
    """Return a phase: each port sends every distinct word once, to all its multipliers that want it."""
    words, reach = np.unique(np.column_stack([layout.port, key])[wanted], axis=0, return_counts=True)
    sizes, numbers = np.unique(reach, return_counts=True)
    sends = Sends(tuple((int(s), int(n)) for s, n in zip(sizes, numbers, strict=True)))
    busiest = int(np.bincount(words[:, 0]).max()) if len(words) else 0
    return PhaseProfile(name, operand, steps, sends, busiest, multiplications, outputs, forwards)
