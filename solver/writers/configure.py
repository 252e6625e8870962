"""What `configure` does for one layer: configuration of its mapping, files, reference simulator.

A two-level mapping is a schedule of configurations, see `solver.writers.configure_levels`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solver.answers.evaluation import Evaluation, parts_of
from solver.execution.build import build_config
from solver.execution.execute import run_clock
from solver.execution.pieces import PiecesConfig
from solver.execution.program import load
from solver.keyed import keyed
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import ConfigFolder, folder_of, write_folder
from solver.writers.configure_levels import (
    ConfiguredLevels,
    ConfiguredMapping,
    configure_levels,
    schedule_of,
)
from solver.writers.pieces_folder import folder_name, piece_config, pieces_folder_of
from solver.writers.ports.run_files import RunOperands, run_of
from solver.writers.schedule.folder import read_any_folder, schedule_folder_of
from solver.writers.stonne import StonneRun, run_stonne, stonne_command, why_not_stonne


@dataclass(frozen=True, repr=False)
class Configured(ConfiguredMapping):
    """A configuration with its files.

    Attributes
    ----------
    evaluation, content, folder
        Layer, hardware, mapping and cost; the files, and where they go.
    config
        The setting of every switch.
    cycles
        Cycles of the configuration, executed.
    stonne
        What the reference simulator says, if it was asked.
    """

    config: SwitchConfig
    cycles: int
    stonne: StonneRun | None

    @property
    def simulator_runs(self) -> tuple[StonneRun, ...]:
        """The runs of the reference simulator."""
        return (self.stonne,) if self.stonne else ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        stonne = {"cycles": self.stonne.cycles, "passed": self.stonne.passed} if self.stonne else None
        runs = why_not_stonne(self.config) is None
        return {
            **_with_cycles(self),
            "stonne_command": stonne_command(self.config) if runs else None,
            "stonne": stonne,
        }


@dataclass(frozen=True, repr=False)
class ConfiguredPieces(ConfiguredMapping):
    """The configurations of a layer in pieces, with their files.

    Attributes
    ----------
    evaluation, content, folder
        Layer, hardware, mapping and cost; the files, and where they go.
    parts
        The configuration of every piece.
    """

    parts: tuple[Configured | ConfiguredLevels, ...]

    @property
    def cycles(self) -> int:
        """Cycles of all pieces, one after the other; those of the array where there is a prefetch buffer."""
        return sum(p.cycles if isinstance(p, Configured) else p.array_cycles for p in self.parts)

    @property
    def model_cycles(self) -> int:
        """What the cost model says of the same."""
        pieces = self.evaluation.pieces
        return sum(p.levels.array_cycles if p.levels else p.cost.run_cycles for p in pieces)

    @property
    def simulator_runs(self) -> tuple[StonneRun, ...]:
        """The runs of the reference simulator."""
        return tuple(run for part in self.parts for run in part.simulator_runs)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        head, parts = _with_cycles(self), [part.to_dict() for part in self.parts]
        if self.evaluation.hardware.memory is not None:
            head["array_cycles"] = head.pop("cycles")
            head["model"] = {"array_cycles": self.model_cycles, **head["model"]}
        return {**head, "pieces": parts}


AnyConfigured = Configured | ConfiguredLevels | ConfiguredPieces
"""What a layer of one loop nest gets."""


def _with_cycles(done: Configured | ConfiguredPieces) -> dict[str, Any]:
    """Return the JSON form of what was configured, where it goes, and how long it takes."""
    model = keyed(done.evaluation.cost, "cycles=run_cycles method")
    return {**done.head(), "cycles": done.cycles, "model": model}


def read_back(evaluation: Evaluation) -> tuple[SwitchConfig | Schedule | PiecesConfig, tuple[str, ...]]:
    """Configure a mapping, and return what the files say when they are read back, with their notes."""
    with tempfile.TemporaryDirectory(prefix="maeri-") as temporary:
        path = Path(temporary)
        write_folder(path, content_of(evaluation))
        return read_any_folder(path)


def configure(
    evaluation: Evaluation,
    folder: Path,
    program: str | None = None,
    operands: RunOperands | None = None,
) -> AnyConfigured:
    """Return the configuration of a mapping, or its schedule of them; nothing is written yet.

    Parameters
    ----------
    evaluation
        The mapping.
    folder
        Where the files will go.
    program
        The user's build of the reference simulator, to be run for the same mapping.
    operands
        What the real hardware's RTL is to run the mapping on; None if no such run is wanted.

    Raises
    ------
    InputError
        If the mapping's array order has no configuration, or the simulator cannot run it, or fails, or a file
        of operands does not hold what the layer needs.
    SwitchFaultError
        If the hardware cannot run the mapping because a bus does not keep up.
    """
    if evaluation.pieces:
        parts = []
        for place, part in enumerate(parts_of(evaluation, evaluation.cost), start=1):
            done = configure(part, folder / folder_name(place), program, operands)
            assert not isinstance(done, ConfiguredPieces)
            parts.append(done)
        done_parts = [(p.config if isinstance(p, Configured) else p.schedule, p.content) for p in parts]
        content = _pieces_content(evaluation, done_parts)
        return ConfiguredPieces(evaluation, content, folder, tuple(parts))
    if evaluation.levels is not None:
        return configure_levels(evaluation, evaluation.levels, folder, program, operands)
    config = _config_of(evaluation)
    stonne = run_stonne(program, config) if program is not None else None
    content = folder_of(config, run_of(config, evaluation.layer, operands))
    return Configured(evaluation, content, folder, config, run_clock(load(config)), stonne)


def content_of(evaluation: Evaluation, operands: RunOperands | None = None) -> ConfigFolder:
    """Return the files that `configure` writes, without executing anything for their figures.

    Parameters
    ----------
    evaluation, operands
        As `configure` takes them.

    Raises
    ------
    InputError
        If the mapping's array order has no configuration.
    """
    if evaluation.pieces:
        done = [_one_content(part, operands) for part in parts_of(evaluation, evaluation.cost)]
        return _pieces_content(evaluation, done)
    return _one_content(evaluation, operands)[1]


def _one_content(
    evaluation: Evaluation, operands: RunOperands | None
) -> tuple[SwitchConfig | Schedule, ConfigFolder]:
    """Return the configuration or schedule of a mapping in one piece, and its files."""
    if evaluation.levels is not None:
        schedule = schedule_of(evaluation, evaluation.levels)
        return schedule, schedule_folder_of(schedule, run_of(schedule, evaluation.layer, operands))
    config = _config_of(evaluation)
    return config, folder_of(config, run_of(config, evaluation.layer, operands))


def _pieces_content(
    evaluation: Evaluation, done: list[tuple[SwitchConfig | Schedule, ConfigFolder]]
) -> ConfigFolder:
    name = evaluation.layer.title
    parts = zip(parts_of(evaluation, evaluation.cost), done, strict=True)
    configs = PiecesConfig(name, tuple(piece_config(part, config) for part, (config, _) in parts))
    return pieces_folder_of(name, configs, [content for _, content in done])


def _config_of(evaluation: Evaluation) -> SwitchConfig:
    layer = evaluation.layer
    return build_config(evaluation.nest, evaluation.hardware, evaluation.tile, name=layer.title)
