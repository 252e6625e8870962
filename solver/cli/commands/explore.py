"""``explore``: the whole mapping space of a layer, as table, file and plots."""

from __future__ import annotations

import sys

import click

from solver.cli.command import Command, objective_option
from solver.cli.files import PlotFlags, TableFlags, plot_options, table_options
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.layers import AskedFlags, asked_flags, form_options, pieces_option, read_primitives
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
from solver.cli.values import LAYER, SHARE, Whole
from solver.errors import ExitCode, InfeasibleError, InputError

PLOTS = ("scatter", "histograms", "sensitivity")

EPILOG = """\b
Examples:
  python -m solver explore vgg_conv3 --plot plots
  python -m solver explore vgg_conv3 --report space.html
  python -m solver explore "fc 4096 -> 1000, batch 4" --objective energy --csv space.csv
  python -m solver explore vgg_conv3 --fix T_S=3 --tolerance 0.1
\b
Exit codes: 0 the optimum is proved, 3 it is not, 4 infeasible, 2 bad input, 130 interrupted,
70 internal error.
"""


@click.command("explore", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="LAYER", type=LAYER)
@objective_option("What best means: least cycles, energy, or their product.")
@hardware_options
@model_options
@form_options
@pieces_option
@limit_options
@solver_options
@click.option(
    "--samples",
    type=Whole(most=10**7),
    default=20_000,
    show_default=True,
    help="Mappings to draw where the space is too large (prefetch buffer and DRAM).",
)
@click.option(
    "--tolerance",
    type=SHARE,
    default=0.05,
    show_default=True,
    help="How much more than the optimum an alternative may cost, as a share of it.",
)
@table_options("A row per mapping")
@plot_options
@report_options
@output_options
@asked_flags
def command(
    source: str,
    objective: str,
    model_flags: ModelFlags,
    asked: AskedFlags,
    samples: int,
    tolerance: float,
    table_flags: TableFlags,
    plot_flags: PlotFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Evaluate every mapping of LAYER.

    Shown are the distribution of cycles, energy and EDP; where the optimum, the proved Pareto front and the
    baselines lie in it; what the best mappings have in common; which tile sizes matter; and nearly optimal
    mappings that use less of something else. --csv and --parquet write a row per mapping.
    """
    force = output_flags.force
    targets = [output_flags.json, *table_flags.targets, report_flags.report]
    check_targets(targets, sources=[source], force=force)
    table_flags.check()
    plot_flags.check(PLOTS, force=force)
    report_flags.check()
    from solver.cli.progress import watching_stages
    from solver.questions.explore.run import explore
    from solver.views.console import make_console
    from solver.views.text.explore import show_exploration

    question = asked.question(objective)
    layers = read_primitives([source], model_flags.read())
    if len(layers) != 1:
        names = ", ".join(layer.title for layer in layers)
        raise InputError(
            "explore looks at one layer", file=source, found=f"{len(layers)}: {names}", expected="one layer"
        )
    with second_interrupt_quits():
        name = layers[0].name or layers[0].kind
        with watching_stages(name) as on_stage:
            try:
                exploration = explore(
                    layers[0], question, samples=samples, tolerance=tolerance, on_stage=on_stage
                )
            except KeyboardInterrupt:
                raise click.Abort from None
            except InfeasibleError as error:
                raise InfeasibleError(f"{name}: {error}") from None
        if output_flags.json != STDOUT:
            show_exploration(make_console(), exploration)
            sys.stdout.flush()

        def plots() -> dict[str, object]:
            from solver.views.plots.answers import exploration_plots

            return exploration_plots(exploration)

        table_flags.write(lambda: [exploration.landscape.columns()], force=force)
        plot_flags.write(plots, force=force)
        write_json(output_flags.json, [exploration], many=False, force=force)
        report_flags.write([exploration], seed=question.seed, force=force)
    return exploration.exit_code
