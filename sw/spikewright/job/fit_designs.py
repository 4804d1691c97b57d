"""The designs that ``--fit`` compares: banks, sharing, folding, and what brings a part room."""

from collections.abc import Iterator
from dataclasses import replace

from spikewright_hw.checks import whole
from spikewright_hw.engine.design import EventDesign
from spikewright_hw.network import Network

from ..gateware.estimation.sizes import block_width

__all__ = ["designs_of", "smaller_rows"]

#: Rows in a cycle, each with so many neurons per updater; and one row with more of these.
_BANKS, _SHARES, _MORE = (1, 2, 4, 8), (2, 8), (1, 4, 16, 32)
#: Neurons of a row in a cycle, and how many of these share an updater.
_FOLDS, _TURNS = (64, 32, 16, 8), (1, 4, 64)


def designs_of(network: Network, base: EventDesign) -> list[EventDesign]:
    """Return the designs that are compared for a network.

    Parameters
    ----------
    network : Network
    base : EventDesign
        Where the weights come from, and the style of memories, are as here.
    """
    found: dict[str, EventDesign] = {}
    for one in _all(network, base):
        try:
            one.check(network)
        except ValueError:  # such as banks of a map
            continue
        folds = one.fold is not None
        if folds and one.built(network) == network:
            continue
        found.setdefault(repr(one), one)
    return list(found.values())


def _all(network: Network, base: EventDesign) -> Iterator[EventDesign]:
    for banks in _BANKS:
        for share in (*_SHARES, *(_MORE if banks == 1 else ())):
            yield replace(base, banks=banks, share=_each(network, share))
    for fold in _FOLDS:
        for turns in _TURNS:
            yield replace(base, fold=fold, share=_each(network, min(turns, fold)))


def _each(network: Network, share: int) -> int | tuple[int, ...]:
    """Return the neurons per updater of each layer: fewer of the last, whose update is waited for.

    A layer has no more than its neurons.
    """
    *hidden, last = network.layers
    shares = [min(share, layer.neurons) for layer in hidden]
    shares.append(min(max(1, share // 2), last.neurons))
    return shares[0] if len(set(shares)) == 1 else tuple(shares)


def smaller_rows(
    network: Network, design: EventDesign, *, lacking: int, family: str
) -> EventDesign | None:
    """Return the design with fewer bits of a row in block RAM, so that some of these are spared.

    Parameters
    ----------
    network : Network
    design : EventDesign
    lacking : int
        Block RAMs to be spared.
    family : str
        Whose block RAM has a width and a depth.

    Returns
    -------
    None where no row is wide enough, or where it is folded or loaded.
    """
    lacking = whole(1)("lacking", lacking)
    if design.fold is not None or design.weights == "loaded":
        return None
    width, depth = block_width(family)
    widest = max(network.layers, key=lambda layer: layer.neurons * layer.weight_bits)
    banks = design.banks if isinstance(design.banks, int) else max(design.banks)
    of_column = banks * -(-widest.inputs // (banks * depth))
    columns = -(-widest.neurons * widest.weight_bits // width) - -(-lacking // of_column)
    return replace(design, block_bits=columns * width) if columns > 0 else None
