"""The form of what `--json` writes, command by command, as pydantic models.

``python -m solver.writers.documents map`` prints the JSON schema of a command's; tests hold every command to
it. Unknown keys are mistakes, and a key has one type.
"""
