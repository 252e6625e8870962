"""The files of a page, each with the bytes that the command line writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.errors import MapperError
from solver.files import usable_name
from solver.hardware import Hardware
from solver.layer import Layer
from solver.tables import Columns, csv_text
from solver.version import VERSION
from solver.views.html.elements import File, FileGroup
from solver.views.json_text import to_json
from solver.writers.config_folder import (
    FILES,
    MANIFEST,
    PIECES_FILES,
    SCHEDULE_FILES,
)
from solver.writers.configure import content_of
from solver.writers.hardware_file import hardware_text
from solver.writers.layer_file import network_text
from solver.writers.mapping_file import mapping_text
from solver.writers.ports.run_files import RunOperands


class HasJson(Protocol):
    """An answer."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""


def json_file(answers: Sequence[HasJson], *, many: bool) -> File:
    """Return what ``--json`` writes."""
    data = [answer.to_dict() for answer in answers]
    text = to_json(data if many else data[0])
    return File("result.json", text.encode(), "everything on this page, as --json writes it")


def table_file(name: str, parts: Iterable[Columns], rows: str) -> File:
    """Return what ``--csv`` writes of a table, whole or in parts; `rows` says what a row is."""
    return File(f"{name}.csv", csv_text(parts).encode(), f"{rows}, as --csv writes it")


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
        File(f"{usable_name(name)}.yaml", hardware_text(each).encode(), "the accelerator, for --hardware")
        for name, each in hardware.items()
    )


def configuration(solution: Solution | Evaluation, title: str, *, run_mb: int = 1) -> FileGroup:
    """Return what `configure` writes for a mapping, or why it writes nothing.

    Files in subfolders (one for each configuration of a two-level mapping) keep their path in their names.

    Parameters
    ----------
    solution, title
        The mapping, and what is said above its files.
    run_mb
        Most megabytes of operands and results with which the RTL runs the mapping.
    """
    given = Evaluation(
        solution.layer,
        solution.hardware,
        solution.tile,
        solution.cost,
        form=solution.form,
        levels=solution.levels,
        pieces=solution.pieces,
    )
    try:
        folder = content_of(given, RunOperands(limit_mb=run_mb))
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
    return FileGroup(title, files, tuple(folder.missing.items()))
