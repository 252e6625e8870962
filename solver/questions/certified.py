"""What certificates say of a question, of its forms and of mappings, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from solver.answers.evidence import Evidence
from solver.answers.mapped import PieceMapping
from solver.answers.solution import Solution
from solver.arithmetic.arrays import BoolArray, FloatArray, IntArray
from solver.cost.batch import batch_cost, quick_bound
from solver.cost.bounds import least_cycles
from solver.cost.evaluate import evaluate
from solver.cost.result import Cost
from solver.errors import InfeasibleError, InputError
from solver.forms.form import Form
from solver.forms.wish import form_named, images_with
from solver.hardware import Hardware
from solver.hardware.energy_table import AREA_ENTRIES, DRAM_ENTRIES, ENERGY_ENTRIES
from solver.layer import DIMS, Primitive
from solver.legal.right import cleared
from solver.legal.tiles import candidate_tiles
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of, families_along
from solver.questions.map_layer import ANY, Question
from solver.search.presolve import SLACK
from solver.search.two_level.search import LevelSearch

NEAR = 5e-10
"""Energies that are nearer to each other, relatively, are not told apart by their bounds. The checker allows
twice as much: two programs round differently."""

Spares = Callable[[IntArray, FloatArray], BoolArray]
"""From least cycles and energies: which mappings they do not rule out."""


def columns_of(solutions: Sequence[Solution], question: Question) -> list[int]:
    """Return the lengths of rows of the images, which are no wished forms, that answers are in."""
    layer = solutions[0].layer
    names = {form.name for form in question.wish.forms(layer, question.hardware)}
    others = {one.form for one in solutions if not one.pieces and one.form not in names}
    return sorted({form_named(layer, name).nest.Y for name in others})


def forms_of(layer: Primitive, question: Question, columns: Sequence[int]) -> list[Form]:
    """Return the forms that a certificate covers: the wished ones, and images with rows of some lengths.

    Images of other products than those that answers are in are there too; they cost no less either.
    """
    forms = list(question.wish.forms(layer, question.hardware))
    for length in columns:
        images = [image for form in forms for image in images_with(layer, form.nest)]
        known = {form.nest for form in forms}
        forms += [image for image in images if length == image.nest.Y and image.nest not in known]
    return forms


def machine_of(hardware: Hardware, *, areas: bool = False) -> dict[str, Any]:
    """Return an accelerator and the entries of its energy table, with those of its area where these count."""
    entries = ENERGY_ENTRIES + DRAM_ENTRIES * (hardware.memory is not None) + AREA_ENTRIES * areas
    ports = {"port_area": str(hardware.prices.port_area or 0)} if areas else {}
    facts = hardware.to_dict()
    if hardware.memory is not None:
        facts["prefetch_buffer"] |= {
            "word_bytes": hardware.memory.buffer.sizes.to_dict(),
            "word_energy": [str(factor) for factor in hardware.word_factors.values()],
        }
    return {
        "hardware": {name: facts[name] for name in facts if name not in ("name", "energy_table")},
        "energy_table": {name: str(getattr(hardware.prices, name)) for name in entries} | ports,
    }


def question_of(question: Question, objective: str, most: int | None) -> dict[str, Any]:
    """Return the rest of a question: objective, the most pieces (None: any number), limits, forms."""
    limits, wish = question.limits, question.wish
    return {
        "objective": objective,
        "pieces": pieces_of(most),
        "limits": {"lower": dict(limits.lower), "upper": dict(limits.upper)},
        "forms": {
            "families": sorted(wish.families),
            "copying": wish.copying,
            "stationary": wish.stationary,
        },
    }


def pieces_of(most: int | None) -> int | str:
    """Return how a certificate says in how many pieces a layer may run (None: in any number)."""
    return ANY if most is None else most


def form_of(form: Form, question: Question, evidence: Evidence, spares: Spares) -> dict[str, Any]:
    """Return what is said of a form: its loops, how many mappings it has, those that were timed."""
    nest, hardware = form.nest, question.hardware
    costs: dict[Tile, Cost | None] = {}
    if form.name in evidence:
        known = evidence[form.name]
        count, timed = known.mappings, known.timed
        if timed:
            costs = {
                tile: timed[tile] if tile in timed else _cost(form, hardware, tile)
                for tile in _spared(form, hardware, sorted([*timed, *known.slower]), spares)
            }
    elif hardware.memory is None:
        # In all mappings that might have been of interest weights overtake inputs.
        tiles = candidate_tiles(nest, hardware, question.limits)
        count, costs = len(tiles), _timed(form, hardware, tiles, spares)
    else:
        try:
            count = LevelSearch(nest, hardware, question.limits).space_size
        except InfeasibleError:
            count = 0
    return {
        "name": form.name,
        "loops": dict(zip(DIMS, nest.sizes, strict=True)),
        "stride": list(nest.stride),
        "dilation": list(nest.dilation),
        "operation": nest.operation,
        "mappings": count,
        "timed": [_figures(tile, cost) for tile, cost in costs.items()],
    }


def _timed(form: Form, hardware: Hardware, tiles: IntArray, spares: Spares) -> dict[Tile, Cost | None]:
    if not len(tiles):
        return {}
    quick = quick_bound(form.nest, hardware, tiles)
    near = tiles[spares(quick.least_cycles, quick.energy * (1 - SLACK))]
    spared = _spared(form, hardware, map(Tile.of, near), spares)
    return {tile: _cost(form, hardware, tile) for tile in spared}


def _cost(form: Form, hardware: Hardware, tile: Tile) -> Cost | None:
    return evaluate(form.nest, hardware, tile) if cleared(form.nest, hardware, tile) else None


def _spared(form: Form, hardware: Hardware, tiles: Iterable[Tile], spares: Spares) -> list[Tile]:
    """Return the tiles that their lower bounds do not rule out."""
    some = list(tiles)
    if not some:
        return []
    found = batch_cost(form.nest, hardware, np.array([tile.sizes for tile in some]))
    cycles = np.maximum(found.least_cycles, max(least_cycles(form.nest, hardware).values()))
    energy = found.energy_of(found.least_cycles)
    return [some[at] for at in np.flatnonzero(spares(cycles, energy * (1 + NEAR)))]


def _figures(tile: Tile, cost: Cost | None) -> dict[str, Any]:
    if cost is None:
        return {"tile": list(tile.sizes), "overtakes": True}
    return {"tile": list(tile.sizes), "cycles": cost.cycles, "energy": str(cost.energy)}


def _mapping(mapped: Solution | PieceMapping) -> dict[str, Any]:
    figures = _figures(mapped.tile, mapped.cost)
    if mapped.levels is None:
        return figures
    mapping = mapped.levels.mapping
    return {**figures, "buffer_tile": list(mapping.buffer.sizes), "dram_order": mapping.dram_order}


def answer_of(solution: Solution, question: Question, forms: Sequence[Form]) -> dict[str, Any]:
    """Return the mapping of an answer, with the form of all of it or of each piece."""
    layer, wish, hardware = solution.layer, question.wish, question.hardware
    if not solution.pieces:
        names = [form.name for form in forms]
        return {"form": _place(names, solution.form, "the answer"), **_mapping(solution)}
    cuts = cuts_of(layer, wish, hardware)
    place = [(cut.base, cut.dim) for cut in cuts].index((solution.pieces[0].base, solution.pieces[0].dim))
    names = [family.name for family in families_along(layer, cuts[place], wish, hardware)]
    rows = [
        {"count": piece.count, "form": _place(names, piece.form, "a piece"), **_mapping(piece)}
        for piece in solution.pieces
    ]
    return {"cut": place, "pieces": rows}


def _place(names: Sequence[str], form: str, of: str) -> int:
    """Return the place of a form among those that a certificate covers."""
    if form not in names:
        what = f"{of} is a {form}, a form that certificates do not cover"
        raise InputError(field="certificate", what=what)
    return names.index(form)
