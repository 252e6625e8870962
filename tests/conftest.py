"""Settings of all tests."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests.support.browser import Browser, chromium, need_browser

if TYPE_CHECKING:  # commands are imported where their runs are wanted
    from tests.support.report_pages import Page

Made = TypeVar("Made")

# The same examples every time and everywhere: a change is judged by what it changed. The profile "explore"
# looks for new ones, and more. No deadline: a busy machine is no failure (speed belongs to benchmarks/).
ALWAYS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", derandomize=True, max_examples=50, **ALWAYS)
settings.register_profile("explore", derandomize=False, max_examples=200, print_blob=True, **ALWAYS)
settings.load_profile("fixed")

# Some million objects live as long as the run (tests with their rewritten asserts, libraries): to search
# them for garbage again and again takes a third of the time in which tests are collected.
gc.set_threshold(100_000, 20, 50)


def pytest_collection_finish() -> None:
    """Leave out of later searches for garbage what has been collected."""
    gc.freeze()


def _same_constants_everywhere() -> None:
    """Keep Hypothesis from drawing the numbers and texts of our own modules.

    Which modules have been imported, and so what it would draw, depends on the tests that the same worker ran
    before. Versions that do not look for such constants have nothing to switch off.
    """
    if hasattr(providers, "_get_local_constants"):
        nothing = providers.Constants()
        providers._get_local_constants = lambda: nothing


def pytest_configure(config: pytest.Config) -> None:
    """Fix the examples, unless another profile was asked for."""
    if config.getoption("--hypothesis-profile") in (None, "fixed"):
        _same_constants_everywhere()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Use the cores that this process may use; every worker imports everything, so eight are enough."""
    return min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _run_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of this run, that of all workers."""
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """Make something in a folder of its name, once for all workers."""
    folder = _run_folder(factory) / name
    kept = folder.with_suffix(".pickle")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            folder.mkdir()
            kept.write_bytes(pickle.dumps(make(folder)))
    made: Made = pickle.loads(kept.read_bytes())
    return made


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """One report page of every command."""
    from tests.support.report_pages import make_pages

    return _made_once(tmp_path_factory, "pages", make_pages)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The JSON texts of a run of every command, see `tests.support.examples.command_runs`."""
    from tests.support.examples.command_runs import make_runs

    return _made_once(tmp_path_factory, "runs", make_runs)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, runs: dict[str, str]) -> Path:
    """The folder with the tables of `runs`."""
    return _run_folder(tmp_path_factory) / "runs"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    need_browser()
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started
