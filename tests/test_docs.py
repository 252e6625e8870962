"""README and docs/: every example runs and prints what is shown, and every key and name is documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from doc_examples import PAGES, ROOT, reader, troubles
from doc_files import GIVEN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_runs_and_prints_what_is_shown(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with reader(tmp_path, page, GIVEN) as session:
        found = list(troubles(text, session))
    told = [f"{page}:{trouble.block.line}: {trouble.reason}\n{trouble.output}" for trouble in found]
    assert not told, "\n".join(told)
