"""What a network gets: the answers of its layers, and totals with their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.figures import Figures, figures_dict, ratio_of
from solver.answers.layer import LayerAnswer, gap_of
from solver.answers.needs import Needs, needs_of
from solver.answers.problem import Problem
from solver.answers.setup import Setup
from solver.answers.solution import Solution, Status
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.hardware import Hardware
from solver.keyed import keyed

IN_TOTAL = "part of the proved total"
"""What is said of a layer whose mapping is not the best of its own, but of the network's product."""


@dataclass(frozen=True, repr=False)
class NetworkAnswer(Tabular):
    """The answers for all layers of a network.

    Attributes
    ----------
    name, hardware, objective
        What was asked.
    layers
        The answers in the order of the network.
    problems
        What could not be read or is not counted; the network goes on without.
    notes
        Sentences the reader should see.
    different, cached
        Different mapping questions among all parts, and how many of them were answered by an earlier run.
    bound
        No choice of mappings has a smaller product of the totals, where that was searched (EDP); then some
        layers may have mappings that are not the best of their own, and say so.
    interrupted
        Whether the user stopped it; layers that were not reached have the status missing.
    wall_seconds
        Time of everything.
    """

    name: str
    hardware: Hardware
    objective: Objective
    layers: tuple[LayerAnswer, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    different: int = 0
    cached: int = 0
    bound: Decimal | None = None
    interrupted: bool = False
    wall_seconds: float = 0.0

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        proved = "proved" if self.proved else "not proved"
        total = f"{self.objective} {self.figures.value(self.objective):,}"
        return f"{self.name} on {self.hardware.name}: {len(self.layers)} layers, {total}, {proved}"

    @property
    def mapped(self) -> tuple[LayerAnswer, ...]:
        """The layers with a mapping of every part."""
        return tuple(layer for layer in self.layers if layer.figures is not None)

    @cached_property
    def figures(self) -> Figures:
        """What the mapped layers cost together."""
        return Figures.total(layer.figures for layer in self.mapped if layer.figures)

    @property
    def setup(self) -> Setup:
        """What is set up for the mapped layers: the adder tree anew for every part of each."""
        return sum((layer.setup for layer in self.mapped), Setup())

    @cached_property
    def needs(self) -> Needs | None:
        """What the layers need in memory, or None if none runs on the array."""
        return needs_of([layer.layer for layer in self.layers], self.hardware)

    @property
    def gap(self) -> float | None:
        """Relative distance of the bound on the total, over the mapped layers."""
        return gap_of(self.mapped, self.objective, self.bound)

    @property
    def solutions(self) -> tuple[Solution, ...]:
        """The mappings of all parts that have one, in the order of the network, equal questions once."""
        found = (part.solution for layer in self.layers for part in layer.parts)
        return tuple({id(s): s for s in found if s is not None}.values())

    @property
    def baseline_names(self) -> tuple[str, ...]:
        """The baselines that were run, in their order."""
        solutions = (part.solution for layer in self.layers for part in layer.parts)
        return next((tuple(b.name for b in s.baselines) for s in solutions if s and s.baselines), ())

    def beside(self, name: str) -> tuple[Figures, Figures, int] | None:
        """Return the totals of a baseline and ours over the layers that both map, and how many those are."""
        both = [(layer.baseline(name), layer.figures) for layer in self.mapped if not layer.on_host]
        pairs = [(theirs, ours) for theirs, ours in both if theirs and ours]
        if not pairs:
            return None
        return Figures.total(t for t, _ in pairs), Figures.total(o for _, o in pairs), len(pairs)

    def standing(self, layer: LayerAnswer) -> str:
        """Return a layer's status; `IN_TOTAL` if its mapping is not the best of its own, but the total is."""
        chosen = layer.status == str(Status.FEASIBLE) and self.bound is not None and self.proved
        return IN_TOTAL if chosen else layer.status

    @property
    def claim(self) -> str:
        """How far it is proved, in words."""
        statuses = [layer.status for layer in self.layers if not layer.on_host]
        if not statuses:
            return "nothing runs on the array"
        count = f"{len(statuses)} layer{'s' if len(statuses) > 1 else ''}"
        if self.bound is not None and self.proved:
            return f"total of {count} proved optimal"
        proved = statuses.count("optimal")
        total = ", their total not" if proved == len(statuses) and self.gap else ""
        return f"{proved} of {count} proved optimal{total}"

    @property
    def whole(self) -> bool:
        """Whether every layer was reached."""
        return all(layer.status != "missing" for layer in self.layers)

    @property
    def exit_code(self) -> ExitCode:
        """130 if interrupted, 1 if a layer is lost, 3 if the total is not proved, else 0."""
        statuses = {layer.status for layer in self.layers}
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.problems or statuses & {"infeasible", "missing"}:
            return ExitCode.PARTIAL
        return ExitCode.NOT_PROVED if self.gap else ExitCode.PROVED

    @property
    def proved(self) -> bool:
        """Whether every layer of the network was read and mapped, and no choice of mappings costs less."""
        return self.exit_code is ExitCode.PROVED

    def records(self) -> list[dict[str, Any]]:
        """Return the parts of all layers as rows of a table; figures cover all repeats of a part."""
        return [
            {
                "layer": layer.layer.title,
                "part": part.part.name,
                "repeats": part.part.repeats,
                "status": "host" if part.on_host else self.standing(layer),
                **keyed(part, "mapping=solution.tile_text form=solution.form"),
                **figures_dict(part.figures, self.hardware),
            }
            for layer in self.layers
            for part in layer.parts
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form documented in the README."""
        besides = {name: self.beside(name) for name in self.baseline_names}
        return {
            **keyed(self, "network=name hardware objective wall_seconds different_layers=different"),
            **keyed(self, "cached interrupted"),
            "total": figures_dict(self.figures, self.hardware) | keyed(self, "gap proved bound"),
            **keyed(self, "setup needs"),
            "baselines": [
                {
                    "name": name,
                    "layer_count": beside[2],
                    **figures_dict(beside[0], self.hardware),
                    "ratio": ratio_of(*beside[:2], self.objective),
                }
                for name, beside in besides.items()
                if beside is not None
            ],
            **keyed(self, "notes problems"),
            "layers": [
                layer.to_dict(self.hardware) | {"status": self.standing(layer)} for layer in self.layers
            ],
        }
