"""What one mapping of a layer costs, in one piece."""

from __future__ import annotations

from collections.abc import Sequence

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Status
from solver.cost.evaluate import evaluate
from solver.cost.result import Objective
from solver.cost.two_level.evaluate import evaluate_levels
from solver.errors import InfeasibleError, InputError
from solver.forms.form import Form
from solver.forms.wish import AS_WRITTEN, Wish
from solver.hardware import Hardware
from solver.layer import Primitive
from solver.legal.levels import level_legality
from solver.legal.tiles import Limits, legality
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.search.two_level.solve import solve_levels


def evaluate_mapping(
    layer: Primitive,
    hardware: Hardware,
    mapping: Tile | LevelMapping,
    wish: Wish = AS_WRITTEN,
    objective: Objective = Objective.LATENCY,
) -> Evaluation:
    """Return what a mapping costs.

    Parameters
    ----------
    layer, hardware, mapping
        What runs where, and how. Where the hardware has a prefetch buffer and only an array tile is given,
        the best buffer tile and loop orders for it are found, and a note says so.
    wish
        The forms that the tile may be of: of those in which it is legal the one that takes fewest cycles.
    objective
        What the buffer tile and loop orders minimise where they are found here.

    Raises
    ------
    InputError
        If the hardware would not compute the layer correctly with this mapping; the message says why.
    """
    if isinstance(mapping, LevelMapping):
        return _levels(layer, hardware, mapping, wish)
    if hardware.memory is not None:
        return _best_levels(layer, hardware, mapping, wish, objective)
    choices = wish.forms(layer, hardware)
    legal = _legal(layer, mapping, choices, [legality(choice.nest, hardware, mapping) for choice in choices])
    costs = [(evaluate(choice.nest, hardware, mapping), choice.name) for choice in legal]
    cost, name = min(costs, key=lambda pair: pair[0].cycles)
    return Evaluation(layer, hardware, mapping, cost, form=name)


def _legal(
    layer: Primitive, mapping: Tile | LevelMapping, choices: Sequence[Form], reasons: list[str | None]
) -> list[Form]:
    if None not in reasons:
        raise InputError(f"illegal mapping {mapping} of {layer.title}: {reasons[0]}")
    return [choice for choice, reason in zip(choices, reasons, strict=True) if reason is None]


def _levels(layer: Primitive, hardware: Hardware, mapping: LevelMapping, wish: Wish) -> Evaluation:
    if hardware.memory is None:
        raise InputError(
            field="buffer_tile",
            found=str(mapping.buffer),
            expected=f"none: {hardware.name} has no prefetch buffer (--buffer and --dram-bandwidth add one)",
        )
    choices = wish.forms(layer, hardware)
    reasons = [level_legality(choice.nest, hardware, mapping) for choice in choices]
    legal = _legal(layer, mapping, choices, reasons)
    found = [(*evaluate_levels(choice.nest, hardware, mapping), choice.name) for choice in legal]
    cost, levels, name = min(found, key=lambda entry: entry[0].cycles)
    return Evaluation(layer, hardware, mapping.tile, cost, form=name, levels=levels)


def _best_levels(
    layer: Primitive, hardware: Hardware, tile: Tile, wish: Wish, objective: Objective
) -> Evaluation:
    try:
        solution = solve_levels(layer, hardware, objective, limits=Limits.pinned(tile), wish=wish)
    except InfeasibleError as error:
        raise InputError(f"illegal mapping {tile} of {layer.title}: {error}") from None
    if solution.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    note = f"buffer tile and loop orders are the best for the given array tile under {objective}, proved"
    return Evaluation(layer, hardware, tile, solution.cost, (note,), solution.form, levels=solution.levels)
