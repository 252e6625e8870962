"""``sweep``: networks on many accelerators, in one table."""

from __future__ import annotations

import sys

import click

from solver.cli.command import Command, objectives
from solver.cli.commands.cache import no_cache_option, open_cache
from solver.cli.files import PlotFlags, TableFlags, plot_options, table_options
from solver.cli.grid import GridFlags, grid_options
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import AskedFlags, FormFlags, form_options, pieces_option
from solver.cli.networks import read_networks
from solver.cli.options import (
    ExecutorFlags,
    HardwareFlags,
    LimitFlags,
    ModelFlags,
    OutputFlags,
    SolverFlags,
    executor_options,
    limit_options,
    model_options,
    output_options,
    solver_options,
)
from solver.cli.output import STDOUT, check_targets, settle, unfinished, write_json
from solver.cli.report import ReportFlags, report_options
from solver.cli.values import FILE, LAYER
from solver.errors import ExitCode, InputError

EPILOG = """\b
Examples:
  python -m solver sweep resnet50 --num-ms 64..512 --bandwidth /8,/4,/2 --plot plots --csv sweep.csv
  python -m solver sweep vgg16 alexnet --dn-bw 16..64 --objective latency --objective energy
  python -m solver sweep alexnet --num-ms 64..256 --bandwidth /8,/4 --report sweep.html
  python -m solver sweep --file sweep.yaml --jobs 4
\b
Exit codes: 0 every row proved, 1 rows are missing (named at the end), 3 found but not proved,
2 bad input, 130 interrupted, 70 internal error.
"""


@click.command("sweep", cls=Command, epilog=EPILOG)
@click.argument("sources", metavar="[MODEL]...", type=LAYER, nargs=-1)
@click.option(
    "--file", metavar="FILE", type=FILE, help="A YAML file with the networks, sizes and objectives."
)
@click.option(
    "--objective",
    "objectives",
    type=objectives(),
    multiple=True,
    help="What to minimise, layer by layer; may be repeated [default: latency].",
)
@click.option(
    "--front",
    is_flag=True,
    help="Search only accelerators that may be on the front of area and objective; leave out the others.",
)
@grid_options
@model_options
@form_options
@pieces_option
@limit_options
@solver_options
@executor_options
@no_cache_option
@table_options("A row per network, accelerator and objective")
@plot_options
@report_options
@output_options
def command(
    sources: tuple[str, ...],
    file: str | None,
    objectives: tuple[str, ...],
    front: bool,
    grid_flags: GridFlags,
    model_flags: ModelFlags,
    form_flags: FormFlags,
    pieces: str | None,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
    executor_flags: ExecutorFlags,
    no_cache: bool,
    table_flags: TableFlags,
    plot_flags: PlotFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Map every MODEL on every accelerator of a grid.

    Sizes are lists (64,128), ranges that double (64..512), or for bandwidths shares of the switches (/4).
    Combinations that are no accelerator are skipped and counted. Answers are kept in the cache as they come:
    a sweep that was stopped goes on where it was. What fails is left out and named at the end. Flags replace
    what a file says. With --front an accelerator is left out, too, if its lower bound is no better than what
    one of no larger area reaches; the fronts are the same.
    """
    force = output_flags.force
    targets = [output_flags.json, *table_flags.targets, report_flags.report]
    check_targets(targets, sources=[*sources, *([file] if file else [])], force=force)
    report_flags.check()
    from solver.cli.progress import watching_sweep
    from solver.cost.result import Objective
    from solver.questions.sweep.file import read_sweep
    from solver.questions.sweep.run import run_sweep
    from solver.tables import in_parts
    from solver.views.console import make_console
    from solver.views.plots.sweep import plot_names, sweep_plots
    from solver.views.text.sweep import show_sweep

    plan = read_sweep(file) if file is not None else None
    named = sources or (plan.networks if plan else ())
    if not named:
        raise InputError(field="MODEL", found="nothing", expected="networks, or --file with some")
    wanted = tuple(map(Objective, dict.fromkeys(objectives))) or (plan.objectives if plan else ())
    wanted = wanted or (Objective.LATENCY,)
    grid = grid_flags.read(plan.grid if plan else None)
    points, skipped = grid.points()
    networks = read_networks(named, model_flags)
    table_flags.check()
    plot_flags.check(plot_names(networks, wanted), force=force)
    if plan is not None:
        stationary = form_flags.stationary or plan.stationary
        form_flags = FormFlags(form_flags.forms or plan.forms, stationary)
    asked = AskedFlags(HardwareFlags(None), form_flags, pieces, limit_flags, solver_flags)
    template = asked.question(wanted[0], baselines=False)
    cache = open_cache(no_cache)
    executor = executor_flags.read()
    with second_interrupt_quits():
        with watching_sweep("sweep") as on_event:
            answer = run_sweep(
                networks,
                points,
                wanted,
                template,
                skipped=skipped,
                executor=executor,
                cache=cache,
                front=front,
                on_event=on_event,
            )
        if output_flags.json != STDOUT:
            show_sweep(make_console(), answer)
            sys.stdout.flush()
        if not answer.whole:
            # Never in place of what is there: the same command then goes on, without --force.
            table_flags, plot_flags = table_flags.unfinished(), plot_flags.unfinished()
            report_flags, force = report_flags.unfinished(), True
        json = output_flags.json if answer.whole else unfinished(output_flags.json)
        table_flags.write(lambda: in_parts(answer.each_record()), force=force)
        plot_flags.write(lambda: sweep_plots(answer), force=force)
        write_json(json, [answer], many=False, force=force)
        report_flags.write([answer], seed=template.seed, force=force)
        settle(targets, whole=answer.whole)
    for line in answer.failures:
        click.echo(f"failed: {line}", err=True)
    reasons = dict.fromkeys(row.reason for row in answer.rows if row.status == "infeasible")
    for reason in reasons:
        click.echo(f"no mapping: {reason}", err=True)
    if answer.interrupted:
        kept = "" if no_cache else "; what is done is kept in the cache, the same command goes on from there"
        click.echo(f"interrupted{kept}", err=True)
    return answer.exit_code
