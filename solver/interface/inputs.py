"""What people give the Python functions: names, files and texts, or the dataclasses themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypedDict

from solver.arithmetic.numbers import CLOCK, parse_clock
from solver.cli.command import MEANINGS
from solver.cost.result import Objective
from solver.errors import InputError, did_you_mean, unknown
from solver.hardware import Hardware, read_hardware
from solver.hardware.read import changed_hardware
from solver.layer import HostOperation, Layer, Primitive, check_positive
from solver.legal.tiles import Limits
from solver.questions.map_layer import Question
from solver.questions.sweep.grid import AXES, Grid
from solver.questions.sweep.values import parse_values
from solver.readers.dims import Dims
from solver.readers.live.door import is_live, live_name, read_live
from solver.readers.read import read_layers, read_model, split_source
from solver.readers.reading import Reading
from solver.readers.yaml_layers import layer_from_mapping
from solver.search.two_level.solve import Prover
from solver.yamlfile.values import YamlMap, from_python

LayerLike = Layer | str | Path | Mapping[str, Any]
"""A layer, its name, file or one-line notation, or its keys of the YAML form (``{"kind": "fc", ...}``)."""

NetworkLike = Sequence[LayerLike] | str | Path | Any
"""The layers of a network, its name or file, or a model in memory: a ``torch.nn.Module`` or
``ExportedProgram``, a ``keras.Model``, an ``onnx.ModelProto``, or a function of JAX."""

HardwareLike = Hardware | str | Path | Mapping[str, Any] | None
"""Hardware, a preset or file, changes of the default preset under the keys of a hardware file or the flags'
names (``{"num_ms": 128, ...}``; with ``source`` of another preset), or None for the default."""

Values = int | str | bool | Iterable[int | str | bool] | None
"""Sizes of accelerators: one, several, a text such as ``"64..512"``, or None for the hardware's own."""


def grid_of(hardware: str | Path | None, sizes: Mapping[str, Any], **fixed: Any) -> Grid:
    """Return the accelerators that lists, ranges and single values describe, with what all have in common."""

    def values(name: str, given: Any) -> tuple[Any, ...]:
        if isinstance(given, str):
            shares = name in ("dn_bw", "rn_bw", "bandwidth")
            rates = name == "dram_bandwidth"
            return parse_values(given, name, sizes=name == "buffer", shares=shares, rates=rates)
        if isinstance(given, Iterable):
            return tuple(dict.fromkeys(value for item in given for value in values(name, item)))
        return (given,)

    for name in sizes:
        if name not in AXES:
            raise unknown("parameter", name, AXES)
    if isinstance(clock := fixed.get("clock"), str):
        fixed["clock"] = parse_clock(clock)
        if fixed["clock"] is None:
            raise InputError(field="clock", found=clock, expected=CLOCK)
    common = {name: value for name, value in fixed.items() if value is not None}
    return Grid(hardware, {name: values(name, given) for name, given in sizes.items()}, common)


class DesignOptions(TypedDict, total=False):
    """How a mapping is searched: fields of `solver.questions.map_layer.Question`; None is the default.

    Tiles are bounded by `limits`, or by what belongs to it: `fix`, `min` and `max`, such as ``{"K": 4}``.
    """

    limits: Limits | None
    fix: Mapping[str, int] | None
    min: Mapping[str, int] | None
    max: Mapping[str, int] | None
    workers: int | None
    seed: int | None
    baselines: bool | None
    stationary: str | None
    forms: str | None
    pieces: str | int | None
    prover: Prover | None


class SearchOptions(DesignOptions, total=False):
    """The same, and the seconds that the search of a layer may take."""

    time_limit: float | None


BOUNDS = ("fix", "min", "max")


