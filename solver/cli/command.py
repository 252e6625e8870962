"""What every command is: its own options first in the help, then those it shares with others, by title."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click
import cloup
from cloup.formatting import ensure_is_cloup_formatter

from solver.cost.objective import Objective
from solver.errors import FORMER, did_you_mean

Function = TypeVar("Function", bound=Callable[..., Any])

RENAMED = {
    f"--{no}{before}".replace("_", "-"): f"--{no}{now}".replace("_", "-")
    for before, now in FORMER.items()
    for no in ("", "no-")
}
"""Options that were called otherwise than the same thing in files, JSON and Python: both are understood."""


def _renamed(argument: str) -> str:
    """Return an argument under the name that its option has now."""
    name, equals, value = argument.partition("=")
    return RENAMED.get(name, name) + equals + value


def _elsewhere(error: click.NoSuchOption, ctx: click.Context, group: click.Group) -> click.UsageError:
    """Return the mistake, with the commands of a group that have the option, if others have it."""
    option = error.option_name
    commands = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    having = [
        name
        for name, command in commands.items()
        if command and any(option in parameter.opts for parameter in command.params)
    ]
    if not having:
        return error
    if ctx.command is group:
        where = f"it belongs behind a command, such as {having[0]} {option}"
    else:
        where = f"it is an option of {' and '.join(filter(None, (', '.join(having[:-1]), having[-1])))}"
    return click.UsageError(f"No such option {option!r}: {where}", ctx)


class Command(cloup.Command):
    """A command whose help has a section for each group of options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; raises `click.UsageError`, which names the commands that know an option."""
        try:
            return super().parse_args(ctx, [_renamed(argument) for argument in args])
        except click.NoSuchOption as error:
            parent = ctx.parent.command if ctx.parent else None
            raise (_elsewhere(error, ctx, parent) if isinstance(parent, click.Group) else error) from None

    def format_params(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then the groups in the order in which it takes them."""
        own = self.get_default_option_group(ctx, is_the_only_visible_option_group=True)
        sections = [self.make_option_group_help_section(group, ctx) for group in (own, *self.option_groups)]
        ensure_is_cloup_formatter(formatter).write_many_sections(sections, aligned=True)


class Group(click.Group):
    """A group of commands, in large or small letters, that names the one that was meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; raises `click.UsageError`, also for an option that belongs to a command."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _elsewhere(error, ctx, self) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command and its arguments; raises `click.UsageError` if there is none."""
        known, name = self.list_commands(ctx), args[0]
        if name.lower() in known:
            return super().resolve_command(ctx, [name.lower(), *args[1:]])
        if not name.startswith("-") and (hint := did_you_mean(name, known)):
            ctx.fail(f"no such command {name!r}{hint}")
        return super().resolve_command(ctx, args)


class Choice(click.Choice):
    """One of some words, in large or small letters.

    Parameters
    ----------
    words
        What may be chosen.
    meanings
        Other words that users try, and which of `words` they mean: named in the message.
    """

    def __init__(self, words: Iterable[str], meanings: dict[str, str] | None = None) -> None:
        super().__init__(list(words), case_sensitive=False)
        self.meanings = meanings or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, or fail with the one that was meant."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            words = [str(word) for word in self.choices]
            hint = did_you_mean(str(value), words, self.meanings)
            if {each.strip().lower() for each in str(value).split(",")} <= set(words):
                several = bool(param and param.multiple)
                hint = (
                    f": several, each behind its own {param.opts[-1]}" if param and several else ": several"
                )
            self.fail(f"found {value!r}{hint}, expected one of {', '.join(words)}", param, ctx)


MEANINGS = {
    **dict.fromkeys(("cycles", "time", "delay", "runtime", "speed", "performance"), "latency"),
    **dict.fromkeys(("power", "joules", "pj"), "energy"),
    **dict.fromkeys(("ed", "energy-delay", "product"), "edp"),
    **dict.fromkeys(("front", "both", "all"), "pareto"),
}
"""What people type for objectives, and which they mean."""


def objectives(*more: str) -> Choice:
    """Return the type of an option ``--objective``, with further objectives that a command knows."""
    return Choice((*map(str, Objective), *more), MEANINGS)


def objective_option(told: str, *more: str) -> Callable[[Any], Any]:
    """Return the option ``--objective`` with its help; further objectives as for `objectives`."""
    return click.option(
        "--objective", type=objectives(*more), default="latency", show_default=True, help=told
    )


def option_group(
    title: str, record: type[Any], parameter: str, options: Sequence[Callable[[Any], Any]]
) -> Callable[[Function], Function]:
    """Return a decorator that adds options to a command and hands them over as one `record`.

    The record takes the options by their names; the help shows them under the title.
    """
    gather = gathered(record, parameter, **{name: name for name in map(_name, options)})

    def decorate(function: Function) -> Function:
        grouped: Any = cloup.option_group(title, *options)(gather(function))
        return grouped

    return decorate


def gathered(record: type[Any], parameter: str, **fields: str) -> Callable[[Function], Function]:
    """Return a decorator, below those of the options, that hands over some parameters as one `record`.

    `fields` says for each field of the record which parameter it is.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def command(**given: Any) -> Any:
            given[parameter] = record(**{field: given.pop(name) for field, name in fields.items()})
            return function(**given)

        gathering: Any = command
        return gathering

    return decorate


def _name(option: Callable[[Any], Any]) -> str:
    """Return the parameter that an option gives."""

    def command() -> None: ...

    option(command)
    (made,) = vars(command)["__click_params__"]
    name: str = made.name
    return name
