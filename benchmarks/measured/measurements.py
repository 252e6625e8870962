"""Where the scripts find the measurements that they compare with."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.support.simulator_data import DATA


def data_option(parser: argparse.ArgumentParser) -> None:
    """Give a script the option that names the folder."""
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA,
        help="folder with whole files of measurements [default: the samples in tests/data]",
    )


def data_folder(description: str | None) -> Path:
    """Return the folder that a script without further options is given."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    data_option(parser)
    return parser.parse_args().data
