"""``simulate``: the configuration of a mapping, executed and compared with direct convolution."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from solver.cli.choose import MappingFlags, choose_mappings, mapping_options
from solver.cli.command import Choice, Command
from solver.cli.layers import read_primitives
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
from solver.cli.values import LAYER
from solver.cli.whole import made_of_parts, simulate_whole
from solver.errors import ExitCode, InputError

if TYPE_CHECKING:
    from solver.execution.pieces import PieceConfig, PiecesConfig
    from solver.execution.whole_layers.whole import AnySimulation
    from solver.layer import Primitive
    from solver.schedule.schedule import Schedule
    from solver.switches.switch_config import SwitchConfig

EPILOG = """\b
Examples:
  python -m solver simulate "conv 8x14x14 -> 16, 3x3, pad 1" --hardware maeri-64
  python -m solver simulate vgg_conv3 --config vgg_conv3.config
  python -m solver simulate "conv 3x10x10 -> 3, 3x3" --config early --log run.log
  python -m solver simulate "fc 64 -> 10" --mapping "S16 K4" --input x.npy --weights w.npy --arithmetic int16
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
    help="Execute what `configure --out DIR` wrote (or its configuration.json or schedule.json).",
)
@click.option(
    "--log",
    metavar="FILE",
    help="Compare what a driver of --config printed with the expected results; name the first difference.",
)
@click.option("--input", "inputs", metavar="FILE.npy", help="Input of the layer, integers [default: random].")
@click.option("--weights", metavar="FILE.npy", help="Weights of the layer, integers [default: random].")
@click.option(
    "--arithmetic",
    type=Choice(["exact", "int16", "fixed"]),
    default="exact",
    show_default=True,
    help="Exact integers, 16 bits that wrap around, or the hardware's fixed point (12 fraction bits).",
)
@model_options
@mapping_options
@hardware_options
@limit_options
@solver_options
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
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
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
    names pass, window, virtual neuron and output.
    """
    from solver.cli.progress import watching_stages
    from solver.execution.arithmetic import Arithmetic
    from solver.execution.faults import SwitchFaultError
    from solver.execution.tensors import make_tensors
    from solver.execution.whole_layers.whole import verify_loaded
    from solver.views.console import make_console
    from solver.views.text.simulated import show_simulation, show_whole

    given = [
        name for name in (source, mapping_flags.mapping, folder, log, inputs, weights) if name is not None
    ]
    check_targets([output_flags.json], sources=given, force=output_flags.force)
    if log is not None and folder is None:
        raise InputError(field="--log", found="no --config", expected="the folder that the run was made with")
    if folder is not None:
        if mapping_flags.mapping is not None or hardware_flags.given or limit_flags != LimitFlags((), (), ()):
            raise InputError(
                field="--config",
                found="a mapping or hardware beside it",
                expected="those of the configuration",
            )
        loaded, code = _read(source, folder, model_flags), ExitCode.PROVED
    elif (layer := made_of_parts(source, model_flags)) is not None:
        if (mapping_flags.mapping, inputs, weights, arithmetic) != (None, None, None, "exact"):
            raise InputError(
                field=layer.name,
                found=f"the kind {layer.kind}, made of parts",
                expected="neither a mapping nor operands nor another arithmetic beside it",
            )
        whole, code = simulate_whole(layer, mapping_flags, hardware_flags, limit_flags, solver_flags)
        write_json(output_flags.json, [whole], many=False, force=output_flags.force)
        if output_flags.json != STDOUT:
            show_whole(make_console(), whole)
        return code
    else:
        loaded, code = _make(source, model_flags, mapping_flags, hardware_flags, limit_flags, solver_flags)
    if len(loaded) > 1 and (inputs or weights):
        raise InputError(field="--input", found=f"{len(loaded)} layers", expected="a single layer")
    mode = Arithmetic(arithmetic)
    done = []
    for layer, config, notes in loaded:
        tensors = make_tensors(layer, mode, seed=solver_flags.seed, inputs=inputs, weights=weights)
        try:
            with watching_stages(layer.name or layer.kind) as on_stage:
                simulation = verify_loaded(config, layer, tensors, mode, notes=notes, on_stage=on_stage)
                done.append(simulation if folder is None else _with_run(simulation, folder, log, on_stage))
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


def _with_run(
    simulation: AnySimulation, folder: str, log: str | None, on_stage: Callable[[str], None]
) -> AnySimulation:
    """Play the program of a folder, or compare the log of a real run, if the folder holds one."""
    from solver.execution.pieces import PiecesSimulation
    from solver.execution.verify import Simulation
    from solver.writers.pieces_folder import folder_name
    from solver.writers.ports.read_run import check_log, check_run, has_run, read_run

    if isinstance(simulation, PiecesSimulation):
        if log is not None:
            found = f"the layer in {len(simulation.parts)} pieces, each with a run of its own"
            expected = f"the folder of one of them, such as {os.path.join(folder, folder_name(1))}"
            raise InputError(field="--log", found=found, expected=expected)
        parts = []
        for place, part in enumerate(simulation.parts, 1):
            played = _with_run(part, os.path.join(folder, folder_name(place)), None, on_stage)
            assert isinstance(played, Simulation)
            parts.append(played)
        return replace(simulation, parts=tuple(parts))
    if not has_run(folder):
        if log is not None:
            found = f"no program with its results in {folder}"
            raise InputError(field="--log", found=found, expected="a folder of `configure` for real hardware")
        return simulation
    on_stage("program" if log is None else "log")
    run = read_run(folder)
    work = simulation.config if isinstance(simulation, Simulation) else simulation.schedule
    checked = check_run(run, work) if log is None else check_log(log, run, work)
    return replace(simulation, run=checked)


Loaded = list[tuple["Primitive", "SwitchConfig | Schedule | PiecesConfig | PieceConfig", tuple[str, ...]]]


def _read(source: str, folder: str, model_flags: ModelFlags) -> Loaded:
    """Read the configuration of a folder for the one layer of a source."""
    from solver.writers.schedule_folder import read_given_folder

    layers = read_primitives([source], model_flags.read())
    if len(layers) > 1:
        raise InputError(
            field="--config", found=f"{len(layers)} layers in {source}", expected="a single layer"
        )
    config, notes = read_given_folder(folder)
    return [(layers[0], config, notes)]


def _make(
    source: str,
    model_flags: ModelFlags,
    mapping_flags: MappingFlags,
    hardware_flags: HardwareFlags,
    limit_flags: LimitFlags,
    solver_flags: SolverFlags,
) -> tuple[Loaded, ExitCode]:
    """Configure the mappings of a source, and read the files back."""
    from solver.writers.configure import read_back

    chosen, code = choose_mappings(
        [source], model_flags, mapping_flags, hardware_flags, limit_flags, solver_flags
    )
    loaded: Loaded = []
    for evaluation in chosen:
        config, notes = read_back(evaluation)
        loaded.append((evaluation.layer, config, (*evaluation.notes, *notes)))
    return loaded, code
