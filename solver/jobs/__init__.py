"""Where tasks run: in this process, in local processes, or on an existing Dask cluster.

All of them do the same: they take independent tasks and give outcomes as they come. The results are the same
to the bit; only their order differs. A worker that dies costs its task only, which is tried again.
"""
