"""Buffer tiles along one loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.layer import LoopNest
from solver.mapping.buffer_tile import array_passes, axis_lines, buffer_trips


@given(st.integers(1, 60), st.data())
def test_passes_are_the_array_tiles_of_every_buffer_tile(size: int, data: st.DataObject) -> None:
    buffer = data.draw(st.integers(1, size))
    tile = data.draw(st.integers(1, buffer))
    starts = range(0, size, buffer)
    expected = sum(len(range(begin, min(begin + buffer, size), tile)) for begin in starts)
    nest, ones = LoopNest(K=size), [1] * 8
    tiles, buffers = np.array([ones]), np.array([ones])
    tiles[0, 3], buffers[0, 3] = tile, buffer
    assert buffer_trips(nest, buffers)[0, 3] == len(starts)
    assert array_passes(nest, tiles, buffers)[0, 3] == expected


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(1, 4), st.data())
def test_input_lines_are_those_that_some_window_wants(
    outputs: int, taps: int, stride: int, dilation: int, data: st.DataObject
) -> None:
    """Held by a full tile, fetched by all tiles, and fetched by all when the one before left its lines."""
    size = data.draw(st.integers(1, outputs))

    def wanted(begin: int) -> set[int]:
        windows = range(begin, min(begin + size, outputs))
        return {x * stride + r * dilation for x in windows for r in range(taps)}

    tiles = [wanted(begin) for begin in range(0, outputs, size)]
    new = [tile - (tiles[i - 1] if i else set()) for i, tile in enumerate(tiles)]
    lines = axis_lines(outputs, taps, stride, dilation)
    assert lines.held[size] == len(tiles[0])
    assert lines.fetched[size] == sum(map(len, tiles))
    assert lines.kept[size] == sum(map(len, new))
