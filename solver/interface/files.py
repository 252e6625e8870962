"""The Python interface to what becomes files or is run: settings, executions, pictures, profiles, layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from solver.answers.evaluation import Evaluation, evaluation_of
from solver.answers.infeasible import Infeasible
from solver.answers.profile import Profile
from solver.answers.solution import Solution
from solver.answers.whole import WholeMapping
from solver.errors import ExitCode, InfeasibleError, InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.tensors import make_tensors
from solver.execution.whole_layers.whole import (
    AnyConfig,
    AnySimulation,
    WholeSimulation,
    verify_loaded,
)
from solver.files import write_all
from solver.interface.inputs import (
    HardwareLike,
    LayerLike,
    NetworkLike,
    dims_of,
    hardware_of,
    made_of_parts,
    objective_of,
    primitive_of,
    question_of,
    reading_of,
)
from solver.interface.keywords import python_words
from solver.interface.told import told
from solver.layer import Layer, Primitive
from solver.mapping.levels import LevelMapping
from solver.mapping.tile import Tile
from solver.questions.drawing import drawings_of
from solver.questions.evaluate import evaluate_given
from solver.questions.map_layer import map_layer
from solver.questions.map_parts import map_parts
from solver.questions.profile import profile as profile_mapping
from solver.readers.reading import Reading
from solver.views.drawing import ArrayGraph, array_graph, to_dot, to_svg
from solver.views.drawing.paint import FORMATS, files_of, pictures
from solver.writers.config_folder import check_folder, write_folders
from solver.writers.configure import AnyConfigured, read_back
from solver.writers.configure import configure as configure_mapping
from solver.writers.layer_file import write_layers
from solver.writers.ports.played import with_run
from solver.writers.ports.run_files import RunOperands
from solver.writers.schedule.folder import read_given_folder
from solver.writers.whole.configure import ConfiguredWhole, configure_whole
from solver.writers.whole.execute import execute_mapped, execute_parts
from solver.writers.whole.parts_folder import is_parts_folder, read_part_folder

MappingLike = Solution | Evaluation | Tile | LevelMapping | str | Path | None
"""An answer of `solver.map` or `solver.evaluate`, a mapping, a tile such as ``R3 S3 K28``, a file with one,
or None for the best mapping, which is searched first."""


@told
def configure(
    layer: LayerLike,
    out: str | Path,
    mapping: MappingLike = None,
    hardware: HardwareLike = None,
    *,
    objective: str = "latency",
    seed: int = 0,
    inputs: str | None = None,
    weights: str | None = None,
    run_limit: int = 20,
    stonne: str | None = None,
    force: bool = False,
) -> AnyConfigured | ConfiguredWhole:
    """Write the settings of every switch into a folder, as ``configure --out`` does.

    A layer made of parts, such as an LSTM, takes neither a mapping nor operands; every different part gets a
    folder of its own.

    Parameters
    ----------
    layer, hardware
        As for `solver.map`.
    out
        The folder.
    mapping
        See `MappingLike`; an answer brings its hardware.
    objective
        Of the best mapping, if it is searched.
    seed, inputs, weights, run_limit
        Operands of the real hardware's run (random by the seed, or files of NumPy), and the most MB that they
        and the expected results may take.
    stonne
        Your build of the reference simulator, to run the same mapping.
    force
        Whether files may be replaced.

    Raises
    ------
    InputError
        If something is wrong in what was given, or the folder has such files.

    Examples
    --------
    >>> import solver, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = solver.configure("fc 32 -> 8", folder + "/early", "S8", {"num_ms": 16})
    ...     solver.simulate("fc 32 -> 8", config=folder + "/early").to_dict()["verdict"]
    'correct'
    """
    check_folder(str(out), force=force)
    operands = RunOperands(seed, inputs, weights, run_limit)
    done: AnyConfigured | ConfiguredWhole
    whole = made_of_parts(layer)
    if whole is not None:
        _refuse_beside(whole, {"mapping": mapping, "inputs": inputs, "weights": weights})
        done = configure_whole(_mapped(whole, hardware, objective), Path(out), stonne, operands)
    else:
        evaluation = _chosen(layer, mapping, hardware, objective)
        done = configure_mapping(evaluation, Path(out), stonne, operands)
    write_folders({done.folder: done.content}, within=str(out), force=force)
    return done


@told
def simulate(
    layer: LayerLike,
    mapping: MappingLike = None,
    hardware: HardwareLike = None,
    *,
    config: str | Path | None = None,
    objective: str = "latency",
    arithmetic: Literal["exact", "int16", "fixed"] = "exact",
    seed: int = 0,
    inputs: str | None = None,
    weights: str | None = None,
) -> AnySimulation | WholeSimulation:
    """Execute a mapping switch by switch, and compare every output with direct convolution.

    A layer made of parts, such as an LSTM, is executed part by part on random operands, with the host's steps
    in fixed point, and compared with its definition. Programs for the real hardware in `config` are played.

    Parameters
    ----------
    layer, mapping, hardware, objective
        As for `configure`.
    config
        A folder that `configure` wrote, instead of a mapping and hardware.
    arithmetic
        Exact integers, 16 bits that wrap around, or the hardware's fixed point.
    seed, inputs, weights
        Operands: random by the seed, or files of NumPy.

    Raises
    ------
    InputError
        If something is wrong in what was given.
    SwitchFaultError
        If the configuration does not compute the layer; the message names the switch.

    Examples
    --------
    >>> import solver
    >>> solver.simulate("conv 2x5x5 -> 3, 3x3", "R3 S3", {"num_ms": 16}).execution.cycles
    153
    """
    if config is not None and (mapping is not None or hardware is not None):
        raise InputError(field="config", found="a mapping or hardware beside it", expected="one of the two")
    if arithmetic not in list(Arithmetic):
        raise InputError(field="arithmetic", found=arithmetic, expected="one of " + ", ".join(Arithmetic))
    mode, whole = Arithmetic(arithmetic), made_of_parts(layer)
    if whole is not None and (config is None or is_parts_folder(config)):
        other = None if mode is Arithmetic.EXACT else mode
        _refuse_beside(whole, {"mapping": mapping, "inputs": inputs, "weights": weights, "arithmetic": other})
        if config is not None:
            return execute_parts(whole, str(config), seed)
        return execute_mapped(_mapped(whole, hardware, objective), seed)
    loaded: AnyConfig
    if config is None:
        evaluation = _chosen(layer, mapping, hardware, objective)
        primitive, (loaded, notes) = evaluation.layer, read_back(evaluation)
    elif whole is not None:
        primitive, loaded, notes = read_part_folder(config, whole)
    else:
        primitive, (loaded, notes) = primitive_of(layer), read_given_folder(config)
    tensors = make_tensors(primitive, mode, seed=seed, inputs=inputs, weights=weights)
    done = verify_loaded(loaded, primitive, tensors, mode, notes=notes)
    return done if config is None else with_run(done, str(config), None, lambda stage: None)


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture of the array; notebooks show it.

    Attributes
    ----------
    graph
        What is drawn, by the names of switches and links.
    """

    graph: ArrayGraph

    def __repr__(self) -> str:
        return f"<Drawing of {self.graph.description}>"

    @property
    def svg(self) -> str:
        """The picture; a large array is folded into strips."""
        return to_svg(self.graph)

    @property
    def dot(self) -> str:
        """The graph for Graphviz."""
        return to_dot(self.graph)

    def _repr_svg_(self) -> str:
        return self.svg

    @python_words()
    def save(self, path: str | Path, *, fold: bool | None = None, force: bool = False) -> list[str]:
        """Write the picture to a file that ends in .svg, .dot, .png or .pdf, folded or not as `show` does.

        Returns the names of the files: an array too large for a sheet of A4 has one, or a page, for each.
        """
        ending = Path(path).suffix.lower().removeprefix(".")
        if ending not in FORMATS:
            expected = "a name that ends in " + ", ".join(f".{known}" for known in FORMATS)
            raise InputError(field="path", found=str(path), expected=expected)
        files = files_of(path, "sheet", pictures(self.graph, ending, fold=fold))
        write_all(files, force=force)
        return [str(name) for name in files]


