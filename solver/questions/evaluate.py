"""What a given mapping costs: one of the user's own, or a saved one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from solver.answers.evaluation import Evaluation
from solver.cost.result import Objective
from solver.errors import InputError, placed
from solver.forms.form import Form
from solver.forms.wish import Wish, form_named, form_with, given
from solver.hardware import Hardware, read_hardware
from solver.layer import DIMS, LoopNest, Primitive
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.evaluate_mapping import evaluate_mapping
from solver.questions.evaluate_pieces import evaluate_pieces
from solver.readers.mapping_file import read_mapping
from solver.writers.mapping_file import SavedMapping, is_mapping_file, saved_mappings
from solver.yamlfile import load


def evaluate_given(
    layers: Sequence[Primitive],
    mapping: Tile | LevelMapping | str | Path,
    hardware: Hardware | None,
    stationary: str | None = None,
    objective: Objective = Objective.LATENCY,
    forms: str | None = None,
) -> list[Evaluation]:
    """Return what every layer costs with its saved mapping, or with the one mapping that is given.

    Parameters
    ----------
    mapping
        A mapping, a tile as a text, or a file: with a tile, or saved by ``map --out``.
    hardware
        None is that of a saved mapping, or the default.
    stationary, forms
        The forms that the mapping may be of, see `solver.forms.wish.Wish.of`; None is the form that a file
        names, or the layer as it is written.
    objective
        As for `evaluate_mapping`.

    Raises
    ------
    InputError
        If the mapping cannot be read, is illegal, or was saved for other layers.
    """
    only: Wish | None = None
    if isinstance(mapping, (str, Path)):
        file = str(mapping)
        document = load(file) if os.path.isfile(file) else None
        if document is not None and is_mapping_file(document):
            _refuse_beside(file, stationary, forms)
            saved = saved_mappings(document, file=file)
            return [evaluate_saved(layer, saved, hardware) for layer in layers]
        mapping, form = read_mapping(mapping)
        if form:
            _refuse_beside(file, stationary, forms)
            for layer in layers:
                _check_form(layer, form, file)
            only = Wish(only=form)
    if not isinstance(mapping, Tile | LevelMapping):
        expected = "a mapping, a tile such as 'R3 S3 K8', or a file with one; hardware goes in hardware="
        raise InputError(field="mapping", found=f"the type {type(mapping).__name__}", expected=expected)
    used, wish = hardware or read_hardware(), only or given(forms, stationary)
    return [evaluate_mapping(layer, used, mapping, wish, objective) for layer in layers]


def _refuse_beside(file: str, stationary: str | None, forms: str | None) -> None:
    """Refuse options that say which form a mapping is of beside a file that says it."""
    for flag, word in (("--stationary", stationary), ("--forms", forms)):
        if word is not None:
            found = f"{word}, beside {file}, which says it too"
            raise InputError(field=flag, found=found, expected="one of the two")


def _check_form(layer: Primitive, form: str, file: str) -> None:
    with placed(file=file):
        form_named(layer, form)


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
    entry, form = _entry_for(layer, saved)
    used = hardware or entry.hardware
    # On hardware without prefetch buffer only the array tile of a two-level mapping means something.
    mapping = entry.mapping if used.memory is not None else entry.tile
    if entry.pieces:
        evaluation = evaluate_pieces(layer, used, entry.pieces, Objective(entry.objective))
    else:
        objective = Objective(entry.objective)
        evaluation = evaluate_mapping(layer, used, mapping, Wish(only=form.name), objective)
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
    return replace(evaluation, notes=(note, *evaluation.notes))


def _entry_for(layer: Primitive, saved: Sequence[SavedMapping]) -> tuple[SavedMapping, Form]:
    """Return the entry with the loops of a form of the layer, and the form; the one with its name first."""
    nest = layer.nest()
    same = [(entry, form) for entry in saved if (form := _form_of(layer, entry)) is not None]
    if same:
        return next((pair for pair in same if pair[0].layer == layer.name), same[0])
    nearest = next((entry for entry in saved if entry.layer == layer.name), saved[0])
    raise InputError(
        "the mapping was saved for another layer; to try its tile on this one, give the tile itself",
        field=layer.title,
        found=_difference(nest, nearest.nest),
        expected=f"the loops of {nearest.layer}: {_difference(nearest.nest, nest)}",
    )


def _form_of(layer: Primitive, entry: SavedMapping) -> Form | None:
    """Return the form of the layer that has the loops of an entry, the one that it names if it can."""
    form = form_with(layer, entry.nest)
    if form is None or not entry.form:
        return form
    try:
        named = form_named(layer, entry.form)
    except InputError:
        return form
    return named if named.nest == entry.nest else form


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
