"""Everything with which the real hardware's RTL runs a mapping, as texts by file name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from solver.arithmetic.arrays import IntArray
from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.execute import form_of
from solver.execution.lowering import Tensors, nest_operands
from solver.execution.pieces import piece_tensors
from solver.execution.ports.compile import compile_program, compile_schedule
from solver.execution.ports.program import PortProgram
from solver.execution.ports.results import Results
from solver.execution.ports.schedule_results import order_of
from solver.execution.tensors import make_tensors
from solver.files import read_text
from solver.hardware.array_kind import RTL
from solver.layer import Primitive
from solver.pieces.piece import Piece
from solver.schedule.schedule import Schedule
from solver.switches.switch_config import SwitchConfig
from solver.writers.ports.program_text import program_text, schedule_text
from solver.writers.ports.program_words import DATA_BITS, image, mask_bits, program_images

NUMBERS = ("weights.vmh", "inputs.vmh", "expected.vmh")
DRIVERS = ("PlayProgram.bsv", "play_program.sv", "README-rtl.md")
FILES = {
    "program.vmh": "the run on the ports of the real hardware: its instructions",
    "loops.vmh": "which instructions repeat how often, and how far the operands move on",
    "puts.vmh": "masks and addresses of the words that all distribution ports send together",
    "multipliers.vmh": "the configurations of all multiplier switches",
    "program.txt": "all of that for people",
    "weights.vmh": "weights in the hardware's 16-bit fixed point",
    "inputs.vmh": "inputs, padded",
    "expected.vmh": "the values of every bus in the order in which they leave",
    "AcceleratorConfig.bsv": "sizes of the accelerator, as its sources want them",
    "ProgramSizes.bsv": "sizes of the memory images",
    "program_sizes.svh": "the same for the SystemVerilog driver",
    "PlayProgram.bsv": "driver in Bluespec: plays the program and compares every result",
    "play_program.sv": "the same for the Verilog that the Bluespec compiler emits",
    "README-rtl.md": "how to compile and run the drivers",
}
"""The files and what they hold."""
BYTES_PER_WORD = 5
"""Of a 16-bit word in an image."""


@dataclass(frozen=True)
class RunOperands:
    """The numbers that a run is for, as a user gives them.

    Parameters
    ----------
    seed
        Of the random ones.
    inputs, weights
        .npy files, see `solver.execution.tensors.make_tensors`.
    limit_mb
        Most megabytes of operands and results; a larger run is written without them.
    """

    seed: int = 0
    inputs: str | None = None
    weights: str | None = None
    limit_mb: int = 20

    @property
    def given(self) -> bool:
        """Whether the user gave some of them."""
        return self.inputs is not None or self.weights is not None


@dataclass(frozen=True)
class RunFiles:
    """Files of a run, by name.

    Parameters
    ----------
    files
        Their texts.
    missing
        Why others are not written.
    """

    files: Mapping[str, str]
    missing: Mapping[str, str]


@dataclass(frozen=True)
class RunNumbers:
    """What the memories hold.

    Parameters
    ----------
    weights, inputs
        Flat, in whole tiles.
    expected
        The values of every bus.
    """

    weights: IntArray
    inputs: IntArray
    expected: Results


def numbers_of(work: SwitchConfig | Schedule, layer: Primitive, tensors: Tensors) -> RunNumbers:
    """Return the numbers of a run on some operands (in fixed point)."""
    order = order_of(work)
    form = form_of(layer, work.nest)
    weights, inputs = order.images(*nest_operands(layer, tensors, form, Arithmetic.FIXED))
    return RunNumbers(weights, inputs, order.expected(weights, inputs))


def number_bytes(work: SwitchConfig | Schedule) -> int:
    """Return how large the images of a run's numbers are."""
    order = order_of(work)
    return BYTES_PER_WORD * (sum(order.words) + sum(order.counts))


def run_of(work: SwitchConfig | Schedule, layer: Primitive, operands: RunOperands | None) -> RunFiles | None:
    """Return the files of a run if there is one: operands are told, and the hardware is real.

    Raises
    ------
    InputError
        If the user gives operands for the simulator's array.
    """
    if operands is None:
        return None
    if order_of(work).config.array.kind is not RTL:
        if operands.given:
            found = "the reference simulator's array, whose files hold no operands"
            raise InputError(field="--inputs, --weights", found=found, expected="--reduction rtl")
        return None
    return run_files(work, layer, operands)


