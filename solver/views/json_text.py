"""JSON with exact numbers: decimals are written digit by digit, never through a binary float."""

from __future__ import annotations

from typing import Any

import simplejson


def to_json(data: Any) -> str:
    """Return `data` as indented JSON that ends with a newline."""
    return simplejson.dumps(data, use_decimal=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
