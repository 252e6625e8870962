"""A text as long as a disk."""
text = "{:>9999999999}".format("x")
