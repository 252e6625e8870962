"""The command group, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

import click

from solver.cli.command import Group
from solver.cli.streams import safe_streams
from solver.errors import ExitCode, MapperError, missing_package
from solver.version import VERSION

DEBUG = "--debug"

COMMANDS = (
    "map",
    "check",
    "evaluate",
    "explain",
    "convert",
    "network",
    "explore",
    "sweep",
    "design",
    "profile",
    "configure",
    "simulate",
    "show",
    "cache",
)
"""Every command, in the order of the help; its module in solver/cli/commands holds it as `command`."""

OWN = "solver"
"""This package: one of its modules that is missing is a defect."""

EPILOG = """\b
Exit codes:
  0    every mapping is proved optimal (map), or was evaluated (evaluate)
  1    a part was done, the rest is listed (convert --partial, network)
  2    bad input; nothing was written
  3    a mapping was found, but not proved optimal; or none in the time there was
  4    no legal mapping exists; the message names what forbids it
  70   internal error; please report it
  130  interrupted by Ctrl-C or SIGTERM; the best mapping found so far is printed
With several layers the worst one decides: 130, then 4, 3, 0.
"""


class LazyGroup(Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None if it is unknown."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"{OWN}.cli.commands.{cmd_name}").command
        return command


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, prog_name="maeri-solver")
@click.option(DEBUG, is_flag=True, expose_value=False, help="Show where an internal error happened.")
def cli() -> None:
    """Map DNN layers onto the MAERI accelerator, with a proof that no mapping is better."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    args
        The arguments; by default those of the process.

    Returns
    -------
    int
        The exit code.
    """
    args = list(sys.argv[1:] if args is None else args)
    if "_MAERI_SOLVER_COMPLETE" in os.environ:
        from solver.cli.shells import teach_shells

        teach_shells()
    with safe_streams() as out:
        code = _run(args)
        out.flush()
        if out.failure is None:
            return code
        # Files that were asked for are written all the same.
        return _fail(f"the standard output cannot be written: {_reason(out.failure)}", ExitCode.BAD_INPUT)


def _run(args: list[str]) -> int:
    try:
        return int(cli.main(args=args, standalone_mode=False, obj=tuple(args)) or ExitCode.PROVED)
    except click.Abort:
        return _fail("interrupted", ExitCode.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:
        # Only in front of the command is --debug the group's; behind it, it could be the value of an option.
        if args[:1] == [DEBUG]:
            traceback.print_exc()
        if isinstance(error, MapperError) and error.exit_code is not ExitCode.INTERNAL:
            return _fail(str(error), error.exit_code)
        if isinstance(error, OSError):  # a disk that is full, a folder that is locked: no defect of ours
            name = "" if error.filename is None else f"{error.filename!s}: "
            return _fail(f"{name}{_reason(error)}", ExitCode.BAD_INPUT)
        if isinstance(error, MemoryError):
            return _fail("there is not enough memory for this", ExitCode.BAD_INPUT)
        if isinstance(error, ModuleNotFoundError) and (error.name or "solver").partition(".")[0] != OWN:
            return _fail(missing_package(error.name), ExitCode.BAD_INPUT)
        return _fail(
            f"internal error: {error or type(error).__name__}\n"
            f"This is a defect of maeri-solver {VERSION}, not of your input: please report it with your "
            f"command line.\n`python -m solver {DEBUG} ...` shows where it happened.",
            ExitCode.INTERNAL,
        )


def _fail(message: str, code: ExitCode) -> int:
    click.echo(f"error: {message}", err=True)
    return code


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
