"""What is put on the ports of the real hardware in a run: the program, its operands, its results."""
