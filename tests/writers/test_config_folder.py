import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from solver.errors import InputError
from solver.execution.build import build_config
from solver.hardware import Hardware, read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.switches.layer_info import Extent
from solver.switches.switch_config import SwitchConfig
from solver.writers.config_folder import FILES, folder_of, read_folder, write_folder
from solver.writers.layer_words import layer_info
from solver.writers.ports.run_files import FILES as RUN_FILES
from solver.writers.vmh import layer_info_text, read_layer_info, read_rn_config
from tests.support.execution_checks import ARRAYS, cases

NEST = LoopNest(R=3, S=3, C=3, K=3, X=8, Y=8)


def config_of(
    hardware: str | Hardware = "maeri-64-rtl", nest: LoopNest = NEST, tile: Tile | None = None
) -> SwitchConfig:
    array = read_hardware(hardware) if isinstance(hardware, str) else hardware
    whole = Tile(R=nest.R, S=nest.S, K=nest.K)
    return build_config(nest, array, tile or whole, name="early")


@pytest.mark.parametrize("array", ARRAYS)
def test_a_folder_is_read_back_from_all_its_files(array: str, tmp_path: Path) -> None:
    for case in cases(41, 10, array):
        config = case.config()
        write_folder(tmp_path, folder_of(config), force=True)
        assert read_folder(tmp_path) == (config, ())


def test_the_real_hardware_gets_its_memory_images(tmp_path: Path) -> None:
    config = config_of()
    write_folder(tmp_path / "new", folder_of(config))
    assert read_rn_config(tmp_path / "new" / "RN_Config.vmh", 64) == config.tree
    info = read_layer_info(tmp_path / "new" / "Layer_Info.vmh")
    assert (Extent(3, 3), Extent(10, 1), Extent(10, 1)) == (info.K, info.Y, info.X)
    assert (info.num_ms, info.mapped_vns, info.vn_size) == (64, 3, 9)


@pytest.mark.parametrize(
    ("made", "name", "reason"),
    [
        (partial(config_of, "maeri-64"), "RN_Config.vmh", "the simulator's adder tree has forwarding links"),
        (partial(config_of, "maeri-64"), "Layer_Info.vmh", "only the real hardware loads it"),
        (config_of, "stonne.sh", "another adder tree"),
        (
            partial(config_of, nest=LoopNest(K=3, G=2, Y=2), tile=Tile(K=3)),
            "Layer_Info.vmh",
            "no groups, the layer has groups 2",
        ),
        (
            partial(config_of, nest=LoopNest(K=3, X=70_000), tile=Tile(K=3)),
            "Layer_Info.vmh",
            "16 bits for a size",
        ),
        (
            partial(config_of, nest=LoopNest(K=3, X=2, stride=(2, 2)), tile=Tile()),
            "Layer_Info.vmh",
            "no stride",
        ),
        (
            partial(config_of, tile=Tile(R=3, K=3)),
            "Layer_Info.vmh",
            "a whole filter window, T_R = 3 and T_S = 3, found",
        ),
        (
            partial(config_of, tile=Tile(R=3, S=3, C=2)),
            "Layer_Info.vmh",
            "one channel at a time, found T_C = 2",
        ),
        (
            partial(config_of, tile=Tile(R=3, S=3, X=2)),
            "Layer_Info.vmh",
            "one output row at a time, found T_X = 2",
        ),
        (
            partial(config_of, tile=Tile(R=3, S=3, Y=2)),
            "Layer_Info.vmh",
            "one output column at a time, found T_Y = 2",
        ),
        (
            partial(config_of, nest=LoopNest(R=1, S=7, K=9, Y=4), tile=Tile(S=7, K=8)),
            "Layer_Info.vmh",
            "cannot add up: number 4 starts at switch 30 instead of 28",
        ),
        (
            partial(config_of, nest=LoopNest(R=3, S=3, X=8)),
            "Layer_Info.vmh",
            "the output has one column (X = S)",
        ),
        (
            partial(
                config_of,
                read_hardware(num_ms=16, dn_bw=1, rn_bw=1, reduction="rtl"),
                LoopNest(S=2, K=3, Y=60),
            ),
            "Layer_Info.vmh",
            "it never ends: bus 0 gets 3 values every 2 cycles",
        ),
    ],
)
def test_the_manifest_says_what_cannot_be_expressed(
    made: Callable[[], SwitchConfig], name: str, reason: str
) -> None:
    content = folder_of(made())
    manifest = json.loads(content.files["manifest.json"])
    assert name not in content.files
    assert reason in manifest["not_written"][name]
    assert set(manifest["files"]) | set(manifest["not_written"]) == set(FILES) - set(RUN_FILES)


