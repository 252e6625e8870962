"""Memory of numpy's temporary arrays on Dask workers."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's `mallopt`."""
KEPT = 32 * 2**20
"""Bytes: the most that glibc takes as M_MMAP_THRESHOLD."""
USUAL = 128 * 2**10
"""Bytes: glibc's own value of both."""


@contextmanager
def memory_kept() -> Iterator[None]:
    """Let the allocator keep freed memory for the time of a task, where it is glibc's.

    Dask starts workers with MALLOC_TRIM_THRESHOLD_ = 65536, so that they give back memory early. A search
    frees large arrays all the time, and every page that it gets back is a fault: measured on ResNet-50's
    layers with a 64 KiB prefetch buffer, 2.9 million faults instead of 0.06 and twice the processor time.
    Afterwards the worker has its own setting again, and what was kept is given back.
    """
    libc = ctypes.CDLL(None) if os.name == "posix" else None
    if libc is None or not (hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim")):
        yield
        return
    given = os.environ.get("MALLOC_TRIM_THRESHOLD_", "")
    libc.mallopt(M_TRIM_THRESHOLD, 2**30)
    libc.mallopt(M_MMAP_THRESHOLD, KEPT)
    try:
        yield
    finally:
        libc.mallopt(M_TRIM_THRESHOLD, int(given) if given.isdigit() else USUAL)
        libc.mallopt(M_MMAP_THRESHOLD, USUAL)
        libc.malloc_trim(0)
