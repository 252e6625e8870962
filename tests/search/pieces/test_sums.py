"""Undominated sums of pieces are those of an enumeration of all splits."""

from random import Random

import numpy as np
import pytest

from solver.search.pieces import sums
from solver.search.pieces.sums import Below, Found, UndominatedSums
from tests.oracles.pieces import splits

SIZE = 9
HUGE = 1 << 70


def drawn(rng: Random) -> list[tuple[int, int, int]]:
    """Draw pieces: sizes, cycles and energies; some are bad, equal, or missing."""
    pieces = [
        (rng.randint(1, SIZE), rng.randint(1, 40), rng.randint(1, 40)) for _ in range(rng.randint(1, 14))
    ]
    pieces += [(size, 5 * size + base, 3 * size + base) for base in (2, 3) for size in range(2, SIZE + 1)]
    return [*pieces, pieces[0]]


def all_sums(
    pieces: list[tuple[int, int, int]], most: int | None, below: Below, scale: int = 1
) -> list[Found] | None:
    sizes, cycles, energy = (np.array(column) for column in zip(*pieces, strict=True))
    energy = energy.astype(object) * scale if scale > 1 else energy
    return UndominatedSums(sizes, cycles, energy, SIZE, below).found(most)


def every(limit: float = np.inf) -> Below:
    return Below(1.0, 1.0, np.zeros(SIZE + 1), limit)


@pytest.mark.parametrize("scale", [1, HUGE])
@pytest.mark.parametrize("most", [None, 1, 2, 3])
def test_sums_are_those_of_all_splits(most: int | None, scale: int) -> None:
    rng = Random(f"{most}")
    several = 0
    for _ in range(20):
        pieces = drawn(rng)
        fronts = [[(0, 0)], *([(c, e) for s, c, e in pieces if s == n] for n in range(1, SIZE + 1))]
        found = all_sums(pieces, most, every(), scale)
        assert found is not None
        assert [(one.cycles, one.energy // scale) for one in found] == splits(fronts, most)  # type: ignore[arg-type]
        for one in found:
            used = [pieces[at] for at in one.pieces]
            assert sum(size for size, *_ in used) == SIZE and len(used) <= (most or SIZE)
            assert (sum(c for _, c, _ in used), sum(e for *_, e in used)) == (one.cycles, one.energy // scale)
            several += len(used) > 1
    assert several or most == 1


def test_a_limit_leaves_the_sums_below_it() -> None:
    rng = Random(1)
    for _ in range(20):
        pieces = drawn(rng)
        whole = all_sums(pieces, None, every())
        assert whole is not None
        limit = min(one.cycles + one.energy for one in whole) + 4
        # What so many filters cost at least: nothing that is wanted is left out by it.
        rates = min((c + e) / size for size, c, e in pieces) * np.arange(SIZE + 1)
        found = all_sums(pieces, None, Below(1.0, 1.0, rates, limit))
        kept = [(one.cycles, one.energy) for one in whole if one.cycles + one.energy < limit]
        assert found is not None and all(one.cycles + one.energy <= limit for one in found)
        assert [(o.cycles, o.energy) for o in found if o.cycles + o.energy < limit] == kept


def test_too_many_sums_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = drawn(Random(2))
    monkeypatch.setattr(sums, "MOST_SUMS", 4)
    assert all_sums(pieces, None, every()) is None and all_sums(pieces, 3, every()) is None
    monkeypatch.undo()
    monkeypatch.setattr(sums, "MOST_STEPS", len(pieces))
    assert all_sums(pieces, None, every()) is None
