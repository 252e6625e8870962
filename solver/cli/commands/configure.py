"""``configure``: from a mapping to the setting of every switch, as files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.choose import MappingFlags, choose_mappings, mapping_options
from solver.cli.command import Command
from solver.cli.options import (
    HardwareFlags,
    LimitFlags,
    ModelFlags,
    OutputFlags,
    SolverFlags,
    hardware_options,
    limit_options,
    model_options,
    output_options,
    solver_options,
)
from solver.cli.output import STDOUT, check_targets, write_json
from solver.cli.values import LAYER, Whole
from solver.errors import ExitCode, InputError
from solver.files import usable_name

if TYPE_CHECKING:
    from solver.answers.evaluation import Evaluation

EPILOG = """\b
Examples:
  python -m solver configure vgg_conv3 --hardware maeri-64 --out vgg_conv3.config
  python -m solver configure "conv 3x10x10 -> 3, 3x3" --hardware maeri-64-rtl --mapping "R3 S3 K3" --out early
  python -m solver configure vgg_conv3 --hardware maeri-256-dram --objective energy --out two_levels
  python -m solver configure vgg_conv3 --out vgg --stonne ~/stonne/stonne
\b
Exit codes: 0 written, 3 written, but the mapping is not proved optimal, 1 written, but the reference
simulator's own check failed, 2 bad input (nothing written), 4 no legal mapping, 130 interrupted,
70 internal error.
"""


@click.command("configure", cls=Command, epilog=EPILOG)
@click.argument("sources", metavar="LAYER...", type=LAYER, nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    required=True,
    help="Folder for the files; several layers get a folder each in it.",
)
@click.option(
    "--stonne",
    metavar="PATH",
    help="Run your build of the reference simulator (a path, or a name on PATH) on the same mapping.",
)
@model_options
@click.option(
    "--input",
    "inputs",
    metavar="FILE.npy",
    help="Input of the real hardware's run [default: random, by --seed].",
)
@click.option("--weights", metavar="FILE.npy", help="Weights of that run, times 4096 [default: random].")
@click.option(
    "--run-limit",
    metavar="MB",
    type=Whole(least=1),
    default=20,
    show_default=True,
    help="Most that operands and expected results of that run may take; else only its program is written.",
)
@mapping_options
@hardware_options
@limit_options
@solver_options
@output_options
def command(
    sources: tuple[str, ...],
    out: str,
    stonne: str | None,
    model_flags: ModelFlags,
    inputs: str | None,
    weights: str | None,
    run_limit: int,
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Write the settings of every switch for each LAYER.

    Adder switches, multipliers, the destinations of every word on every distribution port and the meaning of
    every bus value, in all phases. Where the hardware has a prefetch buffer and DRAM: the schedule of buffer
    tiles and transfers, and that of every different buffer tile. For the real hardware: a program with
    operands and expected results, and drivers that play it on the RTL. Without --mapping the best mapping is
    searched first. `simulate --config DIR` executes what was written.
    """
    from solver.views.console import make_console
    from solver.views.text.configured import show_configured, show_configured_pieces
    from solver.views.text.scheduled import show_configured_levels
    from solver.writers.config_folder import check_folder, write_folders
    from solver.writers.configure import ConfiguredPieces, configure
    from solver.writers.configure_levels import ConfiguredLevels
    from solver.writers.ports.run_files import RunOperands

    given = [name for name in (mapping_flags.mapping, inputs, weights) if name is not None]
    check_targets([output_flags.json], sources=[*sources, *given], force=output_flags.force)
    check_folder(out, force=output_flags.force)
    chosen, code = choose_mappings(
        sources, model_flags, mapping_flags, hardware_flags, limit_flags, solver_flags
    )
    folders = _folders(chosen, Path(out))
    for folder in folders:
        if os.path.exists(folder):
            check_folder(folder, force=output_flags.force)
    if len(chosen) > 1 and (inputs or weights):
        raise InputError(field="--input", found=f"{len(chosen)} layers", expected="a single layer")
    operands = RunOperands(solver_flags.seed, inputs, weights, run_limit)
    done = [configure(e, folder, stonne, operands) for e, folder in zip(chosen, folders, strict=True)]
    contents = {configured.folder: configured.content for configured in done}
    write_folders(contents, within=out, force=output_flags.force)
    write_json(output_flags.json, done, many=len(done) > 1, force=output_flags.force)
    if output_flags.json != STDOUT:
        console = make_console()
        for number, configured in enumerate(done):
            if number:
                console.say("")
            if isinstance(configured, ConfiguredLevels):
                show_configured_levels(console, configured)
            elif isinstance(configured, ConfiguredPieces):
                show_configured_pieces(console, configured)
            else:
                show_configured(console, configured)
    wrong = [
        (e, run) for e, c in zip(chosen, done, strict=True) for run in c.simulator_runs if not run.passed
    ]
    for evaluation, run in wrong:
        name = evaluation.layer.name or evaluation.layer.kind
        click.echo(f"{name}: reference simulator: {run.cycles:,} cycles, {run.verdict}", err=True)
    return ExitCode.PARTIAL if wrong else code


def _folders(chosen: list[Evaluation], out: Path) -> list[Path]:
    """Return the folder of every layer: `out` itself for one, named after the layers in it for several."""
    if len(chosen) == 1:
        return [out]
    names = [usable_name(e.layer.name, e.layer.kind) for e in chosen]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise InputError("two layers would go into the same folder", field=twice, expected="different names")
    return [out / name for name in names]
