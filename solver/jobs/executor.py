"""The executor that a user asks for."""

from __future__ import annotations

from solver.errors import InputError
from solver.jobs.base import Executor, Serial
from solver.jobs.cluster import DaskCluster
from solver.jobs.processes import Processes


def executor_for(jobs: int = 1, scheduler: str | None = None) -> Executor:
    """Return the executor that a user asks for.

    Parameters
    ----------
    jobs
        Local processes; 1 runs in this one.
    scheduler
        Address of an existing Dask scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    InputError
        If `jobs` is below 1, both are given, or no scheduler answers at the address.
    MissingDependencyError
        If Dask is asked for and not installed.
    """
    if not isinstance(jobs, int) or jobs < 1:
        raise InputError(field="jobs", found=jobs, expected="an integer from 1")
    if scheduler is not None:
        if jobs != 1:
            raise InputError(
                field="--scheduler", found=f"{scheduler} and {jobs} jobs", expected="one of the two"
            )
        return DaskCluster(scheduler)
    if jobs > 1:
        return Processes(jobs)
    return Serial()
