"""Settings of all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support.report_pages import Page, make_pages

# No deadline: a busy machine is no failure (speed belongs to benchmarks/). CI draws the same examples every
# time, so that a submission is judged by what it changed; at home every run looks for new ones.
settings.register_profile("home", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "home")


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """One report page of every command, made once."""
    return make_pages(tmp_path_factory.mktemp("pages"))
