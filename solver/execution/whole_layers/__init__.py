"""Layers made of parts: each part on the array, the steps between them on the host."""
