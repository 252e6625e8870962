"""What `configure` does for a layer made of parts: the files of every different part, and a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solver.answers.displayed import Shown
from solver.answers.whole import WholeMapping
from solver.keyed import keyed
from solver.layer import HostOperation, Primitive
from solver.writers.config_folder import ConfigFolder
from solver.writers.configure import AnyConfigured, ConfiguredPieces, configure
from solver.writers.configure_levels import ConfiguredLevels
from solver.writers.ports.run_files import RunOperands
from solver.writers.stonne import StonneRun
from solver.writers.whole.parts_folder import folders_of, parts_folder_of


@dataclass(frozen=True, repr=False)
class ConfiguredWhole(Shown):
    """The configurations of a layer made of parts, with their files.

    Attributes
    ----------
    mapped
        The layer, and the mapping of each different part.
    parts
        What each of them got.
    content, folder
        The files, and where they go.
    """

    mapped: WholeMapping
    parts: Mapping[Primitive, AnyConfigured]
    content: ConfigFolder
    folder: Path

    @property
    def summary(self) -> str:
        """What is configured and where its files go, in a few words."""
        return (
            f"{self.mapped.name}: {len(self.parts)} parts, {self.executed:,} cycles; files in {self.folder}"
        )

    @property
    def executed(self) -> int:
        """Cycles of the array in all runs of all parts, executed; transfers of schedules are not in it."""
        return sum(array_cycles(done)[0] * self.mapped.runs(layer) for layer, done in self.parts.items())

    @property
    def modelled(self) -> int:
        """The same by the cost model."""
        return sum(array_cycles(done)[1] * self.mapped.runs(layer) for layer, done in self.parts.items())

    @property
    def host(self) -> tuple[str, ...]:
        """What is left to the host."""
        operations = (part.layer for part in self.mapped.way.parts)
        return tuple(layer.operation for layer in operations if isinstance(layer, HostOperation))

    @property
    def simulator_runs(self) -> tuple[StonneRun, ...]:
        """The runs of the reference simulator."""
        return tuple(run for part in self.parts.values() for run in part.simulator_runs)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **keyed(self, "layer=mapped.layer decomposition=mapped.way.name folder"),
            "files": list(self.content.files),
            "not_written": dict(self.content.missing),
            "array_cycles": self.executed,
            "model": {"array_cycles": self.modelled, "cycles": self.mapped.figures.cycles},
            "host": list(self.host),
            "parts": [
                {
                    "names": [part.name for part in self.mapped.parts(layer)],
                    "repeats": self.mapped.runs(layer),
                    **done.to_dict(),
                }
                for layer, done in self.parts.items()
            ],
        }


def array_cycles(done: AnyConfigured) -> tuple[int, int]:
    """Return the cycles of the array in a run, executed and by the cost model, without transfers."""
    if isinstance(done, ConfiguredLevels):
        return done.array_cycles, done.levels.array_cycles
    if isinstance(done, ConfiguredPieces):
        return done.cycles, done.model_cycles
    return done.cycles, done.evaluation.cost.run_cycles


def configure_whole(
    mapped: WholeMapping,
    folder: Path,
    program: str | None = None,
    operands: RunOperands | None = None,
) -> ConfiguredWhole:
    """Return the configurations of a layer made of parts; nothing is written yet.

    Parameters and errors are those of `solver.writers.configure.configure`; operands are of each part's own.
    """
    folders = folders_of(mapped.way)
    parts = {
        primitive: configure(evaluation, folder / folders[primitive], program, operands)
        for primitive, evaluation in mapped.mappings.items()
    }
    content = parts_folder_of(mapped, {primitive: done.content for primitive, done in parts.items()})
    return ConfiguredWhole(mapped, parts, content, folder)
