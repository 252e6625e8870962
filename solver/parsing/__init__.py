"""The text forms of layers and energy factors: Lark grammars, and what their texts say as typed descriptions.

`blocks.lark` is mRNA's block format, `notation.lark` our one-line notation. What the descriptions mean, and
which of them are layers, is decided in `solver.readers`.
"""
