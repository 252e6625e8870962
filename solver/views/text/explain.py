"""An explained optimum: what binds it, the lower bounds, what doubling a resource brings, and the loops."""

from __future__ import annotations

from decimal import Decimal

from rich.table import Table
from rich.text import Text

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.arithmetic.exact import total
from solver.arithmetic.numbers import bytes_text
from solver.cost.result import CLOSE, Objective
from solver.cost.two_level.waits import INSIDE
from solver.forms.wish import is_product
from solver.layer import AveragePool, MaxPool, Primitive
from solver.questions.explain.run import Doubling, Explanation
from solver.views import figures
from solver.views.certificate import NAMES, certificate, unit_of, write_value
from solver.views.console import ReportConsole, labelled, open_table, whole
from solver.views.text.profile import show_loops

MEANINGS: dict[str, str] = {
    "array": "all that the array does",
    "compute": "one step of the multipliers per cycle",
    "distribution": "words of the busiest read port",
    "collection": "outputs of the busiest collection line",
    "drain": "filling, and waiting for the last sums",
    "DRAM": "words between DRAM and buffer",
    "buffer": "words read and written in the buffer",
}
BOUNDS: dict[str, str] = {
    "compute": "MACs / num_ms",
    "distribution": "(weights + inputs) / dn_bw",
    "collection": "outputs / rn_bw",
    "DRAM": "words / DRAM bandwidth",
}
ENERGIES: dict[str, str] = {
    "buffer": "every word in or out once",
    "multiplications": "every product once",
    "additions": "every sum, cheapest adder",
    "static": "leakage during the least cycles",
    "DRAM": "every word in or out once",
}


def show_explanation(console: ReportConsole, explanation: Explanation) -> None:
    """Print an explanation; its first line is the certificate of the optimum."""
    solution = explanation.solution
    console.say(certificate(solution))
    console.say_notes(solution.notes)
    console.paragraphs(binding_words(solution))
    for words in comparison_words(explanation):
        console.say(words)
    console.paragraphs(waits_table(solution), bounds_table(explanation))
    console.say(distance_words(explanation))
    console.say("")
    if explanation.doublings:
        console.show(doublings_table(explanation))
        console.say(proof_words(explanation))
        console.say("")
    show_loops(console, solution)


def binding_words(solution: Solution) -> Text:
    """Return what binds time and energy."""
    cost = solution.cost
    largest, energy = max(cost.energy_by_component.items(), key=lambda item: item[1])
    line = Text.assemble(("time is bound by ", ""), (cost.bottleneck, "bold"))
    if cost.close:
        within = figures.percent(float(CLOSE), 0)
        line.append(f" (and nearly as much by {' and '.join(cost.close)}, within {within} of it)")
    share = figures.percent(float(energy / cost.energy)) if cost.energy else "–"
    return line.append(f"; most energy goes to the {largest.replace('_', ' ')}, {share}")


def comparison_words(explanation: Explanation) -> list[Text]:
    """Return what the layer would take in one piece, and as it is written, where the optimum is otherwise."""
    solution, found = explanation.solution, []
    objective, one = solution.objective, solution.one_piece
    if one is not None:
        value = one.cost.value(objective)
        least = "" if one.proved else "at best known "
        unit = unit_of(objective, solution.hardware.energy_table)
        ratio = figures.ratio(value, solution.objective_value)
        found.append(
            Text(
                f"in one piece it would take {least}{write_value(objective, value)} {unit}, {ratio} times as "
                f"much as in {len(solution.pieces)} pieces"
            )
        )
    if explanation.written is not None:
        found.append(written_words(solution, explanation.written))
    return found


def written_words(solution: Solution, written: Solution) -> Text:
    """Return what the layer would take as it is written, beside an optimum of another form."""
    objective = solution.objective
    unit = unit_of(objective, solution.hardware.energy_table)
    least = "" if written.proved else "at best known "
    nest = written.nest
    way = "a matrix product" if is_product(written.layer) else f"a {nest.R}x{nest.S} {_kind(written.layer)}"
    strides = "x".join(map(str, dict.fromkeys(nest.stride)))
    way += f" of stride {strides}" if nest.stride != (1, 1) else ""
    ratio = figures.ratio(written.objective_value, solution.objective_value)
    how = solution.form if solution.pieces else f"in the form {solution.form}"
    return Text(
        f"as it is written, as {way}, it would take {least}{write_value(objective, written.objective_value)} "
        f"{unit}, {ratio} times as much as {how}"
    )


def _kind(layer: Primitive) -> str:
    return "pooling" if isinstance(layer, AveragePool | MaxPool) else "convolution"


def _grid(*columns: tuple[str, bool]) -> Table:
    table = open_table("bold")
    for title, right in columns:
        table.add_column(whole(title), justify="right" if right else "left", no_wrap=bool(title))
    return table


def waits_table(solution: Solution) -> Table:
    """Return the cycles that each resource would take alone, most first; the array's own below the array."""
    table = _grid(("waiting for", False), ("cycles", True), ("share", True), ("", False))
    cost = solution.cost
    for name, alone, within in ranked_waits(solution):
        binds = name == cost.bottleneck
        mark = " (binds)" if binds else " (nearly)" if name in cost.close else ""
        table.add_row(
            whole("  " * within + name + mark),
            figures.integer(alone),
            whole(figures.percent(alone / cost.cycles)),
            Text(MEANINGS[name], style="dim"),
            style="bold" if binds else None,
        )
    return table


