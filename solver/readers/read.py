"""Layers from wherever the user keeps them: files, shipped networks, the command line itself."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from solver.errors import InputError, did_you_mean, placed
from solver.files import read_text, shipped
from solver.layer import Layer
from solver.readers.blocks import is_block, read_block
from solver.readers.dims import Dims
from solver.readers.folder import read_folder
from solver.readers.notation import NOTATIONS, read_notation
from solver.readers.reading import Reading
from solver.readers.unreadable import unreadable
from solver.readers.yaml_layers import layer_from_mapping
from solver.yamlfile import Name, Reads, Unreadable, YamlModel, load, parse, validate
from solver.yamlfile.values import YamlList, YamlMap, YamlScalar, YamlValue, describe, line_of

YAML_SUFFIXES = (".yaml", ".yml", ".json")
COMMAND_LINE = "command line"
"""What stands for the file of a layer in the one-line notation."""


def read_layers(source: str | Path, dims: Dims | None = None) -> list[Layer]:
    """Return the layers of a source that is right throughout; as `read_model` but for the result.

    Returns
    -------
    list of Layer
        At least one.

    Raises
    ------
    InputError
        If anything in the source is wrong; it says where.
    """
    return list(read_model(source, dims).complete().layers)


def read_model(source: str | Path, dims: Dims | None = None) -> Reading:
    """Return the layers that a user names or describes.

    Parameters
    ----------
    source
        An existing YAML, JSON or text file; a model (ONNX, TensorFlow or Keras program or notebook,
        ``.keras``, ``.h5``, ``.pt2``, ``.tflite``); a folder of mRNA layer files; a shipped file (``vgg16``
        or ``layers/vgg16.yaml``); or a layer in the one-line notation, such as ``fc 4096 -> 1000``. Any of
        them but the last may be followed by ``:NAME``, which takes the layer of that name alone.
    dims
        What the user says of the model: sizes that it leaves open, layers that are wanted.

    Returns
    -------
    Reading
        At least one layer or error. Layers without a name get the file's, with their position if there are
        several.

    Raises
    ------
    InputError
        If there is no such file or it cannot be read, or a layer in it is wrong; it says where. The mistakes
        that leave other layers whole are in the reading.
    """
    dims = dims or Dims()
    model, wanted = split_source(str(source))
    reading = _read(model, dims)
    if dims.used and Path(model).suffix.lower() not in MODELS:
        expected = f"no {' and no '.join(dims.used)}: they are for models that leave something open"
        raise InputError(file=model, found="a description with all its sizes", expected=expected)
    wanted = (*dims.layers, *wanted)
    return reading.only(wanted, model) if wanted else reading


def split_source(source: str) -> tuple[str, tuple[str, ...]]:
    """Return the model that a source names, and the layer of it that is wanted: ``resnet50:conv1``.

    Both parts may hold colons; the model is the longest start that is a file or a shipped network.
    """
    parts = source.split(":")
    for count in range(len(parts), 0, -1):
        model = ":".join(parts[:count])
        if model and (_is_file(model) or _shipped_name(model)):
            return model, (":".join(parts[count:]),) if count < len(parts) else ()
    return source, ()


def source_name(source: str) -> str:
    """Return what to call a source: the file's name without its end; ``layer`` for one line."""
    model, _ = split_source(source)
    return Path(model).stem if _is_file(model) else _shipped_name(model) or "layer"


def _read(source: str, dims: Dims) -> Reading:
    path = Path(source)
    errors: list[InputError] = []
    notes: list[str] = []
    if _is_file(source) and path.suffix.lower() in MODELS and not path.is_dir():
        module, _, reader = MODELS[path.suffix.lower()].partition(":")
        reading: Reading = getattr(import_module(f"solver.readers.{module}"), reader)(source, dims)
        return reading
    if _is_file(source) and (error := unreadable(source)):
        raise error
    if _is_file(source) and path.is_dir():
        return read_folder(path)
    if _is_file(source):
        file, stem = source, path.stem
        found = _layers_of_file(path, errors, notes)
    elif (name := _shipped_name(source)) is not None:
        file, stem = f"layers/{name}.yaml", name
        text = (shipped("layers") / f"{name}.yaml").read_text(encoding="utf-8")
        found = _layers_of_yaml(parse(text, file=file), file, errors)
    elif re.search(r"\S\s+\S", source) and path.suffix.lower() not in SUFFIXES:
        file, stem = COMMAND_LINE, "layer"
        found = _layers_of_text(source, file)
    else:
        raise _no_such_file(source)
    if not found and not errors:
        raise InputError(file=file, line=1, field="layers", found="none", expected="at least one layer")
    return Reading(tuple(_named(found, stem)), tuple(notes), tuple(errors))


MODELS = {
    ".onnx": "onnx.read:read_onnx",
    ".py": "tensorflow:read_program",
    ".ipynb": "tensorflow:read_program",
    ".keras": "keras_file:read_keras",
    ".h5": "keras_file:read_hdf5",
    ".hdf5": "keras_file:read_hdf5",
    ".pt2": "live.torch_graph:read_pt2",
    ".tflite": "tflite.read:read_tflite",
}
"""The readers of models by the ends of their names: modules, slow to import, and their functions."""

