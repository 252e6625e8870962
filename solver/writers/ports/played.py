"""The program of a folder, played or compared with a log, beside what its configuration was executed to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from solver.errors import InputError
from solver.execution.pieces import PiecesSimulation
from solver.execution.verify import Simulation
from solver.execution.whole_layers.whole import AnySimulation
from solver.writers.pieces_folder import folder_name
from solver.writers.ports.read_run import check_log, check_run, has_run, read_run


def with_run(
    simulation: AnySimulation, folder: str, log: str | None, on_stage: Callable[[str], None]
) -> AnySimulation:
    """Play the program of a folder, or compare the log of a real run, if the folder holds one.

    Parameters
    ----------
    simulation
        The execution of the configuration, schedule or pieces in the folder.
    folder, log
        The folder, and what a driver printed, if that is to be compared.
    on_stage
        Told what is being done.

    Raises
    ------
    InputError
        If a file is missing or wrong, or a log is given for a folder that has no run of its own.
    SwitchFaultError
        Of the first value that is not the expected one.
    """
    if isinstance(simulation, PiecesSimulation):
        if log is not None:
            refuse_log(f"the layer in {len(simulation.parts)} pieces", os.path.join(folder, folder_name(1)))
        parts = []
        for place, part in enumerate(simulation.parts, 1):
            played = with_run(part, os.path.join(folder, folder_name(place)), None, on_stage)
            assert not isinstance(played, PiecesSimulation)
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
    layer = simulation.layer
    checked = check_run(run, work, layer) if log is None else check_log(log, run, work, layer)
    return replace(simulation, run=checked)


def refuse_log(what: str, folder: str) -> None:
    """Refuse a log of a folder that holds several runs; `folder` has one of them."""
    found, expected = f"{what}, each with a run of its own", f"the folder of one of them, such as {folder}"
    raise InputError(field="--log", found=found, expected=expected)
