"""The lower convex hull of a layer's choices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from solver.questions.design.work import Choice


def hull(choices: Sequence[Choice]) -> list[int]:
    """Return the places of the corners of the lower convex hull, fastest first."""
    corners: list[int] = []
    for place, choice in enumerate(choices):
        while len(corners) > 1:
            one, two = choices[corners[-2]], choices[corners[-1]]
            before = (Fraction(one.energy) - Fraction(two.energy)) * (choice.cycles - two.cycles)
            after = (Fraction(two.energy) - Fraction(choice.energy)) * (two.cycles - one.cycles)
            if before > after:
                break
            corners.pop()
        corners.append(place)
    return corners
