"""Whole networks: every different layer is solved once, and the answers are put together.

`answer` is what a network gets (totals, shares, bounds), `run` finds it.
"""

from solver.network.answer import Figures, LayerAnswer, NetworkAnswer, PartAnswer, Problem
from solver.network.run import Event, run_network

__all__ = ["Event", "Figures", "LayerAnswer", "NetworkAnswer", "PartAnswer", "Problem", "run_network"]
