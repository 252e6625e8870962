"""Which mappings are legal, on one level and on two: the space that every search covers."""
