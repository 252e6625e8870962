"""Modules of the program itself: files beside it are read as it is, and never executed either."""

from __future__ import annotations

import ast
import re
from os.path import normpath
from pathlib import Path

from solver.errors import InputError
from solver.files import read_text
from solver.readers.tensorflow.language.assignments import assign_name
from solver.readers.tensorflow.language.machine import Frame, Machine
from solver.readers.tensorflow.language.parse import parse_program
from solver.readers.tensorflow.library.names import external
from solver.readers.tensorflow.values import Class, Scope, Unknown

LIBRARIES = ("tensorflow", "keras", "numpy")
"""Packages that no folder beside the program stands for."""


def import_modules(m: Machine, node: ast.Import) -> None:
    """Run ``import a, b.c as d``."""
    for module in node.names:
        root = module.name.partition(".")[0]
        m.imports.setdefault(root, node.lineno)
        sibling = _absolute(m, module.name)
        if sibling is None:
            assign_name(m, module.asname or root, external(module.name if module.asname else root))
        elif module.asname:
            assign_name(m, module.asname, sibling)
        else:  # the package, which has the module as a name
            assign_name(m, root, _absolute(m, root))


def import_names(m: Machine, node: ast.ImportFrom) -> None:
    """Run ``from a import b``."""
    path = "." * bool(node.level) + (node.module or "")
    m.imports.setdefault(path.partition(".")[0], node.lineno)
    if node.level:
        folder = Path(m.place.file).parent.joinpath(*[".."] * (node.level - 1))
        sibling = _module(m, folder, node.module or "")
    else:
        folder, sibling = None, _absolute(m, path)
    for part in node.names:
        name = part.asname or part.name
        if sibling is None:
            if part.name == "*":
                m.star_imports.append(path)
            else:
                assign_name(m, name, external(f"{path}.{part.name}"))
        elif part.name == "*":
            for known, value in sibling.names.items():
                assign_name(m, known, value)
        elif part.name in sibling.names:
            assign_name(m, name, sibling.names[part.name])
        else:
            inner = f"{node.module}.{part.name}" if node.module else part.name
            found = _absolute(m, inner) if folder is None else _module(m, folder, inner)
            assign_name(m, name, found or Unknown(f"{path}.{part.name}", node.lineno))


def _absolute(m: Machine, module: str) -> Class | None:
    """Return a module of the program's folder or, if it has none such, of the folder of what imports it."""
    if module.partition(".")[0] in LIBRARIES:
        return None
    folder = Path(m.place.file).parent
    root: Path = m.graph.objects.setdefault("folder", folder)  # the program itself imports first
    return _module(m, root, module) or (None if folder == root else _module(m, folder, module))


def _module(m: Machine, folder: Path, module: str) -> Class | None:
    """Return the names of a module in a folder, those of the packages on the way read first.

    None if there is no such file or folder.

    Raises
    ------
    InputError
        If the module is no Python, or cannot be followed; the message names its file.
    """
    if not re.fullmatch(r"(\w+(\.\w+)*)?", module):
        return None
    parts = module.split(".") if module else []
    steps = [folder.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)] or [folder]
    files = [_file(Path(normpath(step)), is_name=bool(parts)) for step in steps]
    if files[-1] is None:
        return None
    package: Class | None = None
    for depth, file in enumerate(files):
        found = _read(m, file or steps[depth] / "__init__.py", ".".join(parts[: depth + 1]))
        if package is not None:
            package.names.setdefault(parts[depth], found)
        package = found
    return package


def _file(place: Path, *, is_name: bool) -> Path | None:
    """Return the file that a package or module is, or would be for a folder of modules without one."""
    own = place / "__init__.py"
    if is_name and not own.is_file() and place.with_suffix(".py").is_file():
        return place.with_suffix(".py")
    return own if own.is_file() or (place.is_dir() and any(place.glob("*.py"))) else None


def _read(m: Machine, file: Path, name: str) -> Class:
    """Return the names of a file; none if a package has no file of its own."""
    modules: dict[str, Class] = m.graph.objects.setdefault("modules", {})
    key = str(file)
    if key in modules:  # imported before, or being imported by what it imports itself
        return modules[key]
    scope = Scope(names={"__name__": name, "__file__": key})
    modules[key] = Class(name, (), scope.names)
    if not file.is_file() or not file.stat().st_size:  # as most files of packages are
        return modules[key]
    outer, outer_file, line = m.scope, m.place.file, m.place.line
    m.scope, m.place.file = scope, key
    m.frames.append(Frame(scope))
    try:
        m.run_block(parse_program(read_text(file)).body)
    except InputError as error:
        raise error.at(file=key, line=m.place.line) from None
    finally:
        m.frames.pop()
        m.scope, m.place.file, m.place.line = outer, outer_file, line
    return modules[key]