def search_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are given, bounds of tiles as limits."""
    given = {name: value for name, value in options.items() if value is not None}
    bounds = {name: given.pop(name) for name in BOUNDS if name in given}
    if not bounds:
        return given
    if "limits" in given:
        found = f"{' and '.join(bounds)} beside it"
        raise InputError(field="limits", found=found, expected="one of the two")
    for name, sizes in bounds.items():
        for size in sizes.values():
            check_positive(name, size)
        bounds[name] = {dim.removeprefix("T_"): size for dim, size in sizes.items()}
    return {**given, "limits": Limits.of(*(bounds.get(name, {}) for name in BOUNDS))}


def sizes_of(*values: Values) -> dict[str, Values]:
    """Return the sizes that are given; values in the order of `solver.questions.sweep.grid.AXES`."""
    return {name: value for name, value in zip(AXES, values, strict=True) if value is not None}


def question_of(hardware: HardwareLike, objective: str, options: Mapping[str, Any]) -> Question:
    """Return the question that objective and options make."""
    known = Question.__dataclass_fields__.keys() - {"hardware", "objective"}
    for name in options:
        if name not in known:
            raise unknown("option", name, sorted(known))
    return Question(
        **{"limits": Limits(), **options}, hardware=hardware_of(hardware), objective=objective_of(objective)
    )


def objective_of(given: str) -> Objective:
    """Return the objective of a name."""
    if isinstance(given, str) and given.lower() == "pareto":
        found = "pareto, which is no single mapping"
        expected = f"one of {', '.join(Objective)}; solver.pareto(layer, hardware) finds the front"
        raise InputError(field="objective", found=found, expected=expected)
    if not isinstance(given, str) or given.lower() not in set(Objective):
        hint = did_you_mean(given, Objective, MEANINGS) if isinstance(given, str) else ""
        raise InputError(field="objective", found=f"{given}{hint}", expected="one of " + ", ".join(Objective))
    return Objective(given.lower())


def objectives_of(given: str | Iterable[str]) -> list[Objective]:
    """Return the objectives of a name or of several; at least one."""
    several = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    found = [objective_of(each) for each in several]
    if not found:
        raise InputError(field="objectives", found="an empty list", expected="at least one objective")
    return found


def amount_of(name: str, given: Decimal | float | str | None) -> Decimal | None:
    """Return a limit, a number above 0, as it is written in decimals; None is none."""
    if given is None:
        return None
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount > 0):
        raise InputError(field=name, found=given, expected="a number above 0")
    return amount


def hardware_of(given: HardwareLike) -> Hardware:
    """Return hardware, however it is given."""
    if isinstance(given, Hardware):
        return given
    if isinstance(given, Mapping):
        return changed_hardware(given)
    return read_hardware(given)


def layers_of(given: LayerLike) -> list[Layer]:
    """Return the layers that are given in one way."""
    if isinstance(given, Layer):
        return [given]
    if isinstance(given, Mapping):
        value = from_python(given)
        assert isinstance(value, YamlMap)
        return [layer_from_mapping(value, file=None)]
    if isinstance(given, str | Path):
        return read_layers(given)
    expected = "a layer, its name, file or notation, or a mapping of its keys"
    expected += "; solver.network takes many" if isinstance(given, list | tuple) else ""
    raise InputError(field="layer", found=f"the type {type(given).__name__}", expected=expected)


def primitive_of(given: LayerLike) -> Primitive:
    """Return the one layer that is given; raises `InputError` if it is several, or made of parts."""
    layers = layers_of(given)
    if len(layers) != 1:
        names = ", ".join(layer.title for layer in layers)
        raise InputError(
            field="layer", found=f"{len(layers)} layers: {names}", expected="one; solver.network takes many"
        )
    layer = layers[0]
    if not isinstance(layer, Primitive):
        raise InputError(
            field=layer.name or "layer",
            found=f"the kind {layer.kind}, made of several parts",
            expected="a layer of one loop nest; solver.network takes the others",
        )
    return layer


def made_of_parts(given: LayerLike) -> Layer | None:
    """Return the one layer that is given if it is made of parts, else None."""
    layers = layers_of(given)
    return layers[0] if len(layers) == 1 and not isinstance(layers[0], Primitive | HostOperation) else None


def network_of(given: NetworkLike) -> tuple[str, list[Layer]]:
    """Return the name and the layers of a network, however it is given; whole, or `InputError`."""
    name, reading = reading_of(given)
    if not (isinstance(given, Iterable) and not isinstance(given, str | Path)):
        reading = reading.counted(str(name))
    return name, list(reading.complete().layers)


def dims_of(
    batch: int | None,
    dims: Mapping[str, int] | None,
    values: Mapping[str, float] | None,
    call: str | None,
    layers: Iterable[str],
) -> Dims:
    """Return what a user says of a model, or refuse sizes and names that are none."""
    for name, size in ("batch", batch), *(dims or {}).items():
        if size is not None:
            check_positive(name, size)
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    for each in names:
        if not isinstance(each, str):
            raise InputError(field="layers", found=each, expected="names of layers")
    return Dims(batch, dict(dims or {}), dict(values or {}), call, names)


def reading_of(
    given: NetworkLike, said: Dims | None = None, example_inputs: Any = None
) -> tuple[str, Reading]:
    """Return the name of a network and what was read, mistakes included, however it is given."""
    said = said or Dims()
    if isinstance(given, str | Path):
        if example_inputs is not None:
            raise InputError(field="example_inputs", found=f"some for {given}", expected="none for a file")
        return Path(split_source(str(given))[0]).stem or str(given), read_model(str(given), said)
    if is_live(given):
        reading = read_live(given, said, example_inputs)
        return live_name(given), reading.only(said.layers, live_name(given)) if said.layers else reading
    if isinstance(given, Layer | Mapping) or not isinstance(given, Iterable):
        expected = "a list of layers, a name or file, or a model"
        raise InputError(field="network", found=f"the type {type(given).__name__}", expected=expected)
    return "network", Reading(tuple(layer for each in given for layer in layers_of(each)))
