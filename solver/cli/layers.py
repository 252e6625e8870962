"""The layers that a command is given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from solver.errors import InputError

if TYPE_CHECKING:
    from solver.layer import Primitive

stationary_option = click.option(
    "--stationary",
    type=click.Choice(["best", "weights", "inputs"]),
    help="Which operand of a matrix product stays in the multipliers [default: best]; other layers have no "
    "choice.",
)


def read_primitives(sources: Iterable[str]) -> list[Primitive]:
    """Return the layers of some sources, each of them one loop nest.

    Raises
    ------
    InputError
        If a source is wrong, or one of its layers is made of several parts or runs on the host.
    """
    from solver.frontends import read_layers
    from solver.layer import Primitive

    primitives: list[Primitive] = []
    for source in sources:
        for layer in read_layers(source):
            if not isinstance(layer, Primitive):
                parts = ", ".join(part.name or part.layer.kind for part in layer.parts())
                raise InputError(
                    "this layer is not a single loop nest on the array",
                    file=source,
                    field=layer.name or None,
                    found=f"the kind {layer.kind}, made of {parts}",
                    expected="a layer of one loop nest, such as conv or fc; `network` takes every kind",
                )
            primitives.append(layer)
    return primitives
