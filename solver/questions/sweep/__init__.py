"""Networks on many accelerators: every combination is mapped optimally, and all go into one tidy table.

`values` reads lists and ranges, `grid` makes accelerators of them, `file` reads a whole sweep from YAML,
`run` answers it, `answer` is what comes out.
"""
