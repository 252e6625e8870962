"""Numbers: exact decimals, numbers as people write them, array types."""
