"""What a program builds: layers under their names, and a tape of operations by which models are run again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from solver.errors import InputError
from solver.layer import HostOperation, Layer
from solver.readers.dims import Dims
from solver.readers.reading import Gathering
from solver.readers.tensorflow.place import Place
from solver.readers.tensorflow.values import Open, Size, Tensor, Unknown, Value, tensors_in

TRAINING = re.compile(
    r"tf\.(train|losses|summary|metrics|gradients|Session|InteractiveSession|data|estimator|saved_model|"
    r"slim\.losses|slim\.learning|assign|assign_add|assign_sub|group|add_to_collection|get_collection|test|io|"
    r"gfile|logging|config|random|set_random_seed|reset_default_graph|get_default_graph|Graph|ConfigProto|"
    r"GPUOptions|global_variables_initializer|initialize_all_variables|local_variables_initializer|"
    r"trainable_variables|distribute|no_op|Assert|debugging|optimizers|contrib\.(training|data|metrics|summary)|"
    r"keras\.(losses|optimizers|metrics|callbacks|utils|datasets|regularizers|initializers|preprocessing|"
    r"constraints))\b"
    r"|tf\.nn\.(\w*cross_entropy\w*|l2_loss|in_top_k|nce_loss|sampled_softmax_loss|ctc\w*|zero_fraction|\w*_loss)$"
    r"|tf\.\w*([iI]nitializer|regularizer)$|tf\.slim\.\w*(regularizer|initializer)$"
)
"""What trains, evaluates or stores a network, and so is no part of it."""

MAX_LAYERS = 10_000
"""Layers of the largest network, host operations included."""

Operation = Callable[[list[Value], dict[str, Value]], Value]


@dataclass
class Entry:
    """An operation on the tape: called with what, giving what, and the layers that it added."""

    operation: Operation
    args: list[Value]
    keywords: dict[str, Value]
    result: Value
    layers: list[int]


@dataclass(frozen=True, eq=False)
class Reuse:
    """A scope that is entered to use its variables again, and where."""

    scope: str
    line: int


@dataclass
class Graph:
    """The layers of a program while it is read.

    Attributes
    ----------
    dims
        The sizes that the user gives.
    place
        Where the program is read.
    scopes
        Names of the scopes that are entered.
    unknowns
        What could not be followed, in order, for messages.
    tape
        The operations on tensors in order.
    finishers
        What is done when the program has ended (models that were never called).
    objects
        Single objects of libraries, such as the flags.
    arg_scopes
        Defaults of functions by their names (``slim.arg_scope``), inner ones last.
    copies
        Why what is built now is there already: another turn of a loop that trains. Such layers are not
        recorded.
    reuses
        The scopes that are entered to use their variables again.
    reused
        Positions of layers that were built so, each with its scope.
    scopes_left
        Variable scopes that have been entered before, by their whole names.
    training
        The loops that train which are running.
    inputs
        The placeholders.
    """

    dims: Dims
    place: Place
    gathering: Gathering = field(default_factory=Gathering)
    scopes: list[str] = field(default_factory=list)
    tape: list[Entry] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    finishers: list[Callable[[], None]] = field(default_factory=list)
    open_names: list[str] = field(default_factory=list)
    batch_is_open: bool = False
    taping: int = 0
    objects: dict[str, Any] = field(default_factory=dict)
    arg_scopes: list[dict[str, dict[str, Value]]] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    reuses: list[Reuse] = field(default_factory=list)
    reused: dict[int, Reuse] = field(default_factory=dict)
    scopes_left: set[str] = field(default_factory=set)
    training: int = 0
    inputs: list[Tensor] = field(default_factory=list)

    def add(self, layer: Layer) -> int:
        """Record a layer and return its position; -1 if it is not recorded."""
        line, unknown = self.place.line, self.place.doubt
        if self.copies:
            if not isinstance(layer, HostOperation):
                self.gathering.note(self.copies[-1])
            return -1
        if unknown is not None and isinstance(layer, HostOperation):
            self.gathering.note(
                f"line {line}: {layer.operation} depends on {unknown.reason} "
                f"(line {unknown.line}), which is not known; it is not listed"
            )
            return -1
        if unknown is not None:
            raise InputError(
                "whether this layer is built depends on something that is not known",
                line=line,
                field=layer.name,
                found=f"{unknown.reason} on line {unknown.line}",
                expected="a value that the program itself states",
            )
        if len(self.gathering.layers) >= MAX_LAYERS:
            raise InputError(
                "the program builds too many layers",
                line=line,
                found=f"more than {MAX_LAYERS:,}",
                expected="a network",
            )
        position = self.gathering.add(layer)
        if self.reuses:
            self.reused[position] = self.reuses[-1]
        return position

    def record(self, layer: Layer, shape: tuple[Size, ...]) -> Tensor:
        """Add a layer for the array and return its result."""
        self.add(layer)
        return Tensor(shape)

    def host(
        self, operation: str, inputs: list[Tensor], shape: tuple[Size, ...] | None, name: Value = None
    ) -> Tensor:
        """Return the result of an operation that the host runs, and list it if it works on activations."""
        fixed = all(tensor.fixed for tensor in inputs)
        result = Tensor(shape, fixed=fixed, weights=fixed and any(tensor.weights for tensor in inputs))
        if not result.fixed:
            own = isinstance(name, str) and name != "" and not name.endswith("/")
            given = self.name(name, operation.lower()) if own else self.within(operation.lower(), name)
            self.add(HostOperation(name=given, operation=operation, elements=result.elements))
        return result

    def name(self, given: Value, fallback: str) -> str:
        """Return the name of a layer: scopes and its own name, or the scopes, or the fallback."""
        path = [scope for scope in self.scopes if scope]
        if isinstance(given, str) and given.endswith("/"):  # a scope by its whole name
            return given.strip("/") or fallback
        if isinstance(given, str) and given:
            whole = "/".join(path)
            # A layer that is made of operations has put the scopes in front of its name already.
            return given if path and given.startswith(f"{whole}/") else "/".join([*path, given])
        return "/".join(path) or fallback

    def within(self, kind: str, scope: Value = None) -> str:
        """Return the name of a layer that has none: its kind, behind the scope that it is in."""
        name = self.name(scope, kind)
        return name if name == kind else f"{name}/{kind}"

    def own_or_within(self, given: Value, kind: str) -> str:
        """Return the name of a layer: its own behind the scopes, or its kind behind them."""
        name = self.name(given, kind)
        return name if given or not any(self.scopes) else f"{name}/{kind}"

    def placeholder(self, name: str, sizes: list[Value] | None) -> tuple[Size, ...] | None:
        """Return the shape of an input: the first size that is left open is the batch."""
        if sizes is None:
            return None
        return tuple(self._size(name, axis, size) for axis, size in enumerate(sizes))

    def _size(self, name: str, axis: int, size: Value) -> Size:
        if isinstance(size, int) and size > 0:
            return size
        label = f"{name}:{axis}"
        if axis > 0 or label in self.dims.sizes:
            self.open_names.append(label)
            known = self.dims.sizes.get(label)
            return Open(label) if known is None else known
        self.batch_is_open = True
        if self.dims.batch is None:
            self.gathering.assume_batch()
        return self.dims.batch or 1

    def taped(self, operation: Operation, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Run an operation and keep it on the tape if it is not part of another one."""
        first = len(self.gathering.layers)
        self.taping += 1
        try:
            result = operation(args, keywords)
        finally:
            self.taping -= 1
        if not self.taping and tensors_in(result):
            layers = list(range(first, len(self.gathering.layers)))
            self.tape.append(Entry(operation, args, keywords, result, layers))
        return result

    def path(self, inputs: list[Tensor], outputs: list[Tensor]) -> list[Entry]:
        """Return the operations from some tensors to others, in order."""
        wanted = {id(tensor) for tensor in outputs}
        stop = {id(tensor) for tensor in inputs}
        found: list[Entry] = []
        for entry in reversed(self.tape):
            results = {id(tensor) for tensor in tensors_in(entry.result)} - stop
            if results & wanted:
                found.append(entry)
                used = tensors_in([entry.args, entry.keywords])
                wanted |= {id(tensor) for tensor in used} - stop
        return found[::-1]

    def rerun(self, entries: list[Entry], inputs: dict[int, Value], outputs: Value) -> Value:
        """Run operations again with other tensors in place of some; return what the outputs become."""
        new = dict(inputs)
        for entry in entries:
            result = self.taped(entry.operation, _swap(entry.args, new), _swap(entry.keywords, new))
            for old, now in zip(tensors_in(entry.result), tensors_in(result), strict=False):
                new[id(old)] = now
        return _swap(outputs, new)

    def drop(self, entries: list[Entry]) -> None:
        """Forget the layers of operations that run elsewhere instead."""
        for entry in entries:
            for position in entry.layers:
                self.gathering.drop(position)
            entry.layers = []

    def change(self, position: int, **values: Any) -> None:
        """Change fields of a recorded layer."""
        if position < 0:
            return
        layer = self.gathering.layers[position]
        assert layer is not None
        self.gathering.layers[position] = replace(layer, **values)

    @contextmanager
    def training_if(self, trains: bool) -> Iterator[None]:
        """Run a turn of a loop, which may be one that trains."""
        self.training += trains
        try:
            yield
        finally:
            self.training -= trains

    @contextmanager
    def again(self, why: str) -> Iterator[None]:
        """Build what is there already: layers inside are not recorded, and a note says why."""
        self.copies.append(why)
        try:
            yield
        finally:
            self.copies.pop()

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Put a name before those of the layers recorded inside."""
        self.scopes.append(name)
        try:
            yield
        finally:
            self.scopes.pop()

    def unfollowed(self, unknown: Unknown, args: list[Value], line: int) -> Unknown:
        """Return the result of calling something unknown; that it was given activations is noted."""
        if any(not tensor.fixed for tensor in tensors_in(args)):
            self.unknowns.append(unknown)
            if re.fullmatch(r"[\w.]+\.\w+", unknown.reason) and not TRAINING.match(unknown.reason):
                self.gathering.miss(
                    f"line {line}: {unknown.reason} is not followed; what it computes is not counted"
                )
        return unknown


def plain_name(text: str) -> str:
    """Return a name of weights without what says that they are weights; empty if nothing else is in it."""
    return re.sub(r"(?i)^(w|weights?|kernels?|filters?)(_|$)|_(w|weights?|kernels?|filters?)$", "", text)


def _swap(value: Value, new: dict[int, Value]) -> Any:
    if isinstance(value, Tensor):
        return new.get(id(value), value)
    if type(value) in (list, tuple) or isinstance(value, list):
        return type(value)([_swap(item, new) for item in value])
    if isinstance(value, dict):
        return type(value)({key: _swap(item, new) for key, item in value.items()})
    return value
