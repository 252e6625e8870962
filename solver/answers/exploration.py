"""What exploring the space of a layer gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.mapped import Mapped
from solver.answers.solution import Solution, Space
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.forms.form import Form
from solver.forms.wish import form_named
from solver.hardware import Hardware
from solver.keyed import keyed
from solver.landscape.distribution import Distribution
from solver.landscape.landscape import MAPPING_COLUMNS, Landscape
from solver.landscape.sensitivity import Sensitivity
from solver.landscape.traits import Trait
from solver.layer import Primitive
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile

__all__ = ["Alternative", "Distribution", "Exploration", "Landmark", "Sensitivity", "Trait"]


@dataclass(frozen=True)
class Landmark:
    """A mapping that people know by a name, and where it lies in the space.

    Attributes
    ----------
    name
        What it is known by.
    where, form
        The mapping (the whole answer if it is in several pieces), and the form that it is of.
    cycles, energy, edp
        Exact figures.
    ratio
        Its objective value over the optimum's.
    better
        Share of the mappings of the space (or of the sample) with a lower objective value.
    outside
        Whether a baseline's mapping is outside of the user's limits on tiles, so not of the space.
    """

    name: str
    where: Tile | LevelMapping | Mapped
    form: str
    cycles: int
    energy: Decimal
    edp: Decimal
    ratio: float
    better: float
    outside: bool = False

    @property
    def label(self) -> str:
        """The name as tables and plots show it."""
        return f"{self.name} (outside)" if self.outside else self.name

    @property
    def mapping(self) -> str:
        """The mapping as tables and plots show it."""
        return self.where.mapping_text if isinstance(self.where, Mapped) else str(self.where)

    def to_dict(self, layer: Primitive) -> dict[str, Any]:
        """Return the JSON form of a mapping of `layer`."""
        mapping = {"mapping": self._mapping_dict(layer)}
        return {"name": self.name} | mapping | keyed(self, "cycles energy edp ratio better outside")

    def _mapping_dict(self, layer: Primitive) -> dict[str, Any]:
        if isinstance(self.where, Mapped):
            return self.where.mapping_dict()
        return _of_form(self.where, form_named(layer, self.form))


def _of_form(where: Tile | LevelMapping, form: Form) -> dict[str, Any]:
    """Return the JSON form of a mapping of one of a layer's forms."""
    sizes = {"tile": where.to_dict()} if isinstance(where, Tile) else where.to_dict()
    return {**sizes, "stationary": form.stationary, "form": form.to_dict()}


@dataclass(frozen=True)
class Alternative:
    """The best mapping in another respect among those that are nearly optimal.

    Attributes
    ----------
    least
        What it has least of, of `solver.landscape.landscape.PROPERTIES`.
    value, optimum
        Its value of that property, and the optimum's.
    among
        Mappings within the tolerance (by their lower bounds) that it was chosen from.
    landmark
        The mapping itself, with its figures.
    """

    least: str
    value: int
    optimum: int
    among: int
    landmark: Landmark

    def to_dict(self, layer: Primitive) -> dict[str, Any]:
        """Return the JSON form of a mapping of `layer`; `optimum` of a property is its value there."""
        return keyed(self, "least value optimum_value=optimum among") | self.landmark.to_dict(layer)


