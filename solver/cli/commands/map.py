"""``map``: from layers to proven-optimal mappings, beside the baselines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from solver.cli.certificates import certificate_option, check_certifiable, write_certificates
from solver.cli.command import Command, objective_option
from solver.cli.commands.pareto import PARETO, FrontFlags, front_options, map_fronts
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
from solver.cli.values import LAYER, OutputFile
from solver.errors import ExitCode, InputError, NothingFoundError, worst_of

if TYPE_CHECKING:
    from solver.answers.infeasible import Answer
    from solver.layer import Primitive
    from solver.questions.map_layer import Question

EPILOG = """\b
Examples:
  python -m solver map layers/vgg_conv3.yaml --objective energy
  python -m solver map vgg_conv3 --num-ms 128 --dn-bw 32 --rn-bw 32 --json result.json
  python -m solver map vgg_conv3 --objective pareto --csv front.csv --plot front.png
  python -m solver map vgg_conv3 --hardware maeri-256-dram --report vgg_conv3.html
  python -m solver map vgg_conv3 --certificate vgg_conv3.cert
  python -m solver map vgg_conv3 --fix T_C=4 --max T_K=8 --out mapping.yaml
\b
Exit codes: 0 proved, 3 not proved, 4 infeasible, 2 bad input, 130 interrupted,
70 internal error; of several layers the worst.
"""


@click.command("map", cls=Command, epilog=EPILOG)
@click.argument("sources", metavar="LAYER...", type=LAYER, nargs=-1, required=True)
@model_options
@objective_option(
    "What to minimise: cycles, energy, or their product; pareto finds every mapping that no other beats "
    "in both cycles and energy (without baselines).",
    PARETO,
)
@hardware_options
@form_options
@pieces_option
@limit_options
@solver_options
@click.option(
    "--baselines/--no-baselines", default=True, help="Run the heuristics beside the optimum [default: yes]."
)
@click.option(
    "-o",
    "--out",
    type=OutputFile("yaml", "yml"),
    metavar="FILE",
    help="Save the mappings for `evaluate --mapping FILE`.",
)
@click.option(
    "--detail/--no-detail",
    default=None,
    help="Print comparison, loops and breakdown of every layer, not one line [default: of a single layer].",
)
@certificate_option
@front_options
@report_options
@output_options
@asked_flags
def command(
    sources: tuple[str, ...],
    model_flags: ModelFlags,
    objective: str,
    baselines: bool,
    asked: AskedFlags,
    out: str | None,
    detail: bool | None,
    certificate: str | None,
    front_flags: FrontFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Find the best mapping of each LAYER and prove it.

    A LAYER is a file (YAML or mRNA text, one layer or a list; an ONNX model or a TensorFlow program, each
    layer by itself), the name of a shipped layer, or a layer in one-line notation. Ctrl-C (or the time limit)
    ends the search with the best mapping so far and its gap; a second Ctrl-C quits at once.
    """
    front_flags.check_with(objective, out)
    targets = [output_flags.json, out, certificate, *front_flags.targets, report_flags.report]
    check_targets([*targets, front_flags.plot], sources=sources, force=output_flags.force)
    report_flags.check()
    from solver.answers.solution import Solution
    from solver.cost.result import Objective
    from solver.files import write_text
    from solver.views.console import make_console
    from solver.views.text.summary import show_summary
    from solver.writers.mapping_file import mapping_text

    if objective == PARETO and asked.pieces is None:
        asked = replace(asked, pieces="1")
    wanted = Objective.EDP if objective == PARETO else objective
    question = asked.question(wanted, baselines=baselines, beside_simulator=True)
    check_certifiable(certificate, question)
    layers = read_primitives(sources, model_flags.read())
    if objective == PARETO:
        if asked.solver.prover not in (None, "bounds"):
            raise InputError(
                field="--prover", found=asked.solver.prover, expected="bounds for --objective pareto"
            )
        return map_fronts(layers, question, front_flags, report_flags, output_flags, certificate)
    with second_interrupt_quits():
        tables = output_flags.json != STDOUT
        detail = tables and (len(layers) == 1 if detail is None else detail)
        answers, lost = _answer_all(layers, question, detail=detail)
        if tables and (len(layers) > 1 or not detail):
            console = make_console()
            show_summary(console, answers, asked=len(layers))
            if len(layers) > 1 and not detail:
                console.say(
                    "--detail prints each in full; `network` searches equal layers once and has more totals."
                )
        solutions = [answer for answer in answers if isinstance(answer, Solution)]
        if out is not None and solutions:
            write_text(out, mapping_text(solutions), force=output_flags.force)
        write_certificates(certificate, solutions, question, asked=len(layers), force=output_flags.force)
        write_json(output_flags.json, answers, many=len(layers) > 1, force=output_flags.force)
        report_flags.write(answers, seed=question.seed, force=output_flags.force, asked=len(layers))
    return worst_of([answer.exit_code for answer in answers] + lost)


def _answer_all(
    layers: list[Primitive], question: Question, *, detail: bool
) -> tuple[list[Answer], list[ExitCode]]:
    """Answer layer after layer, each shown in `detail` when it is done; the second value tells what was lost.

    Raises
    ------
    NothingFoundError
        If nothing was found in time for the only layer.
    """
    from solver.answers.solution import Solution
    from solver.cli.progress import watching
    from solver.questions.map_layer import map_layer
    from solver.views.console import make_console
    from solver.views.text.result import show_solution

    console = make_console()
    answers: list[Answer] = []
    lost: list[ExitCode] = []
    interrupted = False
    for number, layer in enumerate(layers, start=1):
        title = f"[{number}/{len(layers)}] {layer.name}" if len(layers) > 1 else layer.name
        try:
            with watching(title, question) as on_progress:
                answer, interrupted = map_layer(layer, question, on_progress)
        except KeyboardInterrupt:
            interrupted = True
            break
        except NothingFoundError as error:
            if len(layers) == 1:
                raise
            click.echo(error, err=True)
            lost.append(error.exit_code)
            continue
        answers.append(answer)
        if not isinstance(answer, Solution):
            click.echo(f"{layer.title}: infeasible: {answer.reason}", err=True)
        elif detail:
            show_solution(console, answer)
            console.say("")
        if interrupted:
            break
    if interrupted:
        click.echo(f"interrupted: {len(answers)} of {len(layers)} layers answered", err=True)
        lost.append(ExitCode.INTERRUPTED)
    return answers, lost
