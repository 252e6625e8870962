"""Heuristics, random and exhaustive search: (LoopNest, Hardware) -> tiles, under the one cost model."""

from solver.baselines.registry import BASELINES, SEARCHING, run_baselines

__all__ = ["BASELINES", "SEARCHING", "run_baselines"]
