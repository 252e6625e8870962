"""Hardware files as the tests write them."""

from pathlib import Path
from typing import Any

import pytest

from solver.errors import InputError
from solver.hardware import Hardware, read_hardware
from solver.hardware.energy_table import ENERGY_ENTRIES

ENTRIES = "".join(f"{entry}: 0.1\n" for entry in ENERGY_ENTRIES)
SIZES = "num_ms: 32\ndn_bw: 8\nrn_bw: 4\n"


def read(tmp_path: Path, text: str, **flags: Any) -> Hardware:
    file = tmp_path / "hw.yaml"
    file.write_text(text)
    return read_hardware(file, **flags)


def error(tmp_path: Path, text: str, **flags: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, **flags)
    return str(caught.value).removeprefix(str(tmp_path / "hw.yaml"))
