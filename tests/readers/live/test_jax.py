"""Functions of JAX: every primitive with work for the array is a layer."""

from __future__ import annotations

from typing import Any

import pytest

jax = pytest.importorskip("jax")

import solver  # noqa: E402
from solver.errors import InputError  # noqa: E402
from solver.layer import Add, BatchMatmul, Conv, Gemm, HostOperation, MaxPool  # noqa: E402

jnp, lax = jax.numpy, jax.lax

WEIGHTS = {"c": jnp.zeros((3, 3, 3, 8)), "d": jnp.zeros((128, 10))}


def net(x: Any) -> Any:
    order = ("NHWC", "HWIO", "NHWC")
    x = jax.nn.silu(lax.conv_general_dilated(x, WEIGHTS["c"], (2, 2), "SAME", dimension_numbers=order))
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = x.reshape(x.shape[0], -1) @ WEIGHTS["d"]
    y = jnp.einsum("bi,bj->bij", x, x)
    return y + y.transpose(0, 2, 1)


def test_a_function_is_read_by_its_primitives() -> None:
    expected = [
        Conv(batch=2, input=(3, 16, 16), filters=8, kernel=(3, 3), stride=(2, 2), padding=((0, 1), (0, 1))),
        MaxPool(batch=2, input=(8, 8, 8), kernel=(2, 2), stride=(2, 2)),
        Gemm(m=2, n=10, k=128),
        BatchMatmul(batch=2, m=10, n=10, k=1),
        Add(elements=200),
    ]
    for function in (net, jax.jit(net)):
        layers = solver.read(function, jnp.zeros((2, 16, 16, 3))).layers
        found = [layer for layer in layers if not isinstance(layer, HostOperation)]
        assert [x.to_dict() | {"name": ""} for x in found] == [x.to_dict() | {"name": ""} for x in expected]


def test_what_cannot_be_read_says_why() -> None:
    with pytest.raises(InputError, match="example_inputs: found none for net"):
        solver.read(net)
    with pytest.raises(InputError, match="JAX cannot trace net"):
        solver.read(net, jnp.zeros((2, 16, 16, 4)))
    with pytest.raises(InputError, match="net: batch: found some, expected none: JAX knows all sizes"):
        solver.read(net, jnp.zeros((2, 16, 16, 3)), batch=3)
    looped = solver.read(lambda x: lax.fori_loop(0, 3, lambda i, y: y @ y, x), jnp.zeros((4, 4)))
    assert looped.uncounted
