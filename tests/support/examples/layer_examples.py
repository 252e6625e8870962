"""Layers of every kind, drawn at random, small enough to compute."""

from __future__ import annotations

from hypothesis import strategies as st

from solver.layer import (
    GRU,
    LSTM,
    RNN,
    Add,
    Attention,
    AveragePool,
    BatchMatmul,
    Conv,
    ConvTranspose,
    FullyConnected,
    Gemm,
    HostOperation,
    Layer,
    MaxPool,
    Multiply,
)


@st.composite
def convs(draw: st.DrawFn, names: st.SearchStrategy[str], most: int) -> Conv:
    size = st.integers(1, most)
    small = min(most, 5)
    groups = draw(st.integers(1, min(most, 4)))
    pairs = st.tuples(st.integers(1, small), st.integers(1, small))
    kernel, dilation, stride = draw(pairs), draw(pairs), draw(pairs)
    reach = [(kernel[a] - 1) * dilation[a] + 1 for a in (0, 1)]
    sides = st.tuples(st.integers(0, 3), st.integers(0, 3))
    return Conv(
        name=draw(names),
        batch=draw(size),
        input=(groups * draw(size), reach[0] + draw(size), reach[1] + draw(size)),
        filters=groups * draw(size),
        kernel=kernel,
        stride=stride,
        padding=draw(st.tuples(sides, sides)),
        dilation=dilation,
        groups=groups,
    )


@st.composite
def transposed(draw: st.DrawFn, names: st.SearchStrategy[str], most: int) -> ConvTranspose:
    size = st.integers(1, most)
    groups = draw(st.integers(1, min(most, 3)))
    pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, dilation, stride = draw(pairs), draw(pairs), draw(pairs)
    extra = [draw(st.integers(0, max(stride[a], dilation[a]) - 1)) for a in (0, 1)]
    inputs = (groups * draw(size), draw(size), draw(size))
    whole = [(inputs[1 + a] - 1) * stride[a] + (kernel[a] - 1) * dilation[a] + 1 + extra[a] for a in (0, 1)]
    cuts = []
    for a in (0, 1):
        before = draw(st.integers(0, min(3, whole[a] - 1)))
        cuts.append((before, draw(st.integers(0, min(3, whole[a] - 1 - before)))))
    return ConvTranspose(
        name=draw(names),
        batch=draw(st.integers(1, 2)),
        input=inputs,
        filters=groups * draw(size),
        kernel=kernel,
        stride=stride,
        padding=(cuts[0], cuts[1]),
        output_padding=(extra[0], extra[1]),
        dilation=dilation,
        groups=groups,
    )


@st.composite
def pools(draw: st.DrawFn, names: st.SearchStrategy[str], most: int) -> Layer:
    size = st.integers(1, most)
    kernel = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = (1, 1) if kernel is None else draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    rows, cols = draw(size), draw(size)
    padding = [(0, 0), (0, 0)]
    if kernel is not None:
        reach = [(kernel[a] - 1) * dilation[a] + 1 for a in (0, 1)]
        rows, cols = rows + reach[0] - 1, cols + reach[1] - 1
        padding = [tuple(draw(st.integers(0, min(2, reach[a] - 1))) for _ in (0, 1)) for a in (0, 1)]
    fields = {
        "name": draw(names),
        "batch": draw(st.integers(1, 2)),
        "input": (draw(size), rows, cols),
        "kernel": kernel,
        "stride": stride,
        "padding": tuple(padding),
        "dilation": dilation,
    }
    if draw(st.booleans()):
        return MaxPool(**fields)
    return AveragePool(**fields, count_padding=draw(st.booleans()))


def layers(names: st.SearchStrategy[str], most: int = 40) -> st.SearchStrategy[Layer]:
    """Draw layers of every kind whose sizes are at most `most`, or nearly so."""
    size = st.integers(1, most)
    recurrent = {
        "name": names,
        "batch": size,
        "inputs": size,
        "hidden": size,
        "steps": size,
        "directions": st.integers(1, 2),
    }
    return st.one_of(
        convs(names, most),
        transposed(names, min(most, 5)),
        pools(names, min(most, 8)),
        st.builds(FullyConnected, name=names, batch=size, inputs=size, outputs=size),
        st.builds(Gemm, name=names, m=size, n=size, k=size),
        st.builds(BatchMatmul, name=names, batch=size, m=size, n=size, k=size),
        st.builds(LSTM, **recurrent),
        st.builds(GRU, **recurrent, reset_after=st.booleans()),
        st.builds(RNN, **recurrent),
        st.builds(
            Attention,
            name=names,
            batch=size,
            heads=size,
            head_size=size,
            queries=size,
            keys=st.none() | size,
            projections=st.booleans(),
        ),
        st.builds(Add, name=names, elements=size, operands=st.integers(2, 5)),
        st.builds(Multiply, name=names, elements=size, terms=size, broadcast=size),
    )


def host_operations(names: st.SearchStrategy[str]) -> st.SearchStrategy[HostOperation]:
    words = st.text(min_size=1, max_size=12).filter(lambda word: word.isprintable() and word.strip())
    return st.builds(HostOperation, name=names, operation=words, elements=st.integers(0, 99))
