"""From a template and its context to one page that holds everything it needs."""

from __future__ import annotations

import base64
import gzip
from functools import cache
from importlib.resources import files
from typing import Any

from solver.views.html.elements import Context
from solver.views.html.plots.charts import bokeh_script, dark_colours, legend_colours
from solver.views.html.require import needed, require_report


def render(template: str, context: Context) -> str:
    """Return a page.

    Parameters
    ----------
    template
        Name of a file in ``templates``.
    context
        What it writes; every text is escaped.

    Raises
    ------
    MissingDependencyError
        If Jinja2 or Bokeh is not installed.
    """
    require_report()
    page: str = _environment().get_template(template).render(**context)
    return page


@cache
def _environment() -> Any:
    jinja2 = needed("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("solver.views.html", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    markup = needed("markupsafe").Markup
    environment.globals.update(
        style=lambda: markup(_asset("report.css")),
        script=lambda: markup(_asset("report.js")),
        bokeh=lambda: markup(bokeh_script()),
        dark=lambda: markup(data_block(dark_colours())),
        legend_style=lambda: markup(legend_colours()),
        counter=_Counter,
    )
    environment.filters.update(data=lambda text: markup(data_block(text)), packed=packed, size=_size)
    return environment


class _Counter:
    """Numbers the elements of one page, for their ids."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        """Return the next number."""
        self.count += 1
        return self.count


@cache
def _asset(name: str) -> str:
    return (files("solver.views.html") / "static" / name).read_text(encoding="utf-8")


def data_block(json: str) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element or open a comment."""
    for character in "<>&\u2028\u2029":
        json = json.replace(character, f"\\u{ord(character):04x}")
    return json


def packed(content: bytes | str) -> str:
    """Return bytes (of a text, its UTF-8) compressed and as text that the page's script unpacks."""
    data = content.encode() if isinstance(content, str) else content
    return base64.b64encode(gzip.compress(data, compresslevel=6, mtime=0)).decode("ascii")


def _size(content: bytes) -> str:
    """Write how large a file is."""
    count = len(content)
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1000:,.0f} kB"
