"""Sizes of an engine that are given for all layers of a network, or for each."""

from collections.abc import Sequence

from ..connection import Folded
from ..network import Network
from .weight_image import Weights

__all__ = ["banks_of", "block_bits_of", "lanes_of", "shares_of"]


def banks_of(network: Network, banks: int | Sequence[int]) -> tuple[int, ...]:
    """Return the banks of each layer: as many as are asked for, and at most one for each row.

    ``network`` is as it is built; see :func:`~.folding.folded_network`. Raises :exc:`ValueError`
    for a number below 1, for another number of them than of layers, and for several banks of a
    network that reads a row at a time: one with maps, delays, skips or a folded layer.
    """
    each = _each("banks", banks, network)
    reason = _not_plain(network)
    if not reason:
        return tuple(
            min(one, len(layer.rows)) for one, layer in zip(each, network.layers, strict=True)
        )
    if max(each) > 1:
        raise ValueError(
            f"banks is {banks}; {reason}, and such a network reads one row of weights at a time: "
            "leave out banks="
        )
    return each


def lanes_of(network: Network, fold: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return the neurons of each layer that a row of weights is added to in one cycle.

    They are the largest part of the neurons, without a remainder, that is at most ``fold``; all of
    them without a ``fold``. Layers that hear themselves are not folded. Raises :exc:`ValueError`
    for a number below 1, for another number of them than of layers, and where no layer can be
    folded: in a network with maps, delays or skips, or if every layer hears itself.
    """
    lanes = tuple(layer.connection.lanes for layer in network.layers)
    if fold is None:
        return lanes
    each = _each("fold", fold, network)
    reason = _not_plain(network)
    if all(layer.recurrent is not None for layer in network.layers):
        reason = "every layer hears itself"
    if reason:
        raise ValueError(f"fold is {fold}; {reason}, and no layer of such a network is folded: "
                         "leave out fold=")
    return tuple(
        all_ if layer.recurrent is not None
        else max(one for one in range(1, min(most, all_) + 1) if all_ % one == 0)
        for most, all_, layer in zip(each, lanes, network.layers, strict=True)
    )


def block_bits_of(
    network: Network, block_bits: int | Sequence[int] | None, *, weights: Weights
) -> tuple[int | None, ...]:
    """Return the bits of a row of weights of each layer that lie in block RAM, at most.

    None stands for all. ``network`` is as it is built. Raises :exc:`ValueError` for a number below
    1, for another number of them than of layers, of ``weights`` that are loaded, and if no layer
    reads whole rows of a dense matrix.
    """
    if block_bits is None:
        return (None,) * len(network.layers)
    each = _each("block_bits", block_bits, network)
    if weights == "loaded":
        raise ValueError(
            f"block_bits is {block_bits}; weights that are loaded lie in memories alone: leave "
            "out block_bits=, or build the weights in"
        )
    if not any(layer.is_dense and layer.is_plain for layer in network.layers):
        raise ValueError(
            f"block_bits is {block_bits}; no layer reads whole rows of a dense matrix, whose bits "
            "alone are divided: leave out block_bits="
        )
    return each


def shares_of(network: Network, share: int | Sequence[int]) -> tuple[int, ...]:
    """Return the neurons per updater of each layer: as many as are asked for, and at most all.

    Raises :exc:`ValueError` for a number below 1, or for another number of them than of layers.
    """
    return tuple(
        min(one, layer.neurons)
        for one, layer in zip(_each("share", share, network), network.layers, strict=True)
    )


def _not_plain(network: Network) -> str:
    """Return why it is not a chain of dense layers without a map; empty if it is one."""
    for number, layer in enumerate(network.layers):
        if isinstance(layer.connection, Folded):
            return f"layer {number} is folded"
        if not layer.is_flat:
            return f"layer {number} has a map or delays"
    return "" if network.is_chain else "a layer hears several others"


def _each(name: str, given: int | Sequence[int], network: Network) -> tuple[int, ...]:
    """Return a number for each layer, of one for all or one for each."""
    count = len(network.layers)
    each = (given,) * count if isinstance(given, int) else tuple(given)
    if len(each) != count:
        raise ValueError(
            f"{name} is {given}; a network of {count} layers takes one number or {count}"
        )
    if min(each) < 1:
        raise ValueError(f"{name} is {given}; a layer has at least 1")
    return each
