"""Executors give the same results, and lose only what killed its worker."""

from __future__ import annotations

import logging
import multiprocessing
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import solver
from solver.errors import InputError
from solver.jobs import cluster
from solver.jobs.base import Executor, TaskFailure
from solver.jobs.executor import executor_for
from solver.jobs.processes import Processes
from solver.questions.network.run import run_network
from tests.support.examples.network_examples import small_network, small_question
from tests.support.execute_tasks import die, slow_once, square

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def results(executor: Executor, function: Any, items: list[Any]) -> list[Any]:
    outcomes = {outcome.index: outcome for outcome in executor.run(function, items)}
    assert sorted(outcomes) == list(range(len(items)))
    return [outcomes[index].value for index in sorted(outcomes)]


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with pytest.MonkeyPatch.context() as patch:
        # Workers import the tasks from this folder.
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), os.getcwd()]))
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as local:
            yield local


@pytest.fixture(params=["serial", "processes", "dask"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    dask = request.getfixturevalue("dask") if request.param == "dask" else None
    jobs = 2 if request.param == "processes" else 1
    with closing(executor_for(jobs, dask and dask.scheduler_address)) as made:
        yield made


def test_every_task_gets_its_result_and_errors_stay_with_theirs(executor: Executor) -> None:
    found = results(executor, square, [3, -1, 4, 5])
    assert [found[0], *found[2:]] == [9, 16, 25]
    assert found[1] == TaskFailure("ValueError", "-1 is negative")


@pytest.mark.parametrize("executor", ["processes", "dask"], indirect=True)
def test_a_worker_that_dies_costs_its_task_only_which_is_tried_again(
    executor: Executor, tmp_path: Path
) -> None:
    found = results(executor, die, [(number, str(tmp_path)) for number in range(6)])
    assert (tmp_path / "died").exists()
    assert found == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("executor", ["processes"], indirect=True)
def test_a_task_that_kills_every_worker_is_given_up_and_the_others_are_not(executor: Executor) -> None:
    found = results(executor, die, [(number, "") for number in range(6)])
    assert isinstance(found[2], TaskFailure) and found[2].kind == "WorkerDied"
    assert found[:2] + found[3:] == [0, 10, 30, 40, 50]


@pytest.mark.parametrize("executor", ["processes"], indirect=True)
def test_an_idle_worker_that_dies_costs_nothing_also_between_two_runs(executor: Processes) -> None:
    found = {}
    for outcome in executor.run(square, list(range(6))):
        found[outcome.index] = outcome.value
        if len(found) in (1, 6):  # while nobody waits: in the middle, and after the last task
            kill_workers(executor)
    assert found == {number: number**2 for number in range(6)}
    assert results(executor, square, [1, 2, 3]) == [1, 4, 9]


def kill_workers(executor: Processes) -> None:
    """Kill the workers, and wait until their pool knows."""
    pool = executor._kept
    assert pool is not None and pool._processes
    for process in list(pool._processes.values()):
        process.kill()
    end = time.monotonic() + 30
    while not pool._broken and time.monotonic() < end:
        time.sleep(0.01)


def test_a_slow_worker_is_overtaken_by_another(
    dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "SLOW_SECONDS", 1.0)
    executor = executor_for(scheduler=dask.scheduler_address)
    assert results(executor, slow_once, [(n, str(tmp_path)) for n in range(4)]) == [0, 10, 20, 30]
    assert (tmp_path / "slow").exists()


def test_without_its_scheduler_what_is_left_has_failed_and_what_was_done_is_kept(dask: Any) -> None:
    log = logging.getLogger("distributed.client")
    log.setLevel(logging.WARNING)
    executor = executor_for(scheduler=dask.scheduler_address)
    assert isinstance(executor, cluster.DaskCluster)
    # Said once by the tasks, not by the library too.
    assert not log.isEnabledFor(logging.ERROR)
    library, found = executor._distributed, dict[int, Any]()

    def wait(*args: Any, **how: Any) -> Any:
        if found:  # of a few tasks that are in flight
            raise OSError("Stream is closed")
        return library.wait(*args, **how)

    executor._distributed = SimpleNamespace(wait=wait)
    for outcome in executor.run(square, list(range(40))):
        found[outcome.index] = outcome.value
    lost = [index for index, value in found.items() if isinstance(value, TaskFailure)]
    assert sorted(found) == list(range(40)) and 0 < len(lost) < 40
    assert {found[index].kind for index in lost} == {"SchedulerLost"}
    assert all(value == index**2 for index, value in found.items() if index not in lost)
    executor.close()
    assert log.level == logging.WARNING


def test_a_network_is_the_same_wherever_it_runs(executor: Executor) -> None:
    def comparable(answer: Any) -> Any:
        return [
            (p.part.name, p.solution and (p.solution.tile, p.solution.cost))
            for a in answer.layers
            for p in a.parts
        ]

    alone = run_network("net", small_network(), small_question())
    assert comparable(run_network("net", small_network(), small_question(), executor=executor)) == comparable(
        alone
    )


def test_python_functions_leave_no_connection_and_no_process_behind(dask: Any) -> None:
    def clients() -> set[str]:
        return {name for name in dask.scheduler.clients if name != "fire-and-forget"}

    before = clients()
    address = dask.scheduler_address
    kwargs: dict[str, Any] = {"cache": False, "baselines": False}
    answer = solver.network(small_network(), "maeri-64", scheduler=address, **kwargs)
    assert answer.proved and clients() == before
    processes = set(multiprocessing.active_children())
    again = solver.network(small_network(), "maeri-64", jobs=2, **kwargs)
    for process in set(multiprocessing.active_children()) - processes:
        if process.name.startswith("Dask"):
            continue  # the cluster of these tests starts a worker anew that died in another one
        # The pool's own thread may have reaped it and not noted it yet: then it counts as alive for a moment.
        deadline = time.monotonic() + 60
        while process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not process.is_alive()
    assert again.records() == answer.records()


def test_what_cannot_run_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="one of the two"):
        executor_for(2, "tcp://127.0.0.1:1")


def test_no_scheduler_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        executor_for(scheduler="tcp://127.0.0.1:1")
    with pytest.raises(InputError, match="--scheduler"):
        executor_for(scheduler="nonsense://")
    with pytest.raises(InputError, match=r"address of a dashboard.*such as tcp://"):
        executor_for(scheduler="http://10.0.0.1:8787")


@pytest.mark.parametrize(
    ("says", "told", "patience"),
    # On a busy machine an answer takes its time; only silence is not waited for.
    [(b"", "nothing was said", 0.2), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what does is none", 60)],
)
def test_a_server_that_is_no_scheduler_is_one_message_even_if_it_says_nothing(
    monkeypatch: pytest.MonkeyPatch, says: bytes, told: str, patience: float
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", patience)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(says)
                while peer.recv(10**6) and not says:
                    pass

        with ThreadPoolExecutor(1) as thread:
            thread.submit(serve)
            with pytest.raises(InputError, match=f"no Dask scheduler answers there: {told}"):
                executor_for(scheduler=f"tcp://127.0.0.1:{server.getsockname()[1]}")


def test_workers_of_another_version_are_refused(dask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "model_version", lambda: "another")
    with pytest.raises(InputError, match="another version"):
        executor_for(scheduler=dask.scheduler_address)


FAULTS = """
import resource
import numpy as np
from solver.jobs.memory import memory_kept
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(40):
        np.ones(2**17)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
with memory_kept():
    kept = faults()
print(kept, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's allocator can be told")
def test_on_dask_workers_a_task_does_not_get_its_memory_page_by_page_and_the_worker_is_as_before() -> None:
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}  # as Dask starts its workers
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], env=environment, capture_output=True, text=True, check=True
    )
    kept, after = map(int, done.stdout.split())
    assert 10 * kept < after
