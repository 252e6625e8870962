"""The multiplications of a module as torch itself does them: it runs the module on tensors without words.

Used by `benchmarks.readers.corpus`; needs `torch`. Nothing of our own reader is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.readers.onnx_oracle import transposed_pairs


def macs_of_module(model: Any, inputs: tuple[Any, ...]) -> int:
    """Return the multiplications of a module's products by torch's own formulas for its operators.

    What depends on weights alone (tables of positions) is computed once for all inputs and does not count.
    """
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    try:
        with FakeTensorMode(allow_non_fake_inputs=True) as fake:
            return _run(model, tuple(fake.from_tensor(value) for value in inputs))
    except AssertionError:  # some modules need tensors with words
        return _run(model, tuple(torch.clone(value) for value in inputs))


def _run(model: Any, inputs: tuple[Any, ...]) -> int:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import flop_registry

    formulas = {**flop_registry, torch.ops.aten.convolution: _convolution}
    varying = {id(value): value for value in inputs}  # kept alive, so that no other gets their identity
    total = 0

    class Count(TorchDispatchMode):
        """Adds up the work of operators whose operands depend on the inputs."""

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            nonlocal total
            result = func(*args, **(kwargs or {}))
            if any(id(value) in varying for value in tree_leaves((args, kwargs))):
                varying.update({id(v): v for v in tree_leaves(result) if isinstance(v, torch.Tensor)})
                formula = formulas.get(func._overloadpacket)
                if formula is _convolution:
                    total += _convolution(*args, out=result)
                elif formula is not None:
                    total += formula(*args, **(kwargs or {}), out_val=result) // 2
            return result

    def begin(module: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Give a recurrent network the zeros that it starts with, which stand for a state."""
        x, *states = args
        if states:
            return args
        batch = x.shape[0 if module.batch_first else 1]
        count = module.num_layers * (2 if module.bidirectional else 1)
        zeros = [torch.zeros(count, batch, module.hidden_size) for _ in range(2)]
        varying.update({id(each): each for each in zeros})
        return x, tuple(zeros) if isinstance(module, torch.nn.LSTM) else zeros[0]

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one operator, which has no formula
    with ExitStack() as stack:
        stack.callback(torch.backends.mha.set_fastpath_enabled, fast)
        stack.enter_context(torch.backends.mkldnn.flags(enabled=False))  # recurrent layers as their products
        stack.enter_context(torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH))
        stack.enter_context(torch.no_grad())
        for module in model.modules():
            if isinstance(module, torch.nn.RNNBase):
                stack.callback(module.register_forward_pre_hook(begin).remove)
        stack.enter_context(Count())
        model(*inputs)
    return total


def _convolution(
    x: Any,
    w: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    *rest: Any,
    out: Any,
) -> int:
    """Return the multiplications: torch's own count of transposed ones takes cropped words along."""
    if not transposed:
        return int(x.shape[0] * math.prod(out.shape[2:]) * math.prod(w.shape))
    settings = {"strides": stride, "dilations": dilation}
    pairs = transposed_pairs(out.shape[2:], w.shape[2:], padding, settings)
    return int(x.shape[0] * w.shape[0] * w.shape[1] * pairs)
