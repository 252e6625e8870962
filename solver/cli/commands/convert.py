"""``convert``: from a model to its layers, as YAML that every other command reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.command import Command
from solver.cli.options import ModelFlags, OutputFlags, model_options, output_options
from solver.cli.output import STDOUT, check_targets, print_result
from solver.cli.values import LAYER, OutputFile
from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.readers.reading import Reading

EPILOG = """\b
Examples:
  python -m solver convert resnet50.onnx -o resnet50.yaml
  python -m solver convert vgg16.py --batch 32 -o vgg16.yaml
  python -m solver convert bert.onnx --dim sequence=128 --json -
\b
Exit codes: 0 converted, 1 converted in part (--partial), 2 bad input, 70 internal error.
"""


@click.command("convert", cls=Command, epilog=EPILOG)
@click.argument("model", metavar="MODEL", type=LAYER)
@click.option(
    "-o",
    "--out",
    type=OutputFile("yaml", "yml"),
    metavar="FILE.yaml|FOLDER",
    help="Write the layers: to one file, or one file each.",
)
@model_options
@click.option("--partial", is_flag=True, help="Keep the layers that could be read when others could not.")
@output_options
def command(
    model: str, out: str | None, model_flags: ModelFlags, partial: bool, output_flags: OutputFlags
) -> ExitCode:
    """List the layers of MODEL, or write them as YAML.

    MODEL is an ONNX file, a TensorFlow or Keras program (it is read, never executed), a folder of mRNA layer
    files, or any LAYER that `map` takes. What MAERI does not run is listed and written as host operations.
    """
    from solver.writers.layer_file import ONE_FILE, write_layers

    one_file = out is not None and Path(out).suffix.lower() in ONE_FILE
    targets = [output_flags.json, out if one_file else None]
    check_targets(targets, sources=[model], force=output_flags.force)
    if out is not None and not one_file:
        _check_folder(out, force=output_flags.force)
    from solver.readers.read import read_model

    reading = read_model(model, model_flags.read())
    for error in reading.errors:
        click.echo(f"error: {error}", err=True)
    for note in reading.notes:
        click.echo(f"note: {note}", err=True)
    if reading.errors and not (partial and reading.layers):
        count = len(reading.layers)
        hint = "; 1 layer was read: --partial keeps it" if count == 1 else ""
        if count > 1:
            hint = f"; {count} layers were read: --partial keeps them"
        click.echo(f"{model}: nothing was written{hint}", err=True)
        return ExitCode.BAD_INPUT
    if out is not None:
        path, force = Path(model), output_flags.force
        write_layers(out, path.stem or model, reading.layers, source=path.name, force=force)
    _show(model, reading, output_flags)
    return ExitCode.PARTIAL if reading.errors else ExitCode.PROVED


def _check_folder(folder: str, *, force: bool) -> None:
    from solver.files import check_folder

    exists = check_folder(folder, expected="a folder, or a name ending in .yaml")
    if exists and not force and os.listdir(folder):
        raise InputError("the folder is not empty; say --force to write into it", file=folder)


def _show(model: str, reading: Reading, output_flags: OutputFlags) -> None:
    from solver.answers.problem import Problem
    from solver.files import write_text
    from solver.views.console import make_console
    from solver.views.json_text import to_json
    from solver.views.text.layers import layers_data, show_layers

    if output_flags.json is not None:
        found = [Problem(e.file or model, str(e)).to_dict() for e in reading.errors]
        messages = {"notes": list(reading.notes), "problems": found}
        text = to_json({"network": model} | layers_data(reading.layers) | messages)
        if output_flags.json != STDOUT:
            write_text(output_flags.json, text, force=output_flags.force)
        else:
            print_result(text)
            return
    show_layers(make_console(), reading.layers)
