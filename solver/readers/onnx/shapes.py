"""Shapes of every value of an ONNX graph, one node at a time in the order in which they run.

Whole-model inference stops at the shape arithmetic that exporters write (Shape, Gather, Concat, Reshape ...).
Here every size is known from the inputs on, so that arithmetic is done as it comes: a node whose inputs are
known values is run by ONNX's reference evaluator, any other has its output types inferred by ONNX itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from solver.errors import InputError, unknown
from solver.readers.onnx.file import graph_inputs, onnx_package
from solver.readers.onnx.vendors import shape_of, vendor_types
from solver.readers.pointwise import Pointwise

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TypeProto

MAX_VALUES = 4096
"""Elements of the largest tensor whose values are kept: shapes and indices, not weights."""

RANDOM = (
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
)

Shape = tuple[int, ...]


class Shapes:
    """What is known of the values of a graph while its nodes are visited in order.

    Parameters
    ----------
    model
        A model whose inputs have sizes.
    file
        Its name for messages.
    values
        Inputs whose value the user gives, by name: they decide branches.
    """

    def __init__(self, model: ModelProto, *, file: str, values: Mapping[str, float] | None = None) -> None:
        self.file = file
        self._onnx = onnx_package()
        self._model = model
        self._opsets = {opset.domain: opset.version for opset in model.opset_import}
        self._types: dict[str, TypeProto] = {}
        self._values: dict[str, TensorProto] = {}
        self._fixed: set[str] = set()
        self._sources: dict[str, str] = {}
        self._pointwise: Pointwise[str] = Pointwise(self._count)
        self._deciding: dict[str, frozenset[str]] = {}
        self._stated = {info.name: info.type for info in (*model.graph.value_info, *model.graph.output)}
        for info in graph_inputs(model.graph):
            self._types[info.name] = info.type
            self._deciding[info.name] = frozenset([info.name])
        self._add_weights(model.graph)
        for name, value in (values or {}).items():
            self._give(name, value)

    def nodes(self) -> Iterator[NodeProto]:
        """Yield the nodes in order, each once the shapes of its outputs are known (if they can be).

        The branch of an ``If`` whose condition is known stands in its place.
        """
        yield from self._visit(self._model.graph)

    def shape(self, name: str) -> Shape | None:
        """Return the shape of a value, or None if it is not known."""
        return shape_of(self._types.get(name))

    def fixed(self, name: str) -> bool:
        """Whether a value is known before the model runs: of weights and shapes alone."""
        return name in self._fixed or name in self._values

    def value(self, name: str) -> Any:
        """Return a small known value as a numpy array, or None."""
        tensor = self._values.get(name)
        return None if tensor is None else self._onnx.numpy_helper.to_array(tensor)

    def is_activation(self, left: str, right: str) -> bool:
        """Whether two values together make an activation function: both are functions of one tensor."""
        return self._pointwise.same(left, right)

    def deciding_inputs(self, name: str) -> list[str]:
        """Return the inputs of the model without axes or of whole numbers that a value is computed of."""
        return sorted(input for input in self._deciding.get(name, ()) if self._may_decide(input))

    def source(self, name: str) -> str:
        """Return, for messages, the node that a value comes from."""
        return self._sources.get(name, "an input of the model")

    def _visit(self, graph: GraphProto) -> Iterator[NodeProto]:
        for node in graph.node:
            branch = self._known_branch(node)
            if branch is None:
                self._infer(node)
                yield node
                continue
            self._add_weights(branch)
            yield from self._visit(branch)
            for inner, outer in zip(branch.output, node.output, strict=True):
                self._alias(inner.name, outer)
                self._pointwise.alias(inner.name, outer)

    def _known_branch(self, node: NodeProto) -> GraphProto | None:
        condition = self.value(node.input[0]) if node.op_type == "If" and not node.domain else None
        if condition is None or condition.size != 1:
            return None
        branch = "then_branch" if condition.item() else "else_branch"
        graph: GraphProto = next(attribute.g for attribute in node.attribute if attribute.name == branch)
        return graph

    def _alias(self, inner: str, outer: str) -> None:
        if inner in self._types:
            self._types[outer] = self._types[inner]
        if inner in self._values:
            self._values[outer] = self._values[inner]
        if inner in self._fixed:
            self._fixed.add(outer)

    def _add_weights(self, graph: GraphProto) -> None:
        for tensor in graph.initializer:
            self._add_weight(tensor.name, tensor)
        for sparse in graph.sparse_initializer:
            make = self._onnx.helper.make_tensor_type_proto
            self._types[sparse.values.name] = make(sparse.values.data_type, list(sparse.dims))
            self._fixed.add(sparse.values.name)

    def _add_weight(self, name: str, tensor: TensorProto) -> None:
        make = self._onnx.helper.make_tensor_type_proto
        self._types[name] = make(tensor.data_type, list(tensor.dims))
        self._fixed.add(name)
        if tensor.data_location != tensor.EXTERNAL and math.prod(tensor.dims) <= MAX_VALUES:
            self._values[name] = tensor

    def _infer(self, node: NodeProto) -> None:
        inputs = [name for name in node.input if name]
        if (
            all(name in self._fixed or name in self._values for name in inputs)
            and not _has_graph(node)
            and node.op_type not in RANDOM
        ):
            self._fixed.update(name for name in node.output if name)
        self._sources |= {name: f"{node.op_type} {node_name(node)}" for name in node.output}
        deciding = frozenset().union(*(self._deciding.get(name, ()) for name in inputs))
        self._deciding |= dict.fromkeys(node.output, deciding)
        self._infer_types(node)
        for name in node.output:
            # The file may state what inference cannot find, as for operators of other vendors.
            if name and self.shape(name) is None and name in self._stated:
                self._types[name] = self._stated[name]
        self._find_values(node, inputs)
        self._pointwise.combine(node.op_type, inputs, node.output[0], self._fixed)

    def _count(self, name: str) -> int | None:
        shape = self.shape(name)
        return None if shape is None else math.prod(shape)

    def _may_decide(self, name: str) -> bool:
        tensor = self._types[name].tensor_type
        whole = tensor.elem_type in (self._onnx.TensorProto.INT64, self._onnx.TensorProto.INT32)
        return self._count(name) == 1 and (whole or tensor.elem_type == self._onnx.TensorProto.BOOL)

    def _give(self, name: str, value: float) -> None:
        """Let an input have one value, all its words the same."""
        import numpy

        onnx = self._onnx
        inputs = [info.name for info in graph_inputs(self._model.graph)]
        if name not in inputs:
            raise unknown("input", name, inputs).at(file=self.file, field="--value")
        shape = self.shape(name)
        if shape is None or math.prod(shape) > MAX_VALUES:
            found, expected = f"{name} {self._written(name)}", f"an input of at most {MAX_VALUES} words"
            raise InputError(file=self.file, field="--value", found=found, expected=expected)
        kind = onnx.helper.tensor_dtype_to_np_dtype(self._types[name].tensor_type.elem_type)
        filled = numpy.full(shape, value).astype(kind)
        if filled.size and filled.flat[0] != value:
            expected = f"a value of the type {kind}"
            raise InputError(file=self.file, field="--value", found=f"{name}={value}", expected=expected)
        self._values[name] = onnx.numpy_helper.from_array(filled, name)

    def _infer_types(self, node: NodeProto) -> None:
        onnx = self._onnx
        domain = "" if node.domain == "ai.onnx" else node.domain
        if node.op_type == "Constant" and not domain and node.attribute and node.attribute[0].name == "value":
            self._add_weight(
                node.output[0], node.attribute[0].t
            )  # exporters write types that opset 8 forbids
            return
        own = vendor_types(node, attributes(node), [self._types.get(name) for name in node.input])
        if own is not None:
            self._types.update(zip((name for name in node.output), own, strict=False))
            return
        try:
            schema = onnx.defs.get_schema(node.op_type, self._opsets.get(domain, 1), domain)
        except onnx.defs.SchemaError:
            return
        known = {name: self._types[name] for name in node.input if name in self._types}
        values = {name: self._values[name] for name in node.input if name in self._values}
        if len(known) < len({name for name in node.input if name}):
            return
        try:
            types = onnx.shape_inference.infer_node_outputs(
                schema, node, known, values, opset_imports=list(self._model.opset_import)
            )
        except (
            onnx.shape_inference.InferenceError,
            onnx.checker.ValidationError,
            ValueError,
            RuntimeError,
        ) as error:
            reason = (str(error).strip().splitlines() or ["inference fails"])[0]
            raise InputError(
                f"the shapes do not fit: {reason}",
                file=self.file,
                field=f"{node.op_type} {node_name(node)}",
                found=", ".join(f"{name} {self._written(name)}" for name in known),
                expected="inputs that go together",
            ) from None
        self._types.update(types)

    def _find_values(self, node: NodeProto, inputs: list[str]) -> None:
        onnx = self._onnx
        shape = self.shape(node.input[0]) if node.op_type in ("Shape", "Size") else None
        outputs = [self.shape(name) for name in node.output if name]
        if any(size is None or math.prod(size) > MAX_VALUES for size in outputs):
            return
        if shape is not None:
            # The values of the input do not matter, so an array without memory of its own will do.
            feeds = {node.input[0]: _hollow(shape)}
        elif _has_graph(node) or node.op_type in RANDOM or not all(name in self._values for name in inputs):
            return
        else:
            feeds = {name: self.value(name) for name in inputs}
        try:
            results = self._alone(node).run(None, feeds)
        except Exception:  # the reference evaluator is not complete and raises whatever numpy raises
            return
        for name, result in zip((n for n in node.output if n), results, strict=False):
            if hasattr(result, "dtype"):
                tensor = onnx.numpy_helper.from_array(result, name)
                self._values[name] = tensor
                self._types[name] = onnx.helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))

    def _alone(self, node: NodeProto) -> Any:
        """Return an evaluator of a node, as the model's own versions of the operators define it."""
        onnx = self._onnx
        make = onnx.helper.make_value_info
        inputs = [make(name, onnx.TypeProto()) for name in dict.fromkeys(node.input) if name]
        outputs = [make(name, onnx.TypeProto()) for name in node.output if name]
        graph = onnx.helper.make_graph([node], "node", inputs, outputs)
        model = onnx.helper.make_model(graph, opset_imports=list(self._model.opset_import))
        return onnx.reference.ReferenceEvaluator(model)

    def _written(self, name: str) -> str:
        shape = self.shape(name)
        return "of unknown shape" if shape is None else "x".join(map(str, shape)) or "scalar"


def node_name(node: NodeProto) -> str:
    """Return what to call a node: its name, or that of what it computes."""
    return node.name or next((name for name in node.output if name), "") or node.op_type


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node as Python values; text as str."""
    helper = onnx_package().helper
    return {attribute.name: _plain(helper, attribute) for attribute in node.attribute}


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """Yield the graphs inside a node (the branches of an ``If``, the body of a ``Loop``)."""
    for attribute in node.attribute:
        if attribute.type == attribute.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def _has_graph(node: NodeProto) -> bool:
    return any(True for _ in subgraphs(node))


def _plain(helper: Any, attribute: AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        return [item.decode(errors="replace") for item in value]
    return value


def _hollow(shape: Shape) -> Any:
    import numpy

    return numpy.broadcast_to(numpy.zeros((), numpy.int8), shape)
