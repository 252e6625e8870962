"""The files with which the real hardware's RTL runs a mapping: program, operands, results, drivers."""
