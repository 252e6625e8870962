"""``design``: the accelerator on which a network costs least, chosen together with all mappings."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal

import click

from solver.cli.certificates import certificate_option, check_certifiable, write_design
from solver.cli.command import Command, objective_option
from solver.cli.commands.cache import no_cache_option, open_cache
from solver.cli.files import TableFlags, table_options
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
)
from solver.cli.output import STDOUT, check_targets, settle, unfinished, write_json
from solver.cli.pictures import METAVAR, Picture, write_picture
from solver.cli.report import ReportFlags, report_options
from solver.cli.values import AMOUNT, LAYER, SECONDS, Whole
from solver.errors import ExitCode

DEFAULTS = {"num_ms": "16..512", "dn_bw": "8..64", "rn_bw": "8..64"}

EPILOG = """\b
Examples:
  python -m solver design resnet50 --max-area 600000
  python -m solver design alexnet --max-area '0.4 mm2' --report alexnet.html
  python -m solver design vgg16 --objective edp --num-ms 64..256 --bandwidth /8,/4,/2 --max-power 8
  python -m solver design alexnet --hardware maeri-64-dram --buffer 32KiB..128KiB --max-area 400000
\b
Area and power are in the units of the energy table; power is energy / latency (energy units per cycle).
Exit codes: 0 proved, 3 not proved, 1 nothing found as layers failed, 4 no accelerator keeps the limits,
2 bad input, 130 interrupted, 70 internal error.
"""


@click.command("design", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="MODEL", type=LAYER)
@click.option(
    "--max-area", metavar="AREA", help="Largest area of the accelerator, e.g. '0.3 mm2' (a number: um2)."
)
@click.option("--max-power", type=AMOUNT, help="Highest average power: energy / latency of the network.")
@objective_option("What to minimise: cycles, energy, or the product of both totals of the whole network.")
@grid_options
@model_options
@form_options
@pieces_option
@limit_options
@click.option("--time-limit", type=SECONDS, help="Stop after this time with the best so far and its gap.")
@click.option("--seed", type=Whole(least=0), default=0, show_default=True, help="Seed of the searches.")
@executor_options
@no_cache_option
@certificate_option
@click.option(
    "--plot",
    type=Picture(),
    metavar=METAVAR,
    help="Draw what the network costs on every accelerator against its area [needs matplotlib].",
)
@table_options("A row per accelerator within the area")
@report_options
@output_options
def command(
    source: str,
    max_area: str | None,
    max_power: Decimal | None,
    objective: str,
    grid_flags: GridFlags,
    model_flags: ModelFlags,
    form_flags: FormFlags,
    pieces: str | None,
    limit_flags: LimitFlags,
    time_limit: float | None,
    seed: int,
    executor_flags: ExecutorFlags,
    no_cache: bool,
    certificate: str | None,
    plot: str | None,
    table_flags: TableFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Choose the best accelerator for MODEL within an area.

    The accelerator is chosen with the mappings of all layers, so that the network costs least. The
    accelerators are those of `sweep`; by default num_ms is 16..512, dn_bw and rn_bw are 8..64. The answer
    is proved over all of them, but only layers of accelerators that could be better are solved. For EDP and
    under a limit on power, mappings are chosen from the proved latency-energy front of every layer; with
    --pieces of that in pieces.
    """
    targets = [output_flags.json, *table_flags.targets, report_flags.report]
    check_targets([*targets, certificate, plot], sources=[source], force=output_flags.force)
    table_flags.check()
    report_flags.check()
    from solver.cli.progress import watching_design
    from solver.hardware.area import area_limit
    from solver.jobs.base import SCHEDULER_LOST
    from solver.questions.design.search import run_design
    from solver.tables import columns_of
    from solver.views.console import make_console
    from solver.views.text.design import show_design

    grid = grid_flags.read(defaults=DEFAULTS)
    points, skipped = grid.points()
    ((name, layers),) = read_networks([source], model_flags).items()
    search = SolverFlags(time_limit=None, workers=1, seed=seed, prover=None)
    asked = AskedFlags(HardwareFlags(None), form_flags, pieces, limit_flags, search)
    template = asked.question(objective, baselines=False)
    largest = None if max_area is None else area_limit("--max-area", max_area, points[0].energy_table)
    for point in points:
        check_certifiable(certificate, replace(template, hardware=point), limited=max_power is not None)
    # A certificate is written from a search, not from an earlier answer.
    cache = open_cache(no_cache or certificate is not None)
    executor = executor_flags.read()
    with second_interrupt_quits():
        with watching_design(name, template) as on_event:
            answer = run_design(
                name,
                layers,
                points,
                template,
                max_area=largest,
                max_power=max_power,
                skipped=skipped,
                grid=grid,
                time_limit=time_limit,
                executor=executor,
                cache=cache,
                on_event=on_event,
            )
        if output_flags.json != STDOUT:
            show_design(make_console(), answer)
            sys.stdout.flush()
        json, force = output_flags.json, output_flags.force
        whole = not answer.interrupted and not any(SCHEDULER_LOST in line for line in answer.failures)
        if not whole:
            # Never in place of what is there: the same command then goes on, without --force.
            json, report_flags, certificate, force = unfinished(json), report_flags.unfinished(), None, True
            table_flags, plot = table_flags.unfinished(), None
        write_design(certificate, answer, template, force=force)
        table_flags.write(lambda: [columns_of(answer.records())], force=force)
        if plot is not None and answer.points:
            from solver.views.plots.answers import design_plot

            write_picture(plot, design_plot(answer), force=force)
        write_json(json, [answer], many=False, force=force)
        report_flags.write([answer], seed=seed, force=force)
        settle(targets, whole=whole)
    for line in answer.failures:
        click.echo(f"failed: {line}", err=True)
    return answer.exit_code
