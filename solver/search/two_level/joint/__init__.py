"""Array tile, buffer tile and loop orders in one CP-SAT model.

`choices` states what a mapping is and which are legal, `moves` the words between DRAM and buffer, `work` the
array's steps and cycles, `energy` their energy; `model` puts them together and asks for an objective, and
`prove` runs it. The formulas are those of `solver.cost.two_level`, stated once more over variables, and none
of the bounds of the branch and bound is used, so both are checked against each other.
"""
