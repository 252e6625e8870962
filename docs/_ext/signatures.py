"""Signatures of dataclasses: a default that is made anew for every object is shown as ``...``."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def _readable(
    app: Sphinx, what: str, name: str, item: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    return (signature.replace("<factory>", "...") if signature else signature), returns


def setup(app: Sphinx) -> dict[str, Any]:
    """Ask Sphinx to show signatures that way."""
    app.connect("autodoc-process-signature", _readable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
