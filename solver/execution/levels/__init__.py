"""Executing a schedule: DRAM, a prefetch buffer with its capacity, and the array switch by switch."""
