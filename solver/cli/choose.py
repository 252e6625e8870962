"""The mapping that a command works on: the one that is given, or the best one, searched first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from solver.cli.command import objectives
from solver.cli.commands.evaluate import evaluate_all
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import (
    FORM_OPTIONS,
    FormFlags,
    pieces_option,
    question_of,
    read_primitives,
)
from solver.cli.options import HardwareFlags, LimitFlags, ModelFlags, SolverFlags, option_group
from solver.cli.values import FILE
from solver.errors import ExitCode, InfeasibleError, InputError

if TYPE_CHECKING:
    from solver.answers.evaluation import Evaluation
    from solver.layer import Primitive


@dataclass(frozen=True)
class MappingFlags:
    """Which mapping the user wants."""

    mapping: str | None
    objective: str
    forms: str | None
    stationary: str | None
    pieces: str | None


mapping_options = option_group(
    "Mapping",
    MappingFlags,
    "mapping_flags",
    [
        click.option(
            "--mapping",
            metavar="FILE|TILE",
            type=FILE,
            help="Take this mapping (a file saved by `map --out`, a file with a tile, or a tile such as "
            "'T_R=3 T_K=8') instead of the best one.",
        ),
        click.option(
            "--objective",
            type=objectives(),
            default="latency",
            show_default=True,
            help="What the best mapping minimises.",
        ),
        *FORM_OPTIONS,
        pieces_option,
    ],
)


def choose_mappings(
    sources: Sequence[str],
    model_flags: ModelFlags,
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
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
    layers = read_primitives(sources, model_flags.read())
    return choose_for(layers, mapping_flags, hardware_flags, limit_flags, solver_flags)


def refuse_search(limit_flags: LimitFlags, solver_flags: SolverFlags, pieces: str | None) -> None:
    """Refuse what decides about a search beside a mapping that is given."""
    if limit_flags != LimitFlags((), (), ()):
        raise InputError(
            field="--mapping", found="--fix, --min or --max beside it", expected="limits for a search only"
        )
    for name, value in (("--pieces", pieces), ("--prover", solver_flags.prover)):
        if value is not None:
            raise InputError(
                field="--mapping", found=f"{name} beside it", expected=f"{name} for a search only"
            )


def choose_for(
    layers: Sequence[Primitive],
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
) -> tuple[list[Evaluation], ExitCode]:
    """Return the mapping of every layer as `choose_mappings` does, for layers that are read already."""
    if mapping_flags.mapping is not None:
        refuse_search(limit_flags, solver_flags, mapping_flags.pieces)
        objective = mapping_flags.objective
        flags = FormFlags(mapping_flags.forms, mapping_flags.stationary)
        given = evaluate_all(list(layers), mapping_flags.mapping, flags, hardware_flags, objective)
        return given, ExitCode.PROVED
    from solver.answers.evaluation import evaluation_of
    from solver.answers.solution import Solution
    from solver.cli.progress import watching
    from solver.questions.map_layer import map_layer

    question = question_of(
        hardware_flags,
        mapping_flags.objective,
        FormFlags(mapping_flags.forms, mapping_flags.stationary),
        limit_flags,
        solver_flags,
        pieces=mapping_flags.pieces,
        baselines=False,
    )
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
