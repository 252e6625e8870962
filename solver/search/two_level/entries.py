"""The forms of a layer with their searches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from solver.answers.evidence import Evidence, FormEvidence
from solver.cost.result import Objective
from solver.errors import InfeasibleError
from solver.forms.form import Form
from solver.forms.wish import Wish
from solver.hardware import Hardware
from solver.layer import LoopNest, Primitive
from solver.legal.tiles import Limits
from solver.mapping.lines import with_seen_steps
from solver.search.progress import Clock
from solver.search.two_level.goal import Best
from solver.search.two_level.search import LevelSearch


@dataclass(frozen=True, eq=False)
class Entry:
    """One form of the layer and its search, which forms that cost the same with every mapping share."""

    form: Form
    search: LevelSearch


class Entries(list[Entry]):
    """Forms and their searches.

    Attributes
    ----------
    all_forms
        Whether there was time for all of them, and all of their array tiles.
    """

    all_forms = True


def entries_of(layer: Primitive, hardware: Hardware, limits: Limits, wish: Wish, clock: Clock) -> Entries:
    """Return the forms of a layer that have mappings; when time is up the first of them, or a part of it."""
    refused: list[InfeasibleError] = []
    found = Entries()
    searches: dict[LoopNest, LevelSearch] = {}
    for form in wish.forms(layer, hardware):
        if found and clock.expired:
            found.all_forms = False
            break
        seen = with_seen_steps(form.nest)
        try:
            if seen not in searches:
                searches[seen] = LevelSearch(form.nest, hardware, limits, clock=clock)
                found.all_forms &= searches[seen].whole
            found.append(Entry(form, searches[seen]))
        except InfeasibleError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return found


def by_promise(entries: list[Entry], objective: Objective) -> list[Entry]:
    """Return the form as written first, then those with the least bounds."""
    return [entries[0], *sorted(entries[1:], key=partial(least_of, objective=objective))]


def least_of(entry: Entry, objective: Objective) -> float:
    """Return what bounds say of a form before it is searched."""
    return float(Best(objective).value(*entry.search.outlook).min())


def searched(entry: Entry, before: Iterable[Entry]) -> bool:
    """Return whether a form that costs the same was searched before."""
    return any(entry.search is other.search for other in before)


def evidence_of(entries: list[Entry]) -> Evidence:
    """Return what a certificate says of each form."""
    return {entry.form.name: FormEvidence(entry.search.space_size, None) for entry in entries}
