"""Many mappings of a layer with their figures, and what can be seen in them."""
