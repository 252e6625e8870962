"""The mapping space of a layer as people look at it: distribution, landmarks, sensitivity, alternatives.

`landscape` evaluates the space (`sample` draws from it where it is too large), `ranking` and `pareto` settle
what is best exactly, the other files each answer one question about it, and `run` puts them together.
"""