def run_files(work: SwitchConfig | Schedule, layer: Primitive, operands: RunOperands) -> RunFiles:
    """Return the files of a run; without the numbers if they are too many.

    Parameters
    ----------
    work, layer
        A configuration or a schedule for the real hardware, and the layer that it is for.
    operands
        The layer's.

    Raises
    ------
    InputError
        If a file of operands does not hold what the layer needs.
    """
    size, most = number_bytes(work), operands.limit_mb * 10**6
    try:
        if isinstance(work, Schedule):
            program, parts = compile_schedule(work)
            text = schedule_text(work, program, parts)
        else:
            program = compile_program(work)
            text = program_text(work, program)
        files = {**program_images(program), "program.txt": text}
    except OverflowError as error:
        return RunFiles({}, {"program.vmh": f"the layer is too large for its fields: {error}"})
    files["AcceleratorConfig.bsv"] = typedefs(program.num_ms, program.dn_bw, program.rn_bw)
    if size > most:
        if operands.given:
            raise InputError(
                field="--inputs, --weights",
                found=f"{size / 10**6:,.0f} MB of operands and results",
                expected=f"at most {operands.limit_mb}; say --run-limit",
            )
        told = f"they take {size / 10**6:,.1f} MB; `configure --run-limit MB` writes them"
        return RunFiles(files, {", ".join(NUMBERS): told})
    tensors = _tensors(layer, operands)
    return RunFiles({**files, **numbered_files(program, numbers_of(work, layer, tensors))}, {})


def _tensors(layer: Primitive, operands: RunOperands) -> Tensors:
    """Return the operands of a layer; of a piece those that it has of the whole layer's."""
    fixed, whole = Arithmetic.FIXED, layer.whole if isinstance(layer, Piece) else layer
    tensors = make_tensors(whole, fixed, seed=operands.seed, inputs=operands.inputs, weights=operands.weights)
    return piece_tensors(layer, tensors, fixed) if isinstance(layer, Piece) else tensors


def numbered_files(program: PortProgram, numbers: RunNumbers) -> dict[str, str]:
    """Return the files of a run that depend on the numbers, and the drivers."""
    flat = np.concatenate([np.zeros(0, dtype=np.int64), *numbers.expected])
    results = tuple(map(len, numbers.expected))
    sizes = MemorySizes.of(program, len(numbers.weights), len(numbers.inputs), results)
    return {
        "weights.vmh": _words(numbers.weights),
        "inputs.vmh": _words(numbers.inputs),
        "expected.vmh": _words(flat),
        "ProgramSizes.bsv": sizes.bluespec(),
        "program_sizes.svh": sizes.verilog(program),
        **{name: (Path(__file__).parent / "driver" / name).read_text(encoding="utf-8") for name in DRIVERS},
    }


def _words(values: IntArray) -> str:
    return image((values & 0xFFFF).tolist(), DATA_BITS)


def typedefs(num_ms: int, dn_bw: int, rn_bw: int) -> str:
    """Return the content of AcceleratorConfig.bsv."""
    sizes = ((dn_bw, "DistributionBandwidth"), (rn_bw, "CollectionBandwidth"), (num_ms, "NumMultSwitches"))
    return "".join(f"typedef {size} {name};\n" for size, name in sizes)


