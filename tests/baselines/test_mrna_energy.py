from __future__ import annotations

import math

from solver.baselines.mrna_cost import Candidate, MrnaConv
from solver.baselines.mrna_energy import EnergyFactors, conv_counts, multicast_links, reduction_links
from tests.support.examples.baseline_examples import mrna_conv, mrna_runs


def test_counts_and_energy_equal_the_runs_of_mrna() -> None:
    for row in mrna_runs():
        counts = conv_counts(mrna_conv(row), Candidate(int(row["T_C"]), int(row["T_K"])), int(row["num_ms"]))
        assert counts is not None
        assert counts.distribution == int(row["dn_access"]), row
        assert counts.reductions == int(row["reduce_ops"])
        assert counts.reduction_accesses == int(row["rn_access"])
        assert counts.multiplications == int(row["multiplications"])
        assert counts.weight_reads == int(row["spm_weight_read"])
        assert counts.input_reads == int(row["spm_input_read"])
        assert counts.output_writes == int(row["spm_output_write"])
        assert math.isclose(counts.energy(), float(row["total_energy"]), rel_tol=5e-6)


def test_links_of_a_full_tree_are_its_edges() -> None:
    assert reduction_links(8) == 8 + 4 + 2
    assert multicast_links(8, 8) == 8 + 4 + 2


def test_a_unicast_takes_one_link_a_level() -> None:
    assert multicast_links(256, 1) == 8


def test_factors_weigh_the_counts() -> None:
    conv = MrnaConv(R=1, S=1, C=2, K=2, X=1, Y=1, slides=True, input_words=2)
    counts = conv_counts(conv, Candidate(2, 2), 8)
    assert counts is not None
    only = EnergyFactors(
        dram=0, scratchpad=0, register=0, distribute=0, reduce_access=0, forward=0, multiply=1, reduce=0
    )
    assert counts.energy(only) == counts.multiplications == 4
    # 4 weights, 2 inputs and 2 outputs are two accesses of four words.
    dram = EnergyFactors(
        dram=54, scratchpad=0, register=0, distribute=0, reduce_access=0, forward=0, multiply=0, reduce=0
    )
    assert counts.energy(dram) == 2 * 54
