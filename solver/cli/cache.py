"""``cache``: the answers that `network` keeps for the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.cache import Cache


@click.group("cache")
def command() -> None:
    """Show or clear the answers that `network` keeps for the next run."""


@command.command()
def path() -> ExitCode:
    """Print where the answers are kept."""
    from solver.cache import cache_path

    click.echo(cache_path())
    return ExitCode.PROVED


@command.command()
def info() -> ExitCode:
    """Print how many answers are kept, and how many of them this version can use."""
    from solver.cache import cache_path

    cache = _open()
    kept, usable = cache.counts()
    size = cache_path().stat().st_size if cache_path().exists() else 0
    click.echo(f"{cache_path()}\n{kept:,} answers, {usable:,} of this version's model, {size:,} bytes")
    return ExitCode.PROVED


@command.command()
def clear() -> ExitCode:
    """Delete all answers."""
    count = _open().clear()
    click.echo(f"{count:,} answers deleted")
    return ExitCode.PROVED


def _open() -> Cache:
    from solver.cache import Cache

    def refuse(message: str) -> None:
        raise InputError(message)

    return Cache(warn=refuse)
