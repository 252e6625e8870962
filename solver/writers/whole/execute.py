"""A layer made of parts, executed: as mapped, or every part as its files say, and their programs played."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from solver.answers.whole import WholeMapping
from solver.execution.faults import SwitchFaultError
from solver.execution.whole_layers.whole import WholeSimulation, random_operands, verify_whole
from solver.layer import Layer
from solver.writers.configure import read_back
from solver.writers.ports.played import with_run
from solver.writers.whole.parts_folder import folders_of, read_parts_folder


def execute_mapped(mapped: WholeMapping, seed: int = 0) -> WholeSimulation:
    """Configure every part of a mapped layer, and execute the layer on random operands."""
    configs = {primitive: read_back(evaluation)[0] for primitive, evaluation in mapped.mappings.items()}
    return verify_whole(mapped.layer, mapped.way, configs, random_operands(mapped.layer, seed))


def execute_parts(
    layer: Layer, path: str, seed: int = 0, on_stage: Callable[[str], None] = lambda stage: None
) -> WholeSimulation:
    """Execute what a folder holds for a layer, compare it with the layer's definition, play the programs.

    Parameters
    ----------
    layer, path
        The layer made of parts, and the folder that `configure` wrote for it, or its parts.json.
    seed
        Of the random operands. The programs have their own.
    on_stage
        Told what is being done.

    Raises
    ------
    InputError
        If a file is missing or wrong, or for another layer.
    SwitchFaultError
        If a part or its program does not compute what it should; the message names the part.
    """
    config, notes = read_parts_folder(path, layer)
    folders = folders_of(config.way)
    try:
        whole = verify_whole(layer, config.way, config.configs, random_operands(layer, seed))
        if not os.path.isdir(path):
            return replace(whole, notes=notes)
        first = {part.layer: part.first for part in whole.parts}
        played = {
            primitive: with_run(done, str(Path(path) / folders[primitive]), None, on_stage)
            for primitive, done in first.items()
        }
    except SwitchFaultError as error:
        raise error.read_from(path, notes) from None
    parts = tuple(replace(part, first=played[part.layer]) for part in whole.parts)
    return replace(whole, parts=parts, notes=notes)
