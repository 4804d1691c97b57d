"""Sizes of an engine that are given for all layers of a network, or for each."""

from collections.abc import Sequence

from ..network import Network

__all__ = ["banks_of", "block_bits_of", "lanes_of", "shares_of"]


def banks_of(network: Network, banks: int | Sequence[int]) -> tuple[int, ...]:
    """Return the banks of each layer: as many as are asked for, and at most one for each row.

    A network with maps, delays, skips or a folded layer has one in each. Raises :exc:`ValueError`
    for a number below 1, or for another number of them than of layers.
    """
    each = _each("banks", banks, network)
    if not _is_plain(network):
        return (1,) * len(each)
    return tuple(
        min(one, len(layer.rows)) for one, layer in zip(each, network.layers, strict=True)
    )


def lanes_of(network: Network, fold: int | Sequence[int] | None) -> tuple[int, ...]:
    """Return the neurons of each layer that a row of weights is added to in one cycle.

    They are the largest part of the neurons, without a remainder, that is at most ``fold``; all of
    them without a ``fold``. Layers that hear themselves, and those of a network with maps, delays
    or skips, are not folded. Raises as :func:`banks_of` does.
    """
    lanes = tuple(layer.connection.lanes for layer in network.layers)
    if fold is None:
        return lanes
    each = _each("fold", fold, network)
    if not _is_plain(network):
        return lanes
    return tuple(
        all_ if layer.recurrent is not None
        else max(one for one in range(1, min(most, all_) + 1) if all_ % one == 0)
        for most, all_, layer in zip(each, lanes, network.layers, strict=True)
    )


def block_bits_of(
    network: Network, block_bits: int | Sequence[int] | None
) -> tuple[int | None, ...]:
    """Return the bits of a row of weights of each layer that lie in block RAM, at most.

    None stands for all. Raises as :func:`banks_of` does.
    """
    if block_bits is None:
        return (None,) * len(network.layers)
    return _each("block_bits", block_bits, network)


def shares_of(network: Network, share: int | Sequence[int]) -> tuple[int, ...]:
    """Return the neurons per updater of each layer; raises as :func:`banks_of` does."""
    return _each("share", share, network)


def _is_plain(network: Network) -> bool:
    """Return whether it is a chain of dense layers without a map."""
    return network.is_chain and all(layer.is_flat for layer in network.layers)


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
