"""Asks for far more than there is."""
values = [0] * 10
for _ in range(40):
    values = values + values
