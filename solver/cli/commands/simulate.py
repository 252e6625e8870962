"""``simulate``: the configuration of a mapping, executed and compared with direct convolution."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from solver.cli.choose import MappingFlags, choose_mappings, mapping_options
from solver.cli.command import Choice, Command
from solver.cli.layers import read_primitives
from solver.cli.options import ModelFlags, OutputFlags, model_options, output_options
from solver.cli.output import STDOUT, check_targets, write_json
from solver.cli.values import FILE, LAYER
from solver.cli.whole import choose_whole, made_of_parts, refuse_beside_parts
from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.execution.whole_layers.whole import AnyConfig
    from solver.layer import Layer, Primitive

EPILOG = """\b
Examples:
  python -m solver simulate "conv 8x14x14 -> 16, 3x3, pad 1" --hardware maeri-64
  python -m solver simulate vgg_conv3 --config vgg_conv3.config
  python -m solver simulate "conv 3x10x10 -> 3, 3x3" --config early --log run.log
  python -m solver simulate "lstm 128 -> 64, steps 20" --config lstm/part-1 --log run.log
  python -m solver simulate "fc 64 -> 10" --mapping "S16 K4" --inputs x.npy --weights w.npy --arithmetic int16
\b Exit codes: 0 every output is right, 2 bad input, or a configuration that does not compute the layer (the
message names the switch), 3 right, but the mapping is not proved optimal, 4 no legal mapping, 130
interrupted, 70 internal error.
"""


@click.command("simulate", cls=Command, epilog=EPILOG)
@click.argument("source", metavar="LAYER", type=LAYER)
@click.option(
    "--config",
    "folder",
    metavar="DIR",
    type=FILE,
    help="Execute what `configure --out DIR` wrote (or its configuration.json or schedule.json).",
)
@click.option(
    "--log",
    metavar="FILE",
    type=FILE,
    help="Compare what a driver of --config printed with the expected results; name the first difference.",
)
@click.option(
    "--inputs", metavar="FILE.npy", type=FILE, help="Input of the layer, integers [default: random]."
)
@click.option(
    "--weights", metavar="FILE.npy", type=FILE, help="Weights of the layer, integers [default: random]."
)
@click.option(
    "--arithmetic",
    type=Choice(["exact", "int16", "fixed"]),
    default="exact",
    show_default=True,
    help="Exact integers, 16 bits that wrap around, or the hardware's fixed point (12 fraction bits).",
)
@model_options
@mapping_options
@output_options
def command(
    source: str,
    folder: str | None,
    log: str | None,
    inputs: str | None,
    weights: str | None,
    arithmetic: str,
    model_flags: ModelFlags,
    mapping_flags: MappingFlags,
    output_flags: OutputFlags,
) -> ExitCode:
    """Execute a configuration and check every output.

    The outputs are compared with direct convolution, the cycles and words with the cost model.
    Without --config the mapping (the given one or the best) is configured first, in a temporary folder. A
    layer made of parts, such as an LSTM, is executed part by part, with the host's steps in fixed point, and
    compared with its definition. Random operands depend on --seed. A word that is lost, a value that gets
    stuck, a bus that does not keep up and an output that is wrong, missing or written twice are errors that
    name the switch.

    Where the hardware has a prefetch buffer and DRAM the schedule is executed, every buffer tile on the array
    and every transfer word by word. A word that is not in the buffer, a buffer that overflows, a lost sum,
    and words moved that the cost model does not count are errors that name the buffer tile and the place.

    A program for the real hardware in --config is played on a model of the ports, from the files alone, and
    every value that leaves a bus is compared; with --log those of a run of the RTL are. The first difference
    names pass, window, virtual neuron and output. Of a layer in pieces or made of parts --log wants the
    folder of the piece or part that ran as --config.
    """
    from solver.cli.progress import watching_stages
    from solver.execution.arithmetic import Arithmetic
    from solver.execution.faults import SwitchFaultError
    from solver.execution.tensors import make_tensors
    from solver.execution.whole_layers.whole import verify_loaded
    from solver.views.console import make_console
    from solver.views.text.simulated import show_simulation, show_whole
    from solver.writers.ports.played import refuse_log, with_run
    from solver.writers.whole.execute import execute_mapped, execute_parts
    from solver.writers.whole.parts_folder import is_parts_folder

    given = [
        name for name in (source, mapping_flags.mapping, folder, log, inputs, weights) if name is not None
    ]
    check_targets([output_flags.json], sources=given, force=output_flags.force)
    if log is not None and folder is None:
        raise InputError(field="--log", found="no --config", expected="the folder that the run was made with")
    asked = mapping_flags.asked
    wanted = (mapping_flags.mapping, asked.forms.forms, asked.forms.stationary, asked.pieces)
    limited = asked.limits.given or asked.solver.prover is not None
    if folder is not None and (wanted != (None,) * 4 or asked.hardware.given or limited):
        raise InputError(
            field="--config",
            found="a mapping, forms, pieces or hardware beside it",
            expected="those of the configuration",
        )
    whole = made_of_parts(source, model_flags)
    if whole is not None and (folder is None or is_parts_folder(folder)):
        if (inputs, weights) != (None, None):
            refuse_beside_parts(whole, "operands")
        if arithmetic != "exact":
            refuse_beside_parts(whole, "arithmetic")
        if folder is None:
            mapped, code = choose_whole(whole, mapping_flags)
            executed = execute_mapped(mapped, asked.solver.seed)
        else:
            if log is not None:
                refuse_log("the layer in parts", os.path.join(folder, "part-1"))
            with watching_stages(whole.title) as on_stage:
                executed = execute_parts(whole, folder, asked.solver.seed, on_stage)
            code = ExitCode.PROVED
        write_json(output_flags.json, [executed], many=False, force=output_flags.force)
        if output_flags.json != STDOUT:
            show_whole(make_console(), executed)
        return code
    if folder is None:
        loaded, code = _make(source, model_flags, mapping_flags)
    else:
        loaded, code = [_read(source, whole, folder, model_flags)], ExitCode.PROVED
    if len(loaded) > 1 and (inputs or weights):
        raise InputError(field="--inputs", found=f"{len(loaded)} layers", expected="a single layer")
    mode = Arithmetic(arithmetic)
    done = []
    for layer, config, notes in loaded:
        tensors = make_tensors(layer, mode, seed=asked.solver.seed, inputs=inputs, weights=weights)
        try:
            with watching_stages(layer.title) as on_stage:
                simulation = verify_loaded(config, layer, tensors, mode, notes=notes, on_stage=on_stage)
                done.append(simulation if folder is None else with_run(simulation, folder, log, on_stage))
        except SwitchFaultError as error:
            raise error if folder is None else error.read_from(folder, notes) from None
    write_json(output_flags.json, done, many=len(done) > 1, force=output_flags.force)
    if output_flags.json != STDOUT:
        console = make_console()
        for number, simulation in enumerate(done):
            if number:
                console.say("")
            show_simulation(console, simulation)
    return code


Loaded = tuple["Primitive", "AnyConfig", tuple[str, ...]]
"""A layer, what is executed for it, and notes."""


def _read(source: str, whole: Layer | None, folder: str, model_flags: ModelFlags) -> Loaded:
    """Read the configuration of a folder for the one layer of a source, or for a part of it."""
    from solver.writers.schedule.folder import read_given_folder
    from solver.writers.whole.parts_folder import read_part_folder

    if whole is not None:
        return read_part_folder(folder, whole)
    layers = read_primitives([source], model_flags.read())
    if len(layers) > 1:
        raise InputError(
            field="--config", found=f"{len(layers)} layers in {source}", expected="a single layer"
        )
    return layers[0], *read_given_folder(folder)


def _make(source: str, model_flags: ModelFlags, mapping_flags: MappingFlags) -> tuple[list[Loaded], ExitCode]:
    """Configure the mappings of a source, and read the files back."""
    from solver.writers.configure import read_back

    chosen, code = choose_mappings([source], model_flags, mapping_flags)
    loaded: list[Loaded] = []
    for evaluation in chosen:
        config, notes = read_back(evaluation)
        loaded.append((evaluation.layer, config, (*evaluation.notes, *notes)))
    return loaded, code
