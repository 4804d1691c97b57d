"""One event engine for several boards: the first of a few that fits them all, by estimate."""

from collections.abc import Iterator, Sequence

from spikewright_hw.engine.design import EventDesign
from spikewright_hw.network import Network

from ..errors import DataError
from ..gateware.board import Board
from ..gateware.design import check_design
from ..job.estimate import estimate
from ..quantized.network import QuantizedNetwork

__all__ = ["design_for"]

#: Neurons of a row in a cycle, and those that share an updater, of hidden layers and of the last
#: one: what fits the smallest part here with hundreds of neurons.
_FOLDED, _SHARED, _LAST = 16, 8, 2


def design_for(network: QuantizedNetwork, boards: Sequence[Board]) -> EventDesign:
    """Return the fastest of a few engines that fits each board; the smallest, if none does.

    They are the default one; one that reads a row of weights in parts; and one whose weights are
    loaded besides, into an iCE40 UP5K's large memories, and whose board has few commands.

    Parameters
    ----------
    network : QuantizedNetwork
    boards : sequence of Board
    """
    names = [board.name for board in boards]
    chosen = EventDesign()
    for design in _designs(network.network):
        try:
            check_design(design, network.network)
        except DataError:  # of a network of other layers than dense ones
            continue
        chosen = design
        sizes = estimate(network, boards=names, design=design).boards
        if not any(one.fits is False for one in sizes):
            break
    return chosen


def _designs(network: Network) -> Iterator[EventDesign]:
    hidden = len(network.layers) - 1
    fold, share = (*hidden * (_FOLDED,), _LAST), (*hidden * (_SHARED,), _LAST)
    yield EventDesign()
    yield EventDesign(fold=fold, share=share)
    yield EventDesign(fold=fold, share=share, weights="loaded", commands="few")
