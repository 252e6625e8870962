"""Schedules as files: written, read back, and what is wrong in them told with the place."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.errors import InputError
from solver.execution.arithmetic import Arithmetic
from solver.execution.faults import SwitchFaultError
from solver.execution.levels.verify import verify_schedule
from solver.execution.tensors import make_tensors
from solver.layer import Loops
from solver.mapping.levels import LevelMapping
from solver.schedule.build import build_schedule
from solver.schedule.schedule import Schedule
from solver.writers.config_folder import folder_of, read_folder, write_folder
from solver.writers.schedule.document import schema, schema_text
from solver.writers.schedule.folder import read_any_folder, read_schedule_folder, schedule_folder_of
from solver.writers.schedule.json_file import read_schedule, schedule_dict
from tests.schedule.test_build import NEST, hardware, mapping
from tests.support.schedule_checks import level_cases
from tests.writers.test_config_folder import config_of, replace_text


def schedule_of(levels: LevelMapping | None = None) -> Schedule:
    return build_schedule(NEST, hardware(), levels or mapping("QKP", C=1, Y=2), name="early")


def test_the_shipped_schema_is_that_of_the_document() -> None:
    assert (files("solver.writers.schedule") / "schedule.schema.json").read_text() == schema_text()


def test_a_folder_is_read_back_to_the_same_schedule(tmp_path: Path) -> None:
    for case in level_cases(12, 30):
        schedule = case.schedule()
        jsonschema.validate(schedule_dict(schedule), schema())
        write_folder(tmp_path, schedule_folder_of(schedule), force=True)
        assert read_any_folder(tmp_path) == (schedule, ())
        assert read_any_folder(tmp_path / "schedule.json") == (schedule, ())


def test_a_configuration_of_the_schedule_is_one_like_any_other(tmp_path: Path) -> None:
    schedule = schedule_of()
    write_folder(tmp_path, schedule_folder_of(schedule))
    assert read_any_folder(tmp_path / "tile-1") == (schedule.configs["tile-1"], ())


def test_the_manifest_says_what_is_there(tmp_path: Path) -> None:
    content = schedule_folder_of(schedule_of())
    manifest = json.loads(content.files["manifest.json"])
    assert manifest["buffer_tile"]["Y"] == 2 and manifest["dram_order"] == "G CRS K NXY"
    assert manifest["files"]["tile-2/manifest.json"] == "configuration of the buffer tiles R3 S3 K4 X4"
    assert "only the real hardware" in manifest["not_written"]["tile-1/Layer_Info.vmh"]
    assert set(manifest["files"]) <= set(content.files)


def test_the_simulator_has_no_command_for_a_tile_larger_than_its_buffer_tile() -> None:
    levels = LevelMapping(mapping().tile, mapping(K=3).buffer)
    content = schedule_folder_of(schedule_of(levels))  # the last buffer tile has one filter, the tile two
    assert "tile-1/stonne.sh" in content.files
    assert "tile larger than its loops" in content.missing["tile-2/stonne.sh"]


def test_nothing_is_overwritten_silently_and_nothing_stale_is_left(tmp_path: Path) -> None:
    write_folder(tmp_path, schedule_folder_of(schedule_of()))
    (tmp_path / "tile-2" / "notes.txt").write_text("mine")
    (tmp_path / "tile-9").mkdir()
    with pytest.raises(InputError, match="exists already"):
        write_folder(tmp_path, folder_of(config_of()))
    whole = schedule_of(mapping())
    write_folder(tmp_path, schedule_folder_of(whole), force=True)
    assert read_schedule_folder(tmp_path) == (whole, ())
    assert [path.name for path in (tmp_path / "tile-2").iterdir()] == ["notes.txt"]
    assert (tmp_path / "tile-9").is_dir()
    write_folder(tmp_path, folder_of(config_of()), force=True)
    assert read_folder(tmp_path) == (config_of(), ())
    assert not (tmp_path / "schedule.json").exists() and not (tmp_path / "tile-1").exists()
    with pytest.raises(InputError, match="exists already"):
        write_folder(tmp_path, schedule_folder_of(whole))


def test_what_the_hardware_loads_is_what_counts(tmp_path: Path) -> None:
    write_folder(tmp_path, schedule_folder_of(schedule_of()))
    replace_text(tmp_path / "tile-1" / "distribution.csv", "0x1,weight", "0x2,weight")
    schedule, notes = read_schedule_folder(tmp_path)
    assert schedule != schedule_of()
    assert notes == ("tile-1: distribution.csv differs from configuration.json; distribution.csv is what is executed",)  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("schedule.json", '"version": 1', '"version": 9', "schedule.json: version: Input should be 1"),
        ("schedule.json", '"sums": "new"', '"sums": "old"', r"phases.0.sums: Input should be 'new'"),
        ("schedule.json", '"write": true', '"write": 1.5', r"phases.0.write: Input should be a valid bool"),
        ("schedule.json", '"buffer_tiles": 6', '"buffer_tiles": 7', "buffer_tiles: found 7, expected 6, as"),
        ("schedule.json", '"loop": "C"', '"loop": "Y"', "tile_loops: found Y: 2 × 1, .*, expected C: 2 × 1"),
        ("schedule.json", '"Y": 2},\n  "dram', '"Y": 6},\n  "dram', "buffer_tile.Y: found 6, expected from"),
        ("schedule.json", '"Y": 2},\n  "dram', '"Y": 3},\n  "dram', "tile_loops: .* expected .*, Y: 2 × 3"),
        ("schedule.json", "G CRS K NXY", "PKQ", "tile_loops: found C: 2 × 1, Y: 3 × 2, expected Y: 3 × 2, C"),
        ("schedule.json", '"when": {"C"', '"when": {"K"', "when: found K, expected one of the tile loops"),
        ("schedule.json", '"C": [1, 1]', '"C": [1, 2]', r"when.C: found .1, 2., expected a range within 0"),
        ("schedule.json", '"repetitions": 1', '"repetitions": 2', "repetitions: found 2, expected 1, as"),
        ("schedule.json", '"runs": 2', '"runs": 5', "tile-1.runs: found 5, expected 2, as the"),
        ("schedule.json", '"configuration": "tile-1"', '"configuration": "x"', "found x, expected one of"),
        ("schedule.json", "[[0, 5, 1]]", "[[5, 0, 1]]", r"phases.0.inputs.fetch.rows.0: found .5, 0, 1"),
        ("schedule.json", "[[0, 5, 1]]", "[[0, 5, 0]]", r"rows.0: found .0, 5, 0., expected runs"),
        ("schedule.json", "[[0, 5, 1]]", "[[0, 6, 1]]", "fetch.rows: found 6, expected lines below 6"),
        ("schedule.json", '"tile-2": {"sizes"', '"tile-x": {"sizes"', "configurations.tile-x"),
        ("schedule.json", '"capacity": 4096', '"capacity": null', "found no capacity, expected either"),
        ("schedule.json", '"Y": 2}, "runs"', '"Y": 1}, "runs"', "tile-1.sizes: found .* the same in both"),
        ("schedule.json", '"stride": [1, 1]', '"stride": [2, 1]', "another stride, dilation, operation or"),
        ("schedule.json", "{", "(", "schedule.json:1:1: not JSON"),
        ("transfers.csv", "tile-1,36", "tile-1,37", r"transfers.csv:2: found 0,0,.* as schedule.json says"),
        ("manifest.json", "transfers.csv", "nonsense.csv", "files: expected a mapping of some of schedule"),
        ("tile-2/multipliers.csv", "LOAD,1,1", "LOAD,2,1", "tile-2/multipliers.csv:2: state: found LOAD 2"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_message(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    write_folder(tmp_path, schedule_folder_of(schedule_of()))
    replace_text(tmp_path / name, old, new)
    with pytest.raises(InputError, match=message):
        read_any_folder(tmp_path)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


@settings(max_examples=80)
@given(
    st.randoms(use_true_random=False), st.sampled_from([None, -1, 0, 1, 2, 10**30, 1.5, "x", [], {}, True])
)
def test_any_change_is_read_or_told(rng: Random, new: Any) -> None:
    schedule = schedule_of()
    document = schedule_dict(schedule)
    *path, last = rng.choice(list(places(document)))
    part = document
    for key in path:
        part = part[key]
    part[last] = new
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schedule.json"
        file.write_text(json.dumps(document))
        try:
            found = read_schedule(file, schedule.configs.__getitem__)
        except InputError as error:
            assert str(file) in str(error)
        else:  # what is read can be executed, or has a fault
            layer = Loops(loops=NEST)
            with suppress(SwitchFaultError):
                verify_schedule(found, layer, make_tensors(layer, Arithmetic.EXACT))


@pytest.mark.parametrize("name", ["tile-2/configuration.json", "transfers.csv", "manifest.json"])
def test_a_file_that_is_listed_must_be_there(tmp_path: Path, name: str) -> None:
    write_folder(tmp_path, schedule_folder_of(schedule_of()))
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=f"{name}: no such file"):
        read_any_folder(tmp_path)


def test_lines_missing_from_the_table_of_transfers_are_told(tmp_path: Path) -> None:
    write_folder(tmp_path, schedule_folder_of(schedule_of()))
    table = tmp_path / "transfers.csv"
    text = table.read_text()
    table.write_text(text + "9\n")
    with pytest.raises(InputError, match=r"transfers.csv:\d+: found 9, expected the end of the file"):
        read_any_folder(tmp_path)
    table.write_text(text.rsplit("\n", 2)[0] + "\n")
    with pytest.raises(InputError, match="found the end of the file"):
        read_any_folder(tmp_path)
