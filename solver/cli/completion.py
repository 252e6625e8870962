"""What the shell completes that depends on the words before, or on a list that is begun."""

from __future__ import annotations

from contextlib import suppress

import click


def layers_of_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the model's layers that begin so."""
    # As the option has no value yet, click leaves the words as they are; some belong to other options.
    words = ctx.params.get("sources") or [ctx.params.get("source") or "", *ctx.args]
    names = dict.fromkeys(name for word in words for name in layer_names(word))
    return [name for name in names if name.startswith(incomplete)]


def layer_names(model: str) -> list[str]:
    """Return the names of a model's layers; one that cannot be read has none."""
    from solver.errors import MapperError
    from solver.readers.read import read_model

    with suppress(MapperError, OSError):
        return [layer.name for layer in read_model(model).layers if layer.name]
    return []


def forms_in_list(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of forms that the last word of a list begins, with the words before it."""
    from solver.forms.form import FAMILIES

    before, comma, begun = incomplete.rpartition(",")
    return [before + comma + name for name in ("all", *FAMILIES) if name.startswith(begun)]
