"""``network``: every layer of a model mapped, and the totals."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.certificates import certificate_option, check_certifiable, write_network
from solver.cli.command import Command, objective_option
from solver.cli.commands.cache import no_cache_option, open_cache
from solver.cli.files import TableFlags, table_options
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import AskedFlags, asked_flags, form_options, pieces_option
from solver.cli.options import (
    ExecutorFlags,
    ModelFlags,
    OutputFlags,
    executor_options,
    hardware_options,
    limit_options,
    model_options,
    output_options,
    solver_options,
)
from solver.cli.output import STDOUT, check_targets, settle, unfinished, write_json
from solver.cli.pictures import METAVAR, Picture, write_picture
from solver.cli.report import ReportFlags, report_options
from solver.cli.values import LAYER, OutputFile
from solver.errors import ExitCode, InputError, worst_of

if TYPE_CHECKING:
    from solver.answers.network import NetworkAnswer
    from solver.jobs.base import Executor
    from solver.questions.cache.store import Cache
    from solver.questions.map_layer import Question
    from solver.readers.reading import Reading

EPILOG = """\b
Examples:
  python -m solver network resnet50 --report resnet50.html
  python -m solver network model.onnx --batch 1 --objective energy --csv model.csv
  python -m solver network mrna_layers/alexnet mrna_layers/vggnet --dn-bw 128
\b
Exit codes: 0 every layer proved, 1 layers are missing or not counted (named at the end), 3 found but not
proved, 2 bad input, 130 interrupted, 70 internal error; of several networks the worst.
"""


@click.command("network", cls=Command, epilog=EPILOG)
@click.argument("sources", metavar="MODEL...", type=LAYER, nargs=-1, required=True)
@objective_option("What to minimise, layer by layer: cycles, energy, or their product.")
@form_options
@pieces_option
@model_options
@hardware_options
@limit_options
@solver_options
@click.option(
    "--baselines/--no-baselines", default=True, help="Run the heuristics beside the optimum [default: yes]."
)
@executor_options
@no_cache_option
@click.option(
    "-o",
    "--out",
    type=OutputFile("yaml", "yml"),
    metavar="FILE",
    help="Save the mappings of all layers for `evaluate --mapping FILE`.",
)
@certificate_option
@click.option(
    "--plot",
    type=Picture(),
    metavar=METAVAR,
    help="Draw cycles, energy and the baselines' ratios of every layer of a network [needs matplotlib].",
)
@table_options("A row per part of a layer")
@report_options
@output_options
@asked_flags
def command(
    sources: tuple[str, ...],
    objective: str,
    asked: AskedFlags,
    model_flags: ModelFlags,
    baselines: bool,
    executor_flags: ExecutorFlags,
    no_cache: bool,
    out: str | None,
    certificate: str | None,
    plot: str | None,
    table_flags: TableFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Map every layer of each MODEL, with totals.

    A MODEL is a file of layers, the name of a shipped network, a folder of mRNA layer files, an ONNX model or
    a TensorFlow program. Layers of the same loops are searched once, and proved answers are kept in a cache
    for the next run. A layer that is wrong is left out and named at the end, and so is work for the array
    that no layer counts. Ctrl-C ends the run with what is
    done; a second Ctrl-C quits at once.
    """
    targets = [output_flags.json, out, certificate, *table_flags.targets, plot, report_flags.report]
    check_targets(targets, sources=sources, force=output_flags.force)
    table_flags.check()
    report_flags.check()
    if plot is not None and len(sources) > 1:
        raise InputError(field="--plot", found=f"{len(sources)} networks", expected="a single one")
    from solver.files import write_text
    from solver.writers.mapping_file import mapping_text
    from solver.writers.network_table import network_columns

    question = asked.question(objective, baselines=baselines)
    check_certifiable(certificate, question)
    readings = [_read(source, model_flags, alone=len(sources) == 1) for source in sources]
    if not any(reading.layers or reading.notes for reading in readings):
        readings[0].complete()
    with second_interrupt_quits():
        networks = _answer_all(
            list(zip(sources, readings, strict=True)),
            question,
            executor=executor_flags.read(),
            # A certificate is written from a search, not from an earlier answer.
            cache=open_cache(no_cache or certificate is not None),
            tables=output_flags.json != STDOUT,
        )
        tables = [target for target in targets if target != plot]
        whole = all(network.whole for network in networks) and len(networks) == len(sources)
        json, force = output_flags.json, output_flags.force
        if not whole:
            # Never in place of what is there: the same command then goes on, without --force.
            out, json, report_flags = unfinished(out), unfinished(json), report_flags.unfinished()
            table_flags = table_flags.unfinished()
            plot, certificate, force = None, None, True
        table_flags.write(lambda: [network_columns(networks)], force=force)
        if out is not None and (solutions := [s for each in networks for s in each.solutions]):
            write_text(out, mapping_text(solutions), force=force)
        write_network(certificate, networks, question, force=force)
        if plot is not None and networks[0].mapped:
            from solver.views.plots.network import network_plot

            write_picture(plot, network_plot(networks[0]), force=force)
        write_json(json, networks, many=len(sources) > 1, force=force)
        report_flags.write(networks, seed=question.seed, force=force, asked=len(sources))
        settle(tables, whole=whole)
    return worst_of(network.exit_code for network in networks)


def _read(source: str, model_flags: ModelFlags, *, alone: bool) -> Reading:
    """Read a model; one of several that cannot be read at all does not lose the others."""
    from solver.readers.read import read_model
    from solver.readers.reading import Reading

    try:
        reading = read_model(source, model_flags.read()).counted(source)
    except InputError as error:
        if alone:
            raise
        return Reading((), errors=(error,))
    return reading if reading.layers or not alone else reading.complete()


def _answer_all(
    models: list[tuple[str, Reading]],
    question: Question,
    *,
    executor: Executor,
    cache: Cache | None,
    tables: bool,
) -> list[NetworkAnswer]:
    """Answer network after network, each shown when it is done."""
    from solver.cli.progress import watching_network
    from solver.questions.network.run import problems_of, run_network
    from solver.readers.read import split_source
    from solver.views.console import make_console
    from solver.views.text.network import failures, show_network, show_networks

    console = make_console()
    networks: list[NetworkAnswer] = []
    for source, reading in models:
        name = Path(split_source(source)[0]).stem or source
        with watching_network(name, question) as on_event:
            network = run_network(
                name,
                reading.layers,
                question,
                cache=cache,
                executor=executor,
                problems=problems_of(reading, source),
                notes=reading.notes,
                on_event=on_event,
            )
        networks.append(network)
        if tables:
            show_network(console, network)
            console.say("")
        if network.interrupted:
            break
    if tables and len(networks) > 1:
        show_networks(console, networks)
        console.say("")
    sys.stdout.flush()
    for network in networks:
        lost = failures(network)
        if network.interrupted:
            kept = "; what is done is kept in the cache" if cache else ""
            click.echo(f"{network.name}: interrupted{kept}", err=True)
        for line in lost:
            click.echo(f"{network.name}: {line}", err=True)
    return networks
