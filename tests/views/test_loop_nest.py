"""The printed loop nest is read from the outside in, one column per operand."""

import io
from dataclasses import replace

from solver.answers.evaluation import Evaluation
from solver.answers.solution import Solution
from solver.hardware import read_hardware
from solver.layer import Conv
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.evaluate import evaluate_mapping
from solver.views.console import make_console
from solver.views.loop_nest import show_loop_nest
from tests.support.examples.report_examples import example_solution

LAYER = Conv(name="small", input=(8, 12, 12), filters=10, kernel=(3, 3))
MAPPING = LevelMapping(Tile(S=3, K=4), Tile(R=3, S=3, C=4, K=8, X=10, Y=5), "KPQ")


def printed(result: Solution | Evaluation) -> list[str]:
    stream = io.StringIO()
    show_loop_nest(make_console(stream, width=80), result)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_two_levels_are_printed_with_the_buffer_tile_where_it_begins() -> None:
    result = evaluate_mapping(LAYER, read_hardware("maeri-64-dram"), MAPPING)
    assert printed(result) == [
        "loop nest, outermost first         weights   inputs    outputs",
        "for K: 2 × 8, last 2               DRAM      DRAM      DRAM",
        " for Y: 2 × 5                      DRAM      DRAM      DRAM",
        "  for C: 2 × 4                     DRAM      DRAM      buffer",
        "   buffer tile R3 S3 C4 K8 X10 Y5",
        "   for K: 2 × 4                    buffer    buffer    buffer",
        "    for X: 10 × 1                  switches  buffer    buffer",
        "     for Y: 5 × 1                  switches  buffer    buffer",
        "      for C: 4 × 1                 switches  buffer    accumulators",
        "       for R: 3 × 1                switches  buffer    accumulators",
        "        in parallel S3 K4          switches  switches  adder tree",
        "along Y the switches hand on inputs; only new columns are sent to them",
    ]


def test_a_kept_overlap_is_said_below_the_table() -> None:
    kept = replace(MAPPING, dram_order="QKP")
    lines = printed(evaluate_mapping(LAYER, read_hardware("maeri-64-dram"), kept))
    assert "inputs that the next buffer tile along Y needs too stay in the buffer" in lines


def test_a_single_level_has_no_dram_and_no_buffer_tile() -> None:
    lines = printed(example_solution())
    assert lines[1].split() == ["for", "K:", "37", "×", "7,", "last", "4", "buffer", "buffer", "buffer"]
    assert not any("DRAM" in line or "buffer tile" in line for line in lines)
