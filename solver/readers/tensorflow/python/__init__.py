"""What Python's own operators, functions and methods mean, on values of a program and on its tensors."""
