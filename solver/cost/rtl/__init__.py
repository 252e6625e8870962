"""Cycles of the real hardware: closed form, bound and replay."""
