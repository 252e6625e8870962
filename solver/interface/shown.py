"""How answers are shown to people in Python; `solver.interface` hands out none that is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from solver.answers.displayed import Displayed, Shown, present_with
from solver.errors import InputError
from solver.interface.keywords import python_words

PAGE = ("html", "htm")
"""Endings of the names of pages."""


class _Views:
    """The presenter of answers; views are imported when one is looked at."""

    def html(self, answer: Shown) -> str:
        from solver.views.notebook import notebook_html

        return notebook_html(answer)

    @python_words()
    def write_page(self, answer: Displayed, path: str | Path, *, force: bool) -> None:
        write_report([answer], path, force=force)


def write_report(
    answers: Sequence[Displayed], path: str | Path, *, seed: int | None = None, force: bool = False
) -> None:
    """Write answers as a page; see `solver.report`."""
    from solver.views.html.require import require_report

    require_report()
    from solver.files import says_another_format, write_text
    from solver.views.html.run import Run
    from solver.views.html.write import report_text

    if says_another_format(path, PAGE):
        raise InputError(field="path", found=str(path), expected=f"a file that ends in .{PAGE[0]}")
    write_text(path, report_text(answers, Run.now(seed=seed)), force=force)


present_with(_Views())
