"""What a sweep gives: a row per network, accelerator and objective."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.answers.displayed import Tabular
from solver.answers.figures import Figures, rates_of, varied_dict
from solver.answers.layer import LayerAnswer
from solver.answers.problem import failed
from solver.cost.result import Objective
from solver.errors import ExitCode
from solver.hardware import Hardware
from solver.keyed import keyed


@dataclass(frozen=True)
class SweepRow:
    """A network on an accelerator.

    Attributes
    ----------
    network, objective, hardware
        What was asked.
    area
        Of the accelerator in the table's area unit, or None if the energy table has no areas.
    layers
        How many layers the network has.
    rewritten
        How many of them run in another form than they are written in.
    statuses
        Of the layers that run on the array, each once; feasible, too, if the total is not proved.
    figures
        Totals, None if a layer has no mapping.
    gap
        Relative distance of the bound on the total, 0 when it is proved.
    reason
        Why there are no figures.
    """

    network: str
    objective: Objective
    hardware: Hardware
    area: Decimal | None
    layers: int
    rewritten: int
    statuses: frozenset[str]
    figures: Figures | None
    gap: float | None
    reason: str = ""

    @property
    def status(self) -> str:
        """Optimal if the total is proved, else the word for the worst layer.

        Left out is what cannot be on a front, where only fronts were asked for.
        """
        if self.reason and self.figures is None:
            words = {"failed": "failed", "left out": "left out"}
            return next((words[word] for word in words if self.reason.startswith(word)), "infeasible")
        order = ("infeasible", "missing", "interrupted", "feasible", "optimal")
        return next((status for status in order if status in self.statuses), "optimal")

    @property
    def power(self) -> Decimal | None:
        """Average power: energy / latency, in energy units per cycle."""
        if self.figures is None or not self.figures.cycles:
            return None
        return self.figures.energy / self.figures.cycles

    def record(self) -> dict[str, Any]:
        """Return the row of the table."""
        figures = self.figures
        rates = rates_of(figures, self.hardware) if figures else None
        return {
            **keyed(self, "network objective"),
            **varied_dict(self.hardware),
            **keyed(self, "area status layer_count=layers"),
            "rewritten_layers": self.rewritten if figures else None,
            **keyed(self, "cycles=figures.cycles"),
            "seconds": rates.seconds if rates else None,
            **keyed(self, "energy=figures.energy edp=figures.edp power"),
            "utilization": figures.utilization(self.hardware) if figures else None,
            **keyed(self, "gap reason"),
        }


@dataclass(frozen=True, repr=False)
class SweepAnswer(Tabular):
    """Networks on accelerators.

    Attributes
    ----------
    rows
        In the order network, accelerator, objective.
    skipped
        Combinations of values that are no accelerator.
    failures
        What went wrong, a sentence each; the other rows do not suffer.
    questions, cached
        Different mapping questions, and how many of them were answered by an earlier run.
    interrupted
        Whether the user stopped it.
    wall_seconds
        Time of everything.
    """

    rows: tuple[SweepRow, ...]
    skipped: int = 0
    failures: tuple[str, ...] = ()
    questions: int = 0
    cached: int = 0
    interrupted: bool = False
    wall_seconds: float = 0.0

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        networks = dict.fromkeys(row.network for row in self.rows)
        proved = "all proved" if self.proved else "not all proved"
        return f"{', '.join(networks)}: {len(self.rows)} rows, {proved}"

    @property
    def exit_code(self) -> ExitCode:
        """130 if interrupted, 1 if a row is lost, 3 if a row is not proved, else 0."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        statuses = {row.status for row in self.rows}
        if self.failures or statuses & {"failed", "infeasible", "missing"}:
            return ExitCode.PARTIAL
        return ExitCode.PROVED if statuses <= {"optimal", "left out"} else ExitCode.NOT_PROVED

    @property
    def whole(self) -> bool:
        """Whether every row was reached."""
        return all(row.status != "missing" for row in self.rows)

    @property
    def proved(self) -> bool:
        """Whether every row was answered and proved optimal."""
        return self.exit_code is ExitCode.PROVED

    def each_record(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table one by one; a long one takes much more memory than its rows here."""
        return (row.record() for row in self.rows)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of the table."""
        return list(self.each_record())

    def front(self, network: str, objective: Objective, figure: str) -> tuple[SweepRow, ...]:
        """Return the rows of a network that no other beats in both area and a figure, smallest first.

        Parameters
        ----------
        figure
            ``cycles``, ``energy`` or ``edp``.
        """
        rows = [
            row
            for row in self.rows
            if row.network == network and row.objective is objective and row.figures and row.area is not None
        ]
        kept: list[SweepRow] = []
        for row in sorted(rows, key=lambda row: (row.area, getattr(row.figures, figure))):
            if not kept or getattr(row.figures, figure) < getattr(kept[-1].figures, figure):
                kept.append(row)
        return tuple(kept)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        head = keyed(self, "skipped questions cached interrupted wall_seconds")
        return head | {"problems": failed(self.failures), "rows": self.records()}


def figures_of(layers: Sequence[LayerAnswer]) -> Figures | None:
    """Return the totals of some layers, or None if one has no mapping."""
    parts: Iterable[Figures | None] = [layer.figures for layer in layers]
    found = [figures for figures in parts if figures is not None]
    return Figures.total(found) if len(found) == len(layers) else None
