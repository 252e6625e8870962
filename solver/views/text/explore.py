"""The report of a mapping space: distribution, landmarks, common traits, sensitivity, alternatives."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

from rich.table import Table
from rich.text import Text

from solver.answers.exploration import Exploration, Landmark, Sensitivity
from solver.landscape.distribution import QUANTILES
from solver.landscape.landscape import PROPERTIES
from solver.views import figures
from solver.views.certificate import NAMES, unit_of, what_counts, write_value
from solver.views.comparison import add_figure_columns, header, name_cell, named_table
from solver.views.console import ReportConsole, first_line, whole

MOST_TRAITS = 8
MOST_FRONT = 12
SHARES = {0.0: "least", 0.5: "median", 1.0: "most"}


def show_exploration(console: ReportConsole, exploration: Exploration) -> None:
    """Print everything about a mapping space but the mappings themselves."""
    console.say(headline(exploration))
    for table, spare in (
        (distribution_table(exploration), ()),
        (landmark_table(exploration), ()),
        (traits_table(exploration), ()),
        (sensitivity_table(exploration), ()),
        (alternatives_table(exploration), ("cycles",)),
    ):
        if table.row_count:
            console.say("")
            console.show_narrow(table, spare)
    console.say("")
    for remark in remarks(exploration):
        console.say(remark)


def headline(exploration: Exploration) -> Text:
    """Return how much was evaluated and what the optimum is, in one line."""
    solution, objective = exploration.solution, exploration.objective
    unit = unit_of(objective, exploration.hardware.energy_table)
    status = "proved optimum" if solution.proved else "best known, not proved"
    parts = [
        exploration.space.description,
        f"evaluated in {figures.seconds(exploration.evaluation_seconds)}",
        f"{status}: {NAMES[objective]} {write_value(objective, solution.objective_value)} {unit}, "
        f"{exploration.optimum.mapping}",
        *what_counts(exploration.hardware),
    ]
    claim = figures.counted(exploration.space.size, "mapping")
    return first_line(exploration.layer.name, claim, "bold", parts)


def distribution_table(exploration: Exploration) -> Table:
    """Return the quantiles of cycles, energy and EDP over all mappings."""
    table = named_table("of all mappings")
    unit = exploration.hardware.energy_table.unit
    add_figure_columns(table, ("cycles", ""), ("energy", unit), ("EDP", "× cycles"))
    columns = [exploration.distributions[name].quantiles for name in ("cycles", "energy", "edp")]
    for share, cycles, energy, edp in zip(QUANTILES, *columns, strict=True):
        name = SHARES.get(share, f"{100 * share:g} % are below")
        cells = [_float(cycles), _float(energy), figures.product(_decimal(edp))]
        table.add_row(name, *cells)
    return table


def landmark_table(exploration: Exploration) -> Table:
    """Return optimum, front and baselines with their figures and their place in the space."""
    table = named_table("landmark")
    table.add_column(header("mapping"), min_width=12)
    unit = exploration.hardware.energy_table.unit
    add_figure_columns(
        table, ("cycles", ""), ("energy", unit), ("ratio to", "optimum"), ("better", "mappings")
    )
    choice = len(exploration.landscape.forms) > 1
    _add_landmark(table, exploration.optimum, "bold green", choice=choice)
    for landmark in _shown(exploration.front):
        _add_landmark(table, landmark, "cyan", choice=choice)
    for landmark in sorted(exploration.baselines, key=lambda each: (each.outside, each.ratio)):
        _add_landmark(table, landmark, "", choice=choice)
    return table


def traits_table(exploration: Exploration) -> Table:
    """Return what the best mappings share, and how frequent that is in the whole space."""
    table = named_table(f"the {len(exploration.best)} best")
    add_figure_columns(table, ("have it", ""), ("of all", "mappings"))
    for trait in exploration.traits[:MOST_TRAITS]:
        share = whole(figures.percent(trait.share))
        table.add_row(trait.what, whole(f"{trait.best} of {trait.among}"), share)
    return table


def sensitivity_table(exploration: Exploration) -> Table:
    """Return for each tile dimension how much the best mapping depends on it."""
    table = named_table("size")
    for title, below in (
        ("values", ""),
        ("best", "value"),
        ("within 5 % of", "the optimum"),
        ("value 1", "costs ×"),
        ("worst value", "costs ×"),
    ):
        table.add_column(header(title, below), justify="right")
    for loop, group in groupby(exploration.sensitivity, key=lambda row: row.loop):
        rows = list(group)
        best = min(rows, key=lambda row: row.best)
        worst = max(rows, key=lambda row: row.best)
        one = next((row for row in rows if row.size == 1), None)
        table.add_row(
            f"T_{loop}",
            figures.integer(len(rows)),
            str(best.size),
            intervals([row.size for row in rows if row.ratio <= 1.05], rows) or "none",
            "–" if one is None else _ratio(one.ratio),
            whole(f"{_ratio(worst.ratio)} (at {worst.size})"),
        )
    return table


def alternatives_table(exploration: Exploration) -> Table:
    """Return the nearly optimal mappings that have least of something else."""
    table = named_table(f"within {figures.percent(exploration.tolerance, 1)}, least")
    table.add_column(header("mapping"), min_width=9)
    add_figure_columns(table, ("it has", ""), ("the optimum", "has"), ("cycles", ""), ("ratio to", "optimum"))
    for alternative in exploration.alternatives:
        landmark = alternative.landmark
        table.add_row(
            name_cell(PROPERTIES[alternative.least], 20),
            _mapping(landmark, len(exploration.landscape.forms) > 1),
            figures.integer(alternative.value),
            figures.integer(alternative.optimum),
            figures.integer(landmark.cycles),
            _ratio(landmark.ratio),
        )
    return table


def remarks(exploration: Exploration) -> list[str]:
    """Return what a reader should know of the figures."""
    found = []
    if (pieces := exploration.in_pieces) is not None:
        least = pieces.to_dict(exploration.layer)[
            "cycles" if exploration.objective == "latency" else exploration.objective
        ]
        unit = unit_of(exploration.objective, exploration.hardware.energy_table)
        found.append(
            f"the space is of mappings in one piece; in several, {pieces.mapping}, it takes "
            f"{write_value(exploration.objective, Decimal(least))} {unit}, "
            f"{pieces.ratio:.3f} of the optimum of the space"
        )
    mappings = figures.counted(len(exploration.front), "mapping")
    proved = "proved over the whole space" if exploration.front_proved else "not proved to be all"
    found.append(f"front: {mappings} that no other beats in both cycles and energy, {proved}")
    if exploration.interrupted:
        found.append("interrupted: optimum and front are what was known by then")
    if exploration.sampled:
        found.append(
            "the sample draws buffer tiles evenly on a logarithmic scale; the best of it is not the optimum, "
            "and its sensitivity is that of the sample; cycles not shown above are the closed form's, "
            "mostly within a few per cent of the replay's"
        )
    elif not exploration.landscape.exact.all():
        settled = int(exploration.landscape.exact.sum())
        found.append(
            "figures are the closed form's, within 1 % or so of the replay's; landmarks, front, the best and "
            f"alternatives are replayed ({settled} mappings)"
        )
    return found


def intervals(chosen: list[int], rows: list[Sensitivity]) -> str:
    """Write values as runs of neighbouring ones among all values that there are: ``1-3, 8``."""
    places = {row.size: place for place, row in enumerate(rows)}
    runs: list[list[int]] = []
    for value in chosen:
        if runs and places[value] == places[runs[-1][-1]] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _shown(front: tuple[Landmark, ...]) -> list[Landmark]:
    """Return the front, or of a long one every so many points and both ends."""
    if len(front) <= MOST_FRONT:
        return list(front)
    step = (len(front) - 1) / (MOST_FRONT - 1)
    return [front[round(step * i)] for i in range(MOST_FRONT)]


def _add_landmark(table: Table, landmark: Landmark, style: str, *, choice: bool) -> None:
    table.add_row(
        name_cell(landmark.label),
        _mapping(landmark, choice),
        figures.integer(landmark.cycles),
        figures.amount(landmark.energy),
        _ratio(landmark.ratio),
        whole(figures.percent(landmark.better, 2)),
        style=style,
    )


def _mapping(landmark: Landmark, choice: bool) -> str:
    """Write a mapping, with its form where there are several."""
    return f"{landmark.mapping}, {landmark.form}" if choice else landmark.mapping


def _ratio(value: float) -> str:
    return figures.ratio(_decimal(value), _decimal(1.0))


def _float(value: float) -> str:
    return figures.amount(_decimal(value)) if value < 10**6 and value % 1 else figures.integer(round(value))


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))