@dataclass(frozen=True, repr=False)
class Exploration(Tabular):
    """The mapping space of a layer on an accelerator.

    Attributes
    ----------
    layer, hardware, objective
        What was asked.
    space
        What was evaluated: how many mappings, and which.
    sampled, seed
        Whether they are a random sample of a larger space, and its seed.
    solution
        The optimum with its proof, and the baselines.
    landscape
        Every mapping with its figures; `Landscape.columns` is the table.
    distributions
        Of cycles, energy and EDP, under these names.
    optimum, baselines, front
        Landmarks. The front holds every mapping that no other beats in both cycles and energy; over the whole
        space, also where the landscape is a sample.
    front_proved
        Whether no mapping is better than the front anywhere.
    best
        Indices of the best mappings of the landscape under the objective.
    sensitivity, traits, alternatives
        See their classes.
    tolerance
        Alternatives cost at most the optimum x (1 + tolerance).
    evaluation_seconds, wall_seconds
        Time to evaluate every mapping, and of everything, in seconds.
    interrupted
        Whether the user stopped the proofs.
    in_pieces
        The best mapping in several pieces, where it beats all of the space.
    """

    layer: Primitive
    hardware: Hardware
    objective: Objective
    space: Space
    sampled: bool
    seed: int
    solution: Solution
    landscape: Landscape
    distributions: dict[str, Distribution]
    optimum: Landmark
    baselines: tuple[Landmark, ...]
    front: tuple[Landmark, ...]
    front_proved: bool
    best: tuple[int, ...]
    sensitivity: tuple[Sensitivity, ...]
    traits: tuple[Trait, ...]
    alternatives: tuple[Alternative, ...]
    tolerance: float
    evaluation_seconds: float
    wall_seconds: float
    interrupted: bool = False
    in_pieces: Landmark | None = None

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        return f"{len(self.landscape.cycles):,} mappings; {self.solution.summary}"

    @property
    def exit_code(self) -> ExitCode:
        """130 if interrupted, else that of the optimum."""
        return ExitCode.INTERRUPTED if self.interrupted else self.solution.exit_code

    def records(self, indices: tuple[int, ...] | None = None) -> list[dict[str, Any]]:
        """Return mappings as rows of a table, all of them by default."""
        columns = self.landscape.columns()
        if indices is not None:
            columns = {name: column[list(indices)] for name, column in columns.items()}
        names = list(columns)
        rows = zip(*(column.tolist() for column in columns.values()), strict=True)
        found = [dict(zip(names, row, strict=True)) for row in rows]
        for index, row in zip(indices or range(len(found)), found, strict=True):
            if index in self.landscape.costs:
                cost = self.landscape.costs[index]
                row |= {"energy": cost.energy, "edp": cost.edp}
        return found

    def to_dict(self, *, mappings: bool = False) -> dict[str, Any]:
        """Return the JSON form; every mapping is in it only if asked for."""

        def of_layer(landmarks: Iterable[Landmark | Alternative]) -> list[dict[str, Any]]:
            return [landmark.to_dict(self.layer) for landmark in landmarks]

        return {
            **keyed(self, "layer hardware objective"),
            "space": keyed(self.space, "size description"),
            **keyed(self, "sampled seed evaluation_seconds wall_seconds interrupted"),
            "distributions": [
                {"figure": name, **each.to_dict()} for name, each in self.distributions.items()
            ],
            "optimum": self.optimum.to_dict(self.layer) | keyed(self.solution, "status"),
            "in_pieces": self.in_pieces.to_dict(self.layer) if self.in_pieces else None,
            "baselines": of_layer(self.baselines),
            "front": of_layer(self.front),
            **keyed(self, "front_proved sensitivity"),
            "best_mappings": self._rows(self.best),
            **keyed(self, "common=traits tolerance"),
            "alternatives": of_layer(self.alternatives),
            **({"mappings": self._rows()} if mappings else {}),
        }

    def _rows(self, indices: tuple[int, ...] | None = None) -> list[dict[str, Any]]:
        """Return `records` with the mapping as everywhere in JSON, in place of its columns."""
        records = self.records(indices)
        space = self.landscape
        return [
            {"mapping": _of_form(space.mapping(index), space.forms[int(space.which[index])])}
            | {name: value for name, value in row.items() if name not in MAPPING_COLUMNS}
            for index, row in zip(indices or range(len(records)), records, strict=True)
        ]

    def to_frame(self) -> Any:
        """Return every mapping as a row of a pandas DataFrame."""
        from solver.tables import data_frame

        return data_frame(self.landscape.columns())
