"""Layers made of parts on the ports of the real hardware: every run of every part played, as one layer."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from solver.execution.arithmetic import FRACTION_BITS, Arithmetic
from solver.execution.execute import form_of
from solver.execution.lowering import Tensors, layer_output
from solver.execution.pieces import OUTPUT_AXES, PiecesConfig, piece_tensors
from solver.execution.ports.player import Images, play
from solver.execution.ports.schedule_results import order_of
from solver.execution.reference import reference
from solver.execution.whole_layers import host
from solver.execution.whole_layers.parts import run_parts
from solver.execution.whole_layers.reference import whole_reference
from solver.execution.whole_layers.whole import random_operands
from solver.layer import GRU, LSTM, RNN, Attention, ConvTranspose, Layer, Primitive
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.ports.read_run import read_run
from solver.writers.ports.run_files import numbers_of
from solver.writers.whole.parts_folder import folders_of, read_parts_folder
from tests.support.examples.port_runs import outputs_of


def random_whole(rng: Random) -> Layer:
    """Return a small random layer made of parts, of any kind."""

    def size(most: int = 5) -> int:
        return rng.randint(1, most)

    kind = rng.choice((ConvTranspose, ConvTranspose, LSTM, GRU, RNN, Attention))
    if kind is ConvTranspose:
        kernel, stride, dilation = ((size(4), size(4)), (size(3), size(3)), rng.choice(((1, 1), (1, 2))))
        groups = rng.randint(1, 2)
        inputs = (groups * size(3), 2 + size(4), 2 + size(4))
        return ConvTranspose(
            batch=size(2),
            input=inputs,
            filters=groups * size(3),
            kernel=kernel,
            stride=stride,
            dilation=dilation,
            groups=groups,
            padding=((rng.randint(0, 1), rng.randint(0, 1)), (0, rng.randint(0, 1))),
        )
    if kind is Attention:
        return Attention(heads=size(3), head_size=size(), queries=size(), projections=rng.random() < 0.5)
    reset = {"reset_after": rng.random() < 0.5} if kind is GRU else {}
    return kind(inputs=size(9), hidden=size(6), steps=size(3), directions=size(2), batch=size(2), **reset)


def whole_troubles(layer: Layer, folder: Path, seed: int) -> str:
    """Say what the programs of a folder do else than the layer: every run is played on what the layer gives.

    Weights have the hardware's 12 fraction bits. A transposed convolution is compared with its definition,
    the others, whose products lose bits on the hardware, with their parts' definitions in its fixed point.
    """
    config, notes = read_parts_folder(folder, layer)
    if notes:
        return notes[0]
    folders = {part: folder / name for part, name in folders_of(config.way).items()}
    exact = isinstance(layer, ConvTranspose)
    scale = 1 << FRACTION_BITS - (0 if exact else host.FRACTION)
    operands = random_operands(layer, seed)
    if exact:
        operands["weights"] = operands["weights"] % 16 - 8

    def scaled(tensors: Tensors) -> Tensors:
        return Tensors(tensors.inputs, tensors.weights * scale)

    def of_run(work: SwitchConfig | Schedule, part: Primitive, tensors: Tensors, at: Path) -> np.ndarray:
        run, numbers = read_run(at), numbers_of(work, part, tensors)
        results = play(run.program, run.tree, Images(numbers.weights, numbers.inputs)).results
        return layer_output(part, outputs_of(order_of(work), results), form_of(part, work.nest))

    def played(part: Primitive, tensors: Tensors) -> np.ndarray:
        work, at = config.configs[part], folders[part]
        if not isinstance(work, PiecesConfig):
            return of_run(work, part, scaled(tensors), at)
        found = []
        for number, entry in enumerate(work.pieces, start=1):
            piece = entry.layer(part)
            own = piece_tensors(piece, scaled(tensors), Arithmetic.EXACT)
            found.append(of_run(entry.config, piece, own, at / f"piece-{number}"))
        joined = np.concatenate(found, axis=OUTPUT_AXES.index(piece.dim))
        return layer_output(part, joined, piece.form)

    def defined(part: Primitive, tensors: Tensors) -> np.ndarray:
        return reference(part, scaled(tensors), Arithmetic.FIXED)

    found = run_parts(layer, operands, played, config.way.name)
    if exact and np.abs(whole := whole_reference(layer, operands)).max() < 2**15:
        return "" if np.array_equal(found, whole) else "outputs differ from the layer's definition"
    expected = run_parts(layer, operands, defined, config.way.name)
    return "" if np.array_equal(found, expected) else "outputs differ from those of the parts' definitions"
