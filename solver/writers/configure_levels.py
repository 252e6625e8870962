"""What `configure` does for a two-level mapping: schedule, files, the reference simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solver.answers.displayed import Shown
from solver.answers.evaluation import Evaluation
from solver.cost.two_level.result import LevelFigures
from solver.execution.build import build_levels
from solver.execution.execute import run_clock
from solver.execution.levels.execute import ConfigRun
from solver.execution.program import load
from solver.keyed import keyed
from solver.mapping.tile import Tile
from solver.schedule.schedule import Schedule
from solver.writers.config_folder import ConfigFolder
from solver.writers.ports.run_files import RunOperands, run_of
from solver.writers.schedule.folder import schedule_folder_of
from solver.writers.stonne import StonneRun, run_stonne, stonne_command, why_not_stonne


@dataclass(frozen=True, repr=False)
class ConfiguredMapping(Shown):
    """A mapping with the files of what it is configured to.

    Attributes
    ----------
    evaluation
        Layer, hardware, mapping and cost.
    content, folder
        The files, and where they go.
    """

    evaluation: Evaluation
    content: ConfigFolder
    folder: Path

    @property
    def summary(self) -> str:
        """What is configured and where its files go, in a few words."""
        return f"{self.evaluation.summary}; files in {self.folder}"

    def head(self) -> dict[str, Any]:
        """Return the first keys of the JSON form."""
        return {
            **keyed(self.evaluation, "layer hardware mapping=mapping_dict notes"),
            "folder": str(self.folder),
            "files": list(self.content.files),
            "not_written": dict(self.content.missing),
        }


@dataclass(frozen=True, repr=False)
class ConfiguredLevels(ConfiguredMapping):
    """A schedule with its files.

    Attributes
    ----------
    evaluation, content, folder
        Layer, hardware, mapping and cost; the files, and where they go.
    levels
        The figures by level.
    schedule
        The work.
    runs
        What the array runs, executed once each.
    stonne
        What the reference simulator says of each configuration that it can run, if it was asked.
    """

    levels: LevelFigures
    schedule: Schedule
    runs: tuple[ConfigRun, ...]
    stonne: Mapping[str, StonneRun]

    @property
    def simulator_runs(self) -> tuple[StonneRun, ...]:
        """The runs of the reference simulator."""
        return tuple(self.stonne.values())

    @property
    def array_cycles(self) -> int:
        """Cycles of the array over all buffer tiles, executed."""
        return self.schedule.start_up + sum(run.cycles * run.runs for run in self.runs)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **self.head(),
            "buffer_tiles": self.schedule.tiles,
            "phase_count": len(self.schedule.phases),
            "array_cycles": self.array_cycles,
            "model": keyed(self.levels, "array_cycles")
            | keyed(self.evaluation.cost, "cycles=run_cycles method"),
            "configurations": [self._config_dict(run) for run in self.runs],
        }

    def _config_dict(self, run: ConfigRun) -> dict[str, Any]:
        config, ran = self.schedule.configs[run.name], self.stonne.get(run.name)
        return {
            "name": run.name,
            "sizes": Tile.of(config.nest.sizes).to_dict(),
            "sums": config.nest.sums,
            "repeats": run.runs,
            "cycles": run.cycles,
            "stonne_command": stonne_command(config) if why_not_stonne(config) is None else None,
            "stonne": {"cycles": ran.cycles, "passed": ran.passed} if ran else None,
        }


def configure_levels(
    evaluation: Evaluation,
    levels: LevelFigures,
    folder: Path,
    program: str | None = None,
    operands: RunOperands | None = None,
) -> ConfiguredLevels:
    """Return the schedule of a two-level mapping; nothing is written yet.

    Parameters
    ----------
    evaluation, levels
        The mapping, and its figures by level.
    folder
        Where the files will go.
    program
        The user's build of the reference simulator, to be run for every configuration that it can run.
    operands
        What the real hardware's RTL is to run the schedule on; None if no such run is wanted.

    Raises
    ------
    InputError
        If the array order has no switch configuration, or the simulator can run no configuration, or fails.
    """
    schedule = schedule_of(evaluation, levels)
    runs = tuple(
        ConfigRun(title, schedule.runs(title), run_clock(load(config)) - schedule.start_up)
        for title, config in schedule.configs.items()
    )
    stonne = {} if program is None else _simulated(program, schedule)
    content = schedule_folder_of(schedule, run_of(schedule, evaluation.layer, operands))
    return ConfiguredLevels(evaluation, content, folder, levels, schedule, runs, stonne)


def schedule_of(evaluation: Evaluation, levels: LevelFigures) -> Schedule:
    """Return the schedule of a two-level mapping, see `solver.execution.build.build_levels`."""
    name = evaluation.layer.title
    return build_levels(evaluation.nest, evaluation.hardware, levels.mapping, name=name)


def _simulated(program: str, schedule: Schedule) -> dict[str, StonneRun]:
    able = {name: c for name, c in schedule.configs.items() if why_not_stonne(c) is None}
    # If it can run none of them, the first one says why.
    return {name: run_stonne(program, config) for name, config in (able or schedule.configs).items()}
