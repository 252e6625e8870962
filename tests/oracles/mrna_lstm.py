"""What mRNA predicts for an LSTM step, which it costs but does not map."""

from __future__ import annotations

from solver.baselines.mrna_cost import ceil_div, reduction_phases


def lstm_cycles(inputs: int, hidden: int, gate_outputs: int, num_ms: int, dn_bw: int) -> int:
    """Return the cycles that mRNA predicts for one LSTM step.

    The gates are a fully connected layer over the input and the hidden state; then come the element-wise
    products of cell and gates, added in pairs, and one more element-wise product, which mRNA lets run at
    one cycle a step whatever the bandwidth.

    Parameters
    ----------
    inputs, hidden
        Sizes of the input and of the hidden state.
    gate_outputs
        Outputs of all gates together, 4 x `hidden` in a right description.
    num_ms, dn_bw
        Multiplier switches and distribution bandwidth, words per cycle.
    """
    gates = fc_cycles(inputs + hidden, gate_outputs, num_ms, dn_bw)
    pairs = ceil_div(2 * hidden, num_ms) * ceil_div(2 * (num_ms // 2), dn_bw)
    return gates + pairs + ceil_div(hidden, num_ms)


def fc_cycles(inputs: int, outputs: int, num_ms: int, dn_bw: int) -> int:
    """Return the cycles that mRNA predicts for one vector through a fully connected layer.

    Beyond `num_ms` squared inputs mRNA has no reduction phase and prints the cycles without it; so does
    this.

    Parameters
    ----------
    inputs, outputs
        Inputs and outputs of the layer.
    num_ms, dn_bw
        Multiplier switches and distribution bandwidth, words per cycle.
    """
    if inputs <= num_ms:
        neurons = num_ms // inputs
        return ceil_div(inputs, dn_bw) + ceil_div(outputs, neurons) * ceil_div(neurons * inputs, dn_bw)
    segments = ceil_div(inputs, num_ms)
    cycles = ceil_div(num_ms, dn_bw) * (segments + outputs * segments)
    if segments > num_ms:
        return cycles
    phases = reduction_phases(segments, outputs, num_ms) or ()
    return cycles + sum(phase.cycles(dn_bw) for phase in phases)
