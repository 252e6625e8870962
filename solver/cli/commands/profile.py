"""``profile``: everything that a mapping makes the array do, also as mRNA's text files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.choose import refuse_search
from solver.cli.command import Choice, Command, objective_option
from solver.cli.commands.cache import no_cache_option, open_cache
from solver.cli.commands.evaluate import evaluate_all
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import AskedFlags, asked_flags, form_options, pieces_option, primitives_of
from solver.cli.options import (
    ModelFlags,
    OutputFlags,
    hardware_options,
    limit_options,
    model_options,
    output_options,
    solver_options,
)
from solver.cli.output import STDOUT, check_targets, write_json
from solver.cli.report import ReportFlags, report_options
from solver.cli.values import FILE, FOLDER, LAYER
from solver.errors import ExitCode, InfeasibleError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.answers.profile import Profile
    from solver.answers.solution import Solution
    from solver.cost.result import Objective
    from solver.layer import Layer
    from solver.questions.cache.store import Cache
    from solver.questions.map_layer import Question
    from solver.readers.reading import Reading
    from solver.views.text.mrna_profile import Strategy

EPILOG = """\b
Examples:
  python -m solver profile vgg_conv3
  python -m solver profile vgg_conv3 --mapping "T_R=3 T_S=3 T_K=28" --json -
  python -m solver profile "lstm 64 -> 128, steps 20" --format mrna --out profiles
\b
Exit codes: 0 profiled, 1 profiled in part (--partial), 2 bad input (an illegal mapping too),
3 profiled, but a mapping is not proved optimal, 4 no legal mapping, 130 interrupted, 70 internal error.
"""


@click.command("profile", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="LAYER", type=LAYER)
@click.option(
    "--mapping",
    metavar="FILE|TILE",
    type=FILE,
    help="Profile this mapping, as `evaluate` takes it, instead of the best one.",
)
@objective_option("What the mapping that is searched minimises.")
@click.option(
    "--format",
    "form",
    type=Choice(["table", "mrna"]),
    default="table",
    show_default=True,
    help="Print tables, or write a text file per layer under mRNA's names to --out.",
)
@click.option(
    "-o", "--out", metavar="DIR", type=FOLDER, help="Where `--format mrna` writes; made if it is missing."
)
@model_options
@click.option("--partial", is_flag=True, help="Profile the layers that could be read when others could not.")
@form_options
@pieces_option
@hardware_options
@limit_options
@solver_options
@no_cache_option
@report_options
@output_options
@asked_flags
def command(
    source: str,
    mapping: str | None,
    objective: str,
    form: str,
    out: str | None,
    model_flags: ModelFlags,
    partial: bool,
    asked: AskedFlags,
    no_cache: bool,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Show what a mapping makes each part of the array do.

    Without --mapping the best mapping is searched first. Layers that are made of parts, such as an LSTM, are
    profiled part by part. Layers of the same loops are searched once, and proved answers are kept in a cache
    for the next run.
    """
    sources = [source] if mapping is None else [source, mapping]
    targets = [output_flags.json, report_flags.report]
    check_targets(targets, sources=sources, force=output_flags.force)
    report_flags.check()
    if (form == "mrna") != (out is not None):
        raise click.UsageError("--format mrna and --out DIR go together")
    from solver.cost.result import Objective
    from solver.layer import HostOperation
    from solver.readers.read import read_model, source_name
    from solver.views.console import make_console
    from solver.views.text.profile_fields import show_profile_fields

    reading = read_model(source, model_flags.read())
    for note in reading.notes:
        click.echo(f"note: {note}", err=True)
    if not (partial and reading.layers):
        reading = reading.complete()
    for error in reading.errors:
        click.echo(f"error: {error}", err=True)
    with second_interrupt_quits():
        if mapping is None:
            question = asked.question(objective, baselines=form == "mrna")
            profiled, code = _searched(source, reading.layers, question, open_cache(no_cache))
        else:
            refuse_search(asked)
            code = ExitCode.PROVED
            profiled = _given(reading, source, mapping, objective, asked)
    profiles = [profile for _, strategies in profiled for _, profile in strategies[0][1]]
    if out is not None:
        _write(
            profiled,
            Path(out),
            source_name(source),
            Objective(objective) if mapping is None else None,
            force=output_flags.force,
        )
    write_json(output_flags.json, profiles, many=len(profiles) > 1, force=output_flags.force)
    if output_flags.json != STDOUT and out is None:
        console = make_console()
        for layer, strategies in profiled:
            for _, profile in strategies[0][1]:
                show_profile_fields(console, profile)
                console.say("")
            for part in layer.parts():
                if isinstance(part.layer, HostOperation):
                    console.say(f"host operation, not run on the array: {part.layer.operation}")
    seed = asked.solver.seed if mapping is None else None
    report_flags.write(profiles, seed=seed, force=output_flags.force)
    return ExitCode.PARTIAL if reading.errors else code


