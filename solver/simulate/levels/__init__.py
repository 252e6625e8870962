"""Executing a schedule: DRAM, a prefetch buffer with its capacity, and the array switch by switch."""

from solver.simulate.levels.execute import LevelExecution, execute_schedule
from solver.simulate.levels.verify import LevelSimulation, verify_schedule

__all__ = ["LevelExecution", "LevelSimulation", "execute_schedule", "verify_schedule"]
