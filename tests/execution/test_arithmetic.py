import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.execution.arithmetic import Arithmetic, multiply, wrap

int16 = st.integers(-(2**15), 2**15 - 1)


def array(value: int) -> np.ndarray:
    return np.array([value], dtype=np.int64)


@given(int16, int16)
def test_the_fixed_point_keeps_bits_31_26_24_and_23_12_of_the_product(a: int, b: int) -> None:
    bits = format(a * b & 0xFFFFFFFF, "032b")[::-1]  # bits[i] is bit i
    kept = bits[12:24] + bits[24:27] + bits[31]
    value = int(kept[::-1], 2)
    signed = value - (1 << 16) if value >> 15 else value
    assert multiply(array(a), array(b), Arithmetic.FIXED)[0] == signed


@given(st.integers(-8, 7), st.integers(-4095, 4095))  # -8 times -4096 does not fit into 16 bits
def test_a_weight_times_4096_multiplies_by_the_weight(weight: int, value: int) -> None:
    assert multiply(array(4096 * weight), array(value), Arithmetic.FIXED)[0] == weight * value


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1))
def test_wrapping_at_the_end_is_wrapping_in_every_adder(values: list[int]) -> None:
    total = 0
    for value in values:
        total = int(np.array(total + value).astype(np.int16))
    assert wrap(array(sum(values)), Arithmetic.INT16)[0] == total
    assert wrap(array(sum(values)), Arithmetic.EXACT)[0] == sum(values)
