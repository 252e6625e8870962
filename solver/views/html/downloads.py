"""The files of a page, each with the bytes that the command line writes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.errors import MapperError
from solver.execution.build import build_config
from solver.hardware import Hardware
from solver.layer import Layer
from solver.schedule.build import build_schedule
from solver.version import VERSION
from solver.views.html.elements import File, FileGroup
from solver.views.json_text import to_json
from solver.writers.config_folder import (
    FILES,
    MANIFEST,
    PIECES_FILES,
    SCHEDULE_FILES,
    ConfigFolder,
    folder_of,
)
from solver.writers.configure import content_of
from solver.writers.hardware_file import hardware_text
from solver.writers.layer_file import network_text
from solver.writers.mapping_file import mapping_text
from solver.writers.schedule_folder import schedule_folder_of


class HasJson(Protocol):
    """An answer."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""


def json_file(answers: Sequence[HasJson], *, many: bool, name: str = "result.json") -> File:
    """Return what ``--json`` writes."""
    data = [answer.to_dict() for answer in answers]
    return File(
        name, to_json(data if many else data[0]).encode(), "everything on this page, as --json writes it"
    )


def mapping_file(solutions: Sequence[Solution]) -> File:
    """Return what ``--out`` of `map` writes."""
    what = "the mappings, for `evaluate --mapping` and `configure --mapping`"
    return File("mapping.yaml", mapping_text(solutions).encode(), what)


def layers_file(layers: Sequence[Layer], name: str = "layers") -> File:
    """Return layers as the YAML file that the commands read."""
    content = network_text(name, layers, source=f"a report of maeri-solver {VERSION}")
    return File("layers.yaml", content.encode(), "the layers, for the command line")


def hardware_files(hardware: Mapping[str, Hardware]) -> tuple[File, ...]:
    """Return accelerators as the YAML files that ``--hardware`` reads, by name."""
    return tuple(
        File(f"{file_name(name)}.yaml", hardware_text(each).encode(), "the accelerator, for --hardware")
        for name, each in hardware.items()
    )


def configuration(solution: Solution, title: str) -> FileGroup:
    """Return what `configure` writes for a mapping, or why it writes nothing.

    What the RTL runs the mapping with is left to the command: its operands and results are megabytes.

    Files in subfolders (one for each configuration of a two-level mapping) keep their path in their names.
    """
    try:
        folder = _folder(solution, solution.layer.name or solution.layer.kind)
    except MapperError as error:
        return FileGroup(title, (), (("switch configuration", str(error)),))
    whats = {
        **FILES,
        **SCHEDULE_FILES,
        **PIECES_FILES,
        MANIFEST: "which files were written, and why the others cannot be",
    }
    files = tuple(
        File(name.replace("/", "-"), content.encode(), whats[name.rpartition("/")[2]])
        for name, content in folder.files.items()
    )
    missing = dict(folder.missing)
    if solution.hardware.real:
        missing["program, operands and drivers for the RTL"] = "`configure --out DIR` writes them"
    return FileGroup(title, files, tuple(missing.items()))


def _folder(solution: Solution, name: str) -> ConfigFolder:
    nest, hardware = solution.nest, solution.hardware
    if solution.pieces:
        given = Evaluation(solution.layer, hardware, solution.tile, solution.cost, form=solution.form)
        return content_of(replace(given, pieces=solution.pieces))
    if solution.levels is not None:
        return schedule_folder_of(build_schedule(nest, hardware, solution.levels.mapping, name=name))
    return folder_of(build_config(nest, hardware, solution.tile, name=name))


def file_name(name: str) -> str:
    """Return a name as it may stand in any file system."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", name).strip("._")[:80] or "file"
