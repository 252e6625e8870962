"""Heuristics, random and exhaustive search: (LoopNest, Hardware) -> tiles, under the one cost model."""
