"""Modules of the program itself: files beside it are read as it is, and never executed either."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from solver.errors import InputError
from solver.files import read_text
from solver.readers.tensorflow.language.assignments import assign_name
from solver.readers.tensorflow.language.machine import Frame, Machine
from solver.readers.tensorflow.language.parse import parse_program
from solver.readers.tensorflow.library.names import external
from solver.readers.tensorflow.values import Class, Scope, Unknown


def import_sibling(m: Machine, module: str) -> Class | None:
    """Return the names of a module that lies in the folder of the program, or None if there is no such file.

    Raises
    ------
    InputError
        If the module is no Python, or cannot be followed; the message names its file.
    """
    if module.partition(".")[0] in ("tensorflow", "keras", "numpy"):
        return None
    path = Path(m.place.file).parent / f"{module.replace('.', '/')}.py"
    if not re.fullmatch(r"\w+(\.\w+)*", module) or not path.is_file():
        return None
    modules: dict[str, Class] = m.graph.objects.setdefault("modules", {})
    key = str(path)
    if key in modules:  # imported before, or being imported by what it imports itself
        return modules[key]
    scope = Scope(names={"__name__": module, "__file__": key})
    modules[key] = Class(module, (), scope.names)
    outer, file, line = m.scope, m.place.file, m.place.line
    m.scope, m.place.file = scope, key
    m.frames.append(Frame(scope))
    try:
        m.run_block(parse_program(read_text(path)).body)
    except InputError as error:
        raise error.at(file=key, line=m.place.line) from None
    finally:
        m.frames.pop()
        m.scope, m.place.file, m.place.line = outer, file, line
    return modules[key]


def import_modules(m: Machine, node: ast.Import) -> None:
    """Run ``import a, b.c as d``."""
    for module in node.names:
        root = module.name.partition(".")[0]
        m.imports.setdefault(root, node.lineno)
        sibling = import_sibling(m, module.name)
        if sibling is not None:
            assign_name(m, module.asname or root, sibling)
            continue
        assign_name(m, module.asname or root, external(module.name if module.asname else root))


def import_names(m: Machine, node: ast.ImportFrom) -> None:
    """Run ``from a import b``."""
    path = "." * bool(node.level) + (node.module or "")
    m.imports.setdefault(path.partition(".")[0], node.lineno)
    sibling = import_sibling(m, node.module or "") if node.level < 2 else None
    for part in node.names:
        if sibling is not None:
            names = sibling.names
            given = {part.asname or part.name: names.get(part.name)} if part.name != "*" else names
            if part.name != "*" and part.name not in names:
                given = {part.asname or part.name: Unknown(f"{path}.{part.name}", node.lineno)}
            for name, value in given.items():
                assign_name(m, name, value)
        elif part.name == "*":
            m.star_imports.append(path)
        else:
            assign_name(m, part.asname or part.name, external(f"{path}.{part.name}"))
