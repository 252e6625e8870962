"""Which mapping is best: (Layer, Hardware, Objective) -> Solution, by constraint programming.

The rooms, in the order a question passes them: `presolve` discards what product bounds alone exclude, `array`
states the CP-SAT model, `search` runs it, `solve` puts bound, enumeration and replay together.
"""
