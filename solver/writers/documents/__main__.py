"""Print the JSON schema of what a command writes with `--json`."""

from __future__ import annotations

import sys

from solver.writers.documents.commands import FORMS, schema_text

if __name__ == "__main__":
    wanted = sys.argv[1:]
    if len(wanted) != 1 or wanted[0] not in FORMS:
        sys.exit(f"usage: python -m solver.writers.documents COMMAND, one of {', '.join(FORMS)}")
    print(schema_text(wanted[0]), end="")
