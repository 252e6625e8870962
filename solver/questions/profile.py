"""The profile of a mapping, from its layout on the array and its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from solver.answers.evaluation import Evaluation, parts_of
from solver.answers.profile import PhaseProfile, Profile, Sends
from solver.answers.solution import Solution
from solver.arithmetic.arrays import BoolArray, IntArray
from solver.arithmetic.exact import product, total
from solver.array.adder_tree_config import word_counts
from solver.array.layout import Layout
from solver.cost.events import COMPONENTS, STATIC, price_of
from solver.errors import InputError
from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import array_passes, buffer_trips, comes_back
from solver.mapping.levels import LevelMapping


@dataclass(frozen=True)
class _Steps:
    """Steps of the array, over all buffer tiles where there are some.

    Attributes
    ----------
    loads
        Steps that load what stays in the multipliers.
    starts, others
        Steps that multiply: the first window of a row, and the others.
    psums
        Steps that feed partial sums back to auxiliary multipliers.
    """

    loads: int
    starts: int
    others: int
    psums: int = 0


def profiles(result: Solution | Evaluation, repeats: int = 1) -> tuple[Profile, ...]:
    """Return the profiles of what runs one after the other: the pieces of a layer, or the whole of it."""
    parts = parts_of(result, result.cost) if result.pieces else (result,)
    return tuple(profile(part, repeats) for part in parts)


def profile(result: Solution | Evaluation, repeats: int = 1) -> Profile:
    """Return the profile of a mapping.

    Parameters
    ----------
    result
        The mapping and its cost.
    repeats
        How often it runs.
    """
    if result.pieces:
        name = result.layer.title
        raise InputError(field=name, found="a mapping in pieces", expected="one of its pieces")
    levels = result.levels
    nest = result.nest
    layout = Layout(
        nest if levels is None else _laid_out(result, levels.mapping), result.hardware, result.tile
    )
    if levels is None:
        phases = _weight_phases(layout, _single_steps(layout))
        moved = nest.weights + input_words(nest), nest.outputs
    else:
        phases = _level_phases(layout, levels.mapping)
        moved = (
            sum(levels.transfers["DRAM to buffer"].values()),
            sum(levels.transfers["buffer to DRAM"].values()),
        )
    return Profile(
        result=result,
        phases=phases,
        code_words=sum(word_counts(result.hardware.num_ms)),
        dram_words=moved,
        energy_by_event=_energies(result),
        repeats=repeats,
    )


def _laid_out(result: Solution | Evaluation, mapping: LevelMapping) -> LoopNest:
    """Return the layer as the array sees it: with a multiplier kept for sums where they come back."""
    trips = buffer_trips(result.nest, np.array([mapping.buffer.sizes], dtype=np.int64))
    back = comes_back(result.hardware, trips)[0]
    return replace(result.nest, sums="continued" if back else "whole")


def _energies(result: Solution | Evaluation) -> dict[str, Decimal]:
    """Return the energy of every event, and of the words that cross the chip's edge on both sides of it."""
    hardware = result.hardware
    counts = result.cost.counts.to_dict()
    energy = {
        name: product(price_of(hardware, entry, name), counts[name])
        for prices in COMPONENTS.values()
        for entry, names in prices.items()
        for name in names
    }
    if result.levels is not None:
        for name, entry, between in (
            ("buffer_fills", "buffer_write", "DRAM to buffer"),
            ("buffer_drains", "buffer_read", "buffer to DRAM"),
            ("dram_reads", "dram_read", "DRAM to buffer"),
            ("dram_writes", "dram_write", "buffer to DRAM"),
        ):
            energy[name] = total(
                [
                    product(hardware.price_of_word(entry, operand), words)
                    for operand, words in result.levels.transfers[between].items()
                ]
            )
    static = result.cost.energy_by_component.get(STATIC)
    if static is not None:
        energy[STATIC] = static
    return energy


