"""Layer_Info.vmh for a mapping, where the hardware's own test bench runs that mapping.

Source: rules S9, S18 and S19. The test bench looks at the sizes and at the number of virtual neurons, and
runs its own schedule whatever the tile sizes say: for any other mapping it ends after other work, or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from solver.array.adder_tree_config import AdderTreeConfig
from solver.execution.rtl_testbench import run_testbench
from solver.hardware.array_kind import RTL
from solver.switches.layer_info import HALF_MAX, Extent, LayerInfo
from solver.switches.switch_config import SwitchConfig

LONG_ROW = 1024
"""Windows of a row after which it is settled whether the buses keep up."""

ONE_AT_A_TIME = {"C": "channel", "G": "group", "N": "image", "X": "output row", "Y": "output column"}
"""What the test bench works off one by one."""


def why_no_layer_info(config: SwitchConfig) -> str | None:
    """Return every reason why Layer_Info.vmh is of no use, or None if the test bench runs the mapping."""
    if config.array.kind is not RTL:
        return "only the real hardware loads it"
    unsuited = [*_not_in_the_format(config), *_not_its_schedule(config)]
    if not unsuited:
        info = layer_info(config)
        shorter = replace(info, X=Extent(min(info.X.size, info.S.size + LONG_ROW)))
        assert isinstance(config.tree, AdderTreeConfig)
        run = run_testbench(config.tree, shorter, dn_ports=config.array.dn_bw, buses=config.array.rn_bw)
        unsuited = [f"it never ends: {run.hang}"] if run.hang else []
    return f"the test bench cannot run this mapping: {'; '.join(unsuited)}" if unsuited else None


def _not_in_the_format(config: SwitchConfig) -> Iterator[str]:
    """Yield what the file cannot say of the layer."""
    nest = config.nest
    for what, found in (
        ("groups", nest.G),
        ("batch", nest.N),
        ("stride", max(nest.stride)),
        ("dilation", max(nest.dilation)),
    ):
        if found != 1:
            yield f"the format has no {what}, the layer has {what} {found}"
    largest = max(nest.K, nest.C, nest.R, nest.S, nest.input_rows, nest.input_cols)
    if largest > HALF_MAX:
        yield f"the format has 16 bits for a size, the layer has {largest}"


def _not_its_schedule(config: SwitchConfig) -> Iterator[str]:
    """Yield what the test bench does in another way than the mapping."""
    nest, tile = config.nest, config.tile
    if (tile.R, tile.S) != (nest.R, nest.S):
        yield (
            f"its virtual neurons hold a whole filter window, T_R = {nest.R} and T_S = {nest.S}, found "
            f"T_R = {tile.R} and T_S = {tile.S}"
        )
    for dim, what in ONE_AT_A_TIME.items():
        if (found := getattr(tile, dim)) != 1:
            yield f"it works on one {what} at a time, found T_{dim} = {found}"
    vns = config.placement.vns
    for number, vn, start in zip(count(), vns, count(0, tile.vn_size), strict=False):
        if vn.start != start:
            yield (
                "it packs the virtual neurons from switch 0 on, which the adder tree cannot add up: number "
                f"{number} starts at switch {vn.start} instead of {start}"
            )
            break
    if nest.Y == 1:
        yield "it never ends where the output has one column (X = S)"


def layer_info(config: SwitchConfig) -> LayerInfo:
    """Return what Layer_Info.vmh says of a mapping: sizes of the padded layer, tile, virtual neurons.

    Only what `why_no_layer_info` lets pass has a meaning; see `LayerInfo` for what is raised.
    """
    nest, tile = config.nest, config.tile
    return LayerInfo(
        K=Extent(nest.K, tile.K),
        C=Extent(nest.C, tile.C),
        R=Extent(nest.R, tile.R),
        S=Extent(nest.S, tile.S),
        Y=Extent(nest.input_rows, tile.X),
        X=Extent(nest.input_cols, tile.Y),
        num_ms=config.array.num_ms,
        mapped_vns=tile.num_vns,
        vn_size=tile.vn_size,
    )
