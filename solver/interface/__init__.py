"""The Python interface: what the command line does, for notebooks and scripts."""
