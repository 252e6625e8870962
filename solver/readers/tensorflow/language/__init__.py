"""The language of programs: `parse` makes trees of `ast`, `interpreter` runs what builds a model in them.

The parts of the interpreter (`expressions`, `statements`, `assignments`, `calls`) call each other through the
protocol in `machine`.
"""
