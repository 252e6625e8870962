"""``show``: a picture of the array, idle or as a mapping uses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.choose import MappingFlags, choose_mappings, mapping_options
from solver.cli.command import Choice, Command
from solver.cli.options import ModelFlags, model_options
from solver.cli.output import check_targets, print_result
from solver.cli.values import FILE, LAYER
from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.questions.drawing import Drawn

FORMATS = ("svg", "dot", "png", "pdf")

TEXTS = ("svg", "dot")
"""Those that the standard output takes."""

EPILOG = """\b
Examples:
  python -m solver show --hardware maeri-64 --out array.svg
  python -m solver show vgg_conv3 --hardware maeri-64-rtl --out vgg_conv3.svg
  python -m solver show vgg_conv3 --mapping "R3 S3 K28" --out vgg_conv3.dot
  python -m solver show vgg_conv3 --num-ms 256 --out array.pdf
\b
Exit codes: 0 drawn, 3 drawn, but the mapping is not proved optimal, 2 bad input (nothing written),
4 no legal mapping, 130 interrupted, 70 internal error.
"""


@click.command("show", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="[LAYER]", type=LAYER, required=False)
@click.option(
    "-o", "--out", metavar="FILE", type=FILE, help="File for the picture; its ending gives the format."
)
@click.option(
    "--format",
    "format_",
    type=Choice(FORMATS),
    help="Format of the picture [default: the ending of --out, or svg].",
)
@model_options
@mapping_options
@click.option(
    "--fold/--no-fold",
    default=None,
    help="Fold the array into strips, to be read on sheets of A4 [default: from 64 multipliers on].",
)
@click.option("--force", is_flag=True, help="Replace an output file that exists already.")
def command(
    source: str | None,
    out: str | None,
    format_: str | None,
    model_flags: ModelFlags,
    mapping_flags: MappingFlags,
    fold: bool | None,
    force: bool,
) -> ExitCode:
    """Draw the array and the mapping on it.

    With a LAYER its virtual neurons are coloured and the modes of the adders are labelled, for the mapping
    that --mapping gives or else for the best one, which is searched first; of a two-level mapping the array
    tile, and the text names its buffer tile. What is too high for a sheet of A4 has a page of the PDF, or a
    file, for each. Without --out the picture goes to the standard output.
    """
    read = [name for name in (source, mapping_flags.mapping) if name is not None]
    check_targets([out], sources=read, force=force)
    kind = _format(out, format_)
    if kind not in TEXTS:
        from solver.tables import require

        require("matplotlib", "plot", f"a picture in {kind.upper()}")
    from solver.files import write_all
    from solver.views.drawing import array_graph, to_svg
    from solver.views.drawing.paint import files_of, pictures

    code = ExitCode.PROVED
    if source is None:
        _refuse_without_layer(mapping_flags)
        shown: list[Drawn] = [(mapping_flags.asked.hardware.read(), None, None)]
    else:
        shown, code = _mapped(source, model_flags, mapping_flags)
    graphs = [array_graph(*drawn) for drawn in shown]
    if out is None:
        if len(graphs) > 1:
            click.echo(f"note: the first of {len(graphs)} pieces; with --out each has a file", err=True)
        print_result(to_svg(graphs[0], fold=fold) if kind == "svg" else pictures(graphs[0], kind)[0].decode())
        return code
    files: dict[Path, bytes] = {}
    for name, graph in files_of(out, "piece", graphs).items():
        files |= files_of(name, "sheet", pictures(graph, kind, fold=fold))
    check_targets([str(name) for name in files], sources=read, force=force)
    write_all(files, force=force)
    if len(files) > 1:
        each = "piece" if len(graphs) == len(files) else "sheet of A4"
        click.echo(f"note: a picture for each {each}: {', '.join(map(str, files))}", err=True)
    return code


def _mapped(
    source: str, model_flags: ModelFlags, mapping_flags: MappingFlags
) -> tuple[list[Drawn], ExitCode]:
    """Return the hardware, what its switches do for each piece of the mapping, and in which buffer tile."""
    from solver.cli.layers import read_primitives
    from solver.questions.drawing import drawings_of

    count = len(read_primitives([source], model_flags.read()))
    if count != 1:
        raise InputError(f"one picture shows one layer, found {count}", field="LAYER", expected="one layer")
    (answer,), code = choose_mappings([source], model_flags, mapping_flags)
    for note in answer.notes:
        click.echo(f"note: {note}", err=True)
    return drawings_of(answer), code


def _format(out: str | None, given: str | None) -> str:
    ending = Path(out).suffix.lower().removeprefix(".") if out is not None else ""
    if out is None and given is not None and given not in TEXTS:
        raise InputError(field="--format", found=given, expected=f"--out too, a file for the {given.upper()}")
    if given is not None:
        return given
    if out is not None and ending not in FORMATS:
        endings = ", ".join(f".{known}" for known in FORMATS)
        raise InputError(
            field="--out", found=out, expected=f"a file name that ends in one of {endings}, or --format"
        )
    return ending or FORMATS[0]


def _refuse_without_layer(flags: MappingFlags) -> None:
    """Refuse options that say something about the mapping of a layer that is not given."""
    given = {
        "--mapping": flags.mapping,
        "--fix, --min or --max": flags.asked.limits.given,
    }
    for option, value in given.items():
        if value:
            raise InputError("it is about the mapping of a LAYER", field=option, expected="a LAYER to draw")
