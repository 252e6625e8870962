"""From what people write to layers and mappings."""

from solver.frontends.read import read_layers

__all__ = ["read_layers"]
