"""``show``: a picture of the array, idle or as a mapping uses it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from solver.cli.choose import MappingFlags, choose_mappings, mapping_options
from solver.cli.command import Choice, Command
from solver.cli.options import (
    HardwareFlags,
    LimitFlags,
    SolverFlags,
    hardware_options,
    limit_options,
    solver_options,
)
from solver.cli.output import check_targets, print_result
from solver.cli.values import LAYER
from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.hardware import Hardware
    from solver.mapping.tile import Tile
    from solver.switches.switch_config import SwitchConfig

FORMATS = ("svg", "dot")

EPILOG = """\b
Examples:
  python -m solver show --hardware maeri-64 --out array.svg
  python -m solver show vgg_conv3 --hardware maeri-64-rtl --out vgg_conv3.svg
  python -m solver show vgg_conv3 --mapping "R3 S3 K28" --out vgg_conv3.dot
  python -m solver show --num-ms 16 --dn-bw 4 --rn-bw 4 --format dot | dot -Tpdf > array.pdf
\b
Exit codes: 0 drawn, 3 drawn, but the mapping is not proved optimal, 2 bad input (nothing written),
4 no legal mapping, 130 interrupted, 70 internal error.
"""


@click.command("show", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="[LAYER]", type=LAYER, required=False)
@click.option("-o", "--out", metavar="FILE", help="File for the picture; its ending gives the format.")
@click.option(
    "--format",
    "format_",
    type=Choice(FORMATS),
    help="Format of the picture [default: the ending of --out, or svg].",
)
@mapping_options
@hardware_options
@limit_options
@solver_options
@click.option("--force", is_flag=True, help="Replace an output file that exists already.")
def command(
    source: str | None,
    out: str | None,
    format_: str | None,
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
    force: bool,
) -> ExitCode:
    """Draw the array and the mapping on it.

    With a LAYER its virtual neurons are coloured and the modes of the adders are labelled, for the mapping
    that --mapping gives or else for the best one, which is searched first; of a two-level mapping the array
    tile, and the text names its buffer tile. Without --out the picture goes to
    the standard output.
    """
    read = [name for name in (source, mapping_flags.mapping) if name is not None]
    check_targets([out], sources=read, force=force)
    kind = _format(out, format_)
    from solver.files import write_text
    from solver.views.drawing import array_graph, to_dot, to_svg

    code = ExitCode.PROVED
    config: SwitchConfig | None = None
    buffer: Tile | None = None
    if source is None:
        _refuse_without_layer(mapping_flags, limit_flags)
        hardware = hardware_flags.read()
    else:
        hardware, config, buffer, code = _mapped(
            source, mapping_flags, hardware_flags, limit_flags, solver_flags
        )
    graph = array_graph(hardware, config, buffer)
    text = to_svg(graph) if kind == "svg" else to_dot(graph)
    if out is None:
        print_result(text)
    else:
        write_text(out, text, force=force)
    return code


def _mapped(
    source: str,
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
) -> tuple[Hardware, SwitchConfig, Tile | None, ExitCode]:
    """Return the hardware, what its switches do for the mapping of the layer, and in which buffer tile."""
    from solver.cli.layers import read_primitives
    from solver.mapping.buffer_tile import parts_of
    from solver.schedule.build import check_array_order
    from solver.switches.decode import decode

    count = len(read_primitives([source]))
    if count != 1:
        raise InputError(f"one picture shows one layer, found {count}", field="LAYER", expected="one layer")
    chosen, code = choose_mappings([source], mapping_flags, hardware_flags, limit_flags, solver_flags)
    (shown,) = chosen
    for note in shown.notes:
        click.echo(f"note: {note}", err=True)
    name = shown.layer.name or shown.layer.kind
    if shown.levels is None:
        return shown.hardware, decode(shown.nest, shown.hardware, shown.tile, name=name), None, code
    check_array_order(shown.levels.mapping)
    buffer = shown.levels.mapping.buffer
    # The most frequent whole buffer tile: where sums come back, one in which they do.
    whole = [
        (count, part)
        for part, count in parts_of(shown.nest, shown.hardware, buffer.sizes)
        if part.sizes == buffer.sizes
    ]
    part = max(whole, key=lambda found: found[0])[1]
    return shown.hardware, decode(part, shown.hardware, shown.tile, name=name), buffer, code


def _format(out: str | None, given: str | None) -> str:
    ending = Path(out).suffix.lower().removeprefix(".") if out is not None else ""
    if given is not None:
        return given
    if out is not None and ending not in FORMATS:
        raise InputError(
            field="--out", found=out, expected="a file name that ends in .svg or .dot, or --format"
        )
    return ending or FORMATS[0]


def _refuse_without_layer(mapping_flags: MappingFlags, limit_flags: LimitFlags) -> None:
    """Refuse options that say something about the mapping of a layer that is not given."""
    given = {
        "--mapping": mapping_flags.mapping,
        "--fix, --min or --max": limit_flags != LimitFlags((), (), ()),
    }
    for option, value in given.items():
        if value:
            raise InputError("it is about the mapping of a LAYER", field=option, expected="a LAYER to draw")
