"""A two-level mapping as work: which buffer tile runs when, and what is moved for it.

`schedule` is the form, `build` makes it from a mapping; `solver.simulate.levels` executes it.
"""

from solver.schedule.build import build_schedule
from solver.schedule.schedule import InputBox, Lines, Moved, Schedule, Source, TileLoop, TilePhase

__all__ = [
    "InputBox",
    "Lines",
    "Moved",
    "Schedule",
    "Source",
    "TileLoop",
    "TilePhase",
    "build_schedule",
]
