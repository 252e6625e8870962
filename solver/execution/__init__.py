"""Proving a configuration right by running it."""
