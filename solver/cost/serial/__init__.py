"""Cycles of mappings that fold without accumulation buffer, sum by sum (rule T12).

`tile` says what a mapping asks of ports, tree and bus, `ports` when the words are sent, `replay` puts them on
the clock; `periods` and `leaps` leave out what only repeats, `watch` looks for overtaking weights.
"""
