"""Settings of all tests."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests.support.report_pages import Page, make_pages

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


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """One report page of every command, made once for all workers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    made = folder / "pages.pickle"
    with (folder / "pages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            (folder / "pages").mkdir()
            made.write_bytes(pickle.dumps(make_pages(folder / "pages")))
    found: dict[str, Page] = pickle.loads(made.read_bytes())
    return found
