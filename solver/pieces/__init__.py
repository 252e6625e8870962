"""Layers in pieces: consecutive ranges of a layer's filters, each run as a smaller layer of its own."""
