"""One mapping in full: baselines beside it, where cycles and energy go, its loop nest, the array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from solver.answers.evaluation import Evaluation, parts_of
from solver.answers.solution import Solution
from solver.errors import MapperError
from solver.hardware.words import OPERANDS
from solver.mapping.loop_nest import ACCUMULATORS, ADDERS, BUFFER, DRAM, SWITCHES
from solver.pieces.piece import Piece
from solver.switches.decode import decode
from solver.views.breakdown import counts_table
from solver.views.charts.bars import comparison_bars, energy_bars, wait_bars
from solver.views.drawing import array_graph, to_sheets
from solver.views.drawing.sheets import UNDER_WORDS
from solver.views.html.elements import Plot, Table
from solver.views.html.mapping_tables import comparison_table, energy_table
from solver.views.html.plots.bars import bars_plot
from solver.views.html.plots.charts import again
from solver.views.html.plots.mapping import level_energy_plot, roofline_plot
from solver.views.html.tables import page_table
from solver.views.levels import buffer_words, cycles_words, levels_table, roofline_words
from solver.views.loop_nest import nest_lines, nest_remarks

CLASSES: Mapping[str, str] = {
    DRAM: "dram", BUFFER: "buffer", ACCUMULATORS: "inside", SWITCHES: "inside", ADDERS: "inside",
}  # fmt: skip
"""How the level that holds an operand is shown."""


@dataclass(frozen=True)
class NestLine:
    """A line of the loop nest, indented, and the level that holds each operand (empty where none is told)."""

    text: str
    holders: tuple[str, ...]


@dataclass(frozen=True)
class Nest:
    """A loop nest as lines, outermost first."""

    lines: tuple[NestLine, ...]
    notes: tuple[str, ...]
    operands: tuple[str, ...] = OPERANDS
    classes: Mapping[str, str] = field(default_factory=lambda: CLASSES)


@dataclass(frozen=True)
class Drawing:
    """A picture of the array, and what it is of."""

    of: str
    svg: str


@dataclass(frozen=True)
class MappingParts:
    """The sections of one mapping; `id` starts the ids of their headings."""

    id: str
    comparison: Table | None
    comparison_plot: Plot | None
    time_plots: tuple[Plot, ...]
    time_notes: tuple[str, ...]
    energy_plots: tuple[Plot, ...]
    energy_tables: tuple[Table, ...]
    levels_table: Table | None
    nest: Nest
    drawings: tuple[Drawing, ...]
    drawing_note: str


@dataclass(frozen=True)
class MappingPlots:
    """The plots of one mapping."""

    comparison: Plot | None
    time: tuple[Plot, ...]
    energy: tuple[Plot, ...]

    @classmethod
    def of(cls, solution: Solution | Evaluation) -> MappingPlots:
        """Draw them."""
        levels = solution.levels
        beside = bars_plot(comparison_bars(solution)) if _has_baselines(solution, with_cost=True) else None
        return cls(
            beside,
            (bars_plot(wait_bars(solution)), *([roofline_plot(solution)] if levels else [])),
            (bars_plot(energy_bars(solution)), *([level_energy_plot(solution)] if levels else [])),
        )

    def again(self) -> MappingPlots:
        """Return them for another section of the same page."""
        return MappingPlots(
            again(self.comparison) if self.comparison else None,
            tuple(again(each) for each in self.time),
            tuple(again(each) for each in self.energy),
        )


class PagePlots:
    """The plots of all mappings of a page: equal layers of a network have equal ones, drawn only once."""

    def __init__(self) -> None:
        self._known: list[tuple[Solution | Evaluation, MappingPlots]] = []

    def of(self, solution: Solution | Evaluation) -> MappingPlots:
        """Return the plots of a mapping."""
        # No plot tells the name of the layer, or how long its search took.
        plain = replace(solution, layer=replace(solution.layer, name=""))
        if isinstance(plain, Solution):
            plain = replace(plain, wall_seconds=0.0)
        for other, plots in self._known:
            if other == plain:
                return plots.again()
        plots = MappingPlots.of(solution)
        self._known.append((plain, plots))
        return plots


def mapping_parts(solution: Solution | Evaluation, name: str, plots: PagePlots | None = None) -> MappingParts:
    """Return everything that a page shows of one mapping.

    Parameters
    ----------
    name
        Starts the ids of its sections.
    plots
        Those of the page, where it has several mappings.
    """
    levels = solution.levels
    drawings, drawing_note = _drawings(solution)
    drawn = (plots or PagePlots()).of(solution)
    return MappingParts(
        id=name,
        comparison=comparison_table(solution) if _has_baselines(solution) else None,
        comparison_plot=drawn.comparison,
        time_plots=drawn.time,
        time_notes=(
            (
                cycles_words(levels, solution.cost, solution.hardware),
                roofline_words(levels, solution.cost),
                buffer_words(solution.hardware),
            )
            if levels
            else ()
        ),
        energy_plots=drawn.energy,
        energy_tables=(energy_table(solution), page_table(counts_table(solution.cost.counts), "Events")),
        levels_table=(
            page_table(levels_table(levels, solution.hardware), "By level and operand", titled=False)
            if levels
            else None
        ),
        nest=nest_of(solution),
        drawings=drawings,
        drawing_note=drawing_note,
    )


def _has_baselines(result: Solution | Evaluation, *, with_cost: bool = False) -> TypeGuard[Solution]:
    """Return whether there are baselines beside a mapping, of which some found one if `with_cost`."""
    found = result.baselines if isinstance(result, Solution) else ()
    return any(baseline.cost or not with_cost for baseline in found)


def nest_of(solution: Solution | Evaluation) -> Nest:
    """Return the loop nest of a mapping."""
    lines: list[tuple[str, dict[str, str]]] = []
    remarks: list[str] = []
    for part in parts_of(solution, solution.cost):
        if isinstance(part.layer, Piece):
            lines.append((f"{part.layer.span}:", {}))
        buffer = part.levels.mapping.buffer if part.levels else None
        lines += nest_lines(part.loops, part.tile, buffer)
        remarks += nest_remarks(part)
    return Nest(
        tuple(NestLine(text, tuple(holders.get(name, "") for name in OPERANDS)) for text, holders in lines),
        tuple(dict.fromkeys(remarks)),
    )


def _drawings(solution: Solution | Evaluation) -> tuple[tuple[Drawing, ...], str]:
    """Return pictures of the array with the virtual neurons, and what they show or why there are none."""
    note = "Virtual neurons are coloured and numbered; the pointer on a switch or link names it and its mode."
    hardware = solution.hardware
    if hardware.memory is not None:
        hardware = replace(hardware, memory=None)
        note += " The picture is that of the array tile; the buffer tile around it is in the loop nest."
    if solution.pieces:
        note += " There is a picture for each piece."
    drawings = []
    for part in parts_of(solution, solution.cost):
        try:
            config = decode(part.nest, hardware, part.tile, name=part.layer.title)
        except MapperError as error:
            return (), f"The array is not drawn: {error}"
        of = part.layer.span if isinstance(part.layer, Piece) else ""
        drawings.append(Drawing(of, "".join(to_sheets(array_graph(hardware, config), page=UNDER_WORDS))))
    return tuple(drawings), note