def test_the_manifest_says_every_reason_why_the_test_bench_cannot_run_a_mapping(tmp_path: Path) -> None:
    nest = LoopNest(R=3, S=3, C=4, K=4, N=2, X=3, stride=(2, 2))
    content = folder_of(config_of(nest=nest, tile=Tile(R=3, C=2, K=4)))
    reason = content.missing["Layer_Info.vmh"]
    assert reason.startswith("the test bench cannot run this mapping: ")
    for part in ("batch 2", "stride 2", "T_S = 1", "one channel", "one column"):
        assert part in reason
    assert len(reason.split("; ")) == 5
    write_folder(tmp_path, content)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["files"]["Layer_Info.vmh"] = ""
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "Layer_Info.vmh").write_text(layer_info_text(layer_info(config_of())))
    with pytest.raises(InputError, match=r"Layer_Info.vmh: the test bench cannot run this mapping: the for"):
        read_folder(tmp_path)


def test_what_the_hardware_loads_is_what_counts(tmp_path: Path) -> None:
    write_folder(tmp_path, folder_of(config_of()), force=True)
    image = tmp_path / "RN_Config.vmh"
    lines = image.read_text().split("\n")
    image.write_text("\n".join([lines[0], "00000000", *lines[2:]]))
    config, notes = read_folder(tmp_path)
    assert config.tree != config_of().tree
    assert notes == ("RN_Config.vmh differs from configuration.json; RN_Config.vmh is what is executed",)


def test_nothing_is_overwritten_silently_and_nothing_stale_is_left(tmp_path: Path) -> None:
    write_folder(tmp_path, folder_of(config_of()))
    with pytest.raises(InputError, match="exists already"):
        write_folder(tmp_path, folder_of(config_of("maeri-64")))
    write_folder(tmp_path, folder_of(config_of("maeri-64")), force=True)
    assert not (tmp_path / "RN_Config.vmh").exists()
    assert read_folder(tmp_path)[0] == config_of("maeri-64")


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("multipliers.csv", "LOAD,1,0", "LOAD,2,0", ":2: state: found LOAD 2, expected one of IDLE 0"),
        ("multipliers.csv", "0,26,LOAD", "0,99,LOAD", r"line 2: found switches 0..99, expected within 0..63"),
        ("multipliers.csv", "phase,kind", "phase;kind", "multipliers.csv:1: found phase;kind"),
        ("multipliers.csv", "0,weight load,0", "0,weight load,x", "first: found x, expected an integer"),
        ("multipliers.csv", "0,weight load", "1,weight load", "phase: found 1 weight load, expected one of"),
        ("distribution.csv", "weight load,0,1", "weight load,0,5", ":3: order: found 5, expected 1"),
        ("distribution.csv", "0x1,weight", "0x0,weight", "mask: found 0x0"),
        ("distribution.csv", "0x1,weight", "0x1,water", "operand: found water"),
        ("distribution.csv", "0 0 0 0 0", "0 0 0 0", "offset: found .0, 0, 0, 0., expected 5 numbers"),
        ("distribution.csv", "0 0 0 0 0", "0 0 a 0 0", "offset: found 0 0 a 0 0"),
        ("distribution.csv", "weight load,0,0", "weight load,77,0", "port: found 77"),
        ("distribution.csv", ",0 0 0 0 0", "", "found 6 cells, expected 7"),
        ("Layer_Info.vmh", "00030003", "00040003", "Layer_Info.vmh"),
        ("manifest.json", "multipliers.csv", "nonsense.csv", "files: expected a mapping of some of"),
        ("manifest.json", "{", "(", "not JSON"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_message(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    write_folder(tmp_path, folder_of(config_of()))
    replace_text(tmp_path / name, old, new)
    with pytest.raises(InputError, match=message):
        read_folder(tmp_path)


def test_a_file_that_the_manifest_lists_must_be_there(tmp_path: Path) -> None:
    write_folder(tmp_path, folder_of(config_of()))
    (tmp_path / "multipliers.csv").unlink()
    with pytest.raises(InputError, match=r"multipliers.csv: no such file"):
        read_folder(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path, message in ((tmp_path / "file", "found a file"), (tmp_path / "a" / "b", "does not exist")):
        with pytest.raises(InputError, match=message):
            write_folder(path, folder_of(config_of()))
