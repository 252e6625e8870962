"""Whether an answer that was kept is right: legal, evaluated again, and proved where it says so.

The mapping is evaluated in full. The baselines, which are only shown beside it, must be legal, must not fall
below physical bounds, and none may beat the answer within its own space.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite

import numpy as np

from solver.answers.solution import Solution, Status
from solver.arithmetic.exact import total
from solver.baselines.legal import keep_legal
from solver.cost.bounds import least_cycles, least_energy
from solver.cost.evaluate import evaluate
from solver.cost.result import Cost
from solver.cost.two_level.evaluate import evaluate_levels
from solver.cost.two_level.result import LevelFigures
from solver.errors import MapperError
from solver.forms.wish import images_with
from solver.hardware import Hardware
from solver.layer import DIMS, LoopNest, Primitive
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits, legality
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.pieces.cuts import cuts_of, families_along
from solver.questions.evaluate_pieces import evaluate_pieces
from solver.questions.map_layer import Question, best_of


def doubt(answer: Solution, question: Question) -> str | None:
    """Return why an answer to a question cannot be right, in a few words, or None if it can."""
    nests = {form.name: form.nest for form in question.wish.forms(answer.layer, question.hardware)}
    try:
        return (
            _mapping_doubt(answer, question, nests)
            or _claim_doubt(answer)
            or _baseline_doubt(answer, question, nests)
        )
    except (MapperError, ArithmeticError, ValueError) as error:
        return str(error) or type(error).__name__


def mapping_doubt(answer: Solution, question: Question) -> str | None:
    """Return why the mapping of an answer is not legal, or costs something else, or None if all is right."""
    nests = {form.name: form.nest for form in question.wish.forms(answer.layer, question.hardware)}
    try:
        return _mapping_doubt(answer, question, nests)
    except (MapperError, ArithmeticError, ValueError) as error:
        return str(error) or type(error).__name__


def _mapping_doubt(answer: Solution, question: Question, nests: Mapping[str, LoopNest]) -> str | None:
    if (answer.one_piece is None) is bool(answer.pieces):
        return "it has half a mapping in pieces"
    if answer.pieces:
        return _pieces_doubt(answer, question, nests)
    nest = _nest_of(answer.form, answer.layer, question, nests)
    if nest is None:
        return f"it is of the form {answer.form}, which was not asked for"
    if (answer.levels is None) is not (question.hardware.memory is None):
        return "it is for hardware of another kind"
    mapping: Tile | LevelMapping = answer.levels.mapping if answer.levels else answer.tile
    if answer.levels and answer.levels.mapping.tile != answer.tile:
        return "it has two array tiles"
    if not _within(question.limits, nest, answer.tile):
        return f"{answer.tile} is outside the limits"
    reason = _illegal(nest, question, mapping)
    if reason is not None:
        return f"{mapping} is illegal: {reason}"
    cost, levels = _evaluate(nest, question, mapping)
    if cost != answer.cost or levels != answer.levels:
        objective = question.objective
        return (
            f"{mapping} costs {cost.value(objective)}, not {answer.cost.value(objective)} or in another way"
        )
    return None


def _pieces_doubt(answer: Solution, question: Question, nests: Mapping[str, LoopNest]) -> str | None:
    most, other = question.most_pieces, answer.one_piece
    assert other is not None
    if most is not None and len(answer.pieces) > most:
        return f"it is in {len(answer.pieces)} pieces"
    found = evaluate_pieces(answer.layer, question.hardware, answer.pieces)
    families = {
        (cut.base, cut.dim): families_along(answer.layer, cut, question.wish, question.hardware)
        for cut in cuts_of(answer.layer, question.wish, question.hardware)
    }
    for piece, part in zip(answer.pieces, answer.layers, strict=True):
        along = families.get((piece.base, piece.dim), ())
        shorter = {family.name: family.nest_of(piece.count) for family in along if not family.whole}
        nest = _nest_of(piece.form, part, question, shorter)
        if nest is None:
            return f"a piece is of the form {piece.form}, which was not asked for"
        if not _within(question.limits, nest, piece.tile):
            return f"{piece.tile} is outside the limits"
    if (found.cost, found.pieces, found.tile, found.form) != (
        answer.cost,
        answer.pieces,
        answer.tile,
        answer.form,
    ):
        return f"{answer.mapping_text} costs something else"
    nest = _nest_of(other.form, answer.layer, question, nests)
    if (other.levels is None) is not (question.hardware.memory is None):
        return "its mapping in one piece is for hardware of another kind"
    whole: Tile | LevelMapping = other.levels.mapping if other.levels else other.tile
    if nest is None or _illegal(nest, question, whole) is not None:
        return "its mapping in one piece is illegal"
    if not _within(question.limits, nest, other.tile):
        return "its mapping in one piece is outside the limits"
    if _evaluate(nest, question, whole) != (other.cost, other.levels):
        return "its mapping in one piece costs something else"
    return None


def _nest_of(
    form: str, layer: Primitive, question: Question, nests: Mapping[str, LoopNest]
) -> LoopNest | None:
    """Return the loops of a form that was searched: those given, or behind a buffer images of them."""
    images = question.wish.images and question.hardware.memory is not None and not str(question.limits)
    if form in nests or not images:
        return nests.get(form)
    found = (image for nest in nests.values() for image in images_with(layer, nest) if image.name == form)
    image = next(found, None)
    return None if image is None else image.nest


def _illegal(nest: LoopNest, question: Question, mapping: Tile | LevelMapping) -> str | None:
    if isinstance(mapping, LevelMapping):
        return level_legality(nest, question.hardware, mapping)
    return legality(nest, question.hardware, mapping)


def _evaluate(
    nest: LoopNest, question: Question, mapping: Tile | LevelMapping
) -> tuple[Cost, LevelFigures | None]:
    if isinstance(mapping, LevelMapping):
        return evaluate_levels(nest, question.hardware, mapping)
    return evaluate(nest, question.hardware, mapping), None


def _claim_doubt(answer: Solution) -> str | None:
    value, bound = answer.objective_value, answer.bound
    if not (bound.is_finite() and 0 <= bound <= value):
        return f"its bound is {bound}, its value {value}"
    if answer.status is Status.INTERRUPTED or (answer.proved and bound != value):
        return f"it is called {answer.status}, with the bound {bound} of {value}"
    if answer.proved and answer.cost.method == "closed form":
        return "it is called proved, but its mapping is too long to replay"
    if not (isfinite(answer.wall_seconds) and answer.wall_seconds >= 0):
        return f"its search took {answer.wall_seconds} s"
    if answer.space.size < 1 or answer.space.forms < 1 or answer.replayed < 0 or answer.simulator:
        return "it is of another search"
    return None


def _baseline_doubt(answer: Solution, question: Question, nests: Mapping[str, LoopNest]) -> str | None:
    tiles = defaultdict(set)
    least = {name: _least(nest, question.hardware) for name, nest in nests.items()}
    for baseline in answer.baselines:
        name = baseline.name
        if baseline.tile is None or baseline.cost is None:
            if baseline.tile or baseline.cost or baseline.levels:
                return f"its baseline {name} has half a mapping"
            continue
        if baseline.pieces:
            found = evaluate_pieces(answer.layer, question.hardware, baseline.pieces)
            if (found.cost, found.pieces, found.tile) != (baseline.cost, baseline.pieces, baseline.tile):
                return f"its baseline {name} costs something else"
            continue
        nest = nests.get(baseline.form)
        if nest is None or (baseline.levels is None) is not (question.hardware.memory is None):
            return f"its baseline {name} is for something else"
        cycles, energy = least[baseline.form]
        if baseline.cost.cycles < cycles or not baseline.cost.energy >= energy:
            return f"its baseline {name} beats physics"
        if baseline.levels is None:
            tiles[baseline.form].add(baseline.tile)
        elif (
            baseline.levels.mapping.tile != baseline.tile
            or level_legality(nest, question.hardware, baseline.levels.mapping) is not None
        ):
            return f"its baseline {name} is illegal"
    for form, chosen in tiles.items():
        rows = np.array([tile.sizes for tile in chosen], dtype=np.int64)
        if len(keep_legal(nests[form], question.hardware, rows)) < len(rows):
            return "one of its baselines is illegal"
    if best_of(answer, question.limits) != answer:
        return "a baseline beats it"
    return None


def _least(nest: LoopNest, hardware: Hardware) -> tuple[int, Decimal]:
    """Return cycles and energy that no mapping can avoid."""
    return max(least_cycles(nest, hardware).values()), total(list(least_energy(nest, hardware).values()))


def _within(limits: Limits, nest: LoopNest, tile: Tile) -> bool:
    return all(
        size in limits.range(dim, getattr(nest, dim)) for dim, size in zip(DIMS, tile.sizes, strict=True)
    )
