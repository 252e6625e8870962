"""``explain``: why the optimum is what it is, and what more of each resource would bring."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from solver.cli.command import Command, objectives
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
from solver.cli.values import LAYER
from solver.errors import ExitCode, InfeasibleError, worst_of

if TYPE_CHECKING:
    from solver.layer import Primitive
    from solver.questions.explain.run import Explanation
    from solver.questions.map_layer import Question
    from solver.views.console import ReportConsole

EPILOG = """\b
Examples:
  python -m solver explain vgg_conv3 --hardware maeri-256-dram
  python -m solver explain "fc 4096 -> 1000, batch 4" --objective energy --json -
\b
Exit codes: 0 everything is proved, 3 not proved, 4 infeasible, 2 bad input, 130 interrupted,
70 internal error; of several layers the worst.
"""


@click.command("explain", cls=Command, epilog=EPILOG)
@click.argument("sources", metavar="LAYER...", type=LAYER, nargs=-1, required=True)
@click.option(
    "--objective",
    "objectives",
    type=objectives(),
    multiple=True,
    default=("latency", "energy"),
    show_default=True,
    help="What the optimum minimises. Repeatable.",
)
@hardware_options
@model_options
@form_options
@pieces_option
@limit_options
@solver_options
@report_options
@output_options
@asked_flags
def command(
    sources: tuple[str, ...],
    objectives: tuple[str, ...],
    model_flags: ModelFlags,
    asked: AskedFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Explain the best mapping of each LAYER.

    Shown are what binds it, with the cycles that each resource alone would take; the lower bounds that no
    mapping can beat, and the distance to them; what doubling each resource alone would bring, each time
    solved anew to the proof; and the loop nest, with the level that holds each operand.
    """
    targets = [output_flags.json, report_flags.report]
    check_targets(targets, sources=sources, force=output_flags.force)
    report_flags.check()
    from solver.cost.result import Objective
    from solver.views.console import make_console

    wanted = [Objective(name) for name in dict.fromkeys(objectives)]
    question = asked.question(wanted[0])
    questions = [replace(question, objective=objective) for objective in wanted]
    layers = read_primitives(sources, model_flags.read())
    console = make_console() if output_flags.json != STDOUT else None
    with second_interrupt_quits():
        found, codes = _explain_all(layers, questions, console)
        count = len(layers) * len(questions)
        write_json(output_flags.json, found, many=count > 1, force=output_flags.force)
        report_flags.write(found, seed=question.seed, force=output_flags.force, asked=count)
    return worst_of(codes)


def _explain_all(
    layers: list[Primitive], questions: list[Question], console: ReportConsole | None
) -> tuple[list[Explanation], list[ExitCode]]:
    from solver.cli.progress import watching
    from solver.questions.explain.run import explain
    from solver.search.progress import Progress
    from solver.views.text.explain import show_explanation

    found: list[Explanation] = []
    codes: list[ExitCode] = []
    for layer in layers:
        name = layer.title
        for question in questions:
            try:
                with watching(name, question) as show:

                    def tell(what: str, progress: Progress, show=show) -> None:  # type: ignore[no-untyped-def]
                        show(replace(progress, stage=f"{what}, {progress.stage}"))

                    explanation = explain(layer, question, tell)
            except InfeasibleError as error:
                click.echo(f"{name}: infeasible: {error}", err=True)
                codes.append(ExitCode.INFEASIBLE)
                break
            except KeyboardInterrupt:
                click.echo("interrupted", err=True)
                return found, [*codes, ExitCode.INTERRUPTED]
            found.append(explanation)
            codes.append(explanation.exit_code)
            if console is not None:
                show_explanation(console, explanation)
                console.say("")
            if explanation.exit_code is ExitCode.INTERRUPTED:
                click.echo("interrupted", err=True)
                return found, codes
    return found, codes
