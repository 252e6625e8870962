"""The accelerator: its sizes, its energy table, and the files both are read from."""

from solver.hardware.energy_table import EnergyTable
from solver.hardware.hardware import Hardware
from solver.hardware.read import preset_names, read_hardware
from solver.hardware.read_energy import read_energy_table, table_names

__all__ = ["EnergyTable", "Hardware", "preset_names", "read_energy_table", "read_hardware", "table_names"]
