import json

import click
import pytest

from solver.cli.main import cli
from solver.cli.options import LimitFlags
from solver.errors import InputError
from solver.legal.tiles import Limits
from tests.support.cli_runs import run

SMALL = "small: conv 4x6x6 -> 4, 3x3"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--num-ms", "64x"], "found '64x', expected an integer"),
        (["--num-ms", "0"], "found '0', expected an integer"),
        (["--num-ms", "-4"], "found '-4', expected an integer"),
        (["--num-ms", "٣"], "expected an integer"),
        (["--num-ms", "100"], "expected a power of two"),
        (["--num-ms", "2", "--dn-bw", "2", "--rn-bw", "2"], "expected from 4"),
        (["--dn-bw", "512"], "at most num_ms = 256"),
        (["--hardware", "maeri-65"], "maeri-64"),
        (["--hardware", "no.yaml"], "no.yaml: no such file"),
        (["--energy-table", "synthesys"], "synthesis"),
        (["--objective", "power"], "latency"),
        (["--time-limit", "0"], "found '0', expected a time above 0"),
        (["--time-limit", "nan"], "expected a time above 0"),
        (["--time-limit", "inf"], "expected a time above 0"),
        (["--time-limit", "1m"], "expected a time above 0"),
        (["--workers", "0"], "expected an integer from 1"),
        (["--workers", "two"], "expected an integer from 1"),
        (["--seed", "-1"], "expected an integer from 0"),
        (["--seed", "1.5"], "expected an integer from 0"),
        (["--fix", "T_Q=4"], "unknown tile dimension T_Q, expected one of T_R, T_S, T_C, T_K"),
        (["--fix", "T_C"], "expected a tile dimension and a size such as T_C=4"),
        (["--fix", "T_C="], "expected a tile dimension and a size such as T_C=4"),
        (["--fix", "T_C=0"], "found '0', expected an integer from 1"),
        (["--fix", "T_C=4.0"], "found '4.0', expected an integer from 1"),
        (["--fix", "T_C=4", "--fix", "T_C=8"], "--fix: found T_C=4 and T_C=8"),
        (["--fix", "T_C=4", "--max", "T_C=2"], "T_C: found at least 4 and at most 2"),
        (["--min", "T_C=4", "--max", "T_C=2"], "T_C: found at least 4 and at most 2"),
        (["--min", "T_C=4", "--fix", "T_C=2"], "T_C: found at least 4 and at most 2"),
        (["--out"], "requires an argument"),
        (["--out", "-"], "found '-', expected the name of a file"),
        (["--objective", "pareto", "--csv", "-"], "found '-', expected the name of a file"),
    ],
)
def test_a_wrong_option_is_refused_with_what_was_expected(
    capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    result = run(capsys, "map", SMALL, *options)
    assert result.code == 2
    assert result.out == ""
    assert message in result.err
    assert "Traceback" not in result.err


def test_fix_min_and_max_become_bounds() -> None:
    flags = LimitFlags(fix=(("C", 4),), most=(("K", 8), ("C", 6)), least=(("R", 3), ("R", 3)))
    assert flags.read() == Limits(lower={"C": 4, "R": 3}, upper={"C": 4, "K": 8})


def test_an_option_that_says_two_things_about_a_dimension_is_refused() -> None:
    with pytest.raises(InputError, match="T_K=8 and T_K=9"):
        LimitFlags(fix=(), most=(("K", 8), ("K", 9)), least=()).read()


SEARCHING = (
    "map",
    "explain",
    "network",
    "explore",
    "sweep",
    "design",
    "profile",
    "configure",
    "simulate",
    "show",
)


@pytest.mark.parametrize("name", SEARCHING)
def test_every_command_that_searches_takes_limits_and_search_options(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    wanted = {"--fix", "--min", "--max", "--time-limit", "--seed", "--forms", "--stationary", "--pieces"}
    if name != "design":  # its time is that of the whole, its searches are those of networks
        wanted |= {"--workers", "--prover"}
    assert wanted <= options, wanted - options


def test_a_profile_keeps_limits_and_says_that_a_search_was_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    layer = "conv 4x6x6 -> 4, 3x3"
    limited = run(capsys, "profile", layer, "--num-ms", "16", "--fix", "T_K=1", "--json", "-", "--no-cache")
    assert limited.code == 0
    assert json.loads(limited.out)["mapping"]["tile"]["K"] == 1
    beside = run(capsys, "profile", layer, "--mapping", "S3", "--fix", "T_K=1")
    assert beside.code == 2 and "--fix, --min or --max beside it" in beside.err
    prover = ("--prover", "cpsat", "--no-cache")
    beside = run(capsys, "profile", layer, "--mapping", "S3", *prover)
    assert beside.code == 2 and "--prover beside it" in beside.err
    assert run(capsys, "profile", layer, "--num-ms", "16", *prover).code == 0
    stopped = run(
        capsys, "profile", "vgg_conv3", "--hardware", "maeri-256-dram", "--time-limit", "0.001", "--no-cache"
    )
    assert stopped.code == 3


@pytest.mark.parametrize("options", [["--json"], ["--json", "--no-baselines"], ["--json", "-"]])
def test_json_without_a_name_is_printed(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "map", SMALL, "--hardware", "maeri-64", *options).json["layer"]["name"] == "small"


def test_json_takes_no_layer_for_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "map", "--json", "layers/vgg_conv3.yaml")
    assert done.code == 2
    assert "found 'layers/vgg_conv3.yaml', expected a file that ends in .json" in done.err
