"""Networks on many accelerators: every combination is mapped optimally, and all go into one tidy table.

`values` reads lists and ranges, `grid` makes accelerators of them, `file` reads a whole sweep from YAML,
`run` answers it, `answer` is what comes out.
"""

from solver.sweep.answer import SweepAnswer, SweepRow
from solver.sweep.grid import AXES, Grid
from solver.sweep.run import SweepEvent, run_sweep

__all__ = ["AXES", "Grid", "SweepAnswer", "SweepEvent", "SweepRow", "run_sweep"]
