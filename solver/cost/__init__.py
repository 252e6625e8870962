"""What a mapping costs: (LoopNest, Hardware, Tile) -> Cost."""

from solver.cost.evaluate import evaluate
from solver.cost.result import Bottleneck, Cost, Counts, Objective

__all__ = ["Bottleneck", "Cost", "Counts", "Objective", "evaluate"]
