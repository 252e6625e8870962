"""What a given mapping costs: a tile of the user's own, or a saved mapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from solver.cost import evaluate
from solver.errors import InputError
from solver.evaluation import Evaluation
from solver.export.mapping_file import SavedMapping
from solver.hardware import Hardware
from solver.layer import DIMS, WEIGHTS, LoopNest, Primitive
from solver.mapping import Tile
from solver.space import legality


def evaluate_tile(layer: Primitive, hardware: Hardware, tile: Tile, stationary: str = WEIGHTS) -> Evaluation:
    """Return what a tile costs.

    Parameters
    ----------
    layer, hardware, tile
        What runs where, and how.
    stationary
        The lowering that the tile is of, or `BEST`: of those in which it is legal the one that takes fewest
        cycles. Kinds of layers without a choice ignore it.

    Raises
    ------
    InputError
        If the hardware would not compute the layer correctly with this tile; the message says why.
    """
    choices = layer.choices(stationary)
    reasons = [legality(choice.nest, hardware, tile) for choice in choices]
    if None not in reasons:
        raise InputError(f"illegal mapping {tile} of {layer.name or layer.kind}: {reasons[0]}")
    legal = [choice for choice, reason in zip(choices, reasons, strict=True) if reason is None]
    costs = [(evaluate(choice.nest, hardware, tile), choice.name) for choice in legal]
    cost, name = min(costs, key=lambda pair: pair[0].cycles)
    return Evaluation(layer, hardware, tile, cost, stationary=name)


def evaluate_saved(layer: Primitive, saved: Sequence[SavedMapping], hardware: Hardware | None) -> Evaluation:
    """Return what the saved mapping of a layer costs.

    Parameters
    ----------
    layer
        The layer; an entry belongs to it if the loops are the same.
    saved
        The entries of a file.
    hardware
        Replaces the hardware of the file, with a note of what differs; None keeps it, and the figures are
        compared with those of the file.

    Raises
    ------
    InputError
        If no entry has the loops of the layer, or the mapping is illegal.
    """
    entry = _entry_for(layer, saved)
    evaluation = evaluate_tile(layer, hardware or entry.hardware, entry.tile, entry.stationary)
    if hardware is None and entry.reproduced_by(evaluation.cost):
        note = "the figures are those saved with the mapping"
    elif hardware is None:
        note = (
            f"another version of the cost model: the mapping was saved with {entry.cycles:,} cycles "
            f"and energy {entry.energy}"
        )
    else:
        changed = _changes(hardware, entry.hardware)
        if not changed:
            return evaluation
        note = f"not the hardware that the mapping was saved with: {changed}"
    return replace(evaluation, notes=(note,))


def _entry_for(layer: Primitive, saved: Sequence[SavedMapping]) -> SavedMapping:
    """Return the entry with the loops of the layer; among several, the one with its name."""
    nest = layer.nest()
    same = [entry for entry in saved if any(entry.nest == c.nest for c in layer.choices(entry.stationary))]
    if same:
        return next((entry for entry in same if entry.layer == layer.name), same[0])
    nearest = next((entry for entry in saved if entry.layer == layer.name), saved[0])
    raise InputError(
        "the mapping was saved for another layer; to try its tile on this one, give the tile itself",
        field=layer.name or layer.kind,
        found=_difference(nest, nearest.nest),
        expected=f"the loops of {nearest.layer}: {_difference(nearest.nest, nest)}",
    )


def _difference(nest: LoopNest, other: LoopNest) -> str:
    names = (*DIMS, "stride", "dilation")
    return " ".join(f"{n}={getattr(nest, n)}" for n in names if getattr(nest, n) != getattr(other, n))


def _changes(used: Hardware, saved: Hardware) -> str:
    names = [field.name for field in fields(Hardware) if field.name not in ("name", "energy_table")]
    changed = [
        f"{name} {getattr(used, name)} instead of {getattr(saved, name)}"
        for name in names
        if getattr(used, name) != getattr(saved, name)
    ]
    if used.energy_table != saved.energy_table:
        changed.append(f"energy table {used.energy_table.name} instead of {saved.energy_table.name}")
    return ", ".join(changed)
