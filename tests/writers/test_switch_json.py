import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solver.errors import InputError
from solver.execution.build import build_config
from solver.hardware import read_hardware
from solver.layer import LoopNest
from solver.mapping.tile import Tile
from solver.writers.switch_document import schema, schema_text
from solver.writers.switch_json import config_dict, config_text, read_config
from tests.support.execution_checks import ARRAYS, cases

NEST = LoopNest(R=3, S=3, C=2, K=5, X=4, Y=6)
DOCUMENTS = {
    name: config_dict(
        build_config(NEST, read_hardware(name, num_ms=32, dn_bw=4, rn_bw=4), Tile(R=3, S=3, K=2))
    )
    for name in ("maeri-64", "maeri-64-rtl")
}


@pytest.mark.parametrize("array", ARRAYS)
def test_what_is_written_is_read_back(array: str, tmp_path: Path) -> None:
    for number, case in enumerate(cases(31, 10, array)):
        config = case.config()
        path = tmp_path / f"{number}.json"
        path.write_text(config_text(config))
        assert read_config(path) == config
        jsonschema.validate(json.loads(path.read_text()), schema())


def test_the_shipped_schema_is_the_one_that_files_are_read_by() -> None:
    shipped = (files("solver.writers") / "configuration.schema.json").read_text()
    assert shipped == schema_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(shipped))


def write(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "configuration.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def changed(place: str, value: Any, name: str = "maeri-64") -> Any:
    """Return a document with one entry, named by its path, replaced."""
    data = json.loads(json.dumps(DOCUMENTS[name]))
    *path, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    at = data
    for key in path:
        at = at[key]
    at[last] = value
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "configuration.json:1:2: not JSON"),
        ("[]", "document: "),
        (changed("version", 2), "version: "),
        (changed("loops.R", 0), "loops.R: "),
        (changed("hardware.num_ms", True), "hardware.num_ms: "),
        (changed("hardware.num_ms", 33), "found 33, expected a power of two"),
        (changed("surprise", 1), "surprise: Extra inputs are not permitted"),
        (changed("tree.kind", "rtl"), "tree"),
        (
            changed("tree.adders.0.adder", "D99.L"),
            "tree.adders.0: found D99.L, expected a switch of the tree",
        ),
        (changed("placement.1.0", 3), "leaf 3 used twice"),
        (changed("phases.0.ports.0.port", 9), r"phases.0.ports.0.port: found 9, expected each of 0..3 once"),
        (changed("phases.0.ports.0.words.0.offset", [1]), "expected 5 numbers: g, k, c, r, s"),
        (changed("phases.0.ports.0.words.0.mask", "0xZ"), "phases.0.ports.0.words.0.mask"),
        (changed("phases.0.multipliers.0.state", "SLEEP"), "found SLEEP, expected one of IDLE, LOAD"),
        (changed("phases.0.multipliers.0.last", 99), "switches 0..99, expected within 0..31"),
        (changed("phases.1.repetitions", 7), "phases.1.repetitions: found 7, expected 24, as the loops say"),
        (
            changed("phases.1.when", {"y": [3, 9]}),
            r"phases.1.when.y: found \[3, 9\], expected a range within 0 .. 5",
        ),
        (changed("trip_counts.k", 2), "trip_counts: "),
        (changed("loop_order.0", "g"), "loop_order: "),
        (changed("partial_tiles", {}), "partial_tiles: "),
        (changed("tree.doubles.0.id", 99, "maeri-64-rtl"), "tree.doubles.0: found D99"),
        (changed("tree.singles.0.mode", "ADD", "maeri-64-rtl"), "tree.rtl.singles.0.mode"),
        (changed("phases.1.streams.windows", 0, "maeri-64-rtl"), "phases.1.streams.windows"),
    ],
)
def test_a_wrong_file_is_one_message_with_the_place(tmp_path: Path, data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_config(write(tmp_path, data))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_whatever_is_broken_no_other_error_comes(tmp_path: Path, data: st.DataObject) -> None:
    document = json.loads(json.dumps(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))]))
    at: Any = document
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(
        st.sampled_from([None, -1, 0, 1, 2**70, "x", "0x0", [], {}, [1], [[0, 99]], True, 1.5])
    )
    try:
        read_config(write(tmp_path, document))
    except InputError as error:
        assert str(error).startswith(str(tmp_path))
