"""``map --objective pareto``: the whole latency-energy front of each layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.certificates import write_certificates
from solver.cli.interrupt import second_interrupt_quits
from solver.cli.options import OutputFlags, option_group
from solver.cli.output import STDOUT, write_json
from solver.cli.report import ReportFlags
from solver.cli.values import OutputFile
from solver.errors import ExitCode, InfeasibleError, InputError

if TYPE_CHECKING:
    from solver.answers.front import ParetoFront
    from solver.layer import Primitive
    from solver.questions.map_layer import Question

PARETO = "pareto"
PICTURES = (".png", ".svg")


@dataclass(frozen=True)
class FrontFlags:
    """Where a front goes besides the table."""

    csv: str | None
    plot: str | None

    def check(self, objective: str, out: str | None) -> None:
        """Refuse options that do not go with the objective, and pictures that cannot be drawn.

        Raises
        ------
        InputError
            If a front's file is asked for without a front, or `--out` with one.
        MissingDependencyError
            If there is a picture to draw and nothing to draw it with.
        """
        if objective != PARETO:
            for name in ("csv", "plot"):
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
        if self.plot is not None:
            from solver.tables import require

            if Path(self.plot).suffix.lower() not in PICTURES:
                raise InputError(
                    field="--plot", found=self.plot, expected="a file that ends in " + " or ".join(PICTURES)
                )
            require("matplotlib", "plot", "--plot")


front_options = option_group(
    FrontFlags,
    "front_flags",
    [
        click.option(
            "--csv",
            type=OutputFile(),
            metavar="FILE",
            help="With --objective pareto: a row per point of the front.",
        ),
        click.option(
            "--plot", metavar="FILE.png|FILE.svg", help="With --objective pareto: the front as a picture."
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
    from solver.files import write_bytes, write_text
    from solver.writers.front_csv import front_csv

    if front_flags.plot is not None and len(layers) > 1:
        raise InputError(field="--plot", found=f"{len(layers)} layers", expected="a single layer")
    with second_interrupt_quits():
        fronts, codes = _fronts(layers, question, tables=output_flags.json != STDOUT)
        if fronts and front_flags.csv is not None:
            write_text(front_flags.csv, front_csv(fronts), force=output_flags.force)
        write_certificates(certificate, fronts, question, asked=len(layers), force=output_flags.force)
        if fronts and front_flags.plot is not None:
            from solver.views.plots.front import front_plot
            from solver.views.plots.style import image_bytes

            kind = Path(front_flags.plot).suffix.lower().removeprefix(".")
            picture = image_bytes(front_plot(fronts[0]), kind)
            write_bytes(front_flags.plot, picture, force=output_flags.force)
        write_json(output_flags.json, fronts, many=len(layers) > 1, force=output_flags.force)
        report_flags.write(fronts, seed=question.seed, force=output_flags.force, asked=len(layers))
    severity = (ExitCode.PROVED, ExitCode.NOT_PROVED, ExitCode.INFEASIBLE, ExitCode.INTERRUPTED)
    return max(codes, key=severity.index)


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
        name = layer.name or layer.kind
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
