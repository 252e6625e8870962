"""The Python interface: what the command line does, for notebooks and scripts.

Every function takes layers, networks and hardware as the command line does (names, files, one-line notation),
or the dataclasses themselves, and returns a dataclass with ``to_dict()``, in notebooks with a rich display,
and ``to_frame()`` where pandas is installed.

>>> import solver
>>> best = solver.map("conv 16x8x8 -> 8, 3x3", {"num_ms": 32, "dn_bw": 8, "rn_bw": 8})
>>> best.status.value, str(best.tile), best.cost.cycles
('optimal', 'S3 K8', 2505)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Unpack

from solver.answers.design import DesignAnswer
from solver.answers.displayed import Displayed
from solver.answers.evaluation import Evaluation
from solver.answers.exploration import Exploration
from solver.answers.front import ParetoFront
from solver.answers.infeasible import Infeasible
from solver.answers.network import NetworkAnswer
from solver.answers.solution import Solution
from solver.answers.sweep import SweepAnswer
from solver.errors import InfeasibleError
from solver.interface.inputs import (
    HardwareLike,
    LayerLike,
    NetworkLike,
    SearchOptions,
    Values,
    amount_of,
    dims_of,
    grid_of,
    hardware_of,
    network_of,
    objective_of,
    objectives_of,
    primitive_of,
    question_of,
    reading_of,
    search_options,
    sizes_of,
)
from solver.interface.shown import write_report
from solver.interface.told import told
from solver.jobs.executor import executor_for
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.cache.store import Cache
from solver.questions.design.search import run_design
from solver.questions.explain.run import Explanation
from solver.questions.explain.run import explain as explain_layer
from solver.questions.explore.run import explore as explore_layer
from solver.questions.front import find_front
from solver.questions.map_layer import map_layer
from solver.questions.network.run import problems_of, run_network
from solver.questions.sweep.run import run_sweep
from solver.readers.reading import Reading


@told
def map(
    layer: LayerLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    **options: Unpack[SearchOptions],
) -> Solution:
    """Find the best mapping of a layer and prove it.

    Parameters
    ----------
    layer, hardware
        See `LayerLike` and `HardwareLike` of `solver.interface.inputs`.
    objective
        ``latency``, ``energy`` or ``edp``.
    limits
        Bounds on tile sizes.
    time_limit
        Seconds for the search of a layer; by default it goes on to the proof.
    workers, seed
        Search threads (one per core), and the seed of the search and of the random baseline (0).
    baselines
        Whether the heuristics are run too (yes).
    stationary, forms, pieces, prover
        What may be searched and what proves it, as the flags of the same names say it; see
        `solver.questions.map_layer.Question`.

    Returns
    -------
    Solution
        With its proof or gap, and the baselines.

    Raises
    ------
    InputError
        If something is wrong in what was given.
    InfeasibleError
        If no mapping is legal; the message names the constraint.

    Examples
    --------
    >>> import solver
    >>> solution = solver.map("fc 64 -> 10", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4}, "energy")
    >>> solution.proved, solution.gap
    (True, 0.0)
    >>> solution.to_frame().name[0]
    'optimum'
    """
    primitive = primitive_of(layer)
    answer, _ = map_layer(
        primitive,
        question_of(hardware, objective, search_options(options)),
    )
    if isinstance(answer, Infeasible):
        raise InfeasibleError(answer.reason)
    return answer


@told
def evaluate(
    layer: LayerLike,
    mapping: Tile | LevelMapping | str | Path,
    hardware: HardwareLike = None,
    *,
    stationary: str | None = None,
    forms: str | None = None,
    objective: str = "latency",
) -> Evaluation:
    """Return what a given mapping costs.

    Parameters
    ----------
    layer, hardware
        See `LayerLike` and `HardwareLike` of `solver.interface.inputs`.
    mapping
        A mapping, a tile such as ``R3 S3 K28``, or a file with one; of a file that ``map --out`` saved, the
        entry of the layer, by default on the hardware that it was saved with.
    stationary, forms
        The forms that the mapping may be of, as the flags say it (``"all"``, ``"direct,mirrored"``); by
        default that of a saved mapping, else the layer as it is written.
    objective
        Which buffer tile is best for a mere array tile, where the hardware has a prefetch buffer.

    Raises
    ------
    InputError
        If the mapping is illegal; the message says why.

    Examples
    --------
    >>> import solver
    >>> small = {"num_ms": 32, "dn_bw": 8, "rn_bw": 8}
    >>> solver.evaluate("conv 16x8x8 -> 8, 3x3", "S3 K8", small).cost.cycles
    2505
    """
    from solver.questions.evaluate import evaluate_given

    used = None if hardware is None else hardware_of(hardware)
    (found,) = evaluate_given(
        [primitive_of(layer)], mapping, used, stationary, objective_of(objective), forms
    )
    return found


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
        What is minimised, layer by layer.
    jobs, scheduler
        Local processes, or a Dask cluster, that search at once.
    cache
        Whether answers of earlier runs are used and new ones kept.
    example_inputs, batch, dims, values, call, layers
        As for `read`.
    limits, time_limit, workers, seed, baselines, stationary, forms, pieces, prover
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
def explore(
    layer: LayerLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    *,
    samples: int = 20_000,
    tolerance: float = 0.05,
    **options: Unpack[SearchOptions],
) -> Exploration:
    """Evaluate the mapping space of a layer.

    Parameters
    ----------
    layer, hardware, objective
        As for `map`.
    samples
        Mappings to draw where the space is too large (prefetch buffer and DRAM).
    tolerance
        How much more than the optimum an alternative may cost, as a share of it.
    limits, time_limit, workers, seed, baselines, stationary, forms, pieces, prover
        As for `map`, which raises the same errors.

    Examples
    --------
    >>> import solver
    >>> space = solver.explore("conv 4x6x6 -> 4, 3x3", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> len(space.to_frame()) == space.space.size
    True
    """
    question = question_of(hardware, objective, search_options(options))
    return explore_layer(primitive_of(layer), question, samples=samples, tolerance=tolerance)


@told
def pareto(
    layer: LayerLike,
    hardware: HardwareLike = None,
    **options: Unpack[SearchOptions],
) -> ParetoFront:
    """Find every mapping that no other beats in both latency and energy.

    Parameters are those of `map`, without an objective; it raises the same errors.

    Examples
    --------
    >>> import solver
    >>> front = solver.pareto("fc 64 -> 10, batch 3", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> front.proved
    True
    """
    return find_front(
        primitive_of(layer),
        question_of(hardware, "latency", search_options(options)),
    )


@told
def explain(
    layer: LayerLike,
    hardware: HardwareLike = None,
    objective: str = "latency",
    **options: Unpack[SearchOptions],
) -> Explanation:
    """Say what the best mapping of a layer waits for, and what more hardware would bring.

    Parameters are those of `map`; it raises the same errors.

    Examples
    --------
    >>> import solver
    >>> why = solver.explain("fc 64 -> 10", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> why.solution.cost.bottleneck
    'distribution'
    """
    asked = {"baselines": False, **search_options(options)}
    return explain_layer(primitive_of(layer), question_of(hardware, objective, asked))


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
    options: SearchOptions | None = None,
    num_ms: Values = None,
    dn_bw: Values = None,
    rn_bw: Values = None,
    bandwidth: Values = None,
    accumulation_buffer: Values = None,
    buffer: Values = None,
    dram_bandwidth: Values = None,
    count_setup: bool | None = None,
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
    options
        Those of `map` by name, which raises the same errors.
    num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth
        Values of the accelerators' sizes: one, a list, or a text such as ``"64..512"`` or ``"/4"``.
    count_setup
        Whether latencies have the cycles of setting up in them; None is as in `hardware`.

    Examples
    --------
    >>> import solver
    >>> answer = solver.sweep("fc 64 -> 10", num_ms=[16, 32], bandwidth="4..8", cache=False)
    >>> answer.to_frame()[["num_ms", "dn_bw", "status"]].values.tolist()
    [[16, 4, 'optimal'], [16, 8, 'optimal'], [32, 4, 'optimal'], [32, 8, 'optimal']]
    """
    wanted = objectives_of(objectives)
    question = question_of(None, wanted[0], {"baselines": False, **search_options(options or {})})
    sizes = sizes_of(num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth)
    points, skipped = grid_of(hardware, sizes, count_setup).points()
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
    options: SearchOptions | None = None,
    num_ms: Values = None,
    dn_bw: Values = None,
    rn_bw: Values = None,
    bandwidth: Values = None,
    accumulation_buffer: Values = None,
    buffer: Values = None,
    dram_bandwidth: Values = None,
    count_setup: bool | None = None,
) -> DesignAnswer:
    """Choose the accelerator for a network together with the mappings of all its layers.

    Parameters
    ----------
    model, hardware, jobs, scheduler, cache, options
        As for `sweep`, which raises the same errors.
    num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth, count_setup
        As for `sweep`.
    objective
        ``latency``, ``energy`` or ``edp`` of the whole network.
    max_area, max_power
        Limits, in the energy table's units; power is energy / latency.
    time_limit
        Seconds for all; then the best so far is given with its gap.

    Examples
    --------
    >>> import solver
    >>> answer = solver.design("fc 64 -> 10", num_ms="16..64", bandwidth="/4", max_area=250_000, cache=False)
    >>> answer.proved, answer.hardware.num_ms, answer.solves <= answer.questions
    (True, 32, True)
    """
    sizes = sizes_of(num_ms, dn_bw, rn_bw, bandwidth, accumulation_buffer, buffer, dram_bandwidth)
    points, skipped = grid_of(hardware, sizes, count_setup).points()
    name, layers = network_of(model)
    template = question_of(
        None, objective, {"workers": 1, "baselines": False, **search_options(options or {})}
    )
    area, power = amount_of("max_area", max_area), amount_of("max_power", max_power)
    with closing(executor_for(jobs, scheduler)) as executor:
        return run_design(
            name,
            layers,
            points,
            template,
            max_area=area,
            max_power=power,
            skipped=skipped,
            time_limit=time_limit,
            executor=executor,
            cache=Cache() if cache else None,
        )


def report(
    answers: Displayed | Sequence[Displayed],
    path: str | Path,
    *,
    seed: int | None = None,
    force: bool = False,
) -> None:
    """Write answers as a page that needs nothing else, as ``--report`` does.

    Parameters
    ----------
    answers
        One answer, or several of the same function (`map`, `network`, `pareto`, `explain`).
    seed
        Of the searches, for the section on how to reproduce them.
    force
        Whether an existing file may be replaced.

    Raises
    ------
    InputError
        If there is no page for such answers, or the file exists or cannot be written.
    MissingDependencyError
        If the packages of the extra ``report`` are not installed.

    Examples
    --------
    >>> import solver, tempfile
    >>> best = solver.map("fc 64 -> 10", {"num_ms": 16, "dn_bw": 4, "rn_bw": 4})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     solver.report(best, folder + "/best.html", seed=0)
    ...     best.report(folder + "/best.html", force=True)
    """
    several = list(answers) if isinstance(answers, Sequence) else [answers]
    write_report(several, path, seed=seed, force=force)
