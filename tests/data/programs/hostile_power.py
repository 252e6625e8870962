"""A number of more digits than there are atoms."""
n = 9 ** 9 ** 9
