"""What the front ends read, beside what is known of the networks from elsewhere.

    python -m benchmarks.readers.frontends [--data FOLDER]

Built models (tests/support/examples/onnx_models.py) and those of the onnx package need `onnx`; mRNA's files
are those
of tests/data, or with --data the whole set.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from benchmarks.measured.measurements import data_folder
from solver.errors import InputError, MapperError
from solver.layer import BatchMatmul, Conv, FullyConnected, Gemm, HostOperation, Layer
from solver.readers.dims import Dims
from solver.readers.read import read_layers, read_model
from solver.readers.reading import Reading

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "tests" / "data" / "programs"

# Multiply-accumulates of convolutions and fully connected layers, in 10**9, one image: from the papers, model
# cards and torchvision's tables.
PUBLISHED = {
    "resnet50": 4.09,
    "mobilenetv2": 0.30,
    "vgg16": 15.5,
    "vgg19": 19.6,
    "squeezenet": 0.35,  # version 1.1
    "densenet121": 2.83,
    "inception_v1": 1.43,
    "alexnet": 0.72,
    "bert": 10.9,  # twelve blocks of 128 tokens, without attention's own products
}


def products(layers: Iterable[Layer]) -> list[Layer]:
    return [layer for layer in layers if isinstance(layer, (Conv, FullyConnected, Gemm))]


def row(table: Table, name: str, read: Callable[[], Reading], published: str = "") -> None:
    """Add a network: its layers by kind, its work beside the published figure, and the time of reading."""
    start = time.perf_counter()
    try:
        reading = read().complete()
    except MapperError as error:
        table.add_row(name, "refused", "", "", "", str(error)[:60])
        return
    seconds = time.perf_counter() - start
    kinds = Counter(layer.kind for layer in reading.layers if not isinstance(layer, HostOperation))
    host = len(reading.layers) - sum(kinds.values())
    attention = sum(layer.macs for layer in reading.layers if isinstance(layer, BatchMatmul))
    macs = sum(layer.macs for layer in products(reading.layers))
    stated = f"{1000 * PUBLISHED[published]:,.0f}" if published else ""
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    work = f"{macs / 1e6:,.2f}" + (f" + {attention / 1e6:,.2f}" if attention else "")
    table.add_row(name, counted, str(host), work, stated, f"{seconds:.2f} s")


def models(table: Table, folder: Path) -> None:
    """Add the ONNX models: ours, and those that the onnx package ships."""
    try:
        import onnx
    except ImportError:
        table.add_row("ONNX models", "onnx is not installed", "", "", "", "")
        return
    from tests.support.examples.onnx_models import bert, mobilenetv2, recurrent, resnet50

    built = {"resnet50": (resnet50(), Dims()), "mobilenetv2": (mobilenetv2(), Dims())}
    built["bert"] = (bert(), Dims(sizes={"sequence": 128}))
    for name, (builder, dims) in built.items():
        file = builder.save(folder / f"{name}.onnx")
        row(table, f"{name}.onnx (built)", lambda f=file, d=dims: read_model(f, d), name)  # type: ignore[misc]
    file = recurrent("LSTM", 4).save(folder / "lstm.onnx", "rnn")
    row(table, "lstm.onnx (built)", lambda: read_model(file))
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    names = {"densenet121": "densenet121", "inception_v1": "inception_v1", "resnet50": "resnet50"}
    names |= {
        "squeezenet": "squeezenet",
        "vgg19": "vgg19",
        "bvlc_alexnet": "",
        "shufflenet": "",
        "zfnet512": "",
    }
    for name, published in names.items():
        path = light / f"light_{name}.onnx"
        if path.exists():
            row(table, f"{name} (shipped by onnx)", lambda p=path: read_model(p), published)  # type: ignore[misc]


def programs(table: Table) -> None:
    """Add the TensorFlow programs that can be followed."""
    published = {
        "vgg16": "vgg16",
        "resnet50": "resnet50",
        "mobilenetv2": "mobilenetv2",
        "alexnet_groups": "alexnet",
    }
    dims = {"tf1_bidirectional_gru": Dims(sizes={"tokens:1": 40})}
    for path in sorted(PROGRAMS.glob("*.py")):
        if path.stem.startswith(("broken", "hostile")):
            continue
        key = published.get(path.stem.partition("_")[2], "")
        batch_is_32 = path.stem == "tf1_vgg16"
        row(
            table,
            path.name + (" (batch 32)" if batch_is_32 else ""),
            lambda p=path: read_model(p, dims.get(p.stem)),  # type: ignore[misc]
            "" if batch_is_32 else key,
        )


def refusals(console: Console) -> None:
    """Say how the programs that are wrong or mean harm fare."""
    told = 0
    files = sorted([*PROGRAMS.glob("broken*.py"), *PROGRAMS.glob("hostile*.py")])
    for path in files:
        try:
            read_layers(path)
            console.print(
                f"  {path.name}: read (it builds {len(read_layers(path))} layer, the rest is not run)"
            )
        except InputError as error:
            told += 1
            assert error.line is not None, path
    console.print(f"  {told} of {len(files)} refused with file and line")


def mrna(console: Console, folder: Path) -> None:
    """Say how many of mRNA's files are read, and whether the VGG-16 program gives the same layers."""
    readings = {each.name: read_model(each) for each in sorted(folder.iterdir()) if each.is_dir()}
    count = sum(len(reading.layers) for reading in readings.values())
    wrong = sum(len(reading.errors) for reading in readings.values())
    console.print(f"  {count} files read, {wrong} refused with their reason, of {count + wrong}")
    theirs = {
        layer.name.partition("/")[2]: layer.to_dict() | {"name": ""} for layer in readings["vggnet"].layers
    }
    array = [x for x in read_layers(PROGRAMS / "tf1_vgg16.py") if not isinstance(x, HostOperation)]
    same = sum(theirs.get(str(n)) == layer.to_dict() | {"name": ""} for n, layer in enumerate(array, start=1))
    console.print(
        f"  tf1_vgg16.py: {len(array)} layers, {same} equal to the {len(theirs)} readable files of vggnet; "
        f"the other {len(array) - same} are its files with transposed weights"
    )
    keras = [
        x
        for x in read_layers(PROGRAMS / "keras_vgg16.py", Dims(batch=32))
        if not isinstance(x, HostOperation)
    ]
    console.print(f"  keras_vgg16.py --batch 32 equal to it: {keras == array}")


def main() -> None:
    data = data_folder(__doc__)
    console = Console(width=150)
    table = Table(box=None, pad_edge=False)
    for name in (
        "model",
        "layers for the array",
        "host",
        "10^6 MACs in conv, fc, gemm (+ matmul)",
        "published",
        "time",
    ):
        table.add_column(
            name, justify="left" if name.startswith(("model", "layers")) else "right", overflow="fold"
        )
    with TemporaryDirectory() as folder:
        models(table, Path(folder))
    programs(table)
    console.print(table)
    console.print("\nPrograms that are broken or hostile")
    refusals(console)
    console.print("\nmRNA's layer files")
    mrna(console, data / "mrna_layers")


if __name__ == "__main__":
    main()
