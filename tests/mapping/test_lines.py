import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.mapping.lines import distinct_lines

sizes = st.integers(1, 12)


@given(st.integers(0, 12), sizes, sizes, sizes)
def test_lines_that_several_windows_or_taps_read_count_once(
    outputs: int, taps: int, stride: int, dilation: int
) -> None:
    lines = {x * stride + r * dilation for x in range(outputs) for r in range(taps)}
    assert distinct_lines(outputs, taps, stride, dilation) == len(lines)


def test_many_tiles_are_counted_at_once_and_long_axes_are_not_listed() -> None:
    outputs, taps = np.array([1, 4, 10**12]), np.array([3, 1, 3])
    assert distinct_lines(outputs, taps, 5, 3).tolist() == [3, 4, 3 * 10**12]