@told
def show(
    layer: LayerLike | None = None,
    mapping: MappingLike = None,
    hardware: HardwareLike = None,
    *,
    objective: str = "latency",
) -> Drawing:
    """Draw the array, with a layer also the mapping on it; of a mapping in pieces the first one.

    Parameters are those of `configure`; without a layer the array alone is drawn.

    Examples
    --------
    >>> import solver
    >>> solver.show("fc 32 -> 8", "S8", {"num_ms": 16}).svg[:4]
    '<svg'
    """
    if layer is None:
        if mapping is not None:
            raise InputError(
                "it is about the mapping of a layer", field="mapping", expected="a layer to draw"
            )
        graph = array_graph(hardware_of(hardware), None, None)
    else:
        graph = array_graph(*drawings_of(_chosen(layer, mapping, hardware, objective))[0])
    return Drawing(graph)


@told
def profile(
    layer: LayerLike,
    mapping: MappingLike = None,
    hardware: HardwareLike = None,
    *,
    objective: str = "latency",
) -> Profile:
    """Say what a mapping makes each part of the array do; of one in pieces see `solver.evaluate`.

    Parameters are those of `configure`.

    Examples
    --------
    >>> import solver
    >>> solver.profile("fc 32 -> 8", "S8", {"num_ms": 16}).idle_switches
    8
    """
    evaluation = _chosen(layer, mapping, hardware, objective)
    if evaluation.pieces:
        raise InputError(
            field="mapping", found=f"{len(evaluation.pieces)} pieces", expected="a mapping in one piece"
        )
    return profile_mapping(evaluation)


