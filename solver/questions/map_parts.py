"""The mapping of a layer made of parts: each different part mapped, in the way that costs least."""

from __future__ import annotations

from collections.abc import Callable

from solver.answers.evaluation import Evaluation
from solver.answers.whole import WholeMapping, named_parts
from solver.cost.result import Objective
from solver.errors import ExitCode, InfeasibleError
from solver.layer import Layer, Primitive

Choose = Callable[[list[Primitive]], tuple[list[Evaluation], ExitCode]]
"""Finds the mappings of layers of one loop nest, and says what the search deserves."""


def map_parts(layer: Layer, objective: Objective, choose: Choose) -> tuple[WholeMapping, ExitCode]:
    """Map every part of a layer, taken apart in the way that costs least.

    A way whose search was not proved leaves a doubt, whichever is chosen.

    Parameters
    ----------
    layer, objective
        The layer, and what is minimised over all runs of its parts together.
    choose
        How parts are mapped.

    Raises
    ------
    InfeasibleError
        If a part of every way has no legal mapping.
    """
    found: list[WholeMapping] = []
    codes: list[ExitCode] = []
    reasons: list[InfeasibleError] = []
    for way in layer.decompositions():
        named = named_parts(layer, way)
        try:
            chosen, code = choose(list(named.values()))
        except InfeasibleError as error:
            reasons.append(error)
            continue
        found.append(WholeMapping(layer, way, dict(zip(named, chosen, strict=True))))
        codes.append(code)
    if not found:
        raise reasons[0]
    return min(found, key=lambda mapped: mapped.figures.value(objective)), max(codes)
