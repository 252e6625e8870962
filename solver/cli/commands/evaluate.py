"""``evaluate``: the profile of a mapping that the user gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from solver.cli.command import Command, objective_option
from solver.cli.layers import FormFlags, form_options, read_primitives
from solver.cli.options import (
    HardwareFlags,
    ModelFlags,
    OutputFlags,
    hardware_options,
    model_options,
    output_options,
)
from solver.cli.output import STDOUT, check_targets, write_json
from solver.cli.report import ReportFlags, report_options
from solver.cli.values import FILE, LAYER
from solver.errors import ExitCode

if TYPE_CHECKING:
    from solver.answers.evaluation import Evaluation
    from solver.layer import Primitive

EPILOG = """\b
Examples:
  python -m solver evaluate vgg_conv3 --mapping "T_R=3 T_S=3 T_K=28"
  python -m solver evaluate vgg_conv3 --mapping mapping.yaml --json -
\b
Exit codes: 0 evaluated, 2 bad input (an illegal mapping too), 70 internal error.
"""


@click.command("evaluate", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="LAYER", type=LAYER)
@click.option(
    "--mapping",
    metavar="FILE|TILE",
    type=FILE,
    required=True,
    help="A file saved by `map --out`, a file with a tile, or the tile itself, e.g. 'T_R=3 T_S=3 T_K=8'.",
)
@objective_option("With a prefetch buffer and a mere tile: what its buffer tile and loop orders minimise.")
@model_options
@form_options
@hardware_options
@report_options
@output_options
def command(
    source: str,
    mapping: str,
    objective: str,
    model_flags: ModelFlags,
    form_flags: FormFlags,
    hardware_flags: HardwareFlags,
    report_flags: ReportFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Show what a mapping costs, or why it is illegal.

    A file saved by `map --out` also holds the loops of the layer and the hardware. Its hardware is used
    unless hardware options are given; a layer with other loops is refused.

    Where the hardware has a prefetch buffer, a tile gets its best buffer tile and loop orders, and the report
    says so; a file may give them too (keys buffer_tile, dram_order, array_order).
    """
    targets = [output_flags.json, report_flags.report]
    check_targets(targets, sources=[source, mapping], force=output_flags.force)
    report_flags.check()
    from solver.views.console import make_console
    from solver.views.text.profile import show_profile

    layers = read_primitives([source], model_flags.read())
    evaluations = evaluate_all(layers, mapping, form_flags, hardware_flags, objective)
    write_json(output_flags.json, evaluations, many=len(evaluations) > 1, force=output_flags.force)
    if output_flags.json != STDOUT:
        console = make_console()
        for evaluation in evaluations:
            show_profile(console, evaluation)
    report_flags.write(evaluations, seed=None, force=output_flags.force)
    return ExitCode.PROVED


def evaluate_all(
    layers: list[Primitive],
    mapping: str,
    form_flags: FormFlags,
    hardware_flags: HardwareFlags,
    objective: str = "latency",
) -> list[Evaluation]:
    """Evaluate every layer with its saved mapping, or with the one mapping that was given.

    Parameters
    ----------
    objective
        Which buffer tile is best for a mere array tile, where the hardware has a prefetch buffer.
    """
    from solver.cost.result import Objective
    from solver.questions.evaluate import evaluate_given

    hardware = hardware_flags.read() if hardware_flags.given else None
    found = evaluate_given(
        layers, mapping, hardware, form_flags.stationary, Objective(objective), form_flags.forms
    )
    if hardware_flags.clock is None:
        return found
    return [replace(each, hardware=replace(each.hardware, clock=hardware_flags.clock)) for each in found]
