"""Local worker processes; one that dies is replaced, and its task tried again."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from solver.jobs.base import ATTEMPTS, Item, Outcome, TaskFailure, Value
from solver.jobs.guard import check_main_guard


class Processes:
    """Runs tasks in worker processes of this machine.

    Parameters
    ----------
    jobs
        How many run at once.

    Raises
    ------
    InputError
        If the script that asks has no main guard, see `check_main_guard`.
    """

    local = False

    def __init__(self, jobs: int) -> None:
        check_main_guard(jobs)
        self.width = jobs
        self._kept: ProcessPoolExecutor | None = None

    def run(self, function: Callable[[Item], Value], items: Sequence[Item]) -> Iterator[Outcome]:
        """Call a function with every item; see `Executor.run`.

        When a process dies nobody knows which of the tasks in flight it had, so all of these (as many as
        there are processes at most) are tried again, each alone: one that kills its process is then found
        out, and the others lose nothing but time.
        """
        waiting = deque(range(len(items)))
        attempts = [0] * len(items)
        suspects: deque[int] = deque()
        pool = self._pool()
        flying: dict[Future[Any], int] = {}
        alone = False
        try:
            while waiting or suspects or flying:
                # A suspect runs alone: if its process dies, it was that task.
                alone = alone and bool(flying)
                try:
                    if suspects and not flying:
                        alone = True
                        self._submit(pool, function, items, suspects, attempts, flying)
                    while waiting and not suspects and not alone and len(flying) < self.width:
                        self._submit(pool, function, items, waiting, attempts, flying)
                except BrokenProcessPool:
                    # A process died while nobody waited, perhaps an idle one. Tasks in flight tell below.
                    if not flying:
                        self._end()
                        pool = self._pool()
                        continue
                done, _ = wait(flying, return_when=FIRST_COMPLETED)
                lost: list[int] = []
                for future in done:
                    index = flying.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        lost.append(index)
                    else:
                        value = TaskFailure.of(error) if error else future.result()
                        yield Outcome(index, value, attempts[index])
                if not lost:
                    continue
                # The pool is broken: every task in flight is lost with it.
                lost += flying.values()
                flying.clear()
                self._end()
                pool = self._pool()
                for index in sorted(lost):
                    if attempts[index] < ATTEMPTS:
                        suspects.append(index)
                    else:
                        message = f"its worker process died, {attempts[index]} times"
                        yield Outcome(index, TaskFailure("WorkerDied", message), attempts[index])
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        """End the processes."""
        self._end()

    def _pool(self) -> ProcessPoolExecutor:
        """Return the pool, which is kept for the next run: processes take a second to start."""
        if self._kept is None:
            # Fresh interpreters: CP-SAT's threads do not survive a fork. Ctrl-C is the parent's to answer.
            self._kept = ProcessPoolExecutor(
                self.width, mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupts
            )
        return self._kept

    def _end(self) -> None:
        """End the processes at once: nobody waits for their tasks any more."""
        pool, self._kept = self._kept, None
        if pool is not None:
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()

    @staticmethod
    def _submit(
        pool: ProcessPoolExecutor,
        function: Callable[[Item], Value],
        items: Sequence[Item],
        queue: deque[int],
        attempts: list[int],
        flying: dict[Future[Any], int],
    ) -> None:
        """Hand out the first task of a queue; it stays there if the pool is broken."""
        index = queue[0]
        flying[pool.submit(function, items[index])] = index
        queue.popleft()
        attempts[index] += 1


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