Profiled = list[tuple["Layer", list["Strategy"]]]


def _given(reading: Reading, source: str, mapping: str, objective: str, asked: AskedFlags) -> Profiled:
    """Profile the mapping that the user gives."""
    from solver.questions.profile import profiles

    layers = primitives_of(reading, source)
    evaluations = evaluate_all(layers, mapping, asked.forms, asked.hardware, objective)
    return [
        (evaluation.layer, [("given", [(_span(one), one) for one in profiles(evaluation)])])
        for evaluation in evaluations
    ]


def _searched(
    source: str, layers: Sequence[Layer], question: Question, cache: Cache | None
) -> tuple[Profiled, ExitCode]:
    """Profile the best mapping of every part of every layer, and those of the heuristics if they were run.

    The exit code says whether all of them are proved.
    """
    from solver.questions.network.run import run_network
    from solver.questions.profile import profiles

    network = run_network(source, layers, question, cache=cache)
    if network.interrupted:
        raise click.Abort
    found: Profiled = []
    for layer in network.layers:
        if layer.status == "infeasible":
            raise InfeasibleError(f"{layer.layer.title}: {layer.reason}")
        solved = [(part.part, part.solution) for part in layer.parts if part.solution is not None]
        parts = [
            (", ".join(filter(None, (part.name, _span(one)))), one)
            for part, solution in solved
            for one in profiles(solution, part.repeats)
        ]
        if parts:
            others = _heuristics(solved[0][1]) if len(solved) == 1 else []
            found.append((layer.layer, [("the optimum", parts), *others]))
        else:
            name = layer.layer.title
            click.echo(f"{name}: host operation, not run on the array", err=True)
    proved = all(solution.proved for solution in network.solutions)
    return found, ExitCode.PROVED if proved else ExitCode.NOT_PROVED


def _span(profile: Profile) -> str:
    """Return which range of a layer is profiled; nothing if it is all of it."""
    from solver.pieces.piece import Piece

    layer = profile.result.layer
    return layer.span if isinstance(layer, Piece) else ""


def _heuristics(solution: Solution) -> list[Strategy]:
    """Profile the mappings of the baselines that differ from the optimum and from each other."""
    from solver.answers.evaluation import Evaluation
    from solver.questions.profile import profile

    seen: set[object] = {(solution.tile, solution.form, solution.levels and solution.levels.mapping)}
    found: list[Strategy] = []
    for baseline in solution.baselines:
        key = (baseline.tile, baseline.form, baseline.levels and baseline.levels.mapping)
        if (
            baseline.tile is None
            or baseline.cost is None
            or baseline.outside
            or baseline.pieces
            or key in seen
        ):
            continue
        seen.add(key)
        evaluation = Evaluation(
            solution.layer,
            solution.hardware,
            baseline.tile,
            baseline.cost,
            form=baseline.form,
            levels=baseline.levels,
        )
        found.append((baseline.name, [("", profile(evaluation))]))
    return found


def _write(profiled: Profiled, folder: Path, model: str, objective: Objective | None, *, force: bool) -> None:
    """Write a text file per layer; two layers of one name are refused before anything is written."""
    from solver.files import check_folder, write_all
    from solver.layer import HostOperation
    from solver.views.text.mrna_profile import file_name, profile_text

    texts: dict[str, str] = {}
    for number, (layer, strategies) in enumerate(profiled, start=1):
        hardware = strategies[0][1][0][1].result.hardware
        name = file_name(layer, hardware, objective, model=model, number=number)
        if name in texts:
            raise InputError("two layers have the same profile name", file=name, field=layer.name)
        host = [p.layer.operation for p in layer.parts() if isinstance(p.layer, HostOperation)]
        texts[name] = profile_text(layer, strategies, host, model=model, number=number)
    if os.path.exists(folder):
        check_folder(folder, expected="a folder")
    write_all({folder / name: text for name, text in texts.items()}, within=folder.anchor, force=force)
    for name in texts:
        click.echo(folder / name)
