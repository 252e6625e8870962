"""From what people write to layers and mappings."""

from solver.frontends.mapping_file import read_mapping
from solver.frontends.notation_text import format_layer
from solver.frontends.read import read_layers, read_model, source_name

__all__ = ["format_layer", "read_layers", "read_mapping", "read_model", "source_name"]
