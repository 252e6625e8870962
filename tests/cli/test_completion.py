"""What the shell is told when a word is begun."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import CompletionItem, ShellComplete

from solver.cli.main import COMMANDS, cli


def completions(*words: str) -> list[CompletionItem]:
    *before, begun = words
    return ShellComplete(cli, {}, "maeri-solver", "_MAERI_SOLVER_COMPLETE").get_completions(before, begun)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["des"], ["design"]),
        (["map", "vgg_"], ["vgg_conv3"]),
        (["network", "Mob"], ["mobilenetv2"]),
        (["map", "fc 8 -> 4", "--hardw"], ["--hardware"]),
        (["map", "fc 8 -> 4", "--hardware", "MAERI-64"], ["maeri-64", "maeri-64-rtl", "maeri-64-dram"]),
        (["sweep", "vgg16", "--energy-table", "s"], ["synthesis"]),
        (["network", "vgg16", "--objective", "e"], ["energy", "edp"]),
        (["map", "vgg16", "alexnet", "--layer", "fc"], ["fc6", "fc7", "fc8"]),
        (["design", "alexnet", "--layer", "conv1"], ["conv1"]),
        (["network", "no such model", "--layer", ""], []),
        (["map", "vgg_conv3", "--forms", "direct,st"], ["direct,stacked-images", "direct,strips"]),
        (["map", "vgg_conv3", "--forms", "al"], ["all"]),
        (["map", "vgg16:conv5"], ["vgg16:conv5_1", "vgg16:conv5_2", "vgg16:conv5_3"]),
        (["map", "no such model:"], []),
        (["map", "vgg_conv3", "--hardware", "maeri-64-dram", "--dram-b"], ["--dram-bandwidth"]),
    ],
)
def test_commands_options_names_and_values_are_completed(words: list[str], wanted: list[str]) -> None:
    assert sorted(item.value for item in completions(*words) if item.type == "plain") == sorted(wanted)


@pytest.mark.parametrize("words", [["map", "vgg"], ["map", "vgg16", "--hardware", "m"]])
def test_files_are_offered_too(words: list[str]) -> None:
    types = [item.type for item in completions(*words)]
    assert types.count("file") == 1 and "plain" in types


@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_names_a_file_or_folder_is_completed(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    for each in command.params:
        metavar = each.metavar or ""
        if metavar.startswith(("FILE", "DIR", "PATH")) and isinstance(each, click.Option):
            assert [item.type for item in completions(name, each.opts[0], "x")] in (["file"], ["dir"])
