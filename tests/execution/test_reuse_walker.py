"""The reuse walker on layers small enough to count by hand."""

from solver.layer import LoopNest
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from tests.oracles.reuse_walker import walk

ONE = Tile()


def test_a_row_of_windows_one_at_a_time() -> None:
    """Three windows of three columns, stride 1: five input words, two of them new with each step."""
    nest = LoopNest(S=3, Y=3)
    found = walk(nest, LevelMapping(Tile(S=3), Tile(S=3), "KQP", "weights"), forwards=True)
    assert found.moved["dram_inputs"] == 5 and found.moved["dram_weights"] == 3
    assert found.moved["dram_outputs"] == 3 and found.moved["dram_psums"] == 0
    # One buffer tile per window: each starts a row anew and reads all three words, and the weights with them.
    assert found.moved["input_reads"] == 9 and found.moved["weight_reads"] == 9
    assert found.capacity == {"weights": 3, "inputs": 3, "outputs": 1}


def test_forwarding_reads_one_new_column_per_window() -> None:
    nest = LoopNest(S=3, Y=3)
    mapping = LevelMapping(Tile(S=3), Tile(S=3, Y=3), "KQP", "weights")
    assert walk(nest, mapping, forwards=True).moved["input_reads"] == 5
    assert walk(nest, mapping, forwards=False).moved["input_reads"] == 9


def test_partial_sums_leave_the_chip_when_another_output_needs_their_room() -> None:
    """Two channels outside of two filters: both sums are written, read back, and written again."""
    nest = LoopNest(C=2, K=2)
    found = walk(nest, LevelMapping(ONE, ONE, "QKP", "weights"), forwards=False)
    assert found.moved["dram_outputs"] == 4 and found.moved["dram_psums"] == 2
    inside = walk(nest, LevelMapping(ONE, ONE, "KPQ", "weights"), forwards=False)
    assert inside.moved["dram_outputs"] == 2 and inside.moved["dram_psums"] == 0
    assert inside.moved["psum_reads"] == 2 and inside.moved["writes"] == 4


def test_input_stationary_reads_inputs_once_and_weights_for_every_window() -> None:
    nest = LoopNest(C=2, K=3, X=4)
    whole = Tile(C=2, K=3, X=4)
    found = walk(nest, LevelMapping(Tile(C=2), whole, "KQP", "inputs"), forwards=False)
    assert found.moved["input_reads"] == 8 and found.moved["weight_reads"] == 24
    streamed = walk(nest, LevelMapping(Tile(C=2), whole, "KQP", "outputs"), forwards=False)
    assert streamed.moved["input_reads"] == 24 and streamed.moved["weight_reads"] == 24
