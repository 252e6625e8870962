"""Jupyter notebooks: their code cells are a program."""

from __future__ import annotations

import json
import re

from solver.errors import InputError

SHELL = re.compile(
    r"""^(?P<indent>[ \t]*)
    (?: (?P<assigned> [\w.,\[\]'" ]+ = [ \t]*)? (?: !(?!=) | %(?=[A-Za-z])) (?: [^\n]*\\\n)* [^\n]*
      | \?+ [\w.]+ | [\w.]+ \?+
    )[ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)
"""Lines for the shell (``!pip install``, its next lines too), magics (``%time``) and questions (``x?``)."""


def notebook_program(text: str, file: str) -> str:
    """Return the code cells of a Jupyter notebook as one program; lines for the shell are left out.

    Raises
    ------
    InputError
        If it is no notebook.
    """
    wrong = InputError(file=file, found="no notebook", expected="JSON with cells, as Jupyter writes it")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(content, dict):
        raise wrong
    sheets = content.get("worksheets")  # version 3 of the format
    cells = (
        sheets[0].get("cells")
        if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict)
        else None
    )
    cells = content.get("cells", cells)
    if not isinstance(cells, list):
        raise wrong
    return "\n".join(
        _code(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"
    )


def _code(cell: dict[str, object]) -> str:
    source = cell.get("source", cell.get("input", ""))
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    if text.lstrip().startswith("%%"):  # a whole cell for another language or tool
        first, _, rest = text.lstrip().partition("\n")
        text = rest if first.split()[0] in ("%%time", "%%timeit", "%%capture") else ""
    return SHELL.sub(_passed, text)


def _passed(line: re.Match[str]) -> str:
    """Return a line for the shell or IPython as Python: what is assigned from it is what nobody knows yet."""
    kept = f"{line['assigned']}input()" if line["assigned"] else "pass"
    return line["indent"] + kept + "\n" * line[0].count("\n")  # as many lines: messages name them
