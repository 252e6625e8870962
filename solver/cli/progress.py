"""What the user sees while a search runs: on the standard error, and only if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as ProgressBar
from rich.table import Column

from solver.views.certificate import NAMES, unit_of, write_value
from solver.views.console import make_console
from solver.views.figures import percent

if TYPE_CHECKING:
    from solver.questions.design.search import DesignEvent
    from solver.questions.map_layer import Question
    from solver.questions.network.run import Event
    from solver.questions.sweep.run import SweepEvent
    from solver.search.progress import Progress


@contextmanager
def _shown(*columns: ProgressColumn) -> Iterator[ProgressBar]:
    """Show columns on the standard error, if that is a terminal."""
    console = make_console(sys.stderr)
    bar = ProgressBar(*columns, console=console, transient=True, expand=True, disable=not console.is_terminal)
    # Older versions of rich end a bar that shows nothing with an empty line.
    with bar if console.is_terminal else nullcontext():
        yield bar


def _stage() -> ProgressColumn:
    """Return the column of what is being done: it has the width that the others leave, and is cut to it."""
    return TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))


def _counted() -> tuple[ProgressColumn, ...]:
    """Return the columns of a bar over several questions."""
    title = Column(no_wrap=True, max_width=20)
    return (
        TextColumn("{task.fields[title]}", style="bold", markup=False, table_column=title),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        _stage(),
    )


@contextmanager
def watching(title: str, question: Question) -> Iterator[Callable[[Progress], None]]:
    """Show a spinner, the state of the search and the elapsed time; yield what takes in the progress."""
    with watching_stages(title) as show:
        yield lambda progress: show(progress_line(progress, question))


@contextmanager
def watching_stages(title: str) -> Iterator[Callable[[str], None]]:
    """Show a spinner, what is being done and the elapsed time; yield what takes in the stage."""
    with _shown(SpinnerColumn(), TimeElapsedColumn(), _stage()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda stage: bar.update(task, description=f"{title}: {stage}")


@contextmanager
def watching_network(title: str, question: Question) -> Iterator[Callable[[Event], None]]:
    """Show a bar over the different layers, and the time left; yield what takes in events."""
    with _shown(*_counted()) as bar:
        task = bar.add_task("", total=None, title=title)

        def show(event: Event) -> None:
            state = event.status or "searching"
            if event.progress is not None:
                state = progress_line(event.progress, question)
            bar.update(task, total=event.total, completed=event.done, description=f"{event.layer}: {state}")

        yield show


@contextmanager
def watching_sweep(title: str) -> Iterator[Callable[[SweepEvent], None]]:
    """Show a bar over the different questions, and the time left; yield what takes in events."""
    with _shown(*_counted()) as bar:
        task = bar.add_task("", total=None, title=title)
        yield lambda event: bar.update(task, total=event.total, completed=event.done, description=event.last)


@contextmanager
def watching_design(title: str, question: Question) -> Iterator[Callable[[DesignEvent], None]]:
    """Show best value, bound and layers solved so far; yield what takes in events."""
    with watching_stages(title) as on_stage:

        def show(event: DesignEvent) -> None:
            bound = write_value(question.objective, event.bound) if event.bound.is_finite() else "none"
            best = "nothing found yet"
            if event.value is not None:
                best = f"{NAMES[question.objective]} {write_value(question.objective, event.value)}"
            on_stage(f"{event.solves} of {event.questions} layers solved · {best} · bound {bound}")

        yield show


def progress_line(progress: Progress, question: Question) -> str:
    """Return the state of a search in one line: gap, stage, best value and bound, as the end may be cut."""
    objective = progress.objective or question.objective
    bound = f"bound {write_value(objective, progress.bound)}"
    if progress.incumbent is None:
        return f"{progress.stage} · nothing found yet · {bound}"
    unit = unit_of(objective, question.hardware.energy_table)
    best = f"{NAMES[objective]} {write_value(objective, progress.incumbent)} {unit}"
    gap = float((progress.incumbent - progress.bound) / progress.incumbent) if progress.incumbent else 0.0
    return f"gap {percent(gap, 2)} · {progress.stage} · {best} · {bound}"
