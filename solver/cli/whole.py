"""Layers made of parts: every part mapped, and all of them executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.cli.choose import MappingFlags, choose_for
from solver.cli.options import ModelFlags
from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.answers.evaluation import Evaluation
    from solver.answers.whole import WholeMapping
    from solver.layer import Layer, Primitive


def made_of_parts(source: str, model_flags: ModelFlags) -> Layer | None:
    """Return the one layer of a source if it is made of parts, else None."""
    from solver.layer import HostOperation, Primitive
    from solver.readers.read import read_layers

    layers = read_layers(source, model_flags.read())
    if len(layers) != 1 or isinstance(layers[0], Primitive | HostOperation):
        return None
    return layers[0]


def choose_whole(layer: Layer, flags: MappingFlags) -> tuple[WholeMapping, ExitCode]:
    """Map every part of a layer, taken apart in the way that costs least.

    Raises
    ------
    InputError
        If a mapping is given: it would have to be one of every part.
    InfeasibleError
        If a part of every way has no legal mapping.
    """
    from solver.cost.result import Objective
    from solver.questions.map_parts import map_parts

    if flags.mapping is not None:
        refuse_beside_parts(layer, "a mapping")

    def choose(parts: list[Primitive]) -> tuple[list[Evaluation], ExitCode]:
        return choose_for(parts, flags)

    return map_parts(layer, Objective(flags.objective), choose)


def refuse_beside_parts(layer: Layer, what: str) -> None:
    """Refuse what is given beside a layer made of parts, and would have to be given for each of them."""
    raise InputError(
        field=layer.name or "layer",
        found=f"the kind {layer.kind}, made of parts, and {what} beside it",
        expected=f"no {what.removeprefix('a ')}, as each part has its own",
    )
