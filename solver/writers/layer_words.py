"""Layer_Info.vmh for a mapping, where the format can hold it."""

from __future__ import annotations

from solver.switches.layer_info import HALF_MAX, Extent, LayerInfo
from solver.switches.switch_config import SwitchConfig


def why_no_layer_info(config: SwitchConfig) -> str | None:
    """Return in one sentence why Layer_Info.vmh cannot describe a mapping, or None if it can."""
    nest = config.nest
    if not config.array.real:
        return "only the real hardware loads it"
    for what, found, least in (
        ("groups", nest.G, 1),
        ("batch", nest.N, 1),
        ("stride", max(nest.stride), 1),
        ("dilation", max(nest.dilation), 1),
    ):
        if found != least:
            return f"the format has no {what}, the layer has {what} {found}"
    if nest.operation != "mac":
        return "the format has no maximum"
    largest = max(nest.K, nest.C, nest.R, nest.S, nest.input_rows, nest.input_cols)
    if largest > HALF_MAX:
        return f"the format has 16 bits for a size, the layer has {largest}"
    return None


def layer_info(config: SwitchConfig) -> LayerInfo:
    """Return what Layer_Info.vmh says of a mapping: sizes of the padded layer, tile, virtual neurons.

    Raises
    ------
    ValueError
        If the format cannot hold it; ask `why_no_layer_info` first.
    """
    reason = why_no_layer_info(config)
    if reason is not None:
        raise ValueError(reason)
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