def ranked_waits(solution: Solution | Evaluation) -> list[tuple[str, int, bool]]:
    """Return name and cycles of what the latency waits for, most first, and whether it is the array's own.

    On two levels the array's own waits follow one another; they come after the array, which is what DRAM and
    buffer are compared with.
    """
    waits = solution.cost.waits
    levels = solution.level_figures
    inside = INSIDE if levels else ()
    outer = {name: cycles for name, cycles in waits.items() if name not in inside}
    if levels:
        outer["array"] = sum(each.array_cycles for each in levels)
    rows: list[tuple[str, int, bool]] = []
    for name, cycles in sorted(outer.items(), key=lambda item: -item[1]):
        rows.append((name, cycles, False))
        if name == "array":
            own = sorted(((each, waits[each]) for each in inside if each in waits), key=lambda item: -item[1])
            rows += [(each, alone, True) for each, alone in own]
    return rows


def bounds_table(explanation: Explanation) -> Table:
    """Return the lower bounds of latency and energy by what sets them."""
    energy_unit = explanation.solution.hardware.energy_table.unit
    table = _grid(("no mapping can beat", False), ("at least", True), ("", False), ("", False))
    largest = max(explanation.cycle_bounds.values())
    for name, cycles in explanation.cycle_bounds.items():
        style = "bold" if cycles == largest else None
        meaning = Text(BOUNDS[name], style="dim")
        table.add_row(whole(f"latency: {name}"), figures.integer(cycles), "cycles", meaning, style=style)
    sums = total(list(explanation.energy_bounds.values()))
    for name, energy in explanation.energy_bounds.items():
        meaning = Text(ENERGIES[name], style="dim")
        amount = figures.amount(energy, beside=sums)
        table.add_row(whole(f"energy: {name}"), amount, whole(energy_unit), meaning)
    table.add_row(whole("energy: all of these"), figures.amount(sums), whole(energy_unit), "", style="bold")
    return table


def distance_words(explanation: Explanation) -> Text:
    """Return how many times its bounds the mapping needs."""
    cost = explanation.solution.cost
    cycles = max(explanation.cycle_bounds.values())
    energy = total(list(explanation.energy_bounds.values()))
    latency = figures.ratio(Decimal(cost.cycles), Decimal(cycles))
    said = f"latency {latency} times its bound, energy {figures.ratio(cost.energy, energy)} times its bound"
    return labelled("distance", said)


def doublings_table(explanation: Explanation) -> Table:
    """Return what doubling each resource alone brings."""
    objective = explanation.solution.objective
    energy_table = explanation.solution.hardware.energy_table
    # As in other tables: the whole unit of a product is wider than its figures.
    unit = "× cycles" if objective is Objective.EDP else unit_of(objective, energy_table)
    table = _grid(
        ("doubling alone", False),
        ("to", True),
        (NAMES[objective], True),
        ("change", True),
        ("bound by", False),
    )
    table.columns[2].header = Text.assemble((whole(NAMES[objective]), "bold"), "\n", (whole(unit), "dim"))
    table.add_column("array tile", min_width=len("array"))
    if explanation.solution.level_figures:
        table.add_column("buffer tile", min_width=len("buffer"))
    today = explanation.solution
    table.add_row("(today)", "", write_value(objective, today.objective_value), "", *_mapping(today))
    for doubling in explanation.doublings:
        table.add_row(*_doubling(doubling, objective, today.objective_value))
    return table


def _doubling(doubling: Doubling, objective: Objective, today: Decimal) -> list[str]:
    solution = doubling.solution
    if solution is None:
        return [whole(doubling.resource), "–", "–", "–", "–"]
    change = float(solution.objective_value / today - 1) if today else 0.0
    after = doubling.after or 0
    return [
        whole(doubling.resource),
        whole(bytes_text(after)) if doubling.resource == "buffer" else figures.integer(after),
        write_value(objective, solution.objective_value),
        whole(_percent_change(change)),
        *_mapping(solution),
    ]


def _percent_change(change: float) -> str:
    if not change:
        return "none"
    digits = 1 if abs(change) >= 0.001 else 4
    return f"{100 * change:+.{digits}f} %"


def _mapping(solution: Solution) -> list[str]:
    buffer = [solution.buffer_text] if solution.level_figures else []
    return [solution.cost.bottleneck, solution.tile_text, *buffer]


def proof_words(explanation: Explanation) -> Text:
    """Return which doublings are proved, why others are missing, and why some are not what one expects."""
    solved = [doubling.solution for doubling in explanation.doublings if doubling.solution is not None]
    proved = sum(solution.proved for solution in solved)
    text = Text("every row is solved anew and proved optimal" if proved == len(solved) else "")
    if proved < len(solved):
        open_ = [
            d.resource for d in explanation.doublings if d.solution is not None and not d.solution.proved
        ]
        text = Text(f"not proved optimal, could be better: {', '.join(open_)}", style="yellow")
    for doubling in explanation.doublings:
        if doubling.solution is None:
            text.append(f"\n{doubling.resource}: not doubled, {doubling.reason}")
        elif doubling.remark:
            text.append(f"\n{doubling.resource}: {doubling.remark}")
    return text