@told
def convert(
    model: NetworkLike,
    out: str | Path | None = None,
    *,
    example_inputs: Any = None,
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, float] | None = None,
    call: str | None = None,
    layers: Iterable[str] = (),
    force: bool = False,
) -> Reading:
    """Read a model, and write its layers as YAML.

    Parameters
    ----------
    model, example_inputs, batch, dims, values, call, layers
        As for `solver.read`.
    out
        A file that ends in .yaml, or a folder for a file per layer; nothing is written without.
    force
        Whether existing files may be replaced.

    Examples
    --------
    >>> import solver, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     reading = solver.convert("vgg16", folder + "/vgg16.yaml")
    ...     len(solver.read(folder + "/vgg16.yaml").layers) == len(reading.layers)
    True
    """
    name, reading = reading_of(model, dims_of(batch, dims, values, call, layers), example_inputs)
    reading = reading.complete()
    if out is not None:
        write_layers(Path(out), name, reading.layers, source=name, force=force)
    return reading


def _chosen(layer: LayerLike, mapping: MappingLike, hardware: HardwareLike, objective: str) -> Evaluation:
    """Return the mapping that is given, or the best one."""
    primitive = primitive_of(layer)
    if isinstance(mapping, Solution | Evaluation):
        if hardware is not None and hardware_of(hardware) != mapping.hardware:
            raise InputError(
                field="hardware", found="another one than the mapping's", expected="none beside an answer"
            )
        found = evaluation_of(mapping) if isinstance(mapping, Solution) else mapping
        if found.layer.nest() != primitive.nest():
            name = found.layer.title
            raise InputError(field="mapping", found=f"one of {name}", expected="a mapping of the layer")
        return replace(found, layer=primitive)
    if mapping is not None:
        used = None if hardware is None else hardware_of(hardware)
        (given,) = evaluate_given([primitive], mapping, used, None, objective_of(objective))
        return given
    answer, _ = map_layer(primitive, question_of(hardware, objective, {"baselines": False}))
    if isinstance(answer, Infeasible):
        raise InfeasibleError(answer.reason)
    return evaluation_of(answer)


def _mapped(layer: Layer, hardware: HardwareLike, objective: str) -> WholeMapping:
    """Return the best mapping of every part of a layer, in the way that costs least."""

    def choose(parts: list[Primitive]) -> tuple[list[Evaluation], ExitCode]:
        return [_chosen(part, None, hardware, objective) for part in parts], ExitCode.PROVED

    return map_parts(layer, objective_of(objective), choose)[0]


def _refuse_beside(layer: Layer, given: Mapping[str, object]) -> None:
    """Refuse what would have to be given for every part of a layer."""
    for name, value in given.items():
        if value is not None:
            raise InputError(
                field=name, found=f"one beside the kind {layer.kind}, made of parts", expected="None"
            )
