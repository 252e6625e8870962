"""The accelerator: its sizes, its energy table, and the files both are read from.

The readers live in `solver.hardware.read`.
"""

from solver.hardware.energy_table import EnergyTable
from solver.hardware.hardware import Hardware

__all__ = ["EnergyTable", "Hardware"]
