"""The Python interface to whole models: their layers, mapped on one accelerator, on many, or with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Unpack

from solver.answers.design import DesignAnswer
from solver.answers.network import NetworkAnswer
from solver.answers.sweep import SweepAnswer
from solver.hardware.area import area_limit
from solver.interface.inputs import (
    DesignOptions,
    HardwareLike,
    NetworkLike,
    SearchOptions,
    Values,
    amount_of,
    dims_of,
    grid_of,
    network_of,
    objectives_of,
    question_of,
    reading_of,
    search_options,
    sizes_of,
)
from solver.interface.told import told
from solver.jobs.executor import executor_for
from solver.questions.cache.store import Cache
from solver.questions.design.search import run_design
from solver.questions.network.run import problems_of, run_network
from solver.questions.sweep.run import run_sweep
from solver.readers.reading import Reading


@told
def read(
    model: NetworkLike,
    example_inputs: Any = None,
    *,
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, float] | None = None,
    call: str | None = None,
    layers: Iterable[str] = (),
) -> Reading:
    """Return the layers of a model.

    Parameters
    ----------
    model
        See `NetworkLike`. A model in memory is read by its own library, which must have made it.
    example_inputs
        The arguments of one call, for modules of torch and functions of JAX: a tensor, a sequence of
        arguments, or a mapping of keywords.
    batch, dims
        Sizes that a model leaves open.
    values
        Values of inputs of an ONNX model that decide which branch it takes.
    call
        The call that builds the model, for a program that only defines it.
    layers
        Names of the only layers that are wanted.

    Returns
    -------
    solver.readers.reading.Reading
        ``layers``, ``notes`` and ``uncounted``, work that is in none of the layers.

    Raises
    ------
    InputError
        If something in the model is wrong, or cannot be followed.

    Examples
    --------
    >>> import solver
    >>> [layer.name for layer in solver.read("vgg16:conv3_1").layers]
    ['conv3_1']
    """
    said = dims_of(batch, dims, values, call, layers)
    return reading_of(model, said, example_inputs)[1].complete()


@told
def network(
    model: NetworkLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    cache: bool = True,
    example_inputs: Any = None,
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, float] | None = None,
    call: str | None = None,
    layers: Iterable[str] = (),
    **options: Unpack[SearchOptions],
) -> NetworkAnswer:
    """Map every layer of a network.

    Parameters
    ----------
    model, hardware
        See `NetworkLike` and `HardwareLike`.
    objective
        What is minimised: cycles or energy of every layer, or the product of the network's totals.
    jobs, scheduler
        Local processes, or a Dask cluster, that search at once.
    cache
        Whether answers of earlier runs are used and new ones kept.
    example_inputs, batch, dims, values, call, layers
        As for `read`.
    limits, fix, min, max, time_limit, workers, seed, baselines, stationary, forms, pieces, prover
        As for `map`, which raises the same errors.

    Examples
    --------
    >>> import solver
    >>> small = {"num_ms": 32, "dn_bw": 8, "rn_bw": 8}
    >>> layers = [solver.map("fc 64 -> 10", small).layer, solver.map("fc 32 -> 8", small).layer]
    >>> answer = solver.network(layers, small, cache=False, baselines=False)
    >>> answer.figures.cycles == sum(row["cycles"] for row in answer.records())
    True
    """
    name, reading = reading_of(model, dims_of(batch, dims, values, call, layers), example_inputs)
    reading = reading.complete().counted(name)
    question = question_of(hardware, objective, search_options(options))
    with closing(executor_for(jobs, scheduler)) as executor:
        return run_network(
            name,
            reading.layers,
            question,
            cache=Cache() if cache else None,
            executor=executor,
            problems=problems_of(reading, str(model) if isinstance(model, str | Path) else name),
            notes=reading.notes,
        )


@told
def sweep(
    models: NetworkLike | Mapping[str, NetworkLike],
    hardware: str | Path | None = None,
    objectives: str | Iterable[str] = "latency",
    *,
    front: bool = False,
    jobs: int = 1,
    scheduler: str | None = None,
    cache: bool = True,
    num_ms: Values = None,
    dn_bw: Values = None,
    rn_bw: Values = None,
    bandwidth: Values = None,
    accumulation_buffer: Values = None,
    buffer: Values = None,
    dram_bandwidth: Values = None,
    energy_table: str | Path | None = None,
    clock: str | int | None = None,
    count_setup: bool | None = None,
    **options: Unpack[SearchOptions],
) -> SweepAnswer:
    """Map networks on many accelerators.

    Parameters
    ----------
    models
        A network, or several by name.
    hardware
        Preset or file that the accelerators are variations of.
    objectives
        One or several of ``latency``, ``energy``, ``edp``.
    front
        Whether only the fronts of area and objective are wanted: accelerators whose lower bound is no better
        than what one of no larger area reaches are not searched, their status is ``left out``.
    jobs, scheduler, cache
        As for `network`.
    num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth
        Values of the accelerators' sizes: one, a list, or a text such as ``"64..512"`` or ``"/4"``.
    energy_table, clock, count_setup
        As keys of a hardware file; None is as in `hardware`.
    limits, fix, min, max, time_limit, workers, seed, baselines, stationary, forms, pieces, prover
        As for `map`, which raises the same errors.

    Examples
    --------
    >>> import solver
    >>> answer = solver.sweep("fc 64 -> 10", num_ms=[16, 32], bandwidth="4..8", cache=False)
    >>> answer.to_frame()[["num_ms", "dn_bw", "status"]].values.tolist()
    [[16, 4, 'optimal'], [16, 8, 'optimal'], [32, 4, 'optimal'], [32, 8, 'optimal']]
    """
    wanted = objectives_of(objectives)
    question = question_of(None, wanted[0], {"baselines": False, **search_options(options)})
    sizes = sizes_of(num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth)
    common = {"energy_table": energy_table, "clock": clock, "count_setup": count_setup}
    points, skipped = grid_of(hardware, sizes, **common).points()
    named = models if isinstance(models, Mapping) else dict([network_of(models)])
    networks = {name: network_of(model)[1] for name, model in named.items()}
    with closing(executor_for(jobs, scheduler)) as executor:
        return run_sweep(
            networks,
            points,
            wanted,
            question,
            skipped=skipped,
            executor=executor,
            cache=Cache() if cache else None,
            front=front,
        )


@told
def design(
    model: NetworkLike,
    hardware: str | Path | None = None,
    objective: str = "latency",
    *,
    max_area: Decimal | float | str | None = None,
    max_power: Decimal | float | str | None = None,
    time_limit: float | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    cache: bool = True,
    num_ms: Values = None,
    dn_bw: Values = None,
    rn_bw: Values = None,
    bandwidth: Values = None,
    accumulation_buffer: Values = None,
    buffer: Values = None,
    dram_bandwidth: Values = None,
    energy_table: str | Path | None = None,
    clock: str | int | None = None,
    count_setup: bool | None = None,
    **options: Unpack[DesignOptions],
) -> DesignAnswer:
    """Choose the accelerator for a network together with the mappings of all its layers.

    Parameters
    ----------
    model, hardware, jobs, scheduler, cache
        As for `sweep`, which raises the same errors.
    num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth
        As for `sweep`.
    energy_table, clock, count_setup
        As for `sweep`.
    objective
        ``latency``, ``energy`` or ``edp`` of the whole network.
    max_area, max_power
        Limits, in the energy table's units (an area may be ``"0.3 mm2"``); power is energy / latency.
    time_limit
        Seconds for all; then the best so far is given with its gap.
    limits, fix, min, max, workers, seed, baselines, stationary, forms, pieces, prover
        As for `map`, which raises the same errors.

    Examples
    --------
    >>> import solver
    >>> answer = solver.design("fc 64 -> 10", num_ms="16..64", bandwidth="/4", max_area=250_000, cache=False)
    >>> answer.proved, answer.hardware.num_ms, answer.solves <= answer.questions
    (True, 32, True)
    """
    sizes = sizes_of(num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth)
    common = {"energy_table": energy_table, "clock": clock, "count_setup": count_setup}
    grid = grid_of(hardware, sizes, **common)
    points, skipped = grid.points()
    name, layers = network_of(model)
    template = question_of(None, objective, {"workers": 1, "baselines": False, **search_options(options)})
    area = None if max_area is None else area_limit("max_area", str(max_area), points[0].energy_table)
    power = amount_of("max_power", max_power)
    with closing(executor_for(jobs, scheduler)) as executor:
        return run_design(
            name,
            layers,
            points,
            template,
            max_area=area,
            max_power=power,
            skipped=skipped,
            grid=grid,
            time_limit=time_limit,
            executor=executor,
            cache=Cache() if cache else None,
        )
