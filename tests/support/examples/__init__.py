"""Layers, networks, models, questions and whole runs that tests of several rooms ask for."""