SUFFIXES = (*YAML_SUFFIXES, ".txt", *MODELS)
"""Ends of the names of files that hold layers."""


def _read_list(value: Any) -> YamlList:
    if not isinstance(value, YamlList):
        raise Unreadable(value)
    return value


class NetworkFile(YamlModel):
    """A file that holds several layers."""

    name: Name = ""
    layers: Annotated[Any, Reads(_read_list, "a list of layers")]


def _is_file(source: str) -> bool:
    # A folder cannot be read, so one that is named like a shipped network does not hide it.
    return os.path.exists(source) and not (os.path.isdir(source) and _shipped_name(source))


def shipped_layers() -> list[str]:
    """Return the names of the shipped layer files, without ``.yaml``."""
    return sorted(path.stem for path in shipped("layers").glob("*.yaml"))


def _shipped_name(source: str) -> str | None:
    """Return the shipped file that is meant by its name, with or without folder and ending."""
    match = re.fullmatch(r"(layers/)?(\w+)(\.yaml)?", source.lower())
    return match[2] if match and match[2] in shipped_layers() else None


def _no_such_file(source: str) -> InputError:
    if re.match(r"[a-z][a-z0-9+.-]*://", source.strip(), re.IGNORECASE):
        expected = "a file on this machine: download it first"
        return InputError("this is an address, and nothing is downloaded", found=source, expected=expected)
    if source.strip().lower() in NOTATIONS:
        # The shell has taken the line apart, and what stood behind > as the name of a file.
        expected = "a layer in quotes, such as 'fc 4096 -> 1000'"
        return InputError(field="layer", found=f"{source.strip()} alone", expected=expected)
    stem = Path(source).stem
    return InputError(
        f"no such file{did_you_mean(stem, shipped_layers())}",
        file=source or None,
        field="layer",
        found=source.strip() or "nothing",
        expected=f"a file, a layer such as 'fc 4096 -> 1000', or one of {', '.join(shipped_layers())}",
    )


def _layers_of_file(path: Path, errors: list[InputError], notes: list[str]) -> list[Layer]:
    file, suffix = str(path), path.suffix.lower()
    if suffix in YAML_SUFFIXES:
        return _layers_of_yaml(load(path), file, errors)
    if suffix in (".txt", ""):
        return _layers_of_text(read_text(path), file, notes)
    expected = f"a file that ends in one of {', '.join(SUFFIXES)}"
    raise InputError(file=file, field="layer", found=f"a {suffix} file", expected=expected)


def _layers_of_yaml(value: YamlValue, file: str, errors: list[InputError]) -> list[Layer]:
    """Return the layers of a whole file: one layer, a list, or a mapping that holds a list.

    The mistakes of single layers of a list are added to `errors`.
    """
    if isinstance(value, YamlMap) and "layers" in value:
        network = validate(NetworkFile, value, file=file)
        layers = _layers_of_list(network.layers, file, errors)
        return _named(layers, network.name) if network.name else layers
    if isinstance(value, YamlList):
        return _layers_of_list(value, file, errors)
    return _layers_of_item(value, file)


def _layers_of_list(items: YamlList, file: str, errors: list[InputError]) -> list[Layer]:
    layers = []
    for item in items:
        try:
            layers += _layers_of_item(item, file)
        except InputError as error:
            errors.append(error)
    return layers


def _layers_of_item(value: YamlValue, file: str) -> list[Layer]:
    if isinstance(value, YamlScalar) and not value.is_null:
        return _layers_of_scalar(value, file)
    if not isinstance(value, YamlMap):
        expected = "a layer: a mapping with a kind, or a description such as fc 4096 -> 1000"
        raise InputError(
            file=file, line=line_of(value), field="layer", found=describe(value), expected=expected
        )
    if value and all(_is_description(entry) for entry in value.values()):
        # "- conv1: conv 3x224x224 -> 64, 7x7" is the one-line notation to people and a mapping to YAML.
        described = ((name, _layers_of_scalar(entry, file)) for name, entry in value.items())
        return [replace(layer, name=name) for name, layers in described for layer in _named(layers, name)]
    return [layer_from_mapping(value, file=file)]


def _is_description(value: YamlValue) -> bool:
    return isinstance(value, YamlScalar) and re.match(r"\w+\s+\d|host\s", value) is not None


def _layers_of_scalar(value: YamlScalar, file: str) -> list[Layer]:
    try:
        return _layers_of_text(value, file)
    except InputError as error:
        # Both count from the description's start.
        error.line = None if error.line is None else error.line + value.text_line - 1
        error.column = None
        raise


def _layers_of_text(text: str, file: str, notes: list[str] | None = None) -> list[Layer]:
    with placed(file=file):
        return [read_block(text, notes)] if is_block(text) else read_notation(text)


def _named(layers: Sequence[Layer], stem: str) -> list[Layer]:
    """Name the layers that have none: the stem, or if there are several stem/1, stem/2, ... by position."""
    if len(layers) == 1:
        return [layer if layer.name else replace(layer, name=stem) for layer in layers]
    taken = {layer.name for layer in layers}
    result = []
    for position, layer in enumerate(layers, start=1):
        name = layer.name or f"{stem}/{position}"
        while not layer.name and name in taken:
            name += "'"
        taken.add(name)
        result.append(replace(layer, name=name))
    return result
