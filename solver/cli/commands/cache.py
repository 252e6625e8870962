"""``cache``: the answers that commands keep for the next run, and the option that leaves them alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.questions.cache.store import Cache


no_cache_option = click.option(
    "--no-cache", is_flag=True, help="Neither read nor keep answers of other runs."
)


def open_cache(no_cache: bool) -> Cache | None:
    """Return the user's cache, which warns once if it cannot be used, or None if it is not wanted."""
    from solver.questions.cache.store import Cache

    return None if no_cache else Cache(warn=lambda message: click.echo(f"warning: {message}", err=True))


@click.group("cache")
def command() -> None:
    """Show or clear the answers kept for the next run.

    `network`, `profile`, `sweep` and `design` keep them.
    """


@command.command()
def path() -> ExitCode:
    """Print where the answers are kept."""
    from solver.questions.cache.store import cache_path

    click.echo(cache_path())
    return ExitCode.PROVED


@command.command()
def info() -> ExitCode:
    """Print how many answers are kept, and how many of them this version can use."""
    from solver.questions.cache.store import cache_path

    cache = _open()
    kept, usable = cache.counts()
    size = cache_path().stat().st_size if cache_path().exists() else 0
    click.echo(f"{cache_path()}\n{kept:,} answers, {usable:,} of this version's model, {size:,} bytes")
    return ExitCode.PROVED


@command.command()
def clear() -> ExitCode:
    """Delete all answers."""
    cache = _open()
    try:
        count = cache.clear()
    except OSError as error:
        raise InputError(f"the cache cannot be deleted: {error.strerror}", file=str(cache.path)) from None
    if count is None:
        click.echo("the cache could not be read and is deleted")
    else:
        click.echo(f"{count:,} answers deleted")
    return ExitCode.PROVED


def _open() -> Cache:
    from solver.questions.cache.store import Cache

    def refuse(message: str) -> None:
        raise InputError(message)

    return Cache(warn=refuse)
