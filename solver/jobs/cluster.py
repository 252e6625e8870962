"""An existing Dask cluster, with the optional dependency `distributed`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from statistics import median
from typing import Any

from solver.errors import InputError
from solver.jobs.base import ATTEMPTS, LOST, Item, Outcome, TaskFailure, Value
from solver.jobs.memory import memory_kept
from solver.tables import require
from solver.version import model_version

CONNECT_SECONDS = 10
SLOW_FACTOR = 5.0
SLOW_SECONDS = 10.0
"""When workers idle, a task that has taken this many times the usual, and this long, is started once more."""


class DaskCluster:
    """Runs tasks on the workers of a Dask scheduler.

    A task whose worker dies is started on another. When nothing else is left to start, so is a task that
    takes far longer than the others; whichever copy ends first counts, their results are the same.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    MissingDependencyError
        If `distributed` is not installed.
    InputError
        If no scheduler answers there, it has no workers, or a worker has another version of this package.
    """

    local = False

    def __init__(self, address: str) -> None:
        scheme, apart, _ = address.partition("://")
        if apart and scheme.lower() in ("http", "https"):
            raise InputError(
                "that is the address of a dashboard",
                field="--scheduler",
                found=address,
                expected="the scheduler's own, such as tcp://10.0.0.1:8786",
            )
        self._distributed = require("distributed", "dask", "--scheduler")
        try:
            self._knock(address)
            self._client = self._distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:  # of what else listens there, Dask takes any bytes for its own: any error
            reason = "what does is none" if isinstance(error, MemoryError) else str(error)
            if not reason:
                silent = isinstance(error, TimeoutError)
                reason = f"nothing was said for {CONNECT_SECONDS} s" if silent else type(error).__name__
            raise InputError(
                f"no Dask scheduler answers there: {reason}",
                field="--scheduler",
                found=address,
                expected="an address such as tcp://10.0.0.1:8786",
            ) from None
        # That the scheduler is lost is said once, as what became of the tasks.
        self._log = logging.getLogger("distributed.client")
        self._level = self._log.level
        self._log.setLevel(logging.CRITICAL)
        try:
            self._check_workers(address)
        except InputError:
            self.close()
            raise
        self.width = max(1, sum(self._client.nthreads().values()))

    def _knock(self, address: str) -> None:
        """Connect once: a client whose first attempt fails prints a traceback when it is thrown away."""

        async def knock() -> None:
            # Dask's own time ends when the connection is made: a server that says nothing is waited for.
            connected = self._distributed.comm.connect(address, timeout=CONNECT_SECONDS)
            comm = await asyncio.wait_for(connected, 1.2 * CONNECT_SECONDS)
            await comm.close()

        # In a thread of its own, as a notebook's has a loop that runs already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, knock()).result()

    def _check_workers(self, address: str) -> None:
        """Refuse workers that would compute something else."""
        try:
            versions: dict[str, str] = self._client.run(_version)
        except Exception as error:
            raise InputError(
                f"a worker of {address} cannot run maeri-solver: {error}",
                field="--scheduler",
                expected="workers with the same version of it installed",
            ) from None
        if not versions:
            raise InputError(
                field="--scheduler", found=f"{address}, which has no workers", expected="at least one worker"
            )
        other = [worker for worker, version in versions.items() if version != model_version()]
        if other:
            raise InputError(
                f"the worker {other[0]} has another version of maeri-solver",
                field="--scheduler",
                found=versions[other[0]],
                expected=model_version(),
            )

    def run(self, function: Callable[[Item], Value], items: Sequence[Item]) -> Iterator[Outcome]:
        """Call a function with every item; see `Executor.run`."""
        race = _Race(self._client, function, items)
        try:
            yield from race.outcomes(self._distributed.wait, 2 * self.width)
        finally:
            race.cancel()

    def close(self) -> None:
        """Disconnect: a client that is left behind looks for its scheduler for ever, and says so."""
        self._client.close()
        self._log.setLevel(self._level)


class _Race:
    """The copies of tasks that are in flight."""

    def __init__(self, client: Any, function: Callable[[Any], Any], items: Sequence[Any]) -> None:
        self.client, self.function, self.items = client, function, items
        self.flying: dict[Any, int] = {}
        self.started: dict[int, float] = {}
        self.attempts = [0] * len(items)
        self.took: list[float] = []

    def outcomes(self, wait: Callable[..., Any], width: int) -> Iterator[Outcome]:
        """Yield what becomes of every task; without a scheduler those that are left have failed."""
        open_ = set(range(len(self.items)))
        try:
            yield from self.watched(wait, width, open_)
        except OSError:
            self.flying.clear()
            for index in sorted(open_):
                failure = TaskFailure(LOST, "the connection to the Dask scheduler was lost")
                yield Outcome(index, failure, self.attempts[index])

    def watched(self, wait: Callable[..., Any], width: int, open_: set[int]) -> Iterator[Outcome]:
        waiting = deque(open_)
        while open_:
            if self.client.status != "running":
                raise ConnectionError  # what is in flight would be waited for in vain
            while waiting and len(self.flying) < width:
                self.start(waiting.popleft())
            try:
                with self.client.as_current():
                    wait(list(self.flying), timeout=1.0, return_when="FIRST_COMPLETED")
            except TimeoutError:
                if not waiting:
                    self.copy_slow(open_)
                continue
            except CancelledError:
                pass  # those that are lost are among the done ones
            for future in [future for future in self.flying if future.done()]:
                index = self.flying.pop(future)
                if index not in open_:
                    continue  # the other copy was faster
                outcome = self.outcome(future, index)
                if outcome is None:
                    waiting.append(index)
                    continue
                open_.discard(index)
                self.took.append(time.monotonic() - self.started[index])
                yield outcome

    def start(self, index: int, **where: Any) -> None:
        self.attempts[index] += 1
        self.started.setdefault(index, time.monotonic())
        # Not pure: Dask would give the result of an earlier copy of the task.
        future = self.client.submit(_task, self.function, self.items[index], pure=False, retries=0, **where)
        self.flying[future] = index

    def outcome(self, future: Any, index: int) -> Outcome | None:
        """Return what became of a task, or None if it is to be tried again."""
        if future.status == "finished":
            return Outcome(index, future.result(), self.attempts[index])
        error = future.exception() if future.status == "error" else None
        # The scheduler's own word for a task whose workers died, or a connection that was lost with them.
        died = error is None or type(error).__name__ in ("KilledWorker", "CommClosedError")
        if died and self.attempts[index] < ATTEMPTS:
            return None
        failure = TaskFailure.of(error) if error else TaskFailure("WorkerDied", "the task was lost")
        return Outcome(index, failure, self.attempts[index])

    def copy_slow(self, open_: set[int]) -> None:
        """Start the slowest task once more, on another worker, if some worker is idle."""
        if not self.took:
            return
        limit = max(SLOW_SECONDS, SLOW_FACTOR * median(self.took))
        latest = time.monotonic() - limit
        slow = [i for i in open_ if self.started[i] < latest and self.attempts[i] < ATTEMPTS]
        idle = [worker for worker, keys in self.client.processing().items() if not keys]
        if slow and idle:
            index = min(slow, key=lambda i: (self.attempts[i], self.started[i]))
            self.started[index] = time.monotonic()
            self.start(index, workers=idle, allow_other_workers=True)

    def cancel(self) -> None:
        """Abandon what is still running."""
        if self.flying:
            self.client.cancel(list(self.flying), force=True)


def _task(function: Callable[[Any], Any], item: Any) -> Any:
    """Do a task, on the worker."""
    with memory_kept():
        return function(item)


def _version() -> str:
    return model_version()
