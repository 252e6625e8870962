"""Why an optimum is what it is: what binds it, how far physics is, what more of each resource would bring.

`run` solves the layer again with twice as much of each resource, `remark` says in a sentence what a reader
would not expect of the outcome.
"""
