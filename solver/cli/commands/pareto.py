"""``map --objective pareto``: the whole latency-energy front of each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from solver.cli.certificates import write_certificates
from solver.cli.command import option_group
from solver.cli.files import TableFlags, table_files
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.options import OutputFlags
from solver.cli.output import STDOUT, write_json
from solver.cli.pictures import METAVAR, Picture, write_picture
from solver.cli.report import ReportFlags
from solver.errors import ExitCode, InfeasibleError, InputError, worst_of

if TYPE_CHECKING:
    from solver.answers.front import ParetoFront
    from solver.layer import Primitive
    from solver.questions.map_layer import Question

PARETO = "pareto"


@dataclass(frozen=True)
class FrontFlags(TableFlags):
    """Where a front goes besides the table."""

    plot: str | None

    def check_with(self, objective: str, out: str | None) -> None:
        """Refuse options that do not go with the objective.

        Raises
        ------
        InputError
            If a front's file is asked for without a front, or `--out` with one.
        MissingDependencyError
            If what is asked for needs a package that is not installed.
        """
        self.check()
        if objective != PARETO:
            for name in ("csv", "parquet", "plot"):
                if getattr(self, name) is not None:
                    raise InputError(
                        field=f"--{name}", found=f"--objective {objective}", expected="--objective pareto"
                    )
            return
        if out is not None:
            raise InputError(
                "a front is many mappings; --json and --csv hold them all",
                field="--out",
                found="--objective pareto",
                expected="latency, energy or edp",
            )


front_options = option_group(
    "Front",
    FrontFlags,
    "front_flags",
    [
        *table_files("With --objective pareto: a row per point of the front"),
        click.option(
            "--plot", type=Picture(), metavar=METAVAR, help="With --objective pareto: the front as a picture."
        ),
    ],
)


def map_fronts(
    layers: list[Primitive],
    question: Question,
    front_flags: FrontFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
    certificate: str | None = None,
) -> ExitCode:
    """Find, show and write the front of every layer; return the exit code that they deserve together."""
    from solver.writers.front_table import front_columns

    if front_flags.plot is not None and len(layers) > 1:
        raise InputError(field="--plot", found=f"{len(layers)} layers", expected="a single layer")
    with second_interrupt_quits():
        fronts, codes = _fronts(layers, question, tables=output_flags.json != STDOUT)
        if fronts:
            front_flags.write(lambda: [front_columns(fronts)], force=output_flags.force)
        if fronts and front_flags.plot is not None:
            from solver.views.plots.answers import front_plot

            write_picture(front_flags.plot, front_plot(fronts[0]), force=output_flags.force)
        write_certificates(certificate, fronts, question, asked=len(layers), force=output_flags.force)
        write_json(output_flags.json, fronts, many=len(layers) > 1, force=output_flags.force)
        report_flags.write(fronts, seed=question.seed, force=output_flags.force, asked=len(layers))
    return worst_of(codes)


def _fronts(
    layers: list[Primitive], question: Question, *, tables: bool
) -> tuple[list[ParetoFront], list[ExitCode]]:
    from solver.cli.progress import watching
    from solver.questions.front import find_front
    from solver.views.console import make_console
    from solver.views.text.front import show_front

    console = make_console()
    fronts: list[ParetoFront] = []
    codes: list[ExitCode] = []
    for layer in layers:
        name = layer.title
        try:
            with watching(name, question) as on_progress:
                front = find_front(layer, question, on_progress)
        except InfeasibleError as error:
            click.echo(f"{name}: infeasible: {error}", err=True)
            codes.append(ExitCode.INFEASIBLE)
            continue
        except KeyboardInterrupt:
            codes.append(ExitCode.INTERRUPTED)
            break
        fronts.append(front)
        codes.append(front.exit_code)
        if tables:
            show_front(console, front)
            console.say("")
        if front.interrupted:
            break
    if ExitCode.INTERRUPTED in codes:
        click.echo(f"interrupted: {len(fronts)} of {len(layers)} layers answered", err=True)
    return fronts, codes
