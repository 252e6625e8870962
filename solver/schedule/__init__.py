"""A two-level mapping as work: which buffer tile runs when, and what is moved for it.

`schedule` is the form, `build` makes it from a mapping; `solver.execution.levels` executes it.
"""
