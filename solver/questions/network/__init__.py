"""Whole networks: every different layer is solved once, and the answers are put together.

`answer` is what a network gets (totals, shares, bounds), `run` finds it.
"""
