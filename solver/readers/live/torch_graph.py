"""Torch's models: the graph that ``torch.export`` records, every shape told by torch itself."""

from __future__ import annotations

import io
import logging
import math
import zipfile
from collections.abc import Sequence
from typing import Any

from solver.errors import InputError, MissingDependencyError
from solver.files import read_bytes
from solver.layer import HostOperation, Layer
from solver.readers.dims import Dims, open_size
from solver.readers.live.aten import READERS, UNCOUNTED, Call
from solver.readers.live.given import arguments_of, reason_of
from solver.readers.operators import Shape
from solver.readers.pointwise import Pointwise
from solver.readers.reading import Gathering, Reading

WRAPPERS = ("wrap_with_set_grad_enabled", "wrap_with_autocast", "invoke_subgraph", "wrap", "strict_mode")
"""Operators that run one graph once."""

HOST_NAMESPACES = ("aten", "prims", "quantized_decomposed", "_c10d_functional", "_operator")


def export_model(model: Any, example_inputs: Any) -> Any:
    """Return the program that the user's own torch exports of a module.

    Parameters
    ----------
    model
        A ``torch.nn.Module``; it is not changed.
    example_inputs
        A tensor, a sequence of arguments, or a mapping of keyword arguments.

    Raises
    ------
    InputError
        If there are no inputs, or torch cannot export the module; its own reason is told.
    """
    import torch

    name = type(model).__name__
    if example_inputs is None:
        raise InputError(
            field="example_inputs",
            found=f"none for {name}",
            expected="the arguments of one call, such as (torch.zeros(1, 3, 224, 224),)",
        )
    args, keywords = arguments_of(example_inputs)
    try:
        with torch.no_grad():
            return torch.export.export(model, args, keywords)
    except Exception as error:  # whatever the model's own code or torch raises
        raise InputError(
            f"torch.export cannot follow {name}: {reason_of(error)}",
            expected="example inputs that fit, and a model without branches on its data; or its ONNX export",
        ) from None


def read_pt2(source: str, dims: Dims) -> Reading:
    """Return the layers of a file that ``torch.export.save`` wrote; needs torch, which its users have.

    Raises
    ------
    InputError
        If torch cannot load the file.
    MissingDependencyError
        If torch is not installed.
    """
    try:
        import torch.export
    except ImportError as error:
        raise MissingDependencyError(f"reading .pt2 files needs torch ({error}): pip install torch") from None
    expected = "what torch.export.save wrote"
    if not zipfile.is_zipfile(io.BytesIO(read_bytes(source))):
        raise InputError(file=source, found="no zip archive", expected=expected)
    logger = logging.getLogger("torch.export")
    level = logger.level
    try:
        logger.setLevel(logging.ERROR)  # torch warns of what is an error here
        program = torch.export.load(source)
    except Exception as error:  # whatever torch raises of a file that it cannot load
        message = f"torch cannot load the file: {reason_of(error)}"
        raise InputError(message, file=source, expected=expected) from None
    finally:
        logger.setLevel(level)
    return read_program(program, dims, file=source)


def read_program(program: Any, dims: Dims, *, file: str) -> Reading:
    """Return the layers of a ``torch.export.ExportedProgram``.

    Parameters
    ----------
    program
        The program.
    dims
        The sizes that it leaves open: ``input:axis``, or torch's own symbol (``s31``). Axis 0 is the batch.
    file
        What to call it in messages.

    Returns
    -------
    Reading
        A layer an operator, under the name of the module that calls it.

    Raises
    ------
    InputError
        If sizes stay open.
    """
    dims.refuse("--value", "--call", file=file, why="torch has followed the model already")
    signature = program.graph_signature
    given = set(signature.user_inputs)
    gathering = Gathering()
    graph = program.graph_module
    inputs = [node for node in graph.graph.nodes if node.op == "placeholder"]
    sizes = _open_sizes([node for node in inputs if node.name in given], dims, gathering, file)
    walk = _Walk(gathering, sizes, file)
    for node in inputs:
        walk.bind(node, fixed=node.name not in given)
    walk.visit(graph)
    return gathering.network(file, walk.errors)


def _open_sizes(inputs: Sequence[Any], dims: Dims, gathering: Gathering, file: str) -> dict[Any, int]:
    """Return the size of every symbol of the inputs, or raise if one is not given."""
    names: dict[Any, list[str]] = {}
    batch: set[Any] = set()
    for node in inputs:
        for axis, size in enumerate(getattr(node.meta.get("val"), "shape", ())):
            if isinstance(size, int):
                continue
            for symbol in size.node.expr.free_symbols:
                names.setdefault(symbol, [str(symbol)])
            if len(size.node.expr.free_symbols) == 1 and size.node.expr.is_Symbol:
                names[size.node.expr].append(f"{node.name}:{axis}")
                if axis == 0:
                    batch.add(size.node.expr)
    dims.check_names([name for several in names.values() for name in several], file=file)
    sizes, missing = {}, []
    for symbol, several in names.items():
        stated = next((dims.sizes[name] for name in several if name in dims.sizes), None)
        if stated is None and symbol in batch:
            stated = dims.batch or 1
            if dims.batch is None:
                gathering.assume_batch()
        if stated is None:
            missing.append(several[-1])
        else:
            sizes[symbol] = stated
    if missing:
        raise open_size(missing, file=file)
    if not batch:
        dims.refuse_batch(file, str(dims.batch))
    return sizes


