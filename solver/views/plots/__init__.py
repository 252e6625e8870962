"""Plots with matplotlib, which is optional: pip install 'maeri-solver[plot]'."""
