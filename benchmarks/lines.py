"""Where the program's lines are: code, docstrings, imports and the rest, by room.

python -m benchmarks.lines [--rooms 30]
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = ("files", "lines", "code", "imports", "docstrings", "other")


def kinds_of(text: str) -> list[str]:
    """Return the kind of each line of a module; `other` are blank lines and comments."""
    tree = ast.parse(text)
    imports, texts = set[int](), set[int]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= set(range(node.lineno, (node.end_lineno or 0) + 1))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            texts |= set(range(node.lineno, (node.end_lineno or 0) + 1))
    return [
        "imports"
        if at in imports
        else "docstrings"
        if at in texts
        else "code"
        if line.strip() and not line.strip().startswith("#")
        else "other"
        for at, line in enumerate(text.splitlines(), 1)
    ]


def main() -> None:
    """Print a row for each of the largest rooms, and the sum of all."""
    parser = argparse.ArgumentParser(description="where the program's lines are")
    parser.add_argument("--rooms", type=int, default=30)
    most = parser.parse_args().rooms
    rooms: dict[str, Counter[str]] = {}
    for top in ("solver", "grammar"):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT / top).parts
            room = parts[0] if len(parts) > 1 else f"{top}, by themselves"
            kinds = kinds_of(path.read_text("utf-8"))
            rooms.setdefault(room, Counter()).update(kinds, files=1, lines=len(kinds))
    total = sum(rooms.values(), Counter[str]())
    print(f"{'room':22}" + "".join(f"{kind:>12}" for kind in KINDS))
    largest = sorted(rooms.items(), key=lambda row: -row[1]["lines"])[:most]
    for room, found in [*largest, ("all", total)]:
        print(f"{room:22}" + "".join(f"{found[kind]:12,}" for kind in KINDS))


if __name__ == "__main__":
    main()
