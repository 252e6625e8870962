"""From what people write to layers and mappings."""