@dataclass(frozen=True)
class MemorySizes:
    """How large the images are.

    Parameters
    ----------
    sizes
        Rows of every memory, by its name in ProgramSizes.bsv.
    results
        Values of every bus.
    """

    sizes: dict[str, int]
    results: tuple[int, ...]

    @classmethod
    def of(cls, program: PortProgram, weights: int, inputs: int, results: tuple[int, ...]) -> MemorySizes:
        """Return the sizes of a program, of images of some words, and of results by bus."""
        sizes = {
            "NumLoops": len(program.loops),
            "programRows": len(program.instructions),
            "putRows": len(program.puts),
            "multiplierRows": len(program.multipliers),
            "weightWords": weights,
            "inputWords": inputs,
            "resultWords": max(1, sum(results)),
        }
        return cls(sizes, results)

    @classmethod
    def read(cls, path: str | Path) -> MemorySizes:
        """Read ProgramSizes.bsv.

        Raises
        ------
        InputError
            If it is not as written here.
        """
        text = read_text(path)
        loops = re.findall(r"^typedef (\d+) (NumLoops);", text, re.M)
        rows = re.findall(r"^Integer (\w+) = (\d+);", text, re.M)
        cases = re.findall(r"^    \d+: return (\d+);", text, re.M)
        sizes = {name: int(size) for size, name in loops} | {name: int(size) for name, size in rows}
        found = cls(sizes, tuple(map(int, cases[: len(cases) // 2])))
        if "NumLoops" not in sizes or found.bluespec() != text:
            raise InputError("not the sizes of a program", file=str(path))
        return found

    @property
    def _firsts(self) -> Iterable[int]:
        return accumulate(self.results[:-1], initial=0)

    def bluespec(self) -> str:
        """Return the package of sizes."""
        lines = [f"typedef {self.sizes['NumLoops']} NumLoops;"]
        lines += [f"Integer {name} = {size};" for name, size in self.sizes.items() if name != "NumLoops"]
        for name, values in (("results", self.results), ("firstResult", self._firsts)):
            lines += ["", f"function Integer {name}(Integer bus);", "  case (bus)"]
            lines += [f"    {bus}: return {value};" for bus, value in enumerate(values)]
            lines += ["    default: return 0;", "  endcase", "endfunction"]
        return "\n".join(lines) + "\n"

    def verilog(self, program: PortProgram) -> str:
        """Return the same for SystemVerilog, and how the accelerator's ports are connected."""
        sizes = {
            "NUM_MS": program.num_ms,
            "DN_BW": program.dn_bw,
            "RN_BW": program.rn_bw,
            "MASK_BITS": mask_bits(program.num_ms, program.dn_bw),
            **{re.sub("(?<=[a-z])(?=[A-Z])", "_", name).upper(): size for name, size in self.sizes.items()},
        }
        lines = [f"localparam {name} = {size};" for name, size in sizes.items()]
        for name, values in (("results", self.results), ("first_result", self._firsts)):
            lines += ["", f"function automatic integer {name}(input integer bus);", "  case (bus)"]
            lines += [f"    {bus}: {name} = {value};" for bus, value in enumerate(values)]
            lines += [f"    default: {name} = 0;", "  endcase", "endfunction"]
        ports = [f"  .{name}({net})" for name, net in _connections(program)]
        return "\n".join([*lines, "", "`define ACCELERATOR_PORTS \\", ", \\\n".join(ports)]) + "\n"


def _connections(program: PortProgram) -> Iterator[tuple[str, str]]:
    """Yield (port, net) of the module that the Bluespec compiler emits."""
    control = "controlPorts_"
    yield from (("CLK", "clk"), ("RST_N", "rst_n"))
    yield f"{control}isReadyForNextConfig", "is_empty"
    yield f"RDY_{control}isReadyForNextConfig", "rdy_empty"
    multipliers, tree = f"{control}mnControlPorts_putConfig", f"{control}rnControlPorts_putConfig"
    yield f"{multipliers}_newConfig", "setting[20*NUM_MS-1:0]"
    yield f"{multipliers}_numActualActiveMultSwitches", "{16'b0, setting[20*NUM_MS +: 16]}"
    yield from ((f"EN_{multipliers}", "configure"), (f"RDY_{multipliers}", "rdy_mn"))
    yield from ((f"{tree}_newConfig", "tree"), (f"EN_{tree}", "en_tree"), (f"RDY_{tree}", "rdy_rn"))
    for port in range(program.dn_bw):
        mask, word = f"{control}dnControlPorts_{port}_putConfig", f"inputDataPorts_{port}_putData"
        yield f"{mask}_newConfig", f"masks[{port}*WIDTH +: WIDTH]"
        yield from ((f"EN_{mask}", f"en_put[{port}]"), (f"RDY_{mask}", f"rdy_mask[{port}]"))
        yield f"{word}_data", f"words[16*{port} +: 16]"
        yield from ((f"EN_{word}", f"en_put[{port}]"), (f"RDY_{word}", f"rdy_word[{port}]"))
    for bus in range(program.rn_bw):
        get = f"outputDataPorts_{bus}_getData"
        yield from ((get, f"result[16*{bus} +: 16]"), (f"EN_{get}", f"en_result[{bus}]"))
        yield f"RDY_{get}", f"rdy_result[{bus}]"
