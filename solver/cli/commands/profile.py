"""``profile``: everything that a mapping makes the array do, also as mRNA's text files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.command import Choice, Command, objectives
from solver.cli.commands.cache import no_cache_option, open_cache
from solver.cli.commands.evaluate import evaluate_all
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import FormFlags, form_options, read_primitives
from solver.cli.options import HardwareFlags, OutputFlags, hardware_options, output_options
from solver.cli.output import STDOUT, check_targets, write_json
from solver.cli.values import LAYER
from solver.errors import ExitCode, InfeasibleError, InputError

if TYPE_CHECKING:
    from solver.answers.profile import Profile
    from solver.cost.result import Objective
    from solver.layer import Layer
    from solver.questions.cache.store import Cache

EPILOG = """\b
Examples:
  python -m solver profile vgg_conv3
  python -m solver profile vgg_conv3 --mapping "T_R=3 T_S=3 T_K=28" --json -
  python -m solver profile "lstm 64 -> 128, steps 20" --format mrna --out profiles
\b
Exit codes: 0 profiled, 2 bad input (an illegal mapping too), 4 no legal mapping, 130 interrupted,
70 internal error.
"""


@click.command("profile", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="LAYER", type=LAYER)
@click.option(
    "--mapping",
    metavar="FILE|TILE",
    help="Profile this mapping, as `evaluate` takes it, instead of the best one.",
)
@click.option(
    "--objective",
    type=objectives(),
    default="latency",
    show_default=True,
    help="What the mapping that is searched minimises.",
)
@click.option(
    "--format",
    "form",
    type=Choice(["table", "mrna"]),
    default="table",
    show_default=True,
    help="Print tables, or write a text file per layer under mRNA's names to --out.",
)
@click.option("-o", "--out", metavar="DIR", help="Where `--format mrna` writes; made if it is missing.")
@form_options
@hardware_options
@no_cache_option
@output_options
def command(
    source: str,
    mapping: str | None,
    objective: str,
    form: str,
    out: str | None,
    form_flags: FormFlags,
    hardware_flags: HardwareFlags,
    no_cache: bool,
    output_flags: OutputFlags,
) -> ExitCode:
    """Show what a mapping makes each part of the array do.

    Without --mapping the best mapping is searched first. Layers that are made of parts, such as an LSTM, are
    profiled part by part. Layers of the same loops are searched once, and proved answers are kept in a cache
    for the next run.
    """
    sources = [source] if mapping is None else [source, mapping]
    check_targets([output_flags.json], sources=sources, force=output_flags.force)
    if (form == "mrna") != (out is not None):
        raise click.UsageError("--format mrna and --out DIR go together")
    from solver.cost.result import Objective
    from solver.layer import HostOperation
    from solver.readers.read import source_name
    from solver.views.console import make_console
    from solver.views.text.profile_fields import show_profile_fields

    with second_interrupt_quits():
        if mapping is None:
            profiled = _searched(
                source, Objective(objective), form_flags, hardware_flags, open_cache(no_cache)
            )
        else:
            profiled = _given(source, mapping, objective, form_flags, hardware_flags)
    profiles = [profile for _, parts in profiled for _, profile in parts]
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
        for layer, parts in profiled:
            for _, profile in parts:
                show_profile_fields(console, profile)
                console.say("")
            for part in layer.parts():
                if isinstance(part.layer, HostOperation):
                    console.say(f"host operation, not run on the array: {part.layer.operation}")
    return ExitCode.PROVED


Profiled = list[tuple["Layer", list[tuple[str, "Profile"]]]]


def _given(
    source: str, mapping: str, objective: str, form_flags: FormFlags, hardware_flags: HardwareFlags
) -> Profiled:
    """Profile the mapping that the user gives."""
    from solver.questions.profile import profile

    evaluations = evaluate_all(read_primitives([source]), mapping, form_flags, hardware_flags, objective)
    return [(evaluation.layer, [("", profile(evaluation))]) for evaluation in evaluations]


def _searched(
    source: str,
    objective: Objective,
    form_flags: FormFlags,
    hardware_flags: HardwareFlags,
    cache: Cache | None,
) -> Profiled:
    """Profile the best mapping of every part of every layer."""
    from solver.layer import BEST
    from solver.legal.tiles import Limits
    from solver.questions.map_layer import Question
    from solver.questions.network.run import run_network
    from solver.questions.profile import profile
    from solver.readers.read import read_layers

    question = Question(
        hardware=hardware_flags.read(),
        objective=objective,
        limits=Limits(),
        baselines=False,
        stationary=form_flags.stationary or BEST,
        forms=form_flags.forms,
    )
    network = run_network(source, read_layers(source), question, cache=cache)
    if network.interrupted:
        raise click.Abort
    found: Profiled = []
    for layer in network.layers:
        if layer.status == "infeasible":
            raise InfeasibleError(f"{layer.layer.name or layer.layer.kind}: {layer.reason}")
        parts = [
            (part.part.name, profile(part.solution, part.part.repeats))
            for part in layer.parts
            if part.solution is not None
        ]
        if parts:
            found.append((layer.layer, parts))
        else:
            name = layer.layer.name or layer.layer.kind
            click.echo(f"{name}: host operation, not run on the array", err=True)
    return found


def _write(profiled: Profiled, folder: Path, model: str, objective: Objective | None, *, force: bool) -> None:
    """Write a text file per layer; two layers of one name are refused before anything is written."""
    from solver.files import check_folder, write_all
    from solver.layer import HostOperation
    from solver.views.text.profile_fields import file_name, profile_text

    texts: dict[str, str] = {}
    for number, (layer, parts) in enumerate(profiled, start=1):
        hardware = parts[0][1].result.hardware
        name = file_name(layer, hardware, objective, model=model, number=number)
        if name in texts:
            raise InputError("two layers have the same profile name", file=name, field=layer.name)
        host = [p.layer.operation for p in layer.parts() if isinstance(p.layer, HostOperation)]
        texts[name] = profile_text(layer, parts, host)
    if os.path.exists(folder):
        check_folder(folder, expected="a folder")
    write_all({folder / name: text for name, text in texts.items()}, within=folder.anchor, force=force)
    for name in texts:
        click.echo(folder / name)
