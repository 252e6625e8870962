"""What a mapping costs: (LoopNest, Hardware, Tile) -> Cost."""
