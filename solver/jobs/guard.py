"""Whether a script can start processes: each of them reads the script again, down to its main guard."""

from __future__ import annotations

import ast
import sys
from types import FrameType

from solver.errors import InputError


def check_main_guard(jobs: int) -> None:
    """Refuse to start processes from a script that would start them again in each of them.

    A process that is started reads the main script for its functions and classes. What stands at its top
    level runs there too, so calls that start processes stand below ``if __name__ == "__main__":``.

    Raises
    ------
    InputError
        If the call that is running stands at the top level of the main script, and nothing above it looks at
        ``__name__``.
    """
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    spec = getattr(main, "__spec__", None)
    # What runs as the main of a package, and what has no file, is not read again.
    if file is None or (spec is not None and spec.name.rpartition(".")[2] == "__main__"):
        return
    line = _line_in(vars(main))
    if line is None or _guarded(file, line):
        return
    raise InputError(
        "the call runs again in every process that it starts, which reads the script from its top",
        file=str(file),
        line=line,
        field="jobs",
        found=f"{jobs} at the top level of the script",
        expected='the call below if __name__ == "__main__":',
    )


def _line_in(names: dict[str, object]) -> int | None:
    """Return the line that the top level of the module with these names is at, if it is running."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals is names and frame.f_code.co_name == "<module>":
            return frame.f_lineno
        frame = frame.f_back
    return None


def _guarded(file: str, line: int) -> bool:
    """Whether anything at the top level of a script, down to a line, looks at the name of the module."""
    try:
        with open(file, "rb") as script:
            tree = ast.parse(script.read())
    except (OSError, SyntaxError, ValueError):
        return True  # nobody can tell
    above = (statement for statement in tree.body if statement.lineno <= line)
    return any(
        isinstance(node, ast.Name) and node.id == "__name__"
        for statement in above
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
    )
