"""The multiplications of a module as torch itself does them: it runs the module on tensors without words.

Used by `benchmarks.corpus`; needs `torch`. Nothing of our own reader is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from benchmarks.onnx_oracle import transposed_pairs


def macs_of_module(model: Any, inputs: tuple[Any, ...]) -> int:
    """Return the multiplications of a module's products for its inputs, whose first axis is the batch.

    What does not grow with the batch depends on weights alone (tables of positions) and is computed once, so
    the count is what one more batch adds.
    """
    import torch

    more = tuple(torch.cat([value, value]) for value in inputs)
    return _run(model, more) - _run(model, inputs)


def _run(model: Any, inputs: tuple[Any, ...]) -> int:
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False, custom_mapping={torch.ops.aten.convolution: _convolution})
    math_only = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one operator, which the counter does not know
    try:
        with (
            torch.backends.mkldnn.flags(enabled=False),  # recurrent layers as the products that they are
            FakeTensorMode(allow_non_fake_inputs=True) as fake,
            counter,
            torch.no_grad(),
            math_only,
        ):
            model(*(fake.from_tensor(value) for value in inputs))
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(counter.get_total_flops()) // 2


def _convolution(
    x: Sequence[int],
    w: Sequence[int],
    bias: Any,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,
    *rest: Any,
    out_shape: Sequence[int],
    **more: Any,
) -> int:
    """Return twice the multiplications: torch's own count of transposed ones takes cropped words along."""
    if not transposed:
        return 2 * x[0] * math.prod(out_shape[2:]) * math.prod(w)
    pairs = transposed_pairs(out_shape[2:], w[2:], padding, {"strides": stride, "dilations": dilation})
    return 2 * x[0] * w[0] * w[1] * pairs
