"""Formats that are not read, each with the command by which its own library makes a file that is."""

from __future__ import annotations

from pathlib import Path

from solver.errors import InputError

TF2ONNX = "python -m tf2onnx.convert"
TORCH = (
    "torch.onnx.export(model, inputs, 'model.onnx') or, in Python, "
    "solver.network(model, example_inputs=inputs)"
)

EXPORTS: dict[str, tuple[str, str]] = {
    ".pb": (
        "a frozen graph or SavedModel of TensorFlow",
        f"{TF2ONNX} --graphdef {{file}} --inputs NAME:0 --outputs NAME:0 --output {{stem}}.onnx "
        f"(of a SavedModel: {TF2ONNX} --saved-model {{folder}} --output {{stem}}.onnx)",
    ),
    ".pt": ("weights, or a whole pickled model, of torch", f"{TORCH}, with the model loaded in its program"),
    ".mlmodel": (
        "a Core ML model",
        "the export of the model it was converted from; or onnxmltools.convert_coreml("
        "coremltools.models.MLModel('{file}').get_spec()), saved as {stem}.onnx",
    ),
    ".safetensors": ("weights without the model", f"{TORCH}, with the model built by its program"),
    ".gguf": ("weights without the model", f"{TORCH}, with the model built by its program"),
    ".xml": ("an OpenVINO model", "the ONNX file that it was made of"),
    ".mar": ("an archive of TorchServe", TORCH),
    ".caffemodel": (
        "a Caffe model",
        "python -m caffe2onnx.convert --prototxt {stem}.prototxt --caffemodel {file}",
    ),
    ".prototxt": (
        "a Caffe model",
        "python -m caffe2onnx.convert --prototxt {file} --caffemodel {stem}.caffemodel",
    ),
    ".pdmodel": (
        "a PaddlePaddle model",
        "paddle2onnx --model_dir {folder} --model_filename {name} --save_file {stem}.onnx",
    ),
    ".engine": ("a TensorRT engine", "the ONNX file that it was built of"),
    ".ort": ("onnxruntime's own format", "the ONNX file that it was made of"),
    ".pkl": ("a pickle, which can run any code", TORCH),
}
"""What a file is by the end of its name, and how to get one that is read."""

ALIASES = {
    ".pth": ".pt",
    ".jit": ".pt",
    ".pbtxt": ".pb",
    ".npz": ".safetensors",
    ".msgpack": ".safetensors",
    ".ckpt": ".pt",
    ".pickle": ".pkl",
    ".mlpackage": ".mlmodel",
    ".pdiparams": ".pdmodel",
    ".trt": ".engine",
    ".plan": ".engine",
}


def unreadable(source: str) -> InputError | None:
    """Return the error for a file or folder of a format that is not read; None for any other."""
    path = Path(source)
    if path.is_dir() and (path / "saved_model.pb").exists():
        export = f"{TF2ONNX} --saved-model {source} --output {path.name}.onnx"
        return InputError(file=source, found="a SavedModel of TensorFlow", expected=f"an ONNX file: {export}")
    suffix = path.suffix.lower()
    entry = EXPORTS.get(ALIASES.get(suffix, suffix))
    if entry is None:
        return None
    kind, export = entry
    folder = str(path.parent)
    filled = export.format(file=source, stem=path.stem, folder=folder, name=path.name)
    return InputError(file=source, found=kind, expected=f"an ONNX file: {filled}")
