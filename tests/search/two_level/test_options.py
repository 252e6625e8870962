"""Buffer tiles of one loop, grouped by refill count."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.layer import DIMS, LoopNest
from solver.mapping.buffer_tile import C, K, R, S, X, Y, array_passes, axis_lines
from solver.search.two_level.options import FAR, axes

SLIDING = LoopNest(R=3, S=5, C=12, K=7, X=11, Y=9, stride=(1, 2), dilation=(2, 1))


def test_every_buffer_tile_is_in_the_class_of_its_refill_count() -> None:
    for axis in axes(SLIDING):
        assert axis.trips.tolist() == [-(-axis.size // size) for size in axis.sizes]
        assert axis.classes.tolist() == sorted(set(axis.trips.tolist()))
        for trips, smallest in zip(axis.classes, axis.smallest, strict=True):
            assert smallest == min(axis.sizes[axis.trips == trips])
            assert axis.members(int(trips)).tolist() == axis.sizes[axis.trips == trips].tolist()


def test_sliding_filters_are_kept_whole_and_others_are_not() -> None:
    assert axes(SLIDING)[R].sizes.tolist() == [3] and axes(SLIDING)[S].sizes.tolist() == [5]
    two = axes(LoopNest(R=3, S=4, X=2, Y=2))  # two windows share lines already
    assert two[R].sizes.tolist() == [3] and two[S].sizes.tolist() == [4]
    product = axes(LoopNest(S=6, K=4, X=3))
    assert product[S].sizes.tolist() == [1, 2, 3, 4, 5, 6]


def test_lines_along_the_windows_are_the_tilings() -> None:
    for index, taps, axis in ((X, 3, 0), (Y, 5, 1)):
        lines = axis_lines(SLIDING.sizes[index], taps, SLIDING.stride[axis], SLIDING.dilation[axis])
        found = axes(SLIDING)[index]
        assert found.held.tolist() == lines.held[found.sizes].tolist()
        assert found.kept.tolist() == lines.kept[found.sizes].tolist()


@given(st.integers(1, 40), st.integers(1, 40))
def test_passes_are_the_tilings_and_far_for_a_larger_array_tile(size: int, tile: int) -> None:
    nest = LoopNest(C=size)
    axis = axes(nest)[C]
    for buffer, passes in zip(axis.sizes.tolist(), axis.passes(tile), strict=True):
        if buffer < tile:
            assert passes == FAR
            continue
        ones = np.ones((1, len(DIMS)), dtype=np.int64)
        tiles, buffers = ones.copy(), ones.copy()
        tiles[0, C], buffers[0, C] = tile, buffer
        assert passes == array_passes(nest, tiles, buffers)[0, C]


@given(st.integers(1, 30), st.integers(1, 4), st.integers(1, 3), st.data())
def test_every_buffer_tile_has_a_contender_that_is_no_worse(
    size: int, taps: int, stride: int, data: st.DataObject
) -> None:
    """No larger, no more passes, no more lines, and draining only if the other drains."""
    axis = axes(LoopNest(R=taps, X=size, stride=(stride, 1)))[X]
    tile = data.draw(st.integers(1, size))
    trips = data.draw(st.sampled_from(axis.classes.tolist()))
    passes = dict(zip(axis.sizes.tolist(), axis.passes(tile).tolist(), strict=True))
    fetched = dict(zip(axis.sizes.tolist(), axis.fetched.tolist(), strict=True))
    kept = dict(zip(axis.sizes.tolist(), axis.kept.tolist(), strict=True))
    contenders = axis.contenders(tile, trips).tolist()
    members = [size for size in axis.sizes[axis.trips == trips].tolist() if size >= tile]
    assert set(contenders) <= set(members)
    for member in members:
        assert any(
            other <= member
            and passes[other] <= passes[member]
            and fetched[other] <= fetched[member]
            and kept[other] <= kept[member]
            and (passes[other] * tile != axis.size or passes[member] * tile == axis.size)
            for other in contenders
        )


def test_a_larger_buffer_tile_may_win_where_filters_need_not_drain() -> None:
    # Of eight filters by two: buffer tiles of 4 and 6 drain after each of their four passes; with 5 there are
    # five passes that do not (rule T8).
    axis = axes(LoopNest(K=8))[K]
    assert axis.passes(2)[[3, 4, 5, 6]].tolist() == [4, 5, 4, 5]
    assert axis.contenders(2, 2).tolist() == [4, 5]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 300),
    st.integers(1, 9),
    st.sampled_from([X, Y, C]),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 8),
)
def test_sizes_that_are_left_out_are_contenders_with_no_array_tile(
    size: int, widest: int, loop: int, taps: int, stride: int, dilation: int
) -> None:
    sizes = {DIMS[loop]: size, "R": taps, "S": taps, "stride": (stride,) * 2, "dilation": (dilation,) * 2}
    everything, listed = axes(LoopNest(**sizes))[loop], axes(LoopNest(**sizes), widest)[loop]
    assert everything.sizes.tolist() == list(range(1, size + 1)) and listed.allowed == size
    assert set(listed.sizes) <= set(everything.sizes)
    assert listed.classes.tolist() == everything.classes.tolist()
    assert listed.smallest.tolist() == everything.smallest.tolist()
    for tile in range(1, min(size, widest) + 1):
        passes = [axis.least(axis.passes(tile)).tolist() for axis in (everything, listed)]
        assert passes[0] == passes[1]
        for trips in everything.classes.tolist():
            assert listed.contenders(tile, trips).tolist() == everything.contenders(tile, trips).tolist(), (
                tile,
                trips,
            )
    for column in ("held", "fetched", "kept"):
        least = [axis.least(getattr(axis, column)).tolist() for axis in (everything, listed)]
        assert least[0] == least[1]


def test_a_loop_of_a_thousand_million_has_few_sizes() -> None:
    axis = axes(LoopNest(K=10**9), 64)[K]
    assert axis.allowed == 10**9 and len(axis.sizes) < 3 * 10**6
    assert axis.trips.tolist() == [-(-(10**9) // size) for size in axis.sizes.tolist()]
    assert axis.classes[[0, 1, -1]].tolist() == [1, 2, 10**9]
