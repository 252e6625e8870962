"""``configure``: from a mapping to the setting of every switch, as files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.choose import MappingFlags, choose_for, mapping_options
from solver.cli.command import Command
from solver.cli.layers import read_array_layers
from solver.cli.options import ModelFlags, OutputFlags, model_options, output_options
from solver.cli.output import STDOUT, check_targets, write_json
from solver.cli.values import FILE, FOLDER, LAYER, Whole
from solver.cli.whole import choose_whole, refuse_beside_parts
from solver.errors import ExitCode, InputError
from solver.files import usable_name

if TYPE_CHECKING:
    from solver.answers.evaluation import Evaluation
    from solver.answers.whole import WholeMapping
    from solver.layer import Layer

EPILOG = """\b
Examples:
  python -m solver configure vgg_conv3 --hardware maeri-64 --out vgg_conv3.config
  python -m solver configure "conv 3x10x10 -> 3, 3x3" --hardware maeri-64-rtl --mapping "R3 S3 K3" --out early
  python -m solver configure vgg_conv3 --hardware maeri-256-dram --objective energy --out two_levels
  python -m solver configure vgg_conv3 --out vgg --stonne ~/stonne/stonne
  python -m solver configure "lstm 128 -> 64, steps 20" --hardware maeri-64-rtl --out lstm
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
    type=FOLDER,
    required=True,
    help="Folder for the files; several layers get a folder each in it.",
)
@click.option(
    "--stonne",
    metavar="PATH",
    type=FILE,
    help="Run your build of the reference simulator (a path, or a name on PATH) on the same mapping.",
)
@model_options
@click.option(
    "--inputs",
    metavar="FILE.npy",
    type=FILE,
    help="Input of the real hardware's run [default: random, by --seed].",
)
@click.option(
    "--weights", metavar="FILE.npy", type=FILE, help="Weights of that run, times 4096 [default: random]."
)
@click.option(
    "--run-limit",
    metavar="MB",
    type=Whole(least=1),
    default=20,
    show_default=True,
    help="Most that operands and expected results of that run may take; else only its program is written.",
)
@mapping_options
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
    output_flags: OutputFlags,
) -> ExitCode:
    """Write the settings of every switch for each LAYER.

    Adder switches, multipliers, the destinations of every word on every distribution port and the meaning of
    every bus value, in all phases. Where the hardware has a prefetch buffer and DRAM: the schedule of buffer
    tiles and transfers, and that of every different buffer tile. For the real hardware: a program with
    operands and expected results, and drivers that play it on the RTL. A layer made of parts, such as an
    LSTM, gets a folder for every different part. Without --mapping the best mapping is searched first.
    `simulate --config DIR` executes what was written.
    """
    from solver.answers.whole import WholeMapping
    from solver.layer import Primitive
    from solver.views.console import make_console
    from solver.views.text.configured_parts import show_any_configured
    from solver.writers.config_folder import check_folder, write_folders
    from solver.writers.configure import configure
    from solver.writers.ports.run_files import RunOperands
    from solver.writers.whole.configure import configure_whole

    given = [name for name in (mapping_flags.mapping, inputs, weights) if name is not None]
    check_targets([output_flags.json], sources=[*sources, *given], force=output_flags.force)
    check_folder(out, force=output_flags.force)
    layers = read_array_layers(sources, model_flags.read())
    for layer in layers:
        if not isinstance(layer, Primitive) and (inputs or weights):
            refuse_beside_parts(layer, "operands")
    chosen, code = _choose(layers, mapping_flags)
    folders = _folders(layers, Path(out))
    for folder in folders:
        if os.path.exists(folder):
            check_folder(folder, force=output_flags.force)
    if len(chosen) > 1 and (inputs or weights):
        raise InputError(field="--inputs", found=f"{len(chosen)} layers", expected="a single layer")
    operands = RunOperands(mapping_flags.asked.solver.seed, inputs, weights, run_limit)
    done = [
        configure_whole(each, folder, stonne, operands)
        if isinstance(each, WholeMapping)
        else configure(each, folder, stonne, operands)
        for each, folder in zip(chosen, folders, strict=True)
    ]
    contents = {configured.folder: configured.content for configured in done}
    write_folders(contents, within=out, force=output_flags.force)
    write_json(output_flags.json, done, many=len(done) > 1, force=output_flags.force)
    if output_flags.json != STDOUT:
        console = make_console()
        for number, configured in enumerate(done):
            if number:
                console.say("")
            show_any_configured(console, configured)
    wrong = [
        (layer, run)
        for layer, configured in zip(layers, done, strict=True)
        for run in configured.simulator_runs
        if not run.passed
    ]
    for layer, run in wrong:
        name = layer.title
        click.echo(f"{name}: reference simulator: {run.cycles:,} cycles, {run.verdict}", err=True)
    return ExitCode.PARTIAL if wrong else code


def _choose(layers: list[Layer], flags: MappingFlags) -> tuple[list[Evaluation | WholeMapping], ExitCode]:
    """Return the mapping of every layer, and the exit code that the searches deserve."""
    from solver.layer import Primitive

    singles, code = choose_for([layer for layer in layers if isinstance(layer, Primitive)], flags)
    waiting = iter(singles)
    chosen: list[Evaluation | WholeMapping] = []
    for layer in layers:
        if isinstance(layer, Primitive):
            chosen.append(next(waiting))
            continue
        mapped, found = choose_whole(layer, flags)
        chosen.append(mapped)
        code = max(code, found)
    return chosen, code


def _folders(layers: list[Layer], out: Path) -> list[Path]:
    """Return the folder of every layer: `out` itself for one, named after the layers in it for several."""
    if len(layers) == 1:
        return [out]
    names = [usable_name(layer.name, layer.kind) for layer in layers]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise InputError("two layers would go into the same folder", field=twice, expected="different names")
    return [out / name for name in names]
