"""Files that other runs and other tools read."""