def input_words(nest: LoopNest) -> int:
    """Return the input words that some window touches, padding included."""
    return nest.N * nest.G * nest.C * nest.input_rows * nest.input_cols


def _single_steps(layout: Layout) -> _Steps:
    loads = layout.iterations * layout.folds
    rows, cols = layout.trips["X"], layout.trips["Y"]
    psums = layout.iterations * (layout.folds - 1) * rows * cols if layout.aux else 0
    return _Steps(loads, loads * rows, loads * rows * (cols - 1), psums)


def _level_phases(layout: Layout, mapping: LevelMapping) -> tuple[PhaseProfile, ...]:
    """Return the kinds of steps over all buffer tiles, each of which is run like a small layer."""
    nest = layout.nest
    buffers = np.array([mapping.buffer.sizes], dtype=np.int64)
    tiles = np.array([layout.tile.sizes], dtype=np.int64)
    n = dict(zip(DIMS, array_passes(nest, tiles, buffers)[0].tolist(), strict=True))
    o = dict(zip(DIMS, buffer_trips(nest, buffers)[0].tolist(), strict=True))
    filters, folds = n["N"] * n["G"] * n["K"], n["C"] * n["R"] * n["S"]
    steps = filters * folds * n["X"] * n["Y"]
    back = filters * n["X"] * n["Y"] * (o["C"] * o["R"] * o["S"] - 1) if layout.aux else 0
    if mapping.array_order == "weights":
        loads, starts = filters * folds * o["X"] * o["Y"], filters * folds * n["X"] * o["Y"]
        return _weight_phases(layout, _Steps(loads, starts, steps - starts, back))
    size, vns = layout.tile.vn_size * layout.tile.num_vns, layout.tile.num_vns
    weights, inputs = layout.weight_key, layout.input_key
    everyone = ~layout.is_aux
    sums = _sums_phase(layout, back)
    if mapping.array_order == "inputs":
        loads = n["N"] * n["G"] * n["X"] * n["Y"] * folds * o["K"]
        return (
            _phase("inputs", "inputs", loads, layout, inputs, everyone, 0, 0, 0),
            _phase("filters", "weights", steps, layout, weights, everyone, size, vns, 0),
            *sums,
        )
    return (
        _phase("weights", "weights", steps, layout, weights, everyone, 0, 0, 0),
        _phase("inputs", "inputs", steps, layout, inputs, everyone, size, vns, 0),
        *sums,
    )


def _weight_phases(layout: Layout, steps: _Steps) -> tuple[PhaseProfile, ...]:
    """Return the kinds of steps: per filter iteration F weight folds, then F input folds for each window.

    Rules T1, T3, T4 and T9. As in the event counts, tiles that do not divide the
    layer are padded and count as whole ones.
    """
    tile = layout.tile
    products = ~layout.is_aux
    size, vns = tile.vn_size * tile.num_vns, tile.num_vns
    slides = layout.last_column if layout.forwards else products
    handed_on = vns * tile.C * tile.R * (tile.S - 1) if layout.forwards else 0
    keys = layout.weight_key, layout.input_key
    phases = [
        _phase("weights", "weights", steps.loads, layout, keys[0], products, 0, 0, 0),
        _phase("row starts", "inputs", steps.starts, layout, keys[1], products, size, vns, 0),
    ]
    if steps.others:
        phases.append(
            _phase("windows", "inputs", steps.others, layout, keys[1], slides, size, vns, handed_on)
        )
    return (*phases, *_sums_phase(layout, steps.psums))


def _sums_phase(layout: Layout, steps: int) -> tuple[PhaseProfile, ...]:
    """Return the steps that send partial sums to auxiliary multipliers, if there are any."""
    if not steps:
        return ()
    return (_phase("partial sums", "partial sums", steps, layout, layout.vn, layout.is_aux, 0, 0, 0),)


def _phase(
    name: str,
    operand: str,
    steps: int,
    layout: Layout,
    key: IntArray,
    wanted: BoolArray,
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
