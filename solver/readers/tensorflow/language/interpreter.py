"""The interpreter of programs, put together from its parts."""

from __future__ import annotations

from solver.readers.dims import Dims
from solver.readers.tensorflow.graph.graph import Graph
from solver.readers.tensorflow.language.assignments import assign
from solver.readers.tensorflow.language.calls import call
from solver.readers.tensorflow.language.expressions import evaluate
from solver.readers.tensorflow.language.machine import Frame
from solver.readers.tensorflow.language.statements import run_block, run_program
from solver.readers.tensorflow.library.attributes import get_attribute
from solver.readers.tensorflow.library.external import is_known
from solver.readers.tensorflow.library.names import LIBRARIES, external
from solver.readers.tensorflow.place import Place
from solver.readers.tensorflow.python.builtins import BUILTINS
from solver.readers.tensorflow.values import External, Scope, Unknown, Value


class Interpreter:
    """Runs the statements of a program within the limits of `place`; nothing else of the machine is used."""

    def __init__(self, file: str, dims: Dims) -> None:
        self.place = Place(file)
        self.graph = Graph(dims, self.place)
        self.scope = Scope()
        self.frames = [Frame(self.scope)]
        self.imports: dict[str, int] = {}
        self.star_imports: list[str] = []
        self.endless = ""

    run_program = run_program
    run_block = run_block
    evaluate = evaluate
    assign = assign
    call = call
    attribute = get_attribute

    def look_up(self, name: str, line: int) -> Value:
        """Return what a name stands for."""
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.names and name not in scope.global_names:
                return scope.names[name]
            scope = scope.outer if name not in scope.global_names else self.scope.top
        if name in BUILTINS:
            return BUILTINS[name]
        if name in ("__name__", "__file__"):
            return "__main__" if name == "__name__" else self.place.file
        if name == "super":
            return External("super")
        for module in reversed(self.star_imports):
            found = external(f"{module}.{name}")
            if not isinstance(found, External) or is_known(found.path):
                return found
            if not LIBRARIES.match(found.path):  # it may have the name, too
                break
        if self.star_imports:
            return Unknown(f"{name} (perhaps from {self.star_imports[-1]})", line)
        raise self.place.error(f"the name {name} is not defined", line, field=name)