class _Walk:
    """Visits the nodes of a graph in order."""

    def __init__(self, gathering: Gathering, sizes: dict[Any, int], file: str) -> None:
        self.errors: list[InputError] = []
        self._gathering, self._sizes, self._file = gathering, sizes, file
        self._shapes: dict[Any, Shape] = {}
        self._fixed: set[Any] = set()
        self._parts: dict[Any, Any] = {}
        self._pointwise: Pointwise[Any] = Pointwise(
            lambda node: math.prod(self._shapes[node]) if node in self._shapes else None
        )

    def bind(self, node: Any, *, fixed: bool) -> None:
        """Note the shape of a node that is no operation."""
        shape = self._shape(node.meta.get("val"))
        if shape is not None:
            self._shapes[node] = shape
        if fixed:
            self._fixed.add(node)

    def visit(self, module: Any) -> Any:
        """Visit the operations of a graph; return what its output node names."""
        result: Any = None
        for node in module.graph.nodes:
            if node.op == "get_attr":
                self._parts[node] = _attribute(module, node.target)
                self.bind(node, fixed=True)
                value = getattr(self._parts[node], "shape", None)
                if node not in self._shapes and value is not None:
                    self._shapes[node] = tuple(value)
            elif node.op == "call_function":
                self._call(node)
            elif node.op == "output":
                result = node.args[0]
        return result

    def _call(self, node: Any) -> None:
        used = node.all_input_nodes
        if all(other in self._fixed for other in used):
            self._fixed.add(node)
        self.bind(node, fixed=False)
        target = node.target
        name = getattr(target, "__name__", str(target))
        if name == "getitem":
            self._pointwise.alias(node.args[0], node)
            return
        if getattr(target, "namespace", "") == "higher_order" or name in WRAPPERS:
            self._subgraphs(node, name)
            return
        if node in self._fixed or not hasattr(target, "_schema"):  # arithmetic on sizes has none
            return
        try:
            self._operator(node, target)
        except InputError as error:
            operator = f"{target._opname} {_module_name(node)[0]}".strip()
            self.errors.append(error.inside(operator).at(file=self._file))

    def _operator(self, node: Any, target: Any) -> None:
        operator = target._opname.rstrip("_") if not target._opname.startswith("__") else target._opname
        shape = self._shape(node.meta.get("val"))
        if shape is None:
            values = node.meta.get("val")
            first = values[0] if isinstance(values, (tuple, list)) and values else None
            shape = self._shape(first)
        if shape is None:  # a number, or nothing
            return
        module, is_own = _module_name(node)
        name = module if is_own and module else f"{module}/{operator}".strip("/")
        call = Call(name, operator, _bound(target, node), self._shapes, self._fixed, shape)
        tensors = [other for other in node.all_input_nodes if other in self._shapes]
        call.is_activation = (
            operator in ("add", "mul") and len(tensors) == 2 and self._pointwise.same(*tensors)
        )
        self._pointwise.combine(operator, tensors, node, self._fixed)
        reader = READERS.get(operator) if target.namespace == "aten" else None
        given = (self._shapes[other] for other in tensors[:2])
        if reader and self._gathering.is_nothing(f"{operator} {name}", shape, *given):
            return
        found = reader(call) if reader else None
        layers: list[Layer] = found if isinstance(found, list) else [] if found is None else [found]
        if not layers:
            called = operator if target.namespace == "aten" else f"{target.namespace}.{operator}"
            layers = [HostOperation(name=name, operation=called, elements=math.prod(shape))]
            if operator in UNCOUNTED or target.namespace not in HOST_NAMESPACES:
                self._gathering.unlowered(name, called)
        for layer in layers:
            self._gathering.add(layer)

    def _subgraphs(self, node: Any, name: str) -> None:
        """Visit the graph that an operator runs once; the work in those of others is told, not counted."""
        graphs = [
            self._parts[other] for other in node.all_input_nodes if hasattr(self._parts.get(other), "graph")
        ]
        if name not in WRAPPERS or len(graphs) != 1:
            for graph in graphs:
                for inner in graph.graph.nodes:
                    operator = getattr(inner.target, "_opname", "")
                    if operator in READERS and operator not in ("add", "mul", "mean"):
                        self._gathering.miss(f"{operator}, inside {name} {node.name}, is not counted")
            return
        operands = [
            other for other in node.args if getattr(other, "op", "") and not _is_graph(self._parts.get(other))
        ]
        inside = [inner for inner in graphs[0].graph.nodes if inner.op == "placeholder"]
        for inner, outer in zip(inside, operands[-len(inside) :] if inside else [], strict=True):
            self.bind(inner, fixed=outer in self._fixed)
            self._pointwise.alias(outer, inner)
            if inner not in self._shapes and outer in self._shapes:
                self._shapes[inner] = self._shapes[outer]
        self.visit(graphs[0])

    def _shape(self, value: Any) -> Shape | None:
        shape = getattr(value, "shape", None)
        if shape is None:
            return None
        return tuple(self._size(size) for size in shape)

    def _size(self, size: Any) -> int:
        if isinstance(size, int):
            return size
        found = size.node.expr.subs(self._sizes)
        if not found.is_Integer:
            raise InputError(
                "a size that depends on data",
                file=self._file,
                found=str(found),
                expected="a size of the inputs",
            )
        return int(found)


def _is_graph(value: Any) -> bool:
    return hasattr(value, "graph")


def _attribute(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name, None)
    return module


def _module_name(node: Any) -> tuple[str, bool]:
    """Return the path of the module that calls an operator, and whether it is one of torch's own layers."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return "", False
    path, kind = stack[-1]
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    own = kind.startswith("torch.nn.modules.") and not kind.endswith(
        (
            "MultiheadAttention",
            "Sequential",
            "TransformerEncoderLayer",
            "TransformerDecoderLayer",
            "Transformer",
        )
    )
    return path, own


def _bound(target: Any, node: Any) -> dict[str, Any]:
    """Return the arguments of a call by the names of the operator's schema; defaults are left out."""
    names = [argument.name for argument in target._schema.arguments]
    return dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
