"""The networks that a command is given, each whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.options import ModelFlags

if TYPE_CHECKING:
    from solver.layer import Layer


def read_networks(sources: Sequence[str], model_flags: ModelFlags) -> dict[str, list[Layer]]:
    """Return the layers of every network by its name; two of the same name are numbered.

    Work for the array that is in none of the layers is told on the standard error.

    Raises
    ------
    InputError
        If a layer of any of them cannot be read, or all its work is not counted: totals of half a network
        would mislead.
    """
    from solver.readers.read import read_model, split_source

    networks: dict[str, list[Layer]] = {}
    for source in sources:
        name = start = Path(split_source(source)[0]).stem or source
        number = 2
        while name in networks:
            name, number = f"{start}-{number}", number + 1
        reading = read_model(source, model_flags.read()).complete().counted(source)
        for text in reading.uncounted:
            click.echo(f"{name}: not counted: {text}", err=True)
        networks[name] = list(reading.layers)
    return networks
