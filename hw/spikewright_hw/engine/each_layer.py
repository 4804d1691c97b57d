"""Sizes of an engine that are given for all layers of a network, or for each."""

from collections.abc import Sequence

from ..network import Network

__all__ = ["banks_of", "shares_of"]


def banks_of(network: Network, banks: int | Sequence[int]) -> tuple[int, ...]:
    """Return the banks of each layer: as many as are asked for, and at most one for each row.

    A network with maps, delays or skips has one in each. Raises :exc:`ValueError` for a number
    below 1, or for another number of them than of layers.
    """
    each = _each("banks", banks, network)
    if not (network.is_chain and all(layer.is_flat for layer in network.layers)):
        return (1,) * len(each)
    return tuple(
        min(one, len(layer.rows)) for one, layer in zip(each, network.layers, strict=True)
    )


def shares_of(network: Network, share: int | Sequence[int]) -> tuple[int, ...]:
    """Return the neurons per updater of each layer; raises as :func:`banks_of` does."""
    return _each("share", share, network)


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
