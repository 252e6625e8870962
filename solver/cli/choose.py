"""The mapping that a command works on: the one that is given, or the best one, searched first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
import cloup

from solver.cli.command import objective_option
from solver.cli.commands.evaluate import evaluate_all
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import FORM_OPTIONS, AskedFlags, FormFlags, pieces_option, read_primitives
from solver.cli.options import ModelFlags, hardware_options, limit_options, solver_options
from solver.cli.values import FILE
from solver.errors import ExitCode, InfeasibleError, InputError

if TYPE_CHECKING:
    from solver.answers.evaluation import Evaluation
    from solver.layer import Primitive


@dataclass(frozen=True)
class MappingFlags:
    """Which mapping the user wants: a given one, or the best that is found."""

    mapping: str | None
    objective: str
    asked: AskedFlags


def mapping_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a mapping, the accelerator, limits and the search; they become `mapping_flags`."""

    @wraps(function)
    def command(
        mapping: str | None, objective: str, forms: str | None, stationary: str | None, **given: Any
    ) -> Any:
        names = ("hardware_flags", "pieces", "limit_flags", "solver_flags")
        hardware, pieces, limits, solver = (given.pop(name) for name in names)
        asked = AskedFlags(hardware, FormFlags(forms, stationary), pieces, limits, solver)
        return function(mapping_flags=MappingFlags(mapping, objective, asked), **given)

    with_mapping: Callable[[Any], Any] = cloup.option_group(
        "Mapping",
        click.option(
            "--mapping",
            metavar="FILE|TILE",
            type=FILE,
            help="Take this mapping (a file saved by `map --out`, a file with a tile, or a tile such as "
            "'T_R=3 T_K=8') instead of the best one.",
        ),
        objective_option("What the best mapping minimises."),
        *FORM_OPTIONS,
        pieces_option,
    )
    options: Callable[..., Any] = with_mapping(hardware_options(limit_options(solver_options(command))))
    return options


def choose_mappings(
    sources: Sequence[str], model_flags: ModelFlags, mapping_flags: MappingFlags
) -> tuple[list[Evaluation], ExitCode]:
    """Return the mapping of every layer, and the exit code that the searches deserve.

    Raises
    ------
    InputError
        If a layer or the given mapping is wrong, or both a mapping and limits for the search are given.
    InfeasibleError
        If a layer has no legal mapping.
    click.Abort
        If the user interrupts before a mapping is known.
    """
    return choose_for(read_primitives(sources, model_flags.read()), mapping_flags)


def refuse_search(asked: AskedFlags) -> None:
    """Refuse what decides about a search beside a mapping that is given."""
    if asked.limits.given:
        raise InputError(
            field="--mapping", found="--fix, --min or --max beside it", expected="limits for a search only"
        )
    for name, value in (("--pieces", asked.pieces), ("--prover", asked.solver.prover)):
        if value is not None:
            raise InputError(
                field="--mapping", found=f"{name} beside it", expected=f"{name} for a search only"
            )


def choose_for(layers: Sequence[Primitive], flags: MappingFlags) -> tuple[list[Evaluation], ExitCode]:
    """Return the mapping of every layer as `choose_mappings` does, for layers that are read already."""
    asked = flags.asked
    if flags.mapping is not None:
        refuse_search(asked)
        given = evaluate_all(list(layers), flags.mapping, asked.forms, asked.hardware, flags.objective)
        return given, ExitCode.PROVED
    from solver.answers.evaluation import evaluation_of
    from solver.answers.solution import Solution
    from solver.cli.progress import watching
    from solver.questions.map_layer import map_layer

    question = asked.question(flags.objective, baselines=False)
    found: list[Evaluation] = []
    code = ExitCode.PROVED
    with second_interrupt_quits():
        for layer in layers:
            name = layer.title
            try:
                with watching(name, question) as on_progress:
                    answer, interrupted = map_layer(layer, question, on_progress)
            except KeyboardInterrupt:
                raise click.Abort from None
            if interrupted:
                raise click.Abort
            if not isinstance(answer, Solution):
                raise InfeasibleError(f"{name}: {answer.reason}")
            notes: tuple[str, ...] = ()
            if not answer.proved:
                code = ExitCode.NOT_PROVED
                notes = ("the mapping is not proved optimal: the time limit was reached",)
            found.append(evaluation_of(answer, notes))
    return found, code
