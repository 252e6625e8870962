"""Functions of JAX: the jaxpr that ``jax.make_jaxpr`` records, every shape told by JAX itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from solver.errors import InputError, MissingDependencyError
from solver.layer import AveragePool, BatchMatmul, Conv, Gemm, HostOperation, Layer, MaxPool
from solver.readers.dims import Dims
from solver.readers.live.given import arguments_of, reason_of
from solver.readers.operators import Shape, elementwise_product, elementwise_sum, words
from solver.readers.pointwise import Pointwise
from solver.readers.reading import Gathering, Reading

INLINE = words(
    "pjit jit closed_call core_call custom_jvp_call custom_vjp_call remat checkpoint custom_vjp_call_jaxpr"
)
"""Primitives that run a function once."""


def read_function(function: Any, dims: Dims, example_inputs: Any, *, file: str) -> Reading:
    """Return the layers of a function of JAX.

    Parameters
    ----------
    function
        The function; what it closes over (parameters) is constant.
    dims
        Nothing is open: JAX knows all sizes.
    example_inputs
        An array, a sequence of arguments, or a mapping of keywords; trees of arrays (parameters) are
        arguments like any other.

    Raises
    ------
    InputError
        If there are no inputs, or JAX cannot trace the function.
    MissingDependencyError
        If `jax` is not installed.
    """
    try:
        import jax
    except ImportError as error:
        message = f"reading a Python function needs jax ({error}); pass models as they are, or their files"
        raise MissingDependencyError(message) from None
    dims.refuse("--batch", "--dim", "--value", "--call", file=file, why="JAX knows all sizes")
    if example_inputs is None:
        expected = "the arguments of one call, such as (params, jnp.zeros((1, 224, 224, 3)))"
        raise InputError(field="example_inputs", found=f"none for {file}", expected=expected)
    args, keywords = arguments_of(example_inputs)
    try:
        closed = jax.make_jaxpr(function)(*args, **keywords)
    except Exception as error:  # whatever the user's function or JAX raises
        raise InputError(f"JAX cannot trace {file}: {reason_of(error)}", expected="inputs that fit") from None
    walk = _Walk(file)
    walk.visit(closed.jaxpr, [])
    return walk.gathering.network(file, walk.errors)


PRODUCTS = ("conv_general_dilated", "dot_general", "reduce_window_max", "reduce_window_sum", "add", "mul")
"""Operations that may be layers."""


class _Walk:
    """Visits the equations of a jaxpr in order."""

    def __init__(self, file: str) -> None:
        self.gathering, self.errors, self._file = Gathering(), list[InputError](), file
        self._fixed: set[Any] = set()
        self._pointwise: Pointwise[Any] = Pointwise(lambda var: math.prod(var.aval.shape))

    def visit(self, jaxpr: Any, given: Sequence[Any]) -> None:
        """Visit the equations; `given` are the values outside that the inputs stand for."""
        self._fixed.update(jaxpr.constvars)
        for inner, outer in zip(jaxpr.invars, given, strict=False):
            if _is_literal(outer) or outer in self._fixed:
                self._fixed.add(inner)
            else:
                self._pointwise.alias(outer, inner)
        for equation in jaxpr.eqns:
            used = [var for var in equation.invars if not _is_literal(var)]
            if all(var in self._fixed for var in used):
                self._fixed.update(equation.outvars)
                continue
            self._equation(equation, used)

    def _equation(self, equation: Any, used: list[Any]) -> None:
        primitive = equation.primitive.name
        inner = next(
            (equation.params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in equation.params),
            None,
        )
        if inner is not None and primitive in INLINE:
            inner = getattr(inner, "jaxpr", inner)
            self.visit(inner, equation.invars)
            for made, outer in zip(inner.outvars, equation.outvars, strict=True):
                if _is_literal(made) or made in self._fixed:
                    self._fixed.add(outer)
                else:
                    self._pointwise.alias(made, outer)
            return
        name = "/".join(filter(None, (str(equation.source_info.name_stack), primitive)))
        same = len(used) == 2 and self._pointwise.same(*used)
        self._pointwise.combine(
            {"logistic": "sigmoid"}.get(primitive, primitive), used, equation.outvars[0], self._fixed
        )
        sizes = (var.aval.shape for var in (*equation.invars[:2], equation.outvars[0]))
        if primitive in PRODUCTS and self.gathering.is_nothing(name, *sizes):
            return
        try:
            layer = self._layer(primitive, equation, name, same)
        except InputError as error:
            self.errors.append(error.inside(name).at(file=self._file))
            return
        if layer is None:
            elements = math.prod(equation.outvars[0].aval.shape)
            layer = HostOperation(name=name, operation=primitive, elements=elements)
            if inner is not None or "branches" in equation.params or "body_jaxpr" in equation.params:
                self.gathering.miss(f"{name}: what runs inside {primitive} is not counted")
        self.gathering.add(layer)

    def _layer(self, primitive: str, equation: Any, name: str, same: bool) -> Layer | None:
        shapes = [tuple(var.aval.shape) for var in equation.invars]
        if primitive == "conv_general_dilated":
            return _conv(name, shapes, equation.params)
        if primitive == "dot_general":
            return _dot(name, shapes, equation.params)
        if primitive in ("reduce_window_max", "reduce_window_sum"):
            return _pool(primitive, name, shapes[0], equation.params)
        moving = not same and not any(_is_literal(var) or var in self._fixed for var in equation.invars)
        if primitive == "add" and moving and shapes[0]:
            return elementwise_sum(name, shapes)
        if primitive == "mul" and moving and shapes[0]:
            return elementwise_product(name, shapes[0], shapes[1])
        return None


def _is_literal(value: Any) -> bool:
    return hasattr(value, "val")


def _conv(name: str, shapes: list[Shape], params: dict[str, Any]) -> Layer:
    order = params["dimension_numbers"]
    x = tuple(shapes[0][axis] for axis in order.lhs_spec)
    w = tuple(shapes[1][axis] for axis in order.rhs_spec)
    if any(size != 1 for size in params["lhs_dilation"]) or params.get("batch_group_count", 1) != 1:
        raise InputError("a transposed or batch-grouped convolution of JAX", expected="a plain convolution")
    if len(x) not in (3, 4):
        raise InputError("a convolution of volumes", found=f"{len(x) - 2} axes", expected="1 or 2 axes")
    row = len(x) == 3

    def pair(values: Sequence[Any], missing: Any) -> tuple[Any, Any]:
        return (missing, values[0]) if row else (values[0], values[1])

    rows, columns = pair([tuple(map(int, each)) for each in params["padding"]], (0, 0))
    return Conv(
        name=name,
        batch=x[0],
        input=(x[1], *pair(x[2:], 1)),
        filters=w[0],
        kernel=pair(w[2:], 1),
        stride=pair(params["window_strides"], 1),
        padding=(rows, columns),
        dilation=pair(params["rhs_dilation"], 1),
        groups=params["feature_group_count"],
    )


def _dot(name: str, shapes: list[Shape], params: dict[str, Any]) -> Layer:
    (left, _), (batch, _) = params["dimension_numbers"]
    inner, pairs = (math.prod(shapes[0][axis] for axis in axes) for axes in (left, batch))
    m, n = (math.prod(shapes[i]) // (inner * pairs) for i in (0, 1))
    if pairs == 1:
        return Gemm(name=name, m=m, n=n, k=inner)
    return BatchMatmul(name=name, batch=pairs, m=m, n=n, k=inner)


def _pool(primitive: str, name: str, x: Shape, params: dict[str, Any]) -> Layer | None:
    """Return pooling of images, whose rows and columns are the two axes with windows."""
    window, stride, padding = (params[key] for key in ("window_dimensions", "window_strides", "padding"))
    axes = [axis for axis, size in enumerate(window) if size > 1 or stride[axis] > 1]
    if len(x) != 4 or not axes or not (set(axes) <= {1, 2} or set(axes) <= {2, 3}):
        return None
    spatial = (1, 2) if set(axes) <= {1, 2} else (2, 3)
    channels = x[3] if spatial == (1, 2) else x[1]
    sizes: dict[str, Any] = {
        "input": (channels, x[spatial[0]], x[spatial[1]]),
        "kernel": tuple(window[axis] for axis in spatial),
        "stride": tuple(stride[axis] for axis in spatial),
        "padding": tuple(tuple(padding[axis]) for axis in spatial),
    }
    return (MaxPool if primitive.endswith("max") else AveragePool)(name=name, batch=x[0], **sizes)
